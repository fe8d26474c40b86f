//! Decision to receipt: what is recorded, under which tags it is found again, and what is kept as evidence.

use jiff::Timestamp;
use ledger::proof::Receipt;
use ledger::shards::{Numbered, Shards};
use ledger::{Appended, Draft, Tag};
use seals::VerificationReport;
use standards::code::RegionCode;
use standards::entry::{Conflict, Editions, Entry, Judgement, Label, SealFact, Verdict};

use super::{Decided, POLICY_EDITION, Ruling, Submission};
use crate::evidence::{self, Evidence, Salt};
use crate::exchange::multipart::Parts;
use crate::gateway::Gateway;
use crate::problem::Problem;

/// 已记录: a decision that is in the ledger, with its receipt. Made by this file alone.
#[derive(Debug, Clone)]
pub struct Recorded {
    number: u64,
    receipt: Receipt,
}

impl Recorded {
    /// The number of the entry, through all shards of the ledger.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The receipt, the same bytes for ever.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}

/// By what a submission is found again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shelf {
    /// Partner, operation and idempotency key.
    key: Tag,
    /// Target, and each part's name, type and digest; never the raw multipart bytes.
    content: Tag,
}

impl Shelf {
    pub(crate) fn of(ledger: &Shards, submission: &Submission, to: &RegionCode, parts: &Parts) -> Self {
        let partner = submission.partner().as_str().as_bytes();
        let digest = |bytes: &[u8]| certs::digest::sha256(&[bytes]);
        let (message, document) = (&parts.message, &parts.document);
        Self {
            key: ledger.tag(&[b"key", partner, b"submit", submission.idempotency_key().as_bytes()]),
            content: ledger.tag(&[
                b"content",
                to.as_str().as_bytes(),
                message.media_type.as_bytes(),
                &digest(&message.bytes),
                document.media_type.as_bytes(),
                &digest(&document.bytes),
            ]),
        }
    }

    /// What was recorded under the key before, so that a resend is answered whatever has changed since.
    ///
    /// # Errors
    /// [`Problem::LedgerUnavailable`]; [`Problem::KeyReused`], after recording the conflict, when it was something else.
    pub(crate) async fn repeated(&self, gateway: &Gateway, from: &RegionCode) -> Result<Option<Recorded>, Problem> {
        let ledger = gateway.ledger();
        match ledger.recorded_under(&self.key).map_err(unavailable)? {
            None => Ok(None),
            Some((number, content)) if content == self.content => {
                Ok(Some(Recorded { number, receipt: ledger.receipt(number).map_err(unavailable)? }))
            }
            Some((first, _)) => Err(self.conflict(gateway, from, first).await),
        }
    }

    /// Records the conflict, once a key, and answers the problem.
    async fn conflict(&self, gateway: &Gateway, from: &RegionCode, first: u64) -> Problem {
        let Ok(salt) = Salt::new() else { return Problem::LedgerUnavailable };
        let (key, content) = (salt.commit("key", &[&self.key]), salt.commit("content", &[&self.content]));
        let from = from.clone();
        let draft = Draft {
            entry: Box::new(move |time| Entry::Conflict(Conflict { time, from, first, key, content }).to_canonical()),
            key: Some(gateway.ledger().tag(&[b"conflict", &self.key])),
            // Whatever the other content is, the conflict is one: a stranger to the first content cannot fill the ledger.
            content: gateway.ledger().tag(&[b"conflict"]),
            tags: Vec::new(),
            evidence: Some(evidence::of_conflict(&salt)),
        };
        match record(gateway, draft).await {
            Ok(_) => Problem::KeyReused { first_index: first },
            Err(problem) => problem,
        }
    }
}

/// By what a region's inbox is found.
pub(crate) fn owed_tag(ledger: &Shards, to: &RegionCode) -> Tag {
    ledger.tag(&[b"owed", to.as_str().as_bytes()])
}

