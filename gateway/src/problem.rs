//! What can be wrong with a request, each finding with its stable code and its HTTP status.

use axum::http::StatusCode;
use jiff::civil::Date;
use standards::entry::Label;

/// 问题: one finding about a request, with the data that a person needs to act. Never with personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No Host field, or an empty one.
    #[error("the request names no host")]
    HostMissing,
    /// A second Host field: a proxy in front may have read the other one.
    #[error("the request names its host twice")]
    HostRepeated,
    /// A host that this gateway does not answer for: a signed request for another gateway, perhaps.
    #[error("the request is for a host that this gateway does not answer for")]
    HostUnknown,
    /// Content-Length and Transfer-Encoding together, or two Content-Length fields.
    #[error("the length of the request is stated in two ways")]
    FramingAmbiguous,
    /// A request sent before the answer to the last one.
    #[error("pipelined requests are not answered")]
    Pipelined,
    /// A body over the limit of its operation.
    #[error("the body is longer than {limit_bytes} bytes")]
    BodyTooLong {
        /// The limit of the operation.
        limit_bytes: usize,
    },
    /// A body that did not arrive in time.
    #[error("the body did not arrive within {limit_seconds} s")]
    BodyTooSlow {
        /// The time allowed.
        limit_seconds: u64,
    },
    /// A body that broke off.
    #[error("the body broke off")]
    BodyBroken,
    /// No such operation.
    #[error("there is no such operation")]
    OperationUnknown,
    /// The operation exists, but not with this method.
    #[error("the operation does not know this method")]
    MethodNotAllowed,
    /// A partner operation without a client certificate.
    #[error("no client certificate was presented")]
    ClientCertificateMissing,
    /// A client certificate that no partner of the trust list owns.
    #[error("the client certificate belongs to no partner of the trust list")]
    PartnerUnknown,
    /// A changing request without Signature-Input and Signature.
    #[error("the request is not signed")]
    SignatureMissing,
    /// Fields that are no structured fields of RFC 9421 with exactly one signature labelled `sig`.
    #[error("Signature-Input or Signature is malformed")]
    SignatureMalformed,
    /// Other components are covered than the five that must be.
    #[error("the signature covers other components than it must")]
    SignatureComponents,
    /// A parameter is missing, is of the wrong kind, or is not allowed.
    #[error("the signature parameter {name} is missing, malformed or not allowed")]
    SignatureParameter {
        /// Its name, one of the names of RFC 9421 2.3; `other` when it is none of them.
        name: &'static str,
    },
    /// Signed too long ago.
    #[error("the signature was made {age_seconds} s ago")]
    CreatedStale {
        /// Its age.
        age_seconds: i64,
    },
    /// Signed in the future.
    #[error("the signature was made {ahead_seconds} s in the future")]
    CreatedInFuture {
        /// How far ahead of our clock.
        ahead_seconds: i64,
    },
    /// Signed in the time of which the nonces were forgotten by a restart.
    #[error("the signature is older than this gateway's memory of nonces")]
    CreatedBeforeStart,
    /// A nonce was seen before.
    #[error("the nonce was used before")]
    NonceReplayed,
    /// So many signed requests in the window that no further nonce can be remembered.
    #[error("too many signed requests in the window")]
    NoncesExhausted,
    /// A key that is in no partner's row.
    #[error("the key id is unknown")]
    KeyUnknown,
    /// A key that was not valid when the signature was made.
    #[error("the key was not valid when the signature was made")]
    KeyNotValid,
    /// The signature value is wrong.
    #[error("the signature is wrong")]
    SignatureWrong,
    /// The TLS identity and the message key are of two partners.
    #[error("client certificate and message key belong to two partners")]
    IdentitiesDiffer,
    /// No Content-Digest, or one without sha-256.
    #[error("there is no sha-256 Content-Digest")]
    DigestMissing,
    /// A Content-Digest that is no dictionary of byte sequences.
    #[error("the Content-Digest is malformed")]
    DigestMalformed,
    /// A digest is not the body's.
    #[error("the Content-Digest is not the body's")]
    DigestWrong,
    /// No Idempotency-Key.
    #[error("there is no Idempotency-Key")]
    IdempotencyKeyMissing,
    /// An Idempotency-Key that is no string of 1 to 128 characters.
    #[error("the Idempotency-Key is malformed")]
    IdempotencyKeyMalformed,
    /// The same key with other content.
    #[error("the idempotency key was used with other content")]
    KeyReused {
        /// The entry that the key stands for.
        first_index: u64,
    },
    /// Not multipart/form-data with readable parts.
    #[error("the multipart body is malformed")]
    MultipartMalformed,
    /// A part is missing.
    #[error("the part {name} is missing")]
    PartMissing {
        /// Its name.
        name: &'static str,
    },
    /// A part came twice.
    #[error("the part {name} came twice")]
    PartRepeated {
        /// Its name.
        name: &'static str,
    },
    /// A part that the operation does not know.
    #[error("there is a part that the operation does not know")]
    PartUnknown,
    /// A part whose media type is not taken.
    #[error("the media type of the part {name} is not taken")]
    PartType {
        /// Its name.
        name: &'static str,
    },
    /// A part over its own limit.
    #[error("the part {name} is longer than {limit_bytes} bytes")]
    PartTooLong {
        /// Its name.
        name: &'static str,
        /// Its limit.
        limit_bytes: usize,
    },
    /// A query parameter that is missing, repeated, unknown or malformed.
    #[error("the query parameter {name} is missing or malformed")]
    QueryMalformed {
        /// Its name, or `?` for an unknown one.
        name: &'static str,
    },
    /// A body that is not the JSON the operation asks for.
    #[error("the body is not the JSON that the operation asks for")]
    JsonMalformed,
    /// No document, or an empty one.
    #[error("no document was received")]
    DocumentMissing,
    /// A target that is no region of this gateway.
    #[error("the target region is unknown")]
    TargetUnknown,
    /// A result sent for recognition to the region that issued it.
    #[error("the target region is the sender's own")]
    TargetIsSender,
    /// A partner acts for a region that is not its own.
    #[error("the message belongs to another region than the partner's")]
    OtherRegion {
        /// The field that names the other region.
        path: &'static str,
    },
    /// The message could not be read as a case: every fault, the most specific first.
    #[error("the message has {} faults", .0.len())]
    Message(Vec<FieldFinding>),
    /// No record of that index that the partner may read.
    #[error("there is no such record")]
    RecordUnknown,
    /// The evidence of the record was erased.
    #[error("已依规销毁 / erased on {on} under {rule}")]
    EvidenceErased {
        /// The day, in Beijing.
        on: Date,
        /// The rule of retention, or `order`.
        rule: Label,
    },
    /// The evidence of the record cannot be read.
    #[error("the evidence of the record cannot be read")]
    EvidenceDamaged,
    /// The record is nothing that is delivered to this partner.
    #[error("nothing is owed to the partner under that index")]
    NotOwed,
    /// The delivery names a checkpoint that this log never signed, or that does not hold the entry.
    #[error("the checkpoint is none of this log's, or does not hold the entry")]
    CheckpointUnknown,
    /// The reader's dialect cannot say the case.
    #[error("the case cannot be written in the dialect of region {region}")]
    DialectCannotSay {
        /// The six digits of the region.
        region: String,
    },
    /// No such item.
    #[error("there is no such item")]
    ItemUnknown,
    /// No such file of the log.
    #[error("there is no such tile")]
    TileUnknown,
    /// The trust list is past its nextUpdate.
    #[error("the trust list is stale since {since}")]
    TrustStale {
        /// Its nextUpdate.
        since: jiff::Timestamp,
    },
    /// Whether the certificate of a partner is revoked cannot be told.
    #[error("nothing is known about the revocation of the partner's certificate: {code}")]
    RevocationUnknown {
        /// What is missing, by its code.
        code: &'static str,
    },
    /// As many requests as can be handled are being handled.
    #[error("the gateway is busy")]
    Busy,
    /// Not enough witnesses saw a checkpoint with the entry yet, or the ledger has no witnesses.
    #[error("not enough witnesses saw the entry yet")]
    NotCosigned,
    /// The companion does not cover the entry yet, or the ledger has no companion.
    #[error("the companion does not cover the entry yet")]
    NotInCompanion,
    /// A witness does not sign a checkpoint.
    #[error(transparent)]
    NotWitnessed(ledger::witness::Refused),
    /// The ledger takes no entry now. Nothing was recorded, and the key is not used up.
    #[error("the ledger takes no entry now")]
    LedgerUnavailable,
}

