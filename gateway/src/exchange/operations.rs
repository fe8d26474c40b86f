//! The table of operations: routes, body limits, metrics and the audience of their problems derive from it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler as _;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, get, post};

use super::guard::guard;
use super::{delivery, editions, inbox, items, multipart, record, status, submit, tiles, translate, verify};
use crate::config::Limits;
use crate::console;
use crate::gateway::Gateway;
use crate::problem::Problem;

/// 接口: one operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// Its name in metrics and logs.
    pub name: &'static str,
    /// Its path, as the router reads it.
    pub path: &'static str,
    /// What its body may be.
    pub body: BodyKind,
    /// Who reads its problems.
    pub audience: Audience,
    route: fn() -> MethodRouter<Gateway>,
}

/// What the body of an operation may be, and so how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// None.
    Empty,
    /// A small JSON text.
    Json,
    /// A message.
    Message,
    /// A document.
    Document,
    /// A message and a document.
    Submission,
}

impl BodyKind {
    /// Bytes that the body may have.
    pub fn bytes_max(self, limits: &Limits) -> usize {
        match self {
            Self::Empty => 0,
            Self::Json => 16 * 1024,
            Self::Message => limits.message_bytes,
            Self::Document => limits.document_bytes + multipart::FRAME_BYTES_MAX,
            Self::Submission => limits.message_bytes + limits.document_bytes + multipart::FRAME_BYTES_MAX,
        }
    }
}

/// Who reads the problems of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A program: problem documents.
    Program,
    /// A clerk at a window: a page.
    Clerk,
}

const fn row(
    name: &'static str,
    path: &'static str,
    body: BodyKind,
    route: fn() -> MethodRouter<Gateway>,
) -> Operation {
    Operation { name, path, body, audience: Audience::Program, route }
}

const fn page(
    name: &'static str,
    path: &'static str,
    body: BodyKind,
    route: fn() -> MethodRouter<Gateway>,
) -> Operation {
    Operation { name, path, body, audience: Audience::Clerk, route }
}

/// Every operation, one line each.
pub static OPERATIONS: &[Operation] = &[
    row("submit", "/v1/recognitions", BodyKind::Submission, || post(submit::submit)),
    row("read", "/v1/recognitions/{index}", BodyKind::Empty, || get(record::read)),
    row("read_message", "/v1/recognitions/{index}/message", BodyKind::Empty, || get(record::message)),
    row("read_document", "/v1/recognitions/{index}/document", BodyKind::Empty, || get(record::document)),
    row("deliver", "/v1/recognitions/{index}/delivery", BodyKind::Json, || post(delivery::deliver)),
    row("inbox", "/v1/inbox", BodyKind::Empty, || get(inbox::read)),
    row("verify", "/v1/verify", BodyKind::Document, || post(verify::verify)),
    row("map", "/v1/map", BodyKind::Message, || post(translate::translate)),
    row("editions", "/v1/editions", BodyKind::Empty, || get(editions::read)),
    row("items", "/v1/items", BodyKind::Empty, || get(items::list)),
    row("item", "/v1/items/{id}", BodyKind::Empty, || get(items::read)),
    row("checkpoint", "/checkpoint", BodyKind::Empty, || get(tiles::checkpoint)),
    row("tile", "/tile/{*path}", BodyKind::Empty, || get(tiles::tile)),
    row("companion", "/sm3/{*path}", BodyKind::Empty, || get(tiles::companion)),
    row("shard", "/shards/{place}/{*path}", BodyKind::Empty, || get(tiles::shard)),
    row("cosigned_checkpoint", "/cosigned/checkpoint", BodyKind::Empty, || get(tiles::cosigned)),
    row("cosigned_tile", "/cosigned/tile/{*path}", BodyKind::Empty, || get(tiles::tile)),
    row("health", "/health", BodyKind::Empty, || get(status::health)),
    row("metrics", "/metrics", BodyKind::Empty, || get(status::metrics)),
    page("check_page", "/check", BodyKind::Empty, || get(console::page)),
    page("check", "/check", BodyKind::Document, || post(console::check)),
    page("style", "/check/style.css", BodyKind::Empty, || get(console::style)),
];

/// What answers where no operation does.
static NONE: Operation = row("none", "/", BodyKind::Empty, || any(operation_unknown));

/// The router over all operations.
pub fn router(gateway: &Gateway) -> Router {
    let guarded = |operation: &'static Operation| {
        (operation.route)()
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state((gateway.clone(), operation), guard))
    };
    let nowhere = guarded(&NONE).with_state(gateway.clone());
    let not_allowed = method_not_allowed.layer(from_fn_with_state((gateway.clone(), &NONE), guard));
    OPERATIONS
        .iter()
        .fold(Router::new(), |router, operation| router.route(operation.path, guarded(operation)))
        .fallback_service(nowhere)
        .method_not_allowed_fallback(not_allowed)
        .with_state(gateway.clone())
}

async fn operation_unknown() -> Problem {
    Problem::OperationUnknown
}

async fn method_not_allowed() -> Problem {
    Problem::MethodNotAllowed
}
