//! What can be wrong with keys, certificates and trust: each variant is a finding with a stable code.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use standards::code::RegionCode;

use crate::revocation::ListNumber;
use crate::trust::EntryFault;

/// A signature that does not count, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The bytes are not the DER of SEQUENCE { r INTEGER, s INTEGER }, minimal and non-negative.
    #[error("the signature is not strict DER of two non-negative integers")]
    NotDer,
    /// A signature of fixed size has another size.
    #[error("the signature has {got} bytes where {expected} are needed")]
    Length {
        /// Bytes that the algorithm asks for.
        expected: usize,
        /// Bytes received.
        got: usize,
    },
    /// r or s is zero or not below the order of the curve.
    #[error("r or s is outside 1..n-1")]
    OutOfRange,
    /// The arithmetic does not hold: other bytes, another key, or no signature of either.
    #[error("the signature does not fit the signed bytes and the key")]
    Mismatch,
    /// The signature algorithm does not go with the kind of the key, or is not supported.
    #[error("the signature algorithm does not go with the key")]
    Algorithm,
    /// The key that should verify is no key: malformed, or no point of the curve that it names.
    #[error("the public key is malformed or no point of its curve")]
    Key,
}

impl SignatureError {
    /// The stable code of the finding; its texts are in `standards/problems/key.toml`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDer => "key.signature_not_der",
            Self::Length { .. } => "key.signature_length",
            Self::OutOfRange => "key.signature_out_of_range",
            Self::Mismatch => "key.signature_mismatch",
            Self::Algorithm => "key.signature_algorithm",
            Self::Key => "key.malformed",
        }
    }
}

