//! Issuing: the bytes of certificates and revocation lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use standards::code::CreditCode;

use super::HierarchyError;
use crate::certificate::Certificate;
use crate::der::write as der;
use crate::name::pem;
use crate::random;
use crate::revocation::{Revocation, RevocationList};
use crate::signing::key::Key;

const AUTHORITY_KEY: [u64; 4] = [2, 5, 29, 35];
const SUBJECT_KEY: [u64; 4] = [2, 5, 29, 14];
const KEY_USAGE: [u64; 4] = [2, 5, 29, 15];
const ALTERNATIVE_NAME: [u64; 4] = [2, 5, 29, 17];
const BASIC_CONSTRAINTS: [u64; 4] = [2, 5, 29, 19];
const CRL_NUMBER: [u64; 4] = [2, 5, 29, 20];
const REASON_CODE: [u64; 4] = [2, 5, 29, 21];
const INVALIDITY_DATE: [u64; 4] = [2, 5, 29, 24];
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];

/// What a certificate is for; its extensions follow.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// May issue other authorities and anything else.
    Root,
    /// May issue end certificates.
    Authority,
    /// Signs data: seals, documents, messages.
    Signing,
    /// Signs time stamps, and nothing else.
    TimeStamping,
    TlsClient,
    /// For loopback: `localhost`, 127.0.0.1, `::1`.
    TlsServer,
}

/// Whom a certificate is for.
pub(crate) struct Subject<'a> {
    pub(crate) common_name: String,
    pub(crate) organisation: &'a str,
    pub(crate) code: Option<&'a CreditCode>,
}

impl Subject<'_> {
    fn to_der(&self) -> Vec<u8> {
        let part = |attribute: &[u64], value: Vec<u8>| der::set_of_one(&der::sequence(&[der::oid(attribute), value]));
        let mut parts =
            vec![part(&[2, 5, 4, 6], der::value(0x13, b"CN")), part(&[2, 5, 4, 10], der::utf8(self.organisation))];
        parts.extend(self.code.map(|code| part(&[2, 5, 4, 97], der::utf8(code.as_str()))));
        parts.push(part(&[2, 5, 4, 3], der::utf8(&self.common_name)));
        der::sequence(&parts)
    }
}

/// A certificate with its private key.
pub(crate) struct Identity {
    pub(crate) certificate: Certificate,
    pub(crate) key: Key,
}

/// From when to when a certificate is valid.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

impl Identity {
    /// A certificate that signs itself.
    pub(crate) fn root(subject: &Subject<'_>, key: Key, period: Period) -> Result<Self, HierarchyError> {
        let name = subject.to_der();
        let body = body(Profile::Root, &name, &key, &name, &key, period)?;
        Ok(Self { certificate: Certificate::from_der(key.sign(&body)?)?, key })
    }

    /// A certificate of this authority for another key.
    pub(crate) fn issue(
        &self,
        profile: Profile,
        subject: &Subject<'_>,
        key: Key,
        period: Period,
    ) -> Result<Self, HierarchyError> {
        let issuer = self.certificate.subject().der();
        let body = body(profile, &subject.to_der(), &key, issuer, &self.key, period)?;
        Ok(Self { certificate: Certificate::from_der(self.key.sign(&body)?)?, key })
    }

    /// A complete revocation list of this authority (RFC 5280, 5).
    pub(crate) fn revocation_list(
        &self,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
        revoked: &[(Vec<u8>, Revocation)],
    ) -> Result<RevocationList, HierarchyError> {
        let entries: Vec<_> = revoked.iter().map(|(serial, revocation)| entry(serial, revocation)).collect();
        let mut parts = vec![
            der::unsigned(&[1]),
            self.key.algorithm(),
            self.certificate.subject().der().to_vec(),
            time(this_update),
            time(next_update),
        ];
        if !entries.is_empty() {
            parts.push(der::sequence(&entries));
        }
        let extensions = der::sequence(&[
            extension(&AUTHORITY_KEY, false, &der::sequence(&[der::implicit(0, &self.key.identifier()?)])),
            extension(&CRL_NUMBER, false, &der::unsigned(&number.to_be_bytes())),
        ]);
        parts.push(der::explicit(0, &extensions));
        Ok(RevocationList::from_der(self.key.sign(&der::sequence(&parts))?)?)
    }

    pub(crate) fn to_pem(&self) -> String {
        self.certificate.to_pem()
    }
}

/// A revocation list in PEM.
pub(crate) fn list_pem(list: &RevocationList) -> String {
    pem("X509 CRL", list.der())
}

