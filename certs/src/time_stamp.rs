//! Time stamps of GB/T 20520 and RFC 3161: a token says that some bytes existed at a time, and who says so.
//!
//! [`TimeStampToken::read`] believes nothing; [`TimeStampToken::verify`] gives a [`VerifiedTimeStamp`], which only it can make.

use jiff::{SignedDuration, Timestamp};

use crate::der::{DerFault, Element, Reader, tag};
use crate::digest::DigestAlgorithm;
use crate::signed_data::{SignedData, SignerInfo};

mod fault;
mod info;
mod named;
mod verify;

pub use fault::TimeStampFault;
use info::Info;
pub use verify::VerifiedTimeStamp;

/// The content type of what a time-stamp authority signs: id-ct-TSTInfo.
const INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// `PKIStatus` with a token: granted, and granted with modifications.
const GRANTED: [u32; 2] = [0, 1];

/// 时间戳 A time-stamp token, borrowed from the bytes that hold it. Nothing of it is believed yet.
#[derive(Debug, Clone)]
pub struct TimeStampToken<'a> {
    data: SignedData<'a>,
    signer: SignerInfo<'a>,
    content: &'a [u8],
    info: Info<'a>,
}

impl<'a> TimeStampToken<'a> {
    /// Reads a token, or the response of an authority around one.
    ///
    /// # Errors
    /// What makes it no token that could be verified: its encoding, its signers, a digest that is weak or not known here.
    pub fn read(bytes: &'a [u8]) -> Result<Self, TimeStampFault> {
        let data = SignedData::read(token_of(bytes)?)?;
        if data.content_type() != INFO {
            return Err(TimeStampFault::OtherContent { content_type: data.content_type().to_owned() });
        }
        let content = data.content().ok_or(TimeStampFault::InfoMalformed { part: "TSTInfo" })?;
        let info = Info::read(content)?;
        let [signer] = data.signers() else {
            return Err(TimeStampFault::Signers { count: data.signers().len() });
        };
        let signer = signer.clone();
        Ok(TimeStampToken { data, signer, content, info })
    }

    /// When the authority says that it made the token.
    pub fn made_at(&self) -> Timestamp {
        self.info.made_at
    }

    /// How far the time may be off to either side, where the authority says.
    pub fn accuracy(&self) -> Option<SignedDuration> {
        self.info.accuracy
    }

    /// The digest of the bytes that the token is about.
    pub fn imprint(&self) -> (DigestAlgorithm, &'a [u8]) {
        (self.info.algorithm, self.info.imprint)
    }

    /// The authority's number of the token, in lower-case hexadecimal without leading zeros.
    pub fn serial(&self) -> String {
        hex::encode(self.info.serial)
    }

    /// The number by which whoever asked recognises the answer, big-endian without leading zeros.
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.info.nonce
    }
}

/// The token within `TimeStampResp`, or the bytes themselves: a token begins with an object identifier, a response with its status.
fn token_of(bytes: &[u8]) -> Result<&[u8], TimeStampFault> {
    let malformed = |_| TimeStampFault::InfoMalformed { part: "TimeStampResp" };
    let Ok(mut response) = Element::only(bytes).and_then(|whole| whole.reader_of(tag::SEQUENCE)) else {
        return Ok(bytes);
    };
    if response.peek_tag() != Some(tag::SEQUENCE) {
        return Ok(bytes);
    }
    let status = response.sequence().and_then(|mut fields| fields.number()).map_err(malformed)?;
    if !GRANTED.contains(&status) || response.is_empty() {
        return Err(TimeStampFault::NotGranted { status });
    }
    let token = response.any().map_err(malformed)?;
    response.end().map_err(malformed)?;
    Ok(token.raw)
}

/// Reads all of one SEQUENCE.
fn within<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> Result<T, DerFault>) -> Result<T, DerFault> {
    let mut reader = Element::only(bytes)?.reader_of(tag::SEQUENCE)?;
    let found = read(&mut reader)?;
    reader.end()?;
    Ok(found)
}
