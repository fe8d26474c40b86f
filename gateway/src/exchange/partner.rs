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
    if is_revoked(&certificate, trust, now) { Err(Problem::PartnerUnknown) } else { Ok(row.region.clone()) }
}

/// Whether any authority that the trust list names counts a certificate of its own as revoked. A list that is missing revokes
/// nothing: whose the certificate is was decided by the trust list itself, which goes stale on its own.
pub(super) fn is_revoked(certificate: &Certificate, trust: &Trust, now: Timestamp) -> bool {
    let anchors = Purpose::ALL.into_iter().flat_map(|purpose| trust.anchors(purpose)).map(|anchor| &anchor.certificate);
    let mut issuers =
        anchors.chain(trust.intermediates()).filter(|authority| authority.subject() == certificate.issuer());
    issuers.any(|issuer| {
        let status = revocation::status(certificate, issuer, trust.revocation_lists(), now);
        matches!(status, RevocationStatus::Revoked { .. })
    })
}