fn entry(serial: &[u8], revocation: &Revocation) -> Vec<u8> {
    let mut parts = vec![der::unsigned(serial), time(revocation.at)];
    let reason = revocation.reason.map(|reason| (REASON_CODE, der::value(0x0a, &[reason.number()])));
    // Always the long form: RFC 5280, 5.3.2.
    let since = revocation.invalidity_date.map(|date| (INVALIDITY_DATE, generalized(date)));
    let extensions: Vec<_> =
        reason.into_iter().chain(since).map(|(oid, value)| extension(&oid, false, &value)).collect();
    if !extensions.is_empty() {
        parts.push(der::sequence(&extensions));
    }
    der::sequence(&parts)
}

/// `TBSCertificate` (RFC 5280, 4.1).
fn body(
    profile: Profile,
    subject: &[u8],
    key: &Key,
    issuer: &[u8],
    issuer_key: &Key,
    period: Period,
) -> Result<Vec<u8>, HierarchyError> {
    let mut serial: [u8; 16] = random::array()?;
    serial[0] = serial[0] & 0x3f | 0x40;
    let issued_by = match profile {
        Profile::Root => None,
        Profile::Authority | Profile::Signing | Profile::TimeStamping | Profile::TlsClient | Profile::TlsServer => {
            let identifier = der::sequence(&[der::implicit(0, &issuer_key.identifier()?)]);
            Some(extension(&AUTHORITY_KEY, false, &identifier))
        }
    };
    let mut extensions = profile_extensions(profile);
    extensions.push(extension(&SUBJECT_KEY, false, &der::octets(&key.identifier()?)));
    extensions.extend(issued_by);
    Ok(der::sequence(&[
        der::explicit(0, &der::unsigned(&[2])),
        der::unsigned(&serial),
        issuer_key.algorithm(),
        issuer.to_vec(),
        der::sequence(&[time(period.not_before), time(period.not_after)]),
        subject.to_vec(),
        key.spki()?,
        der::explicit(3, &der::sequence(&extensions)),
    ]))
}

fn profile_extensions(profile: Profile) -> Vec<Vec<u8>> {
    // Bits of keyUsage from the left: digitalSignature, nonRepudiation, …, keyCertSign (5), cRLSign (6).
    const ISSUES: [u8; 2] = [1, 0b0000_0110];
    const SIGNS: [u8; 2] = [6, 0b1100_0000];
    const AUTHENTICATES: [u8; 2] = [7, 0b1000_0000];
    let usage = |bits: [u8; 2]| extension(&KEY_USAGE, true, &der::value(0x03, &bits));
    let constraints = |parts: &[Vec<u8>]| extension(&BASIC_CONSTRAINTS, true, &der::sequence(parts));
    let extended = |purpose: u64, critical| {
        let oid = der::oid(&[1, 3, 6, 1, 5, 5, 7, 3, purpose]);
        extension(&EXTENDED_KEY_USAGE, critical, &der::sequence(&[oid]))
    };
    match profile {
        Profile::Root => vec![constraints(&[der::boolean(true)]), usage(ISSUES)],
        Profile::Authority => vec![constraints(&[der::boolean(true), der::unsigned(&[0])]), usage(ISSUES)],
        Profile::Signing => vec![constraints(&[]), usage(SIGNS)],
        // Critical, and nothing beside it: RFC 3161, 2.3.
        Profile::TimeStamping => vec![constraints(&[]), usage(SIGNS), extended(8, true)],
        Profile::TlsClient => vec![constraints(&[]), usage(AUTHENTICATES), extended(2, false)],
        Profile::TlsServer => {
            vec![constraints(&[]), usage(AUTHENTICATES), extended(1, false), loopback_names()]
        }
    }
}

fn loopback_names() -> Vec<u8> {
    let address = |address: IpAddr| match address {
        IpAddr::V4(v4) => der::implicit(7, &v4.octets()),
        IpAddr::V6(v6) => der::implicit(7, &v6.octets()),
    };
    let names = [
        der::implicit(2, b"localhost"),
        address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        address(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    extension(&ALTERNATIVE_NAME, false, &der::sequence(&names))
}

fn extension(oid: &[u64], critical: bool, value: &[u8]) -> Vec<u8> {
    // FALSE is the default, which DER leaves out.
    let critical = if critical { der::boolean(true) } else { Vec::new() };
    der::sequence(&[der::oid(oid), critical, der::octets(value)])
}

/// `UTCTime` up to 2049, `GeneralizedTime` from then on (RFC 5280, 4.1.2.5).
fn time(at: Timestamp) -> Vec<u8> {
    let text = at.strftime("%Y%m%d%H%M%SZ").to_string();
    if ("1950".."2050").contains(&text.get(..4).unwrap_or_default()) {
        der::value(0x17, text.get(2..).unwrap_or_default().as_bytes())
    } else {
        generalized(at)
    }
}

fn generalized(at: Timestamp) -> Vec<u8> {
    der::value(0x18, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}
