//! OCSP responses that were handed in (RFC 6960): read whole, believed only from the issuer or whom it entitled.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use crate::certificate::{Certificate, UsageVerdict, Use};
use crate::der::{DerFault, Element, Reader, tag};
use crate::name::magnitude;
use crate::revocation::{Evidence, EvidenceKind, INVALIDITY_DATE, Reason, Revocation};
use crate::{Error, SignatureError, digest};

/// The most bytes of one response.
pub const RESPONSE_BYTES_MAX: usize = 256 * 1024;
/// The most certificates that one response may speak about.
const SUBJECTS_MAX: usize = 256;
/// The most certificates that one response may bring along.
const CERTIFICATES_MAX: usize = 8;

/// id-pkix-ocsp-nocheck: the responder's own revocation is not to be asked for (RFC 6960, 4.2.2.2.1).
pub(crate) const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
const BASIC_RESPONSE: &str = "1.3.6.1.5.5.7.48.1.1";

/// 在线证书状态响应 An OCSP response as received. Cheap to clone.
#[derive(Clone)]
pub struct OcspResponse(Arc<Facts>);

struct Facts {
    der: Vec<u8>,
    digest: [u8; 32],
    signed: Vec<u8>,
    signature_algorithm: String,
    signature: Vec<u8>,
    produced_at: Timestamp,
    statuses: Vec<ResponseStatus>,
    certificates: Vec<Certificate>,
    /// The issuer whom the response was found to be entitled by, and the responder where that is another.
    verified_for: OnceLock<(Certificate, Option<Certificate>)>,
}

/// What a response says about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseStatus {
    subject: CertificateId,
    /// What the responder says.
    pub said: Said,
    /// The moment whose state it shows.
    pub this_update: Timestamp,
    /// When newer information is due.
    pub next_update: Option<Timestamp>,
}

/// What a responder says about a certificate (`CertStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is not revoked.
    Good,
    /// It is.
    Revoked(Revocation),
    /// The responder does not know it.
    Unknown,
}

/// Which certificate is meant (`CertID`): digests of its issuer's name and key, and its serial number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CertificateId {
    hash: String,
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    serial: Vec<u8>,
}

impl CertificateId {
    fn is_of(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let hash = |bytes: &[u8]| digest::named(&self.hash, bytes);
        self.serial == certificate.serial_magnitude()
            && hash(issuer.subject().der()).is_some_and(|name| name == self.issuer_name)
            && hash(issuer.key_bits()).is_some_and(|key| key == self.issuer_key)
    }
}

