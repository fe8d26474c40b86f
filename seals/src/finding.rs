//! Everything that a verification can find: one variant a finding, one stable code a variant.
mod code;
mod json;
mod role;
mod table;

use certs::{der::DerFault, signed_data::SignedDataFault, time_stamp::TimeStampFault};
use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use json::as_text;
pub use role::Role;
pub(crate) use table::FINDINGS;
pub use table::{FindingRow, SubIndication, Weight};

use crate::{
    container::{EntryKind, OutsideBytes, XmlFault, ZipFault},
    note::Note,
};

/// One finding of a verification: a fact. What it weighs is for a policy to say, by its code.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[serde(remote = "Self", untagged)]
pub enum Finding {
    // Reading
    /// Breaks the encoding rules.
    #[error("DER: {0}")]
    Der(
        #[from]
        #[serde(serialize_with = "as_text")]
        DerFault,
    ),
    /// Neither a seal nor a seal signature of any known layout.
    #[error("no layout of a seal has this shape ({fields} fields)")]
    UnknownShape {
        /// Fields of the outermost SEQUENCE.
        fields: usize,
    },
    /// A seal where the signature of a document belongs.
    #[error("a seal is there instead of a seal signature")]
    SealInsteadOfSignature,
    /// The header's identifier is not "ES".
    #[error("the seal's header does not say ES")]
    NotASeal,
    /// A known kind of signature, or an unknown version of one, that this edition does not judge.
    #[error("{what} is not judged by this edition")]
    FormatUnsupported {
        /// What it is.
        what: &'static str,
    },
    /// A time that is none.
    #[error("a time cannot be read")]
    TimeUnreadable,
    /// A certificate inside the seal or signature that cannot be read.
    #[error("the certificate of the {role} cannot be read")]
    CertificateUnreadable {
        /// Whose.
        role: Role,
    },
    /// A signature value that is no SM2 signature in any known encoding.
    #[error("the signature value of the {role} cannot be read")]
    SignatureUnreadable {
        /// Whose.
        role: Role,
    },
    /// `certListType` is not 1 or 2 (nor the tolerated 3).
    #[error("certListType {found} is not 1 or 2")]
    CertListType {
        /// The value found.
        found: u32,
    },
    /// An extension that its author calls critical: whoever does not know it has not understood the rest. None is known here.
    #[error("the extension {extension} of the {role} is critical and not known")]
    CriticalExtension {
        /// Whose: the maker's in the seal, the signer's in the seal signature.
        role: Role,
        /// Its object identifier.
        extension: String,
    },
    /// A strict reading met what a tolerant one accepts with a note.
    #[error("strict reading refuses {0:?}")]
    NotTolerated(Note),
    /// Larger than [`crate::Limits`] allow.
    #[error("{what} has {bytes} bytes, more than {bytes_max}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The picture of the seal is of no size that a seal on paper has.
    #[error("the picture of the seal has {width_mm} x {height_mm} mm, not 1 to {mm_max} each")]
    PictureSize {
        /// Its width.
        width_mm: u32,
        /// Its height.
        height_mm: u32,
        /// The limit.
        mm_max: u32,
    },
    /// This step needs what could not be read.
    #[error("not judged: the signature could not be read")]
    NotRead,
    /// This step needs the document, and only the signature was given.
    #[error("not judged: the sealed document was not given")]
    DocumentAbsent,

    // The container
    /// The archive breaks a rule.
    #[error("archive: {0}")]
    Zip(
        #[from]
        #[serde(serialize_with = "as_text")]
        ZipFault,
    ),
    /// An XML file of the package breaks a rule.
    #[error("{entry}: {fault}")]
    Xml {
        /// The file.
        entry: String,
        /// What is wrong with it.
        #[serde(serialize_with = "as_text")]
        fault: XmlFault,
    },
    /// A location that leaves the package or cannot be one.
    #[error("location {location:?} in {entry} is not inside the package")]
    LocationOutside {
        /// Where it is written.
        entry: String,
        /// As written.
        location: String,
    },
    /// A file that the package's structure names and the package does not hold.
    #[error("{name} is named and not there")]
    EntryMissing {
        /// The location, as written.
        name: String,
    },
    /// More signatures than the limit.
    #[error("more than {signatures_max} signatures")]
    TooManySignatures {
        /// The limit.
        signatures_max: usize,
    },
    /// One signature listed as two: programs differ in how many they see.
    #[error("{entry} is listed twice")]
    SignatureListedTwice {
        /// The Signature.xml.
        entry: String,
    },
    /// The document carries no signature at all.
    #[error("the document carries no signature")]
    NoSignature,
    /// A container that this edition does not open.
    #[error("{what} is not opened by this edition")]
    ContainerUnsupported {
        /// What it is.
        what: &'static str,
    },

