//! Whose certificate, seal or signature a finding is about.
use serde::Serialize;

/// Whose certificate a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 制章者: who made and signed the seal.
    Maker,
    /// 签章者: who sealed the document.
    Signer,
}

impl std::fmt::Display for Role {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Role::Maker => "seal maker",
            Role::Signer => "seal signer",
        })
    }
}

impl Role {
    /// The code for the one or the other.
    pub(super) fn of(self, maker: &'static str, signer: &'static str) -> &'static str {
        match self {
            Role::Maker => maker,
            Role::Signer => signer,
        }
    }
}
