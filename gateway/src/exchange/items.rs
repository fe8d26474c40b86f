//! `GET /v1/items` and `/v1/items/{id}`: the catalogue that this gateway decides by.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use standards::code::ItemId;
use standards::item::SameStandardItem;

use crate::gateway::Gateway;
use crate::problem::Problem;

/// 事项目录.
#[derive(Serialize)]
pub(super) struct ItemList {
    edition: String,
    items: Vec<ItemSummary>,
}

/// 同事同标事项, in short.
#[derive(Serialize)]
struct ItemSummary {
    id: ItemId,
    basic_code: String,
    name: String,
    department: String,
    result: String,
    recognised_in: Vec<String>,
}

impl ItemSummary {
    fn of(item: &SameStandardItem) -> Self {
        Self {
            id: item.id.clone(),
            basic_code: item.basic_code.to_string(),
            name: item.name.clone(),
            department: item.department.clone(),
            result: item.result.name.clone(),
            recognised_in: item.recognised_in.iter().map(ToString::to_string).collect(),
        }
    }
}

pub(super) async fn list(State(gateway): State<Gateway>) -> Json<ItemList> {
    let catalogue = gateway.catalogue();
    Json(ItemList { edition: catalogue.edition().to_owned(), items: catalogue.items().map(ItemSummary::of).collect() })
}

pub(super) async fn read(State(gateway): State<Gateway>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: ItemId = id.parse().map_err(|_| Problem::ItemUnknown)?;
    let item = gateway.catalogue().get(&id).ok_or(Problem::ItemUnknown)?;
    Ok(Json(item).into_response())
}