/// Records a decision with its evidence, and waits until it is durable and provable.
///
/// # Errors
/// [`Problem::LedgerUnavailable`]: nothing is recorded, or the same key will tell later; [`Problem::KeyReused`] when another request
/// with the same key was recorded meanwhile.
pub(crate) async fn append(gateway: &Gateway, shelf: Shelf, decided: Decided) -> Result<Recorded, Problem> {
    let salt = Salt::new().map_err(|_| Problem::LedgerUnavailable)?;
    let (ledger, mapped) = (gateway.ledger(), decided.examined().mapped());
    let case = mapped.case();
    let number = case.outcome.license.number.as_bytes();
    let from = case.from.clone();
    let mut tags = vec![
        ledger.tag(&[b"license", number]),
        ledger.tag(&[b"case", from.as_str().as_bytes(), case.case_id.as_str().as_bytes()]),
    ];
    if matches!(decided.ruling(), Ruling::Recognition(_)) {
        tags.push(owed_tag(ledger, mapped.to()));
    }
    let judgement = judgement(gateway, &salt, &decided)?;
    let evidence = Evidence::new(&salt, decided.examined()).to_bytes()?;
    let (wrap, name): (fn(Judgement) -> Entry, _) = match decided.ruling() {
        Ruling::Recognition(_) => (Entry::Recognition, "recognition"),
        Ruling::Refusal(_) => (Entry::Refusal, "refusal"),
        Ruling::ManualReview(_) => (Entry::ManualReview, "manual_review"),
    };
    let draft = Draft {
        entry: Box::new(move |time| wrap(Judgement { time, ..judgement }).to_canonical()),
        key: Some(shelf.key),
        content: shelf.content,
        tags,
        evidence: Some(evidence),
    };
    match record(gateway, draft).await? {
        (number, Appended::Recorded(receipt)) => {
            gateway.metrics().decided(name);
            Ok(Recorded { number, receipt })
        }
        (number, Appended::Repeated(receipt)) => Ok(Recorded { number, receipt }),
        (first, Appended::Conflict { .. }) => Err(shelf.conflict(gateway, &from, first).await),
    }
}

/// Hands a draft to the ledger and waits for its answer without holding a thread.
pub(crate) async fn record(gateway: &Gateway, draft: Draft) -> Result<Numbered, Problem> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let answer = move |answer| {
        // Whoever asked may have gone; what is recorded stays recorded.
        let _ = sender.send(answer);
    };
    gateway.ledger().submit(draft, answer).map_err(unavailable)?;
    let appended = receiver.await.map_err(|_| Problem::LedgerUnavailable)?.map_err(unavailable)?;
    gateway.announce();
    Ok(appended)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn unavailable(error: ledger::LedgerError) -> Problem {
    tracing::error!(code = error.code(), "the ledger failed");
    Problem::LedgerUnavailable
}

fn judgement(gateway: &Gateway, salt: &Salt, decided: &Decided) -> Result<Judgement, Problem> {
    let examined = decided.examined();
    let (mapped, parts) = (examined.mapped(), examined.mapped().parts());
    let case = mapped.case();
    let license = &case.outcome.license;
    let trust = examined.trust_edition().map_or_else(|| "none".to_owned(), |edition| edition.to_string());
    let label = |text: &str| text.parse::<Label>().map_err(|_| Problem::LedgerUnavailable);
    let reasons = decided.ruling().reasons();
    Ok(Judgement {
        // The ledger gives the time.
        time: Timestamp::UNIX_EPOCH,
        from: case.from.clone(),
        to: mapped.to().clone(),
        item: case.item.clone(),
        case: salt.commit("case", &[case.case_id.as_str().as_bytes()]),
        license: salt.commit(
            "license",
            &[&license.number, &license.name, license.issuer.code.as_str(), &license.holder_name, &license.holder_id]
                .map(str::as_bytes),
        ),
        message: salt.commit("message", &[&parts.message.bytes]),
        document: salt.commit("document", &[&parts.document.bytes]),
        seals: seal_facts(examined.report()),
        reasons: reasons.iter().map(|reason| label(reason.code())).collect::<Result<_, _>>()?,
        editions: Editions {
            catalogue: label(gateway.catalogue().edition())?,
            codes: label(gateway.divisions().edition())?,
            mapping: label(mapped.mapping_edition())?,
            trust: label(&trust)?,
            policy: label(POLICY_EDITION)?,
        },
    })
}

fn seal_facts(report: &VerificationReport) -> Vec<SealFact> {
    let fact = |signature: &seals::SignatureReport| {
        let verified = report.verified_seals().iter().find(|seal| seal.index() == signature.index);
        SealFact {
            verdict: match signature.verdict {
                seals::Verdict::Valid => Verdict::Valid,
                seals::Verdict::Invalid => Verdict::Invalid,
                seals::Verdict::Indeterminate => Verdict::Indeterminate,
            },
            // An identifier that is no label is the document's fault, and stays in the evidence.
            seal_id: signature.seal.as_ref().and_then(|seal| seal.id.parse().ok()),
            signer_organisation: verified.and_then(|seal| seal.organisation().cloned()),
            signed_at: signature.signed_at,
        }
    };
    report.signatures().iter().map(fact).collect()
}
