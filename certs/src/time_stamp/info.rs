//! `TSTInfo` (RFC 3161, 2.4.2): what a time-stamp authority signs.

use jiff::{SignedDuration, Timestamp};

use super::TimeStampFault;
use crate::der::{DerFault, Reader, tag};
use crate::digest::DigestAlgorithm;
use crate::name::magnitude;
use crate::signed_data::algorithm;

use super::within;

/// The most bytes of a serial number: RFC 3161 asks for 160 bits.
const SERIAL_BYTES_MAX: usize = 20;
/// The most bytes of a nonce.
const NONCE_BYTES_MAX: usize = 64;
/// An authority that knows the hour no better proves nothing about the order of things within a day.
const ACCURACY_MAX: SignedDuration = SignedDuration::from_hours(1);
const EXTENSIONS_MAX: usize = 16;

/// The primitive context tag \[1\].
const PRIMITIVE_1: u8 = 0x81;

/// Digests for which other bytes with the same digest can be made.
const WEAK: [&str; 2] = ["1.3.14.3.2.26", "1.2.840.113549.2.5"];

#[derive(Debug, Clone)]
pub(super) struct Info<'a> {
    pub(super) algorithm: DigestAlgorithm,
    pub(super) imprint: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) made_at: Timestamp,
    pub(super) accuracy: Option<SignedDuration>,
    pub(super) nonce: Option<&'a [u8]>,
}

/// The digest algorithm of this name, when it is one to rely on.
pub(super) fn digest_algorithm(oid: &str) -> Result<DigestAlgorithm, TimeStampFault> {
    DigestAlgorithm::from_oid(oid).ok_or_else(|| {
        let algorithm = oid.to_owned();
        if WEAK.contains(&oid) {
            TimeStampFault::WeakDigest { algorithm }
        } else {
            TimeStampFault::UnknownAlgorithm { algorithm }
        }
    })
}

impl<'a> Info<'a> {
    pub(super) fn read(content: &'a [u8]) -> Result<Self, TimeStampFault> {
        let raw = within(content, Raw::read).map_err(|_| TimeStampFault::InfoMalformed { part: "TSTInfo" })?;
        if raw.version != 1 {
            return Err(TimeStampFault::InfoMalformed { part: "version" });
        }
        let algorithm = digest_algorithm(&raw.algorithm)?;
        if raw.imprint.len() != algorithm.digest(&[]).len() {
            return Err(TimeStampFault::InfoMalformed { part: "messageImprint" });
        }
        let accuracy = raw.accuracy.map(duration).transpose().map_err(|_| TimeStampFault::Accuracy)?;
        if let Some(extension) = raw.critical {
            return Err(TimeStampFault::CriticalExtension { extension });
        }
        Ok(Info {
            algorithm,
            imprint: raw.imprint,
            serial: raw.serial,
            made_at: raw.made_at,
            accuracy,
            nonce: raw.nonce,
        })
    }
}

/// The fields as they are encoded; what they mean is judged above.
struct Raw<'a> {
    version: u32,
    algorithm: String,
    imprint: &'a [u8],
    serial: &'a [u8],
    made_at: Timestamp,
    accuracy: Option<Reader<'a>>,
    nonce: Option<&'a [u8]>,
    /// The first critical extension.
    critical: Option<String>,
}

impl<'a> Raw<'a> {
    fn read(fields: &mut Reader<'a>) -> Result<Self, DerFault> {
        let version = fields.number()?;
        fields.object_identifier()?;
        let mut imprint = fields.sequence()?;
        let (algorithm, digest) = (algorithm(&mut imprint)?, imprint.octets()?);
        imprint.end()?;
        let serial = unsigned(fields, SERIAL_BYTES_MAX)?;
        if fields.peek_tag() != Some(tag::GENERALIZED_TIME) {
            return Err(DerFault::Time);
        }
        let made_at = fields.time()?;
        let accuracy = fields.optional(tag::SEQUENCE)?.map(|accuracy| accuracy.reader());
        if let Some(ordering) = fields.optional(tag::BOOLEAN)?
            && !matches!(ordering.value, [0 | 0xFF])
        {
            return Err(DerFault::Number);
        }
        let has_nonce = fields.peek_tag() == Some(tag::INTEGER);
        let nonce = if has_nonce { Some(unsigned(fields, NONCE_BYTES_MAX)?) } else { None };
        // Who made it, in the authority's own words: its certificate says that better.
        fields.optional(tag::CONTEXT_0)?;
        let critical = match fields.optional(tag::CONTEXT_1)? {
            Some(extensions) => critical(extensions.reader())?,
            None => None,
        };
        Ok(Raw { version, algorithm, imprint: digest, serial, made_at, accuracy, nonce, critical })
    }
}

/// A non-negative INTEGER of at most so many bytes, big-endian without leading zeros.
fn unsigned<'a>(fields: &mut Reader<'a>, bytes_max: usize) -> Result<&'a [u8], DerFault> {
    let value = fields.expect(tag::INTEGER)?.value;
    let magnitude = magnitude(value);
    let negative = value.first().is_none_or(|first| first & 0x80 != 0);
    if negative || magnitude.len() > bytes_max { Err(DerFault::Number) } else { Ok(magnitude) }
}

/// `Accuracy`: seconds, milliseconds and microseconds, each where it is not zero.
fn duration(mut fields: Reader<'_>) -> Result<SignedDuration, DerFault> {
    let seconds = if fields.peek_tag() == Some(tag::INTEGER) { fields.number()? } else { 0 };
    let thousandths = |fields: &mut Reader<'_>, tag| match fields.optional(tag)?.map(|it| it.value) {
        None => Ok(0),
        Some([number]) if (1..0x80).contains(number) => Ok(u32::from(*number)),
        Some([0, low]) if *low >= 0x80 => Ok(u32::from(*low)),
        Some([high @ 1..=3, low]) if u16::from_be_bytes([*high, *low]) < 1000 => {
            Ok(u32::from(u16::from_be_bytes([*high, *low])))
        }
        Some(_) => Err(DerFault::Number),
    };
    let milliseconds = thousandths(&mut fields, tag::PRIMITIVE_0)?;
    let microseconds = thousandths(&mut fields, PRIMITIVE_1)?;
    fields.end()?;
    let total = SignedDuration::from_secs(i64::from(seconds))
        + SignedDuration::from_millis(i64::from(milliseconds))
        + SignedDuration::from_micros(i64::from(microseconds));
    if total > ACCURACY_MAX { Err(DerFault::Number) } else { Ok(total) }
}

/// The first critical extension: no standard in use here defines one.
fn critical(mut extensions: Reader<'_>) -> Result<Option<String>, DerFault> {
    for _ in 0..EXTENSIONS_MAX {
        if extensions.is_empty() {
            return Ok(None);
        }
        let mut extension = extensions.sequence()?;
        let oid = extension.object_identifier()?;
        if extension.optional(tag::BOOLEAN)?.is_some_and(|critical| critical.value != [0]) {
            return Ok(Some(oid));
        }
        extension.octets()?;
        extension.end()?;
    }
    Err(DerFault::ListTooLong(EXTENSIONS_MAX))
}