    // Arithmetic
    /// The signature value does not verify.
    #[error("the signature of the {role} does not verify")]
    SignatureWrong {
        /// Whose.
        role: Role,
    },
    /// A public key that is malformed, or no point of its curve: nobody can have signed with it.
    #[error("the {role}'s public key is malformed")]
    KeyMalformed {
        /// Whose.
        role: Role,
    },
    /// An algorithm that this edition does not compute, or a key that does not fit it.
    #[error("the {role}'s signature algorithm {algorithm} is not supported")]
    AlgorithmUnsupported {
        /// Whose.
        role: Role,
        /// Its object identifier.
        algorithm: String,
    },

    /// The declared signature algorithm is of another kind than the key.
    #[error("the {role}'s key is {key}, and the declared algorithm is {declared}")]
    AlgorithmMismatch {
        /// Whose.
        role: Role,
        /// The declared algorithm.
        declared: String,
        /// What the key is.
        key: &'static str,
    },

    // SignedData
    /// It cannot be read.
    #[error("{0}")]
    SignedData(
        #[from]
        #[serde(serialize_with = "as_text")]
        SignedDataFault,
    ),
    /// None or several signers, where one signs an OFD.
    #[error("{count} signers where one is expected")]
    SignerCount {
        /// How many.
        count: usize,
    },
    /// The signer's certificate does not travel along.
    #[error("the signer's certificate is not inside")]
    SignerCertificateAbsent,
    /// A signed attribute that must be there is absent.
    #[error("the signed attribute {attribute} is missing")]
    SignedAttributeMissing {
        /// The attribute, in the words of RFC 5652.
        attribute: &'static str,
    },

    // Certificates
    /// No anchor is known for the issuer.
    #[error("no trust anchor for the {role}'s issuer {issuer}")]
    UnknownIssuer {
        /// Whose.
        role: Role,
        /// Readable name of the issuer.
        issuer: String,
    },
    /// The trust list is overdue: what it says now is not known.
    #[error("the trust list is overdue since {since}")]
    TrustStale {
        /// When its next edition was due.
        since: Timestamp,
    },
    /// A version 1 certificate cannot be judged.
    #[error("the {role}'s certificate is of X.509 version 1")]
    Version1 {
        /// Whose.
        role: Role,
    },
    /// The path to an anchor is broken.
    #[error("the {role}'s certificate path does not hold: {code}")]
    PathBroken {
        /// Whose.
        role: Role,
        /// The path finding's own code.
        code: &'static str,
    },
    /// Revocation was not judged, because the path was not.
    #[error("revocation of the {role} is not judged without a path")]
    RevocationWithoutPath {
        /// Whose.
        role: Role,
    },
    /// No revocation list says anything about it.
    #[error("no usable revocation list for the {role}: {code}")]
    RevocationUnknown {
        /// Whose.
        role: Role,
        /// Why.
        code: &'static str,
    },
    /// Revoked when it was used.
    #[error("the {role} was revoked at {revoked_at}, not after the signing time {signed_at}")]
    Revoked {
        /// Whose.
        role: Role,
        /// When it was revoked.
        revoked_at: Timestamp,
        /// When it is said to have been used.
        signed_at: Timestamp,
    },
    /// Revoked after the claimed signing time, and nothing proves that the signature existed before.
    #[error("the {role} was revoked at {revoked_at}; nothing proves that the signature existed before")]
    NoProofOfExistence {
        /// Whose.
        role: Role,
        /// When it was revoked.
        revoked_at: Timestamp,
    },
    /// A bare seal whose maker is revoked at the time of judging.
    #[error("the seal maker was revoked at {revoked_at}")]
    MakerRevokedNow {
        /// When it was revoked.
        revoked_at: Timestamp,
    },
    /// keyUsage is there and forbids signing.
    #[error("the {role}'s key usage forbids signing")]
    UsageForbidden {
        /// Whose.
        role: Role,
    },
    /// keyUsage is absent.
    #[error("the {role}'s certificate does not state a key usage")]
    UsageUnstated {
        /// Whose.
        role: Role,
    },

    // Periods
    /// The signing time is before the maker certificate's period.
    #[error("the seal maker's certificate is valid from {not_before}, after {at}")]
    MakerNotYetValid {
        /// Start of the period.
        not_before: Timestamp,
        /// The time judged.
        at: Timestamp,
    },
    /// The signing time is after the maker certificate's period.
    #[error("the seal maker's certificate ended {not_after}, before {at}")]
    MakerExpired {
        /// End of the period.
        not_after: Timestamp,
        /// The time judged.
        at: Timestamp,
    },
    /// The seal was made outside its maker's certificate period.
    #[error("the seal was made {created_at}, outside its maker's certificate period")]
    CreatedOutsideMakerPeriod {
        /// `createDate`.
        created_at: Timestamp,
    },
    /// The same, of a seal whose own profile does not ask.
    #[error("the seal was made {created_at}, outside its maker's certificate period")]
    CreatedOutsideMakerPeriodUnasked {
        /// `createDate`.
        created_at: Timestamp,
    },
    /// The time judged is outside the seal's own period.
    #[error("the seal is valid from {valid_from} until {valid_until}, not at {at}")]
    SealOutsidePeriod {
        /// `validStart`.
        valid_from: Timestamp,
        /// `validEnd`.
        valid_until: Timestamp,
        /// The time judged.
        at: Timestamp,
    },
    /// The signing time is outside the signer certificate's period.
    #[error("signed at {signed_at}, outside the signer's certificate period {not_before} to {not_after}")]
    SignedOutsidePeriod {
        /// The signing time.
        signed_at: Timestamp,
        /// Start of the period.
        not_before: Timestamp,
        /// End of the period.
        not_after: Timestamp,
    },
    /// Nothing that can be relied on says when it was signed.
    #[error("nothing says when it was signed")]
    SigningTimeUnknown,
    /// The signing time is in the future.
    #[error("signed at {signed_at}, after the time of judging {at}")]
    SignedInFuture {
        /// The signing time.
        signed_at: Timestamp,
        /// The time of judging.
        at: Timestamp,
    },

