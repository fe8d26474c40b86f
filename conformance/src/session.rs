//! What a partner does with a gateway, one method an operation of the contract.

use jiff::Timestamp;
use ureq::tls::RootCerts;

use crate::client::{Answer, Client};
use crate::error::SuiteError;
use crate::misuse::Misuse;
use crate::multipart::{self, Part};
use crate::parcel::Parcel;
use crate::partner::Partner;
use crate::request::{Draft, Intent};

/// The media type of a sealed document.
pub const OFD: &str = "application/ofd";

/// 会话: a partner, its connection, and its clock.
pub struct Session {
    partner: Partner,
    client: Client,
    stranger: Client,
    clock: fn() -> Timestamp,
}

impl Session {
    /// A session of `partner` with the gateway at `url`.
    pub fn new(url: &str, roots: &RootCerts, partner: Partner, clock: fn() -> Timestamp) -> Self {
        let client = Client::new(url, roots, Some(&partner.identity));
        let stranger = Client::new(url, roots, None);
        Self { partner, client, stranger, clock }
    }

    /// The partner.
    pub fn partner(&self) -> &Partner {
        &self.partner
    }

    /// Submits a result for recognition; with a misuse, spoilt in that way, by the keys of `other` where it takes some.
    ///
    /// # Errors
    /// When no answer comes, or nothing could be signed.
    pub fn submit(&self, parcel: &Parcel, misuse: Option<(Misuse, &Partner)>) -> Result<Answer, SuiteError> {
        let parts = [
            Part { name: "message", content_type: parcel.message_type, bytes: &parcel.message },
            Part { name: "document", content_type: OFD, bytes: &parcel.document },
        ];
        let (content_type, body) = multipart::encode(&format!("tongbiao-{}", token()?), &parts);
        let path = format!("/v1/recognitions?to={}", parcel.to);
        self.post(&path, content_type, body, &parcel.idempotency_key, misuse)
    }

    /// Signs for a recognition that arrived; `checkpoint` is the one against which the partner checked the proof.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn deliver(&self, index: u64, checkpoint: &str) -> Result<Answer, SuiteError> {
        let body = serde_json::json!({ "index": index, "checkpoint": checkpoint }).to_string().into_bytes();
        let path = format!("/v1/recognitions/{index}/delivery");
        self.post(&path, "application/json".to_owned(), body, &format!("delivery-{index}"), None)
    }

    fn post(
        &self,
        path: &str,
        content_type: String,
        body: Vec<u8>,
        idempotency_key: &str,
        misuse: Option<(Misuse, &Partner)>,
    ) -> Result<Answer, SuiteError> {
        let target = self.client.address(path);
        let intent = Intent { target, content_type, idempotency_key: idempotency_key.to_owned(), body };
        let draft = Draft::new(intent, &self.partner, (self.clock)(), token()?);
        let Some((misuse, other)) = misuse else {
            return self.client.send(&draft.sign()?);
        };
        let request = draft.spoilt(misuse, other).sign()?;
        match misuse {
            Misuse::NoClientCertificate => self.stranger.send(&request),
            Misuse::ReplayedNonce => {
                self.client.send(&request)?;
                self.client.send(&request)
            }
            _ => self.client.send(&request),
        }
    }

    /// Reads an address.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn get(&self, path: &str) -> Result<Answer, SuiteError> {
        self.client.get(path)
    }

    /// Has a document verified without recording anything.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn verify(&self, document: &[u8]) -> Result<Answer, SuiteError> {
        self.client.ask("/v1/verify", OFD, document)
    }
}

/// 128 random bits: a nonce, a boundary, a key.
///
/// # Errors
/// When the system has no randomness.
pub fn token() -> Result<String, SuiteError> {
    certs::random::array::<16>().map(hex::encode).map_err(|error| SuiteError::Signing { cause: error.code() })
}
