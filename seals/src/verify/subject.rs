//! One signature with everything that its steps look at.
use std::collections::BTreeSet;

use certs::{digest, path::VerifiedPath, revocation::RevocationAnswer, time_stamp::VerifiedTimeStamp, trust::Purpose};
use jiff::Timestamp;

use super::{
    Context, CoverageEntry, certificates, revocation,
    stamps::{self, Stamp},
    steps,
};
use crate::{
    container::{Package, SignedFile},
    finding::{Finding, Role},
    format::{self, DataSignature, Parsed, Reading, Seal, SealSignature, Shape, Signing},
    licence::LicenseFacts,
    limits::Limits,
    note::{Note, Notes},
    report::{
        CertificateFacts, EvidenceReport, Kind, SealFacts, SealName, SignatureFacts, SignatureReport, StampFacts,
        TimeSource, Verdict,
    },
    step::Profile,
    time,
    verified::VerifiedSeal,
};

/// The package around a signature.
pub(super) struct PackageSide<'a> {
    pub(super) package: &'a Package<'a>,
    pub(super) file: &'a SignedFile,
    /// The signatures that the document names after this one.
    pub(super) later: Vec<&'a SignedFile>,
    /// Each Signatures.xml: what a further signature changes.
    pub(super) lists: &'a BTreeSet<String>,
    /// Which of the document's signatures this is, from 1.
    pub(super) index: usize,
    /// Every file of the package, with the signatures that protect it.
    pub(super) coverage: &'a [CoverageEntry],
}

impl PackageSide<'_> {
    /// The bytes of Signature.xml: what was signed.
    pub(super) fn original(&self) -> &[u8] {
        self.package.bytes(&self.file.name).unwrap_or_default()
    }
}

/// A path, or why there is none.
pub(super) type PathOrFinding = Result<VerifiedPath, Finding>;

/// One signature with everything that its steps look at.
pub(super) struct Subject<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) shape: Option<Shape>,
    pub(super) parsed: Result<Parsed<'a>, Finding>,
    pub(super) notes: Notes,
    pub(super) package: Option<PackageSide<'a>>,
    /// The claimed signing time, and where it stands.
    signed_at: Option<(Timestamp, TimeSource)>,
    pub(super) stamp: Stamp,
    pub(super) seal_stamp: Stamp,
    /// Steps of both path and revocation need the paths: each is built once.
    pub(super) maker_path: PathOrFinding,
    pub(super) signer_path: PathOrFinding,
    /// What is known about each certificate of a path but the anchor, the one in question first.
    pub(super) maker_status: Vec<RevocationAnswer>,
    pub(super) signer_status: Vec<RevocationAnswer>,
}

/// What every seal of a document says alike: found once, however many seals there are.
pub(super) struct DocumentFacts {
    /// SHA-256 of the whole document.
    digest: [u8; 32],
    /// The licence that its custom data states, and the file that holds it.
    licence: Option<(String, LicenseFacts)>,
}

impl DocumentFacts {
    pub(super) fn of(document: &[u8], package: &Package<'_>, limits: &Limits) -> Self {
        let licence =
            package.custom_datas(limits).and_then(|(file, values)| Some((file, LicenseFacts::read(&values)?)));
        DocumentFacts { digest: digest::sha256(&[document]), licence }
    }
}

pub(super) struct Judged {
    pub(super) report: SignatureReport,
    pub(super) verified: Option<VerifiedSeal>,
}

impl<'a> Subject<'a> {
    pub(super) fn read(
        bytes: &'a [u8],
        package: Option<PackageSide<'a>>,
        mut notes: Notes,
        context: &'a Context<'a>,
    ) -> Self {
        let read = format::read(bytes, &mut Reading { limits: context.limits, notes: &mut notes });
        let mut subject = match read.parsed {
            Ok(parsed) => {
                Subject { parsed: Ok(parsed), ..Subject::unread(Finding::NotRead, read.shape, notes, context) }
            }
            Err(finding) => Subject::unread(finding, read.shape, notes, context),
        };
        subject.package = package;
        subject.note_foreign_property();
        if let Ok(parsed) = &subject.parsed {
            subject.stamp = stamps::on_signature(parsed, context);
            subject.seal_stamp = parsed.seal().and_then(|seal| stamps::on_seal(seal, context));
        }
        subject.signed_at = subject.signing_time();
        let used_at = subject.used_at().unwrap_or(context.at);
        if let Some(seal) = subject.seal() {
            subject.maker_path = certificates::path(Role::Maker, &seal.maker, Purpose::SealMaker, used_at, context);
        }
        if let Some(signing) = subject.signing() {
            subject.signer_path =
                certificates::path(Role::Signer, &signing.signer, Purpose::SealSigner, used_at, context);
        }
        subject.maker_status = revocation::answers(&subject.maker_path, context);
        subject.signer_status = revocation::answers(&subject.signer_path, context);
        subject
    }

