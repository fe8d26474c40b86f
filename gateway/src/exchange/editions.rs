//! `GET /v1/editions`: the editions that this gateway knows, so that a partner builds its messages on one that is taken.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use standards::item::Edition;

use crate::gateway::Gateway;

/// 版本: what a decision of today is made under.
#[derive(Serialize)]
pub(super) struct Editions {
    /// 事项目录: every edition, oldest first, with its days and what is new in it.
    catalogue: Vec<Edition>,
    /// 映射和代码表: the edition in force of each region.
    mappings: BTreeMap<String, String>,
    /// 信任列表, where there is one that is not stale.
    trust_list: Option<String>,
}

pub(super) async fn read(State(gateway): State<Gateway>) -> Json<Editions> {
    let adapters = gateway.adapters().iter();
    Json(Editions {
        catalogue: gateway.catalogue().editions().to_vec(),
        mappings: adapters.map(|adapter| (adapter.region().to_string(), adapter.mapping().edition.clone())).collect(),
        trust_list: gateway
            .fresh_trust()
            .ok()
            .and_then(certs::trust::Trust::edition)
            .map(|edition| edition.to_string()),
    })
}
