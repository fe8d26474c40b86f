//! 验章: the verification of a document, a pure function of bytes, trust, policy, time and limits.
mod certificates;
mod document;
mod periods;
mod revocation;
mod steps;

use std::collections::BTreeSet;

use certs::{
    path::VerifiedPath,
    trust::{Purpose, Trust},
};
use jiff::Timestamp;

use crate::{
    container::{self, Container, Package, SignedFile},
    finding::{Finding, Role},
    format::{self, Parsed, Reading, Seal, SealSignature, Shape},
    licence::LicenseFacts,
    limits::Limits,
    note::{Note, Notes},
    policy::{AppliedPolicy, Policy, PolicyEdition},
    report::{Kind, SealName, SignatureReport, TrustReport, Verdict, VerificationReport},
    step::Profile,
    verified::VerifiedSeal,
};

/// Everything that a verdict depends on, beside the document itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    trust: &'a Trust,
    policy: AppliedPolicy,
    at: Timestamp,
    limits: &'a Limits,
    proof: Option<Timestamp>,
}

impl<'a> Context<'a> {
    /// Judges at `at` under the edition of `policy` that counts then, by `trust`: anchors, intermediates, revocation lists, and what
    /// the signers may seal. `limits` say how much work the document may cause.
    pub fn new(trust: &'a Trust, policy: Policy, at: Timestamp, limits: &'a Limits) -> Self {
        let policy = AppliedPolicy { policy, edition: PolicyEdition::at(at), strict: false };
        Context { trust, policy, at, limits, proof: None }
    }

    /// Refuses the deviations from the encoding that products are known for, instead of noting them.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.policy.strict = true;
        self
    }

    /// Something that the caller believes proves that the document existed at this time, an entry of a ledger for example: a
    /// revocation after it does no harm. A time after the time of judging proves nothing.
    #[must_use]
    pub fn existed_at(mut self, proof: Timestamp) -> Self {
        self.proof = (proof <= self.at).then_some(proof);
        self
    }
}

/// Verifies a document: an OFD package, a bare seal or a bare seal signature. Whatever the bytes are, the answer is a report.
pub fn verify(document: &[u8], context: &Context<'_>) -> VerificationReport {
    match container::open(document, context.limits) {
        Ok(Container::Ofd(package)) => verify_package(document, &package, context),
        Ok(Container::Bare(bytes)) => verify_bare(bytes, context),
        Err(finding) => nothing_parsed(finding, context),
    }
}

fn nothing_parsed(finding: Finding, context: &Context<'_>) -> VerificationReport {
    let subject = Subject::unread(finding, None, Notes::default(), context);
    report(context, vec![subject.judge(0)], Vec::new())
}

fn report(context: &Context<'_>, signatures: Vec<SignatureReport>, uncovered: Vec<String>) -> VerificationReport {
    VerificationReport::new(context.at, context.policy, TrustReport::of(context.trust), signatures, uncovered)
}

fn verify_bare(bytes: &[u8], context: &Context<'_>) -> VerificationReport {
    let subject = Subject::read(bytes, None, Notes::default(), context);
    // Not even the shape of a seal: nothing was parsed.
    let index = usize::from(subject.shape.is_some());
    report(context, vec![subject.judge(index)], Vec::new())
}

fn verify_package(document: &[u8], package: &Package<'_>, context: &Context<'_>) -> VerificationReport {
    let signatures = match package.signatures(context.limits) {
        Ok(signatures) => signatures,
        Err(finding) => return nothing_parsed(finding, context),
    };
    let readable: Vec<&SignedFile> = signatures.files.iter().filter_map(|file| file.as_ref().ok()).collect();
    let uncovered = outside(package, &signatures.own, &readable);
    let judged: Vec<Judged> = signatures
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let subject = match file {
                Ok(file) => {
                    let only_others = outside(package, &signatures.own, &[file]);
                    let side = PackageSide { package, file, uncovered: &uncovered, outside: only_others };
                    let value = package.bytes(&file.value).unwrap_or_default();
                    Subject::read(value, Some(side), file.notes.clone(), context)
                }
                Err(finding) => Subject::unread(finding.clone(), None, Notes::default(), context),
            };
            subject.judge_with_facts(index + 1, document)
        })
        .collect();
    let (reports, verified): (Vec<_>, Vec<_>) = judged.into_iter().map(|it| (it.report, it.verified)).unzip();
    let report = report(context, reports, uncovered);
    match (report.verdict(), context.policy.policy) {
        (Verdict::Valid, Policy::Recognition) => report.with_verified(verified.into_iter().flatten().collect()),
        _ => report,
    }
}

/// Sorted names that none of these signatures protects, without the signatures' own files.
fn outside(package: &Package<'_>, own: &BTreeSet<String>, files: &[&SignedFile]) -> Vec<String> {
    let protected: BTreeSet<&str> =
        files.iter().flat_map(|file| &file.references).filter_map(|reference| reference.file.as_deref().ok()).collect();
    let names: BTreeSet<&str> =
        package.names().filter(|name| !own.contains(*name) && !protected.contains(name)).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The package around a signature.
struct PackageSide<'a> {
    package: &'a Package<'a>,
    file: &'a SignedFile,
    /// In no signature's references.
    uncovered: &'a [String],
    /// Not in this signature's references.
    outside: Vec<String>,
}