    /// propertyInfo names the protected Signature.xml; some products write an identifier of their own.
    fn note_foreign_property(&mut self) {
        let named = self.seal_signature().map(|signature| signature.property.trim_start_matches('/'));
        let foreign =
            named.zip(self.package.as_ref()).is_some_and(|(named, side)| !named.eq_ignore_ascii_case(&side.file.name));
        if foreign {
            self.notes.add(Note::ForeignPropertyInfo);
        }
    }

    /// What the signature itself says, or Signature.xml, which the signature protects: both are claims of the signer's. A version 1
    /// signature may leave it to its time stamp.
    fn signing_time(&self) -> Option<(Timestamp, TimeSource)> {
        let signing = self.signing()?;
        let written = || time::from_written(self.package.as_ref()?.file.date_time.as_deref()?);
        match (signing.signed_at, self.shape?.kind) {
            (Some(at), _) => Some((at, TimeSource::Signature)),
            (None, Kind::SignedData) => Some((written()?, TimeSource::SignatureXml)),
            (None, Kind::Ses | Kind::Seal) => {
                Some((self.stamp.as_ref()?.as_ref().ok()?.made_at(), TimeSource::TimeStamp))
            }
        }
    }

    pub(super) fn unread(finding: Finding, shape: Option<Shape>, notes: Notes, context: &'a Context<'a>) -> Self {
        Subject {
            context,
            shape,
            parsed: Err(finding),
            notes,
            package: None,
            signed_at: None,
            stamp: None,
            seal_stamp: None,
            maker_path: Err(Finding::NotRead),
            signer_path: Err(Finding::NotRead),
            maker_status: Vec::new(),
            signer_status: Vec::new(),
        }
    }

