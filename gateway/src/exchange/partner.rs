//! Which partner a connection belongs to, by its client certificate.

use axum::http::Extensions;
use certs::certificate::Certificate;
use certs::revocation::RevocationStatus;
use certs::trust::{Purpose, Trust};
use jiff::Timestamp;
use standards::code::RegionCode;

use crate::problem::Problem;
use crate::server::Peer;

/// The region whose partner opened the connection. The handshake has verified path and possession; here the trust list decides whose
/// it is, and revocation counts as of now.
///
/// # Errors
/// [`Problem::ClientCertificateMissing`], [`Problem::PartnerUnknown`], [`Problem::RevocationUnknown`].
pub(crate) fn of_connection(extensions: &Extensions, trust: &Trust, now: Timestamp) -> Result<RegionCode, Problem> {
    let peer = extensions.get::<Peer>().and_then(|peer| peer.certificate.as_deref());
    let der = peer.ok_or(Problem::ClientCertificateMissing)?;
    let certificate = Certificate::from_der(der.to_vec()).map_err(|_| Problem::PartnerUnknown)?;
    let row = trust.row(Purpose::TlsClient, &certificate).ok_or(Problem::PartnerUnknown)?;
    match standing(&certificate, trust, now) {
        Standing::Good => Ok(row.region.clone()),
        Standing::Revoked => Err(Problem::PartnerUnknown),
        Standing::Unknown { code } => Err(Problem::RevocationUnknown { code }),
    }
}

/// Whether a certificate of the trust list is still in force, as far as revocation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its issuer says so.
    Good,
    /// Its issuer has revoked it.
    Revoked,
    /// Its issuer's list is missing, stale or not its own: nothing is decided on the word of its holder.
    Unknown { code: &'static str },
}

/// What every authority of the trust list that may have issued a certificate says about it; where there are several of one name, each
/// has to call it good.
pub(super) fn standing(certificate: &Certificate, trust: &Trust, now: Timestamp) -> Standing {
    let anchors = Purpose::ALL.into_iter().flat_map(|purpose| trust.anchors(purpose)).map(|anchor| &anchor.certificate);
    let issuers = anchors.chain(trust.intermediates()).filter(|authority| certificate.names_as_issuer(authority));
    let mut standing = None;
    for issuer in issuers {
        match trust.status(certificate, issuer, now).status {
            RevocationStatus::Revoked { .. } => return Standing::Revoked,
            RevocationStatus::Unknown { why } => standing = Some(Standing::Unknown { code: why.code() }),
            RevocationStatus::Good => standing = standing.or(Some(Standing::Good)),
        }
    }
    standing.unwrap_or(Standing::Unknown { code: "path.issuer_unknown" })
}
