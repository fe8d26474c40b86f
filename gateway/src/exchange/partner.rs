//! Which partner a connection belongs to, by its client certificate.

use axum::http::Extensions;
use certs::certificate::Certificate;
use certs::revocation::{self, RevocationStatus};
use certs::trust::{Purpose, Trust};
use jiff::Timestamp;
use standards::code::RegionCode;

use crate::problem::Problem;
use crate::server::Peer;

/// The region whose partner opened the connection. The handshake has verified path and possession; here the trust list decides whose
/// it is, and revocation counts as of now.
///
/// # Errors
/// [`Problem::ClientCertificateMissing`], [`Problem::PartnerUnknown`].
pub(crate) fn of_connection(extensions: &Extensions, trust: &Trust, now: Timestamp) -> Result<RegionCode, Problem> {
    let peer = extensions.get::<Peer>().and_then(|peer| peer.certificate.as_deref());
    let der = peer.ok_or(Problem::ClientCertificateMissing)?;
    let certificate = Certificate::from_der(der.to_vec()).map_err(|_| Problem::PartnerUnknown)?;
    let row = trust.row(Purpose::TlsClient, &certificate).ok_or(Problem::PartnerUnknown)?;
    let revoked =
        trust.anchors(Purpose::TlsClient).iter().filter(|root| root.subject() == certificate.issuer()).any(|root| {
            let status = revocation::status(&certificate, root, trust.revocation_lists(), now);
            matches!(status, RevocationStatus::Revoked { .. })
        });
    if revoked { Err(Problem::PartnerUnknown) } else { Ok(row.region.clone()) }
}