/// What is wrong with something received or with the machine's own keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// Encrypted bytes are damaged, or belong to another key, nonce or context.
    #[error("the encrypted bytes are damaged or belong to another key or context")]
    DoesNotOpen,
    /// More bytes than the cipher can protect under one nonce.
    #[error("{bytes} bytes are too many to encrypt at once")]
    TooLongToSeal {
        /// Bytes received.
        bytes: usize,
    },
    /// The bytes are no point of the curve that the key names.
    #[error("the public key is no point of its curve")]
    NotOnCurve,
    /// The bytes are no `SubjectPublicKeyInfo`.
    #[error("the public key is malformed")]
    KeyMalformed,
    /// A public key of another algorithm or curve than SM2, P-256 and RSA.
    #[error("a public key of the algorithm {algorithm} is not supported")]
    KeyUnsupported {
        /// The dotted object identifier of the key's algorithm.
        algorithm: String,
    },
    /// The text holds no certificate in PEM.
    #[error("the text holds no certificate in PEM")]
    NoPem,
    /// The certificate, or the text with certificates, is over its limit.
    #[error("{bytes} bytes of certificate are more than {bytes_max}")]
    CertificateTooLong {
        /// Bytes received.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// A part of the certificate cannot be read.
    #[error("the certificate's {part} cannot be read")]
    CertificateMalformed {
        /// The part, in the words of RFC 5280.
        part: &'static str,
    },
    /// The revocation list is over its limit.
    #[error("a revocation list of {bytes} bytes is longer than {bytes_max}")]
    ListTooLong {
        /// Bytes received.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// The bytes are no revocation list of RFC 5280.
    #[error("the revocation list cannot be read")]
    ListMalformed,
    /// The OCSP response is over its limit.
    #[error("an OCSP response of {bytes} bytes is longer than {bytes_max}")]
    ResponseTooLong {
        /// Bytes received.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// The bytes are no OCSP response of RFC 6960, or one with a critical extension.
    #[error("the OCSP response cannot be read")]
    ResponseMalformed,
    /// The responder gave no answer.
    #[error("the OCSP response says no more than status {status}")]
    ResponseUnsuccessful {
        /// `OCSPResponseStatus`.
        status: u8,
    },
    /// The newest list of an issuer is older than one that was believed before.
    #[error("revocation list {offered} is older than {known} of the same issuer, which is known already")]
    ListRollback {
        /// The highest number known.
        known: ListNumber,
        /// The highest number offered.
        offered: ListNumber,
    },
    /// A file or folder with trust material cannot be read.
    #[error("{} cannot be read", path.display())]
    TrustFile {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file with trust material is over its limit.
    #[error("{} is longer than {bytes_max} bytes", path.display())]
    TrustFileTooLong {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        bytes_max: u64,
    },
    /// A folder holds more files than any trust material has.
    #[error("{} holds more than {files_max} files", path.display())]
    TrustTooManyFiles {
        /// The folder.
        path: PathBuf,
        /// Files allowed.
        files_max: usize,
    },
    /// A file with trust material does not hold what its name says.
    #[error("{} is unusable: {source}", path.display())]
    TrustFileContent {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        source: Box<Error>,
    },
    /// The trust list is not signed by the pinned key.
    #[error("the trust list is not signed by the pinned key: {source}")]
    TrustSignature {
        /// What is wrong with the signature.
        source: SignatureError,
    },
    /// The trust list is not the JSON that it should be.
    #[error("the trust list cannot be read at line {line}, column {column}")]
    TrustListMalformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The trust list was issued later than now.
    #[error("the trust list was issued at {issued_at}, which is later than now")]
    TrustListFromFuture {
        /// When it says that it was issued.
        issued_at: Timestamp,
    },
    /// The trust list's next update is not later than its issue.
    #[error("the trust list's next update {next_update} is not later than its issue")]
    TrustListPeriod {
        /// When it says that the next one is due.
        next_update: Timestamp,
    },
    /// An entry of the trust list is unusable; the whole list is refused, so that nothing is dropped in silence.
    #[error("entry {index} of region {region} in the trust list is unusable: {fault}")]
    TrustEntry {
        /// The region.
        region: RegionCode,
        /// The entry's place, from 1.
        index: usize,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// A region stands twice in the trust list.
    #[error("region {region} stands twice in the trust list")]
    TrustRegionTwice {
        /// The region.
        region: RegionCode,
    },
    /// An older trust list is offered after a newer one.
    #[error("trust list {offered} is older than {known}, which is known already")]
    TrustRollback {
        /// Version known.
        known: u64,
        /// Version offered.
        offered: u64,
    },
    /// Trust lists between the known one and the offered one are missing, so that the link cannot be checked.
    #[error("trust list {offered} does not follow {known} directly")]
    TrustGap {
        /// Version known.
        known: u64,
        /// Version offered.
        offered: u64,
    },
    /// A past edition that is asked for, or lies on the way to it, is not in the archive.
    #[error("edition {version} of the trust list is not in the archive")]
    TrustEditionMissing {
        /// Its version.
        version: u64,
    },
    /// An edition in the archive is not the one that its successor names: there are two histories.
    #[error("edition {version} of the trust list is not the one that its successor names")]
    TrustFork {
        /// Its version.
        version: u64,
    },
    /// An edition does not follow the one before it in number and in time.
    #[error("edition {version} of the trust list does not follow the one before it in number and in time")]
    TrustOrder {
        /// The version of the later one.
        version: u64,
    },
    /// A day before the first edition: nobody was trusted yet.
    #[error("the first trust list was issued at {issued_at}, after {at}")]
    TrustBeforeFirst {
        /// When the first edition was issued.
        issued_at: Timestamp,
        /// The time that was asked for.
        at: Timestamp,
    },
    /// The trust list does not name the digest of its predecessor.
    #[error("trust list {offered} does not name its predecessor's digest")]
    TrustLinkBroken {
        /// Version offered.
        offered: u64,
    },
}

impl Error {
    /// The stable code of the finding; its texts are in `standards/problems/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRandomness => "key.no_randomness",
            Self::DoesNotOpen => "key.does_not_open",
            Self::TooLongToSeal { .. } => "key.too_long_to_seal",
            Self::NotOnCurve => "key.not_on_curve",
            Self::KeyMalformed => "key.malformed",
            Self::KeyUnsupported { .. } => "key.unsupported",
            Self::NoPem => "cert.no_pem",
            Self::CertificateTooLong { .. } => "cert.too_long",
            Self::CertificateMalformed { .. } => "cert.malformed",
            Self::ListTooLong { .. } => "revocation.list_too_long",
            Self::ListMalformed => "revocation.list_malformed",
            Self::ListRollback { .. } => "revocation.rollback",
            Self::ResponseTooLong { .. } => "revocation.response_too_long",
            Self::ResponseMalformed => "revocation.response_malformed",
            Self::ResponseUnsuccessful { .. } => "revocation.response_unsuccessful",
            Self::TrustFile { .. } => "trust.file",
            Self::TrustFileTooLong { .. } => "trust.file_too_long",
            Self::TrustTooManyFiles { .. } => "trust.too_many_files",
            Self::TrustFileContent { .. } => "trust.file_content",
            Self::TrustSignature { .. } => "trust.signature",
            Self::TrustListMalformed { .. } => "trust.list_malformed",
            Self::TrustListFromFuture { .. } => "trust.list_from_future",
            Self::TrustListPeriod { .. } => "trust.list_period",
            Self::TrustEntry { .. } => "trust.entry",
            Self::TrustRegionTwice { .. } => "trust.region_twice",
            Self::TrustRollback { .. } => "trust.rollback",
            Self::TrustGap { .. } => "trust.gap",
            Self::TrustEditionMissing { .. } => "trust.edition_missing",
            Self::TrustFork { .. } => "trust.fork",
            Self::TrustOrder { .. } => "trust.order",
            Self::TrustBeforeFirst { .. } => "trust.before_first",
            Self::TrustLinkBroken { .. } => "trust.link_broken",
        }
    }
}
