//! A signed request in the making: right as it is drafted, and spoilt on purpose where a scenario asks for it.

use certs::signing::Sm2Signer;
use jiff::Timestamp;

use crate::error::SuiteError;
use crate::misuse::Misuse;
use crate::partner::Partner;
use crate::signature::{self, Component, Parameters};

/// What the contract asks to be covered, in this order.
const COVERED: [&str; 5] = ["@method", "@target-uri", "content-digest", "idempotency-key", "content-type"];

/// The window for `created` is 300 s either way; these lie just outside of it, the later one by the time of a slow connection.
const STALE_SECONDS: i64 = -301;
const FUTURE_SECONDS: i64 = 330;

/// What a partner wants to send.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The full address.
    pub target: String,
    /// The body's media type.
    pub content_type: String,
    /// The key under which a resend is recognised.
    pub idempotency_key: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A drafted POST request, every part of which can still be spoilt.
pub struct Draft<'a> {
    intent: Intent,
    digest: Option<String>,
    idempotency_key: Option<String>,
    signed_target: String,
    covered: Vec<&'static str>,
    parameters: Parameters,
    signer: &'a Sm2Signer,
    signature: Signing,
}

/// What happens to the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signing {
    Right,
    OneBitTurned,
    LeftOut,
}

/// A request that is ready to be sent, as often as one likes.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The full address.
    pub target: String,
    /// The header fields.
    pub fields: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// A right request of `partner`. The nonce is the caller's, who must not use it again.
    pub fn new(intent: Intent, partner: &'a Partner, created: Timestamp, nonce: String) -> Self {
        Self {
            digest: Some(signature::content_digest(&intent.body)),
            idempotency_key: Some(intent.idempotency_key.clone()),
            signed_target: intent.target.clone(),
            covered: COVERED.to_vec(),
            parameters: Parameters {
                created: created.as_second(),
                nonce: Some(nonce),
                keyid: partner.keyid.clone(),
                alg: None,
            },
            signer: &partner.signer,
            signature: Signing::Right,
            intent,
        }
    }

    /// Spoils the request in one way; `other` is the partner whose keys are misused.
    #[must_use]
    pub fn spoilt(mut self, misuse: Misuse, other: &'a Partner) -> Self {
        match misuse {
            Misuse::WrongSignature => self.signature = Signing::OneBitTurned,
            Misuse::AnotherPartnersKey => {
                self.signer = &other.signer;
                self.parameters.keyid.clone_from(&other.keyid);
            }
            Misuse::StolenKeyName => self.signer = &other.signer,
            Misuse::UnknownKey => "no-such-key".clone_into(&mut self.parameters.keyid),
            Misuse::StaleCreated => self.parameters.created += STALE_SECONDS,
            Misuse::FutureCreated => self.parameters.created += FUTURE_SECONDS,
            Misuse::WrongDigest => self.digest = Some(signature::content_digest(b"another body")),
            Misuse::NoDigest => {
                self.digest = None;
                self.uncover("content-digest");
            }
            Misuse::DigestNotCovered => self.uncover("content-digest"),
            Misuse::NoSignature => self.signature = Signing::LeftOut,
            Misuse::NoIdempotencyKey => {
                self.idempotency_key = None;
                self.uncover("idempotency-key");
            }
            Misuse::NoNonce => self.parameters.nonce = None,
            Misuse::AnotherTarget => self.signed_target.push_str("&also=elsewhere"),
            Misuse::AlgParameter => self.parameters.alg = Some("sm2-sm3".to_owned()),
            // These are about what is sent, how often, and over which connection: whoever sends sees to them.
            Misuse::HugeMessage | Misuse::ReplayedNonce | Misuse::NoClientCertificate => {}
        }
        self
    }

    fn uncover(&mut self, name: &str) {
        self.covered.retain(|covered| *covered != name);
    }

    /// Signs the request as it now is.
    ///
    /// # Errors
    /// When the message key cannot sign.
    pub fn sign(self) -> Result<Ready, SuiteError> {
        let mut fields = vec![("content-type", self.intent.content_type.clone())];
        fields.extend(self.digest.map(|digest| ("content-digest", digest)));
        fields.extend(self.idempotency_key.map(|key| ("idempotency-key", key)));
        if self.signature != Signing::LeftOut {
            let components: Vec<Component<'_>> = self
                .covered
                .iter()
                .filter_map(|&name| {
                    let value = match name {
                        "@method" => "POST",
                        "@target-uri" => &self.signed_target,
                        field => &fields.iter().find(|(known, _)| *known == field)?.1,
                    };
                    Some(Component { name, value })
                })
                .collect();
            let base = signature::signature_base(&components, &self.parameters);
            let signed =
                self.signer.sign(base.as_bytes()).map_err(|error| SuiteError::Signing { cause: error.code() })?;
            let mut bytes = signed.to_raw().to_vec();
            if let (Signing::OneBitTurned, Some(last)) = (self.signature, bytes.last_mut()) {
                *last ^= 1;
            }
            let signed = signature::signature_fields(&components, &self.parameters, &bytes);
            fields.extend(signed);
        }
        Ok(Ready { target: self.intent.target, fields, body: self.intent.body })
    }
}
