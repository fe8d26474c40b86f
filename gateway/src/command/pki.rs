//! `tongbiao pki init DIR` and `tongbiao pki revoke DIR REGION WHO`: the development hierarchy.

use std::path::PathBuf;

use certs::hierarchy::{self, HierarchyError, RegionOrganisations};
use certs::revocation::Reason;
use jiff::Timestamp;
use standards::code::RegionCode;

use super::{Faults, line};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make roots, seal makers, signers, message keys, TLS certificates, revocation lists, the signed trust list and ledger keys.
    Init {
        /// An empty or new folder.
        dir: PathBuf,
    },
    /// Revoke a certificate and issue its authority's list again.
    Revoke {
        /// The folder that `init` made.
        dir: PathBuf,
        /// Six digits, such as 120000.
        region: RegionCode,
        /// The certificate's file name without extension, such as `signer`.
        who: String,
        /// Since when it counts as revoked.
        #[arg(long, value_name = "RFC3339")]
        at: Option<Timestamp>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Faults> {
    let now = Timestamp::now();
    let failed = |error: HierarchyError| vec![line(&error, error.code())];
    match &arguments.action {
        Action::Init { dir } => {
            let regions = RegionOrganisations::embedded().map_err(failed)?;
            hierarchy::init(dir, now, &regions).map_err(failed)?;
            println!("{}: 开发用证书体系已生成 development hierarchy made", dir.display());
        }
        Action::Revoke { dir, region, who, at } => {
            hierarchy::revoke(dir, region, who, at.unwrap_or(now), Reason::KeyCompromise).map_err(failed)?;
            println!("{region} {who}: 已撤销 revoked");
        }
    }
    Ok(())
}
