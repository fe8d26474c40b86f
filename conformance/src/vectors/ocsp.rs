//! OCSP responses (RFC 6960) about one certificate.
use certs::der::write as der;
use certs::digest::sm3;
use jiff::Timestamp;

use super::forge::{ROOT, SM3, Signing, generalized_time, name};
use super::seal::Cast;
use super::{Forged, hours};

const BASIC_RESPONSE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 1];

/// What the responder says of the certificate.
#[derive(Clone, Copy)]
pub(super) enum Said {
    Good,
    /// Revoked since then.
    Revoked(Timestamp),
    Unknown,
}

/// Who answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Responder {
    /// The authority itself.
    Issuer,
    /// Somebody whom the authority certified for something else.
    Other,
}

/// What a response is to say.
#[derive(Clone)]
pub(super) struct OcspPlan {
    pub(super) serial: u8,
    pub(super) said: Said,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    pub(super) responder: Responder,
    pub(super) signing: Signing,
}

impl OcspPlan {
    /// A good answer about the certificate of this serial number.
    pub(super) fn good(serial: u8) -> Self {
        OcspPlan {
            serial,
            said: Said::Good,
            this_update: hours(-1),
            next_update: hours(100),
            responder: Responder::Issuer,
            signing: Signing::default(),
        }
    }

    pub(super) fn issue(&self, cast: &Cast) -> Forged<Vec<u8>> {
        let issuer = name(ROOT, ROOT);
        let subject = der::sequence(&[
            der::sequence(&[der::oid(SM3)]),
            der::octets(&sm3(&[&issuer])),
            der::octets(&sm3(&[&cast.root.public_key().to_sec1()])),
            der::unsigned(&[self.serial]),
        ]);
        let said = match self.said {
            Said::Good => der::implicit(0, &[]),
            Said::Revoked(since) => der::value(0xA1, &generalized_time(since)),
            Said::Unknown => der::implicit(2, &[]),
        };
        let (this, next) = (generalized_time(self.this_update), generalized_time(self.next_update));
        let single = der::sequence(&[subject, said, this.clone(), der::explicit(0, &next)]);
        let data = der::sequence(&[der::explicit(1, &issuer), this, der::sequence(&[single])]);
        let (key, certificates) = match self.responder {
            Responder::Issuer => (&cast.root, Vec::new()),
            Responder::Other => (&cast.stranger, der::explicit(0, &der::sequence(&[&cast.other]))),
        };
        let signature = self.signing.sign(key, &cast.stranger, &data)?;
        let basic = der::sequence(&[data, der::sequence(&[der::oid(self.signing.algorithm)]), signature, certificates]);
        let response = der::sequence(&[der::oid(BASIC_RESPONSE), der::octets(&basic)]);
        Ok(der::sequence(&[der::value(0x0A, &[0]), der::explicit(0, &response)]))
    }
}
