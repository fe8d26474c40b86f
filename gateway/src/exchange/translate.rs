//! `POST /v1/map`: a message of one region in, the same in the words of another out, with the way of every field. Nothing is recorded.

use std::collections::BTreeMap;

use adapters::{Limits, Route, Translation, TranslationFault};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use standards::code::RegionCode;
use standards::message::MessageKind;

use super::query;
use crate::gateway::Gateway;
use crate::pipeline::{beijing_day, check_edition};
use crate::problem::{FieldFinding, Problem};

/// 转换结果.
#[derive(Serialize)]
struct Translated {
    kind: MessageKind,
    /// What it says in the standard model.
    fields: BTreeMap<String, String>,
    content_type: &'static str,
    message: String,
    routes: Vec<Route>,
}

pub(super) async fn translate(State(gateway): State<Gateway>, parts: Parts, body: Bytes) -> Result<Response, Problem> {
    let [from, to] = query::read(&parts.uri, ["from", "to"])?;
    let from: RegionCode = query::required(from, "from")?;
    let to: RegionCode = query::required(to, "to")?;
    let translated = gateway
        .examine(move |gateway| {
            let adapters = gateway.adapters();
            let translation = adapters.translate(&from, &to, &body, &Limits::MESSAGE).map_err(|fault| match fault {
                TranslationFault::NoRegion(region) if region == to => Problem::TargetUnknown,
                TranslationFault::NoRegion(_) => Problem::QueryMalformed { name: "from" },
                TranslationFault::Read(faults) | TranslationFault::Write(faults) => {
                    Problem::Message(faults.iter().map(FieldFinding::of).collect())
                }
            })?;
            let Translation { message, written, routes } = translation;
            let sender = adapters.adapter(&from).ok_or(Problem::QueryMalformed { name: "from" })?;
            check_edition(sender, &message, gateway.catalogue(), beijing_day(gateway.now()))?;
            let text = String::from_utf8_lossy(&written.bytes).into_owned();
            let fields = message.fields().iter().map(|(path, text)| (path.into_owned(), text.to_owned())).collect();
            Ok(Translated { kind: message.kind(), fields, content_type: written.content_type, message: text, routes })
        })
        .await??;
    Ok(Json(translated).into_response())
}