impl OcspResponse {
    /// Reads a response in DER. Nothing is believed yet: [`crate::revocation::answer`] checks the signature.
    ///
    /// # Errors
    /// [`Error::ResponseTooLong`], [`Error::ResponseMalformed`], [`Error::ResponseUnsuccessful`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if der.len() > RESPONSE_BYTES_MAX {
            return Err(Error::ResponseTooLong { bytes: der.len(), bytes_max: RESPONSE_BYTES_MAX });
        }
        let malformed = |_: DerFault| Error::ResponseMalformed;
        let mut outer = Element::only(der).and_then(|it| it.reader_of(tag::SEQUENCE)).map_err(malformed)?;
        let status = outer.expect(tag::ENUMERATED).map_err(malformed)?.value;
        match status {
            [0] => {}
            [status] => return Err(Error::ResponseUnsuccessful { status: *status }),
            _ => return Err(Error::ResponseMalformed),
        }
        let facts = read(outer, der).map_err(malformed)??;
        Ok(Self(Arc::new(facts)))
    }

    /// When the responder made it.
    pub fn produced_at(&self) -> Timestamp {
        self.0.produced_at
    }

    /// The bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> [u8; 32] {
        self.0.digest
    }

    /// What it says about each certificate that it speaks of.
    pub fn statuses(&self) -> &[ResponseStatus] {
        &self.0.statuses
    }

    pub(crate) fn subjects(&self) -> BTreeSet<CertificateId> {
        self.statuses().iter().map(|status| status.subject.clone()).collect()
    }

    /// What it says about a certificate of `issuer`; nothing is believed by this.
    pub(crate) fn about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> impl Iterator<Item = &ResponseStatus> {
        self.statuses().iter().filter(|status| status.subject.is_of(certificate, issuer))
    }

    /// Whether `issuer` signed the response itself (`None`), or somebody whom it entitled to (RFC 6960, 4.2.2.2).
    ///
    /// # Errors
    /// What is wrong with the signature; `None` where it is of somebody who is not entitled to.
    pub(crate) fn verify_for(&self, issuer: &Certificate) -> Result<Option<&Certificate>, Option<SignatureError>> {
        let facts = &*self.0;
        if let Some((_, responder)) = facts.verified_for.get().filter(|(known, _)| known == issuer) {
            return Ok(responder.as_ref());
        }
        let signed_by = |certificate: &Certificate| {
            certificate.public_key()?.verify(&facts.signature_algorithm, &facts.signed, &facts.signature)
        };
        let responder = match signed_by(issuer) {
            Ok(()) => None,
            Err(fault) => {
                let mut signers = facts.certificates.iter().filter(|signer| signed_by(signer).is_ok()).peekable();
                signers.peek().ok_or(Some(fault))?;
                Some(signers.find(|signer| self.is_entitled(signer, issuer)).ok_or(None)?)
            }
        };
        // Kept for the first issuer: another one may have entitled another responder of the same key.
        facts.verified_for.get_or_init(|| (issuer.clone(), responder.cloned()));
        Ok(responder)
    }

    fn is_entitled(&self, responder: &Certificate, issuer: &Certificate) -> bool {
        let for_answers = responder
            .extended_key_usage()
            .is_some_and(|usage| usage.purposes().iter().any(|purpose| purpose == OCSP_SIGNING));
        for_answers
            && responder.names_as_issuer(issuer)
            && responder.verify_signed_by(issuer).is_ok()
            && responder.is_in_period(self.produced_at())
            // Otherwise a key could speak, by an old date, about days after its own end.
            && self.statuses().iter().all(|status| status.this_update <= self.produced_at())
            && responder.judge_usage(Use::Signing) != UsageVerdict::Forbidden
    }

    pub(crate) fn evidence(&self, status: &ResponseStatus, responder: &Certificate) -> Evidence {
        Evidence {
            kind: EvidenceKind::Response,
            issuer: responder.subject().to_string(),
            number: None,
            this_update: status.this_update,
            next_update: status.next_update,
            digest: self.digest(),
        }
    }
}

impl std::fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OcspResponse({}, {} certificates)", self.produced_at(), self.statuses().len())
    }
}