    // The document
    /// The signer's certificate is not in the seal's list.
    #[error("the signer's certificate is not in the seal's list")]
    SignerNotInSeal,
    /// The digest in the seal signature is not that of Signature.xml.
    #[error("the digest of {entry} is not the one that was sealed")]
    DocumentChanged {
        /// The Signature.xml.
        entry: String,
    },
    /// A protected file was changed.
    #[error("{} changed after sealing: {}", names.len(), listed(names))]
    ReferenceChanged {
        /// The files.
        names: Vec<String>,
    },
    /// Only the list of signatures changed, by a later signature that protects this one.
    #[error("the later signature {entry} changed the list of signatures, which this one protects")]
    BrokenByLater {
        /// The later signature.
        entry: String,
    },
    /// A protected file is gone.
    #[error("{} protected and not there: {}", names.len(), listed(names))]
    ReferenceMissing {
        /// The files.
        names: Vec<String>,
    },
    /// Nothing is protected.
    #[error("the signature protects no file")]
    ReferenceNone,
    /// A digest that anyone can forge today, MD5 (also when none is named) or SHA-1.
    #[error("digest method {method} can be forged")]
    ReferenceMethodWeak {
        /// As written, or MD5 where none is.
        method: String,
    },
    /// A digest method that this edition does not compute.
    #[error("digest method {method} is not known")]
    ReferenceMethodUnknown {
        /// As written.
        method: String,
    },
    /// Seal.esl is named and not there.
    #[error("{name} is named and not there")]
    SealFileMissing {
        /// The location.
        name: String,
    },
    /// Seal.esl is not the seal inside the signature.
    #[error("{name} is not the seal inside the signature")]
    SealFileDiffers {
        /// The location.
        name: String,
    },
    /// Files of one kind that no signature protects.
    #[error("{} ({}) outside every signature: {}", names.len(), kind.label().1, listed(names))]
    Uncovered {
        /// What they are for.
        kind: EntryKind,
        /// The files, sorted.
        names: Vec<String>,
    },
    /// Files that make a reader's program act, and that no signature protects.
    #[error("{} with actions outside every signature: {}", names.len(), listed(names))]
    UncoveredActions {
        /// The files, sorted.
        names: Vec<String>,
    },
    /// Files that only another signature of the document protects.
    #[error("{} protected by another signature only: {}", names.len(), listed(names))]
    CoverageByOther {
        /// The files, sorted.
        names: Vec<String>,
    },
    /// Bytes before, between or after what the archive's directory names.
    #[error("{bytes} bytes of the document are in no entry of its archive: {}", listed(parts))]
    CoverageOutsideArchive {
        /// How many.
        bytes: usize,
        /// Where they lie, in the order of the document.
        parts: Vec<OutsideBytes>,
    },
    /// A version 5 seal that was made after its maker had been revoked.
    #[error("the seal was made after its maker had been revoked at {revoked_at}")]
    CreatedAfterRevocation {
        /// When the maker was revoked.
        revoked_at: Timestamp,
    },

    // Time stamps
    /// The time stamp proves nothing.
    #[error("{0}")]
    TimeStamp(
        #[from]
        #[serde(serialize_with = "as_text")]
        TimeStampFault,
    ),
    /// The time that is claimed is later than the time stamp over it.
    #[error("the {role} claims {claimed_at}, later than the time stamp of {made_at}")]
    StampBeforeClaim {
        /// Whose.
        role: Role,
        /// When the stamp was made.
        made_at: Timestamp,
        /// The signing time, or `createDate` of the seal.
        claimed_at: Timestamp,
    },
    /// The time stamp was made when the certificate could not sign.
    #[error("the time stamp of {made_at} is outside the {role}'s certificate period {not_before} to {not_after}")]
    StampOutsidePeriod {
        /// Whose.
        role: Role,
        /// When the stamp was made.
        made_at: Timestamp,
        /// Start of the period.
        not_before: Timestamp,
        /// End of the period.
        not_after: Timestamp,
    },
}

/// The first items of a list: a hostile document may have thousands.
fn listed(items: &[impl ToString]) -> String {
    const SHOWN_MAX: usize = 20;
    let shown: Vec<_> = items.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    let more = if items.len() > SHOWN_MAX { ", …" } else { "" };
    shown.join(", ") + more
}