    pub(super) fn seal(&self) -> Option<&Seal<'a>> {
        self.parsed.as_ref().ok()?.seal()
    }

    pub(super) fn seal_signature(&self) -> Option<&SealSignature<'a>> {
        self.parsed.as_ref().ok()?.seal_signature()
    }

    pub(super) fn signing(&self) -> Option<&Signing<'a>> {
        self.parsed.as_ref().ok()?.signing()
    }

    pub(super) fn data_signature(&self) -> Option<&DataSignature<'a>> {
        match self.parsed.as_ref().ok()? {
            Parsed::Data(data) => Some(data),
            Parsed::Seal(_) | Parsed::Signature(_) => None,
        }
    }

    pub(super) fn is_bare_seal(&self) -> bool {
        self.package.is_none() && self.is_kind(Kind::Seal)
    }

    pub(super) fn is_signed_data(&self) -> bool {
        self.is_kind(Kind::SignedData)
    }

    fn is_kind(&self, kind: Kind) -> bool {
        self.shape.is_some_and(|shape| shape.kind == kind)
    }

    /// When the seal was used: the claimed signing time; for a bare seal the time of judging.
    pub(super) fn used_at(&self) -> Option<Timestamp> {
        match &self.parsed {
            Ok(Parsed::Seal(_)) => Some(self.context.at),
            Ok(Parsed::Signature(_) | Parsed::Data(_)) => self.signed_at.map(|(at, _)| at),
            Err(_) => None,
        }
    }

    /// When the signer claims to have signed; `None` where only a time stamp says it.
    pub(super) fn claimed_at(&self) -> Option<Timestamp> {
        self.signed_at.filter(|(_, source)| *source != TimeSource::TimeStamp).map(|(at, _)| at)
    }

    /// From when on it is proved that what this certificate signed exists. A signature proves the seal inside it, too.
    ///
    /// A proof that is older than the signing time is about something else than this signature, or the claim is wrong: what was revoked
    /// between the two counts as revoked before.
    pub(super) fn proved_at(&self, role: Role) -> Option<Timestamp> {
        let stamped = |stamp: &Stamp| stamp.as_ref()?.as_ref().ok().map(stamps::existed_at);
        let of_seal = match role {
            Role::Maker => stamped(&self.seal_stamp),
            Role::Signer => None,
        };
        let is_over_value = self.parsed.as_ref().is_ok_and(stamps::is_over_value);
        let of_signature = stamped(&self.stamp).filter(|_| is_over_value);
        let not_before_signing = |proof: Timestamp| self.signed_at.map_or(proof, |(signed_at, _)| proof.max(signed_at));
        let proofs = [self.context.proof, of_signature].map(|proof| proof.map(not_before_signing));
        proofs.into_iter().chain([of_seal]).flatten().min()
    }

    pub(super) fn profile(&self) -> Profile {
        self.shape.map_or(Profile::V4, |shape| Profile::of(shape.kind, shape.version))
    }

    pub(super) fn judge(self, index: usize) -> SignatureReport {
        let steps = steps::judge_all(&self);
        let seal = self.seal().map(|seal| &seal.info);
        SignatureReport {
            index,
            kind: self.shape.map(|shape| shape.kind),
            version: self.shape.map(|shape| shape.version),
            // Until the report weighs what was found.
            verdict: Verdict::Invalid,
            seal: seal.map(|seal| SealName { id: seal.id.to_owned(), name: seal.name.to_owned() }),
            signer: self.signing().map(|signing| signing.signer.subject().to_string()),
            signed_at: self.signed_at.map(|(at, _)| at),
            steps,
            facts: self.facts(),
            evidence: self.evidence(),
            notes: self.notes.into_vec(),
        }
    }

    fn facts(&self) -> SignatureFacts {
        let stamped = |stamp: &Stamp| stamp.as_ref()?.as_ref().ok().map(StampFacts::of);
        let seal = self.seal().map(|seal| SealFacts {
            digest: hex::encode(digest::sha256(&[seal.raw])),
            created_at: seal.info.created_at,
            valid_from: seal.info.valid_from,
            valid_until: seal.info.valid_until,
            maker: CertificateFacts::of(&seal.maker),
            signature_algorithm: seal.signature.algorithm().to_owned(),
            time_stamp: stamped(&self.seal_stamp),
        });
        let signing = self.signing();
        SignatureFacts {
            seal,
            signer: signing.map(|signing| CertificateFacts::of(&signing.signer)),
            signed_at_from: self.signed_at.map(|(_, source)| source),
            signature_algorithm: signing.map(|signing| signing.signature.algorithm().to_owned()),
            time_stamp: stamped(&self.stamp),
            existed_at: signing.and_then(|_| self.proved_at(Role::Signer)),
        }
    }

    /// Everything that any revocation was judged by.
    fn evidence(&self) -> Vec<EvidenceReport> {
        let answers = self.maker_status.iter().chain(&self.signer_status).flat_map(|answer| &answer.evidence);
        let stamps =
            [&self.stamp, &self.seal_stamp].into_iter().flatten().flatten().flat_map(VerifiedTimeStamp::evidence);
        answers.chain(stamps).map(EvidenceReport::of).collect()
    }

    /// `document` is there where the policy relies on it.
    pub(super) fn judge_with_facts(self, index: usize, document: Option<&DocumentFacts>) -> Judged {
        let verified = document.and_then(|document| self.verified(index, document));
        Judged { report: self.judge(index), verified }
    }

    /// The facts for a [`VerifiedSeal`]; they leave the verification only when the whole document is VALID.
    fn verified(&self, index: usize, document: &DocumentFacts) -> Option<VerifiedSeal> {
        let (signature, side) = (self.seal_signature()?, self.package.as_ref()?);
        let (signed_at, _) = self.signed_at?;
        let protected = |file: &String| side.file.references.iter().any(|it| it.file.as_ref() == Ok(file));
        let licence = document.licence.as_ref().filter(|(file, _)| protected(file)).map(|(_, facts)| facts.clone());
        Some(VerifiedSeal::new(index, signature, signed_at, licence, document.digest, self.context.trust))
    }
}