/// What follows the status of a successful response.
fn read(mut outer: Reader<'_>, der: &[u8]) -> Result<Result<Facts, Error>, DerFault> {
    let wrapped = outer.expect(tag::CONTEXT_0)?;
    outer.end()?;
    let mut typed = Element::only(wrapped.value)?.reader_of(tag::SEQUENCE)?;
    if typed.object_identifier()? != BASIC_RESPONSE {
        return Ok(Err(Error::ResponseMalformed));
    }
    let mut basic = Element::only(typed.octets()?)?.reader_of(tag::SEQUENCE)?;
    typed.end()?;
    let data = basic.expect(tag::SEQUENCE)?;
    let signature_algorithm = basic.sequence()?.object_identifier()?;
    let signature = basic.bits()?;
    if signature.unused != 0 {
        return Err(DerFault::BitString);
    }
    let mut certificates = Vec::new();
    if let Some(wrapped) = basic.optional(tag::CONTEXT_0)? {
        for certificate in Element::only(wrapped.value)?.children(CERTIFICATES_MAX)? {
            match Certificate::from_der(certificate.raw.to_vec()) {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    basic.end()?;
    let (produced_at, statuses) = read_data(data.reader())?;
    Ok(Ok(Facts {
        der: der.to_vec(),
        digest: digest::sha256(&[der]),
        signed: data.raw.to_vec(),
        signature_algorithm,
        signature: signature.bytes.to_vec(),
        produced_at,
        statuses,
        certificates,
        verified_for: OnceLock::new(),
    }))
}

/// `ResponseData`. Who the responder says that it is does not matter: its key decides.
fn read_data(mut data: Reader<'_>) -> Result<(Timestamp, Vec<ResponseStatus>), DerFault> {
    if let Some(version) = data.optional(tag::CONTEXT_0)?
        && Reader::new(version.value).number()? != 0
    {
        return Err(DerFault::Number);
    }
    data.any()?;
    let produced_at = data.time()?;
    let responses = data.expect(tag::SEQUENCE)?.children(SUBJECTS_MAX)?;
    let statuses = responses.iter().map(|one| read_status(one.reader_of(tag::SEQUENCE)?)).collect::<Result<_, _>>()?;
    read_extensions(&mut data)?;
    data.end()?;
    Ok((produced_at, statuses))
}

/// `SingleResponse`.
fn read_status(mut one: Reader<'_>) -> Result<ResponseStatus, DerFault> {
    const GOOD: u8 = 0x80;
    const REVOKED: u8 = 0xA1;
    const UNKNOWN: u8 = 0x82;
    let mut id = one.sequence()?;
    let hash = id.sequence()?.object_identifier()?;
    let (issuer_name, issuer_key) = (id.octets()?.to_vec(), id.octets()?.to_vec());
    let serial = magnitude(id.expect(tag::INTEGER)?.value).to_vec();
    id.end()?;
    let status = one.any()?;
    let said = match status.tag {
        GOOD => Said::Good,
        REVOKED => Said::Revoked(read_revocation(status.reader())?),
        UNKNOWN => Said::Unknown,
        got => return Err(DerFault::Tag { expected: GOOD, got }),
    };
    let this_update = one.time()?;
    let next_update = one.optional(tag::CONTEXT_0)?.map(|wrapped| Reader::new(wrapped.value).time()).transpose()?;
    let invalidity_date = read_extensions(&mut one)?;
    one.end()?;
    let said = match said {
        Said::Revoked(revocation) => Said::Revoked(Revocation { invalidity_date, ..revocation }),
        Said::Good | Said::Unknown => said,
    };
    let subject = CertificateId { hash, issuer_name, issuer_key, serial };
    Ok(ResponseStatus { subject, said, this_update, next_update })
}

fn read_revocation(mut info: Reader<'_>) -> Result<Revocation, DerFault> {
    let at = info.time()?;
    let reason = info.optional(tag::CONTEXT_0)?.map(|wrapped| Reader::new(wrapped.value).expect(tag::ENUMERATED));
    info.end()?;
    let reason = reason.transpose()?.and_then(|reason| match reason.value {
        [number] => Reason::from_number(*number),
        _ => None,
    });
    Ok(Revocation { at, reason, invalidity_date: None })
}

/// Extensions in their explicit tag \[1\]: of those that lists have too (RFC 6960, 4.4.5), the date since when the key is doubted. No
/// other changes a status, but a critical one must not be passed over.
fn read_extensions(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, DerFault> {
    let Some(wrapped) = reader.optional(tag::CONTEXT_1)? else { return Ok(None) };
    let mut invalidity_date = None;
    for extension in Element::only(wrapped.value)?.children(SUBJECTS_MAX)? {
        let mut extension = extension.reader_of(tag::SEQUENCE)?;
        let oid = extension.object_identifier()?;
        if extension.optional(tag::BOOLEAN)?.is_some_and(|critical| critical.value != [0]) {
            return Err(DerFault::Tag { expected: tag::OCTET_STRING, got: tag::BOOLEAN });
        }
        if oid == INVALIDITY_DATE {
            invalidity_date = Some(Reader::new(extension.octets()?).time()?);
        }
    }
    Ok(invalidity_date)
}

#[cfg(test)]
#[cfg(feature = "signing")]
mod tests;