/// 字段问题: one fault of a field, by the path that the sender wrote it under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFinding {
    /// Where it is in the sender's message, or else the name of the canonical field.
    pub path: String,
    /// The stable code of the fault.
    pub code: &'static str,
    /// What was received, masked where it may be personal: for the sender alone.
    pub value: Option<String>,
    /// What the sender needs to put it right; never what was received.
    pub hint: String,
}

impl FieldFinding {
    /// A fault of a message.
    pub(crate) fn of(fault: &adapters::Fault) -> Self {
        let path = match &fault.field {
            Some(field) if fault.path.is_empty() => field.clone(),
            _ => fault.path.clone(),
        };
        Self { path, code: fault.code(), value: fault.value.clone(), hint: fault.hint() }
    }
}

impl Problem {
    /// The stable code that partners and suites match on. A message with several faults answers with the first one's.
    pub fn code(&self) -> &str {
        match self {
            Self::Message(faults) => faults.first().map_or("exchange.message_unreadable", |fault| fault.code),
            other => other.row().0,
        }
    }

    /// The HTTP status that goes with the code.
    pub fn status(&self) -> StatusCode {
        self.row().1
    }

    /// The path of the field at fault, where there is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::OtherRegion { path } => Some(path),
            Self::Message(faults) => faults.first().map(|fault| fault.path.as_str()),
            Self::PartMissing { name }
            | Self::PartRepeated { name }
            | Self::PartType { name }
            | Self::PartTooLong { name, .. }
            | Self::SignatureParameter { name }
            | Self::QueryMalformed { name } => Some(name),
            _ => None,
        }
    }

    /// Whether the same request may be sent again later, unchanged but for its nonce: no key was used up.
    pub fn is_transient(&self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    fn row(&self) -> (&'static str, StatusCode) {
        use StatusCode as S;
        match self {
            Self::HostMissing => ("exchange.host_missing", S::BAD_REQUEST),
            Self::HostRepeated => ("exchange.host_repeated", S::BAD_REQUEST),
            Self::HostUnknown => ("exchange.host_unknown", S::MISDIRECTED_REQUEST),
            Self::FramingAmbiguous => ("exchange.framing_ambiguous", S::BAD_REQUEST),
            Self::Pipelined => ("exchange.pipelined", S::BAD_REQUEST),
            Self::BodyTooLong { .. } => ("exchange.body_too_long", S::PAYLOAD_TOO_LARGE),
            Self::BodyTooSlow { .. } => ("exchange.body_too_slow", S::REQUEST_TIMEOUT),
            Self::BodyBroken => ("exchange.body_broken", S::BAD_REQUEST),
            Self::OperationUnknown => ("exchange.operation_unknown", S::NOT_FOUND),
            Self::MethodNotAllowed => ("exchange.method_not_allowed", S::METHOD_NOT_ALLOWED),
            Self::ClientCertificateMissing => ("exchange.client_certificate_missing", S::UNAUTHORIZED),
            Self::PartnerUnknown => ("exchange.partner_unknown", S::FORBIDDEN),
            Self::SignatureMissing => ("exchange.signature_missing", S::UNAUTHORIZED),
            Self::SignatureMalformed => ("exchange.signature_malformed", S::BAD_REQUEST),
            Self::SignatureComponents => ("exchange.signature_components", S::UNAUTHORIZED),
            Self::SignatureParameter { .. } => ("exchange.signature_parameter", S::UNAUTHORIZED),
            Self::CreatedStale { .. } => ("exchange.created_stale", S::UNAUTHORIZED),
            Self::CreatedInFuture { .. } => ("exchange.created_in_future", S::UNAUTHORIZED),
            Self::CreatedBeforeStart => ("exchange.created_before_start", S::UNAUTHORIZED),
            Self::NonceReplayed => ("exchange.nonce_replayed", S::UNAUTHORIZED),
            Self::NoncesExhausted => ("exchange.nonces_exhausted", S::SERVICE_UNAVAILABLE),
            Self::KeyUnknown => ("exchange.key_unknown", S::UNAUTHORIZED),
            Self::KeyNotValid => ("exchange.key_not_valid", S::UNAUTHORIZED),
            Self::SignatureWrong => ("exchange.signature_wrong", S::UNAUTHORIZED),
            Self::IdentitiesDiffer => ("exchange.identities_differ", S::FORBIDDEN),
            Self::DigestMissing => ("exchange.digest_missing", S::BAD_REQUEST),
            Self::DigestMalformed => ("exchange.digest_malformed", S::BAD_REQUEST),
            Self::DigestWrong => ("exchange.digest_wrong", S::BAD_REQUEST),
            Self::IdempotencyKeyMissing => ("exchange.idempotency_key_missing", S::BAD_REQUEST),
            Self::IdempotencyKeyMalformed => ("exchange.idempotency_key_malformed", S::BAD_REQUEST),
            Self::KeyReused { .. } => ("exchange.key_reused", S::CONFLICT),
            Self::MultipartMalformed => ("exchange.multipart_malformed", S::BAD_REQUEST),
            Self::PartMissing { .. } => ("exchange.part_missing", S::BAD_REQUEST),
            Self::PartRepeated { .. } => ("exchange.part_repeated", S::BAD_REQUEST),
            Self::PartUnknown => ("exchange.part_unknown", S::BAD_REQUEST),
            Self::PartType { .. } => ("exchange.part_type", S::UNSUPPORTED_MEDIA_TYPE),
            Self::PartTooLong { .. } => ("exchange.part_too_long", S::PAYLOAD_TOO_LARGE),
            Self::QueryMalformed { .. } => ("exchange.query_malformed", S::BAD_REQUEST),
            Self::JsonMalformed => ("exchange.json_malformed", S::BAD_REQUEST),
            Self::DocumentMissing => ("exchange.document_unreadable", S::BAD_REQUEST),
            Self::TargetUnknown => ("exchange.target_unknown", S::UNPROCESSABLE_ENTITY),
            Self::TargetIsSender => ("exchange.target_is_sender", S::UNPROCESSABLE_ENTITY),
            Self::OtherRegion { .. } => ("exchange.other_region", S::FORBIDDEN),
            Self::Message(_) => ("exchange.message_unreadable", S::UNPROCESSABLE_ENTITY),
            Self::RecordUnknown => ("exchange.record_unknown", S::NOT_FOUND),
            Self::EvidenceErased { .. } => ("exchange.evidence_unavailable", S::GONE),
            Self::EvidenceDamaged => ("exchange.evidence_damaged", S::INTERNAL_SERVER_ERROR),
            Self::NotOwed => ("exchange.not_owed", S::FORBIDDEN),
            Self::CheckpointUnknown => ("exchange.checkpoint_unknown", S::UNPROCESSABLE_ENTITY),
            Self::DialectCannotSay { .. } => ("exchange.dialect_cannot_say", S::UNPROCESSABLE_ENTITY),
            Self::ItemUnknown => ("exchange.item_unknown", S::NOT_FOUND),
            Self::TileUnknown => ("exchange.tile_unknown", S::NOT_FOUND),
            Self::TrustStale { .. } => ("exchange.trust_stale", S::SERVICE_UNAVAILABLE),
            Self::RevocationUnknown { .. } => ("exchange.revocation_unknown", S::SERVICE_UNAVAILABLE),
            Self::Busy => ("exchange.busy", S::SERVICE_UNAVAILABLE),
            Self::NotCosigned => ("exchange.not_cosigned", S::SERVICE_UNAVAILABLE),
            Self::NotInCompanion => ("exchange.not_in_companion", S::SERVICE_UNAVAILABLE),
            Self::NotWitnessed(refused) => {
                (refused.code(), S::from_u16(refused.status()).unwrap_or(S::INTERNAL_SERVER_ERROR))
            }
            Self::LedgerUnavailable => ("exchange.ledger_unavailable", S::SERVICE_UNAVAILABLE),
        }
    }
}

#[cfg(test)]
mod tests {
    /// The codes stand in the source as literals, so the source is the list that cannot forget one.
    #[test]
    fn every_code_of_this_crate_has_its_texts() {
        let sources = [
            include_str!("problem.rs"),
            include_str!("config.rs"),
            include_str!("pipeline/recognise.rs"),
            include_str!("evidence/review.rs"),
        ];
        let prefixes = ["exchange.", "config.", "recognition.", "record."];
        let is_code = |text: &&str| {
            prefixes.iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.len() > 2))
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte))
        };
        let codes: Vec<&str> = sources.iter().flat_map(|source| source.split('"')).filter(is_code).collect();
        assert!(codes.len() > 70, "only {} codes were found", codes.len());
        for code in codes {
            assert!(standards::problem::text(code).is_some(), "{code} has no text");
        }
    }
}
