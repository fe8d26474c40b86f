//! The clerk's page: one file or licence number in, one sentence out.

mod judge;
mod page;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use multer::Multipart;

use crate::exchange::document::{Text, TraceId};
use crate::gateway::Gateway;
use crate::problem::Problem;

/// Nothing may load but our own style, nothing may frame the page, and its form goes nowhere else.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Characters of a licence number.
const NUMBER_LENGTH_MAX: usize = 200;

/// What a clerk asks about.
enum Question {
    Number(String),
    Document(Bytes),
}

/// `GET /check`.
pub(crate) async fn page() -> Response {
    html(StatusCode::OK, page::form())
}

/// `POST /check`.
pub(crate) async fn check(State(gateway): State<Gateway>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let answer = match question(&parts, body).await? {
        Question::Number(number) => judge::by_number(&gateway, &number)?,
        Question::Document(document) => {
            gateway.examine(move |gateway| judge::by_document(gateway, &document)).await??
        }
    };
    Ok(html(StatusCode::OK, page::answer(&answer, gateway.now())))
}

/// `GET /check/style.css`.
pub(crate) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("console/style.css")).into_response()
}

/// The page for a problem: what happened and what to do now.
pub(crate) fn problem_page(problem: &Problem, trace: &TraceId) -> Response {
    html(problem.status(), page::problem(&Text::of(problem.code()), problem.code(), &trace.to_string()))
}

/// The first part that is not empty: a form sends both, the clerk fills one.
async fn question(parts: &Parts, body: Bytes) -> Result<Question, Problem> {
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| Problem::MultipartMalformed)?;
    let stream = http_body_util::BodyDataStream::new(axum::body::Body::from(body));
    let mut multipart = Multipart::new(stream, boundary);
    let (mut number, mut document) = (None, None);
    while let Some(field) = multipart.next_field().await.map_err(|_| Problem::MultipartMalformed)? {
        let slot = match field.name() {
            Some("number") => &mut number,
            Some("document") => &mut document,
            _ => return Err(Problem::PartUnknown),
        };
        *slot = Some(field.bytes().await.map_err(|_| Problem::MultipartMalformed)?);
    }
    if let Some(document) = document.filter(|document| !document.is_empty()) {
        return Ok(Question::Document(document));
    }
    let number = String::from_utf8(number.unwrap_or_default().to_vec()).map_err(|_| Problem::MultipartMalformed)?;
    let number = number.trim();
    if number.is_empty() || number.chars().count() > NUMBER_LENGTH_MAX {
        return Err(Problem::DocumentMissing);
    }
    Ok(Question::Number(number.to_owned()))
}

fn html(status: StatusCode, page: maud::Markup) -> Response {
    let mut response = (status, axum::response::Html(page.into_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