/// A path, or why there is none.
type PathOrFinding = Result<VerifiedPath, Finding>;

/// One signature with everything that its steps look at.
struct Subject<'a> {
    context: &'a Context<'a>,
    shape: Option<Shape>,
    parsed: Result<Parsed<'a>, Finding>,
    notes: Notes,
    package: Option<PackageSide<'a>>,
    /// Steps of both path and revocation need the paths: each is built once.
    maker_path: PathOrFinding,
    signer_path: PathOrFinding,
}

struct Judged {
    report: SignatureReport,
    verified: Option<VerifiedSeal>,
}

impl<'a> Subject<'a> {
    fn read(bytes: &'a [u8], package: Option<PackageSide<'a>>, mut notes: Notes, context: &'a Context<'a>) -> Self {
        let read = format::read(bytes, &mut Reading { limits: context.limits, notes: &mut notes });
        let mut subject = match read.parsed {
            Ok(parsed) => {
                Subject { parsed: Ok(parsed), ..Subject::unread(Finding::NotRead, read.shape, notes, context) }
            }
            Err(finding) => Subject::unread(finding, read.shape, notes, context),
        };
        subject.package = package;
        subject.note_foreign_property();
        let used_at = subject.used_at().unwrap_or(context.at);
        if let Some(seal) = subject.seal() {
            let path = certificates::path(Role::Maker, &seal.maker, Purpose::SealMaker, used_at, context);
            subject.maker_path = path;
        }
        if let Some(signature) = subject.signature() {
            let path = certificates::path(Role::Signer, &signature.signer, Purpose::SealSigner, used_at, context);
            subject.signer_path = path;
        }
        subject
    }

    /// propertyInfo names the protected Signature.xml; some products write an identifier of their own.
    fn note_foreign_property(&mut self) {
        let named = self.signature().map(|signature| signature.property.trim_start_matches('/'));
        let foreign =
            named.zip(self.package.as_ref()).is_some_and(|(named, side)| !named.eq_ignore_ascii_case(&side.file.name));
        if foreign {
            self.notes.add(Note::ForeignPropertyInfo);
        }
    }

    fn unread(finding: Finding, shape: Option<Shape>, notes: Notes, context: &'a Context<'a>) -> Self {
        let unjudged = || Err(Finding::NotRead);
        Subject {
            context,
            shape,
            parsed: Err(finding),
            notes,
            package: None,
            maker_path: unjudged(),
            signer_path: unjudged(),
        }
    }

    fn seal(&self) -> Option<&Seal<'a>> {
        match &self.parsed {
            Ok(Parsed::Seal(seal)) => Some(seal),
            Ok(Parsed::Signature(signature)) => Some(&signature.seal),
            Err(_) => None,
        }
    }

    fn signature(&self) -> Option<&SealSignature<'a>> {
        match &self.parsed {
            Ok(Parsed::Signature(signature)) => Some(signature),
            Ok(Parsed::Seal(_)) | Err(_) => None,
        }
    }

    fn is_bare_seal(&self) -> bool {
        self.package.is_none() && self.shape.is_some_and(|shape| shape.kind == Kind::Seal)
    }

    /// When the seal was used: the claimed signing time; for a bare seal the time of judging.
    fn used_at(&self) -> Option<Timestamp> {
        match &self.parsed {
            Ok(Parsed::Signature(signature)) => signature.signed_at,
            Ok(Parsed::Seal(_)) => Some(self.context.at),
            Err(_) => None,
        }
    }

    /// The earliest time at which the signature is proved to have existed.
    fn proof(&self) -> Option<Timestamp> {
        self.context.proof
    }

    fn profile(&self) -> Profile {
        self.shape.map_or(Profile::V4, |shape| Profile::of(shape.kind, shape.version))
    }

    fn judge(self, index: usize) -> SignatureReport {
        let steps = steps::judge_all(&self);
        SignatureReport {
            index,
            kind: self.shape.map(|shape| shape.kind),
            version: self.shape.map(|shape| shape.version),
            // Until the report weighs what was found.
            verdict: Verdict::Invalid,
            seal: self.seal().map(|seal| SealName { id: seal.id.to_owned(), name: seal.name.to_owned() }),
            signer: self.signature().map(|signature| signature.signer.subject().to_string()),
            signed_at: self.signature().and_then(|signature| signature.signed_at),
            steps,
            notes: self.notes.into_vec(),
        }
    }

    fn judge_with_facts(self, index: usize, document: &[u8]) -> Judged {
        let verified = self.verified(index, document);
        Judged { report: self.judge(index), verified }
    }

    /// The facts for a [`VerifiedSeal`]; they leave this module only when the whole document is VALID.
    fn verified(&self, index: usize, document: &[u8]) -> Option<VerifiedSeal> {
        if self.context.policy.policy == Policy::Reading {
            return None;
        }
        let (signature, side) = (self.signature()?, self.package.as_ref()?);
        let licence = side.package.custom_datas(self.context.limits).and_then(|(file, values)| {
            let protected = !side.outside.contains(&file);
            protected.then(|| LicenseFacts::read(&values)).flatten()
        });
        VerifiedSeal::new(index, signature, licence, document, self.context.trust)
    }
}
