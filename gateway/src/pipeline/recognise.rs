//! Case and examined document to a decision: recognition, refusal or manual review.
//!
//! A recognition needs the binding of three things: the item is open between the two regions, the seal is genuine and of the very
//! authority that issued the licence and is competent for the item, and the sealed document names the same licence as the message.

use jiff::civil::Date;
use seals::{LicenseFacts, StepOutcome, Verdict, VerificationReport, VerifiedSeal};
use standards::case::{Case, Decision, License, Validity};
use standards::code::RegionCode;
use standards::item::{Catalogue, SameStandardItem};

use super::Examined;

/// Edition of the rules in this file; it changes with them, so that a decision can be judged again as of its day.
pub const POLICY_EDITION: &str = "recognition-1";

/// 已判定办件: an examined case and the decision on it. Made by [`recognise`] alone.
#[derive(Debug)]
pub struct Decided {
    examined: Examined,
    ruling: Ruling,
}

impl Decided {
    /// What was decided on.
    pub fn examined(&self) -> &Examined {
        &self.examined
    }

    /// The decision.
    pub fn ruling(&self) -> &Ruling {
        &self.ruling
    }
}

/// 判定: one of the three decisions.
#[derive(Debug)]
pub enum Ruling {
    /// 可互认.
    Recognition(Recognition),
    /// 不予互认.
    Refusal(Refusal),
    /// 需人工核验.
    ManualReview(ManualReview),
}

/// 可互认: made by [`recognise`] alone, from a seal that was verified and found to be the right one.
#[derive(Debug)]
pub struct Recognition {
    seal: Box<VerifiedSeal>,
}

impl Recognition {
    /// The seal that it rests on.
    pub fn seal(&self) -> &VerifiedSeal {
        &self.seal
    }
}

/// 不予互认: at least one reason, the most specific first.
#[derive(Debug)]
pub struct Refusal {
    reasons: Vec<Reason>,
}

/// 需人工核验: nothing was found wrong, but what recognition needs could not be established.
#[derive(Debug)]
pub struct ManualReview {
    reasons: Vec<Reason>,
}

impl Ruling {
    /// Why it is no recognition; empty for a recognition.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Recognition(_) => &[],
            Self::Refusal(refusal) => refusal.reasons(),
            Self::ManualReview(review) => review.reasons(),
        }
    }
}

impl Refusal {
    /// Why.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

impl ManualReview {
    /// Why.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

/// 理由: why a result is not simply recognised. Each has its text in `standards::problem`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The item is not recognised between these two regions.
    ItemNotOpen,
    /// The item's standard was not in force when the case was concluded.
    ItemNotInForce,
    /// The case ended in 不予: there is no result to recognise.
    NotGranted,
    /// The licence ended before the day of the decision.
    LicenseExpired,
    /// What the verification of the document found; the code of the failing step.
    Seal {
        /// Stable code, `seal.…`, `coverage.…` and so on.
        code: &'static str,
        /// The clause that asks for the step.
        clause: &'static str,
    },
    /// Several seals, or none that the licence's issuer put there.
    SignerIsNotIssuer,
    /// Nobody can say whose seal it is: neither the certificate nor the trust list names an organisation.
    SignerUnknown,
    /// The trust list does not name the signer competent for the item.
    SignerNotCompetent,
    /// The sealed document does not state its licence where the seal protects it.
    LicenseUnreadable,
    /// Document and message name different holders.
    HolderDiffers,
    /// Document and message name different licence numbers.
    NumberDiffers,
    /// Document and message name different kinds of licence, or another kind than the item's.
    TypeDiffers,
    /// Document and message name different issuers.
    IssuerDiffers,
    /// Document and message name different licence identifiers.
    LicenseIdDiffers,
    /// Document and message name different ends of validity.
    ValidityDiffers,
}

impl Reason {
    /// The stable code that partners and suites match on.
    pub fn code(self) -> &'static str {
        match self {
            Self::ItemNotOpen => "recognition.item_not_open",
            Self::ItemNotInForce => "recognition.item_not_in_force",
            Self::NotGranted => "recognition.not_granted",
            Self::LicenseExpired => "recognition.license_expired",
            Self::Seal { code, .. } => code,
            Self::SignerIsNotIssuer => "recognition.signer_is_not_issuer",
            Self::SignerUnknown => "recognition.signer_unknown",
            Self::SignerNotCompetent => "recognition.signer_not_competent",
            Self::LicenseUnreadable => "recognition.license_unreadable",
            Self::HolderDiffers => "recognition.holder_differs",
            Self::NumberDiffers => "recognition.number_differs",
            Self::TypeDiffers => "recognition.type_differs",
            Self::IssuerDiffers => "recognition.issuer_differs",
            Self::LicenseIdDiffers => "recognition.license_id_differs",
            Self::ValidityDiffers => "recognition.validity_differs",
        }
    }

    /// The clause of the standard, where a seal's step is the reason.
    pub fn clause(self) -> Option<&'static str> {
        match self {
            Self::Seal { clause, .. } => Some(clause),
            _ => None,
        }
    }
}

/// Decides on one result.
///
/// Every reason is collected, not only the first: who refuses owes the whole answer. Any reason that something *is wrong* makes a
/// refusal; reasons that something *could not be established* alone make a manual review.
pub fn recognise(examined: Examined, catalogue: &Catalogue, today: Date) -> Decided {
    let (case, to, report) = (examined.mapped().case(), examined.mapped().to(), examined.report());
    let mut wrong = Vec::new();
    let mut open = Vec::new();
    judge_item(case, to, catalogue.get(&case.item), today, &mut wrong);
    judge_report(report, &mut wrong, &mut open);
    let seal = right_seal(case, report, &mut wrong, &mut open);
    if let Some(facts) = seal.and_then(VerifiedSeal::licence_facts) {
        compare(&case.outcome.license, facts, &mut wrong);
        // The message may keep silent about the end of validity: the sealed document's own counts as well.
        if facts.valid_until.is_some_and(|end| end < today) && !wrong.contains(&Reason::LicenseExpired) {
            wrong.push(Reason::LicenseExpired);
        }
    }
    let ruling = match (wrong.is_empty(), open.is_empty(), seal) {
        (true, true, Some(seal)) => Ruling::Recognition(Recognition { seal: Box::new(seal.clone()) }),
        (true, _, _) => Ruling::ManualReview(ManualReview { reasons: open }),
        (false, _, _) => {
            wrong.append(&mut open);
            Ruling::Refusal(Refusal { reasons: wrong })
        }
    };
    Decided { examined, ruling }
}

fn judge_item(case: &Case, to: &RegionCode, item: Option<&SameStandardItem>, today: Date, wrong: &mut Vec<Reason>) {
    let license = &case.outcome.license;
    if !item.is_some_and(|item| item.open_between(&case.from, to)) {
        wrong.push(Reason::ItemNotOpen);
    }
    if !item.is_some_and(|item| item.in_force_on(beijing_day(case.concluded_at))) {
        wrong.push(Reason::ItemNotInForce);
    }
    if item.is_some_and(|item| item.result.name != license.name) {
        wrong.push(Reason::TypeDiffers);
    }
    if case.decision == Decision::Refuse {
        wrong.push(Reason::NotGranted);
    }
    if matches!(license.valid_until, Validity::Until(end) if end < today) {
        wrong.push(Reason::LicenseExpired);
    }
}

/// The day in Beijing, where all three regions are, at a moment.
pub fn beijing_day(at: jiff::Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date()
}

fn judge_report(report: &VerificationReport, wrong: &mut Vec<Reason>, open: &mut Vec<Reason>) {
    let steps = report.signatures().iter().flat_map(|signature| &signature.steps);
    for step in steps {
        let Some(code) = step.code else { continue };
        let reason = Reason::Seal { code, clause: step.clause };
        let list = match step.outcome {
            StepOutcome::Fail => &mut *wrong,
            StepOutcome::Indeterminate => &mut *open,
            StepOutcome::Pass | StepOutcome::Hint | StepOutcome::NotApplicable => continue,
        };
        if !list.contains(&reason) {
            list.push(reason);
        }
    }
}

/// The seal of the authority that issued the licence. Other genuine seals on the document prove nothing about it.
fn right_seal<'a>(
    case: &Case,
    report: &'a VerificationReport,
    wrong: &mut Vec<Reason>,
    open: &mut Vec<Reason>,
) -> Option<&'a VerifiedSeal> {
    let seals = report.verified_seals();
    if seals.is_empty() {
        // The report has said why; what is VALID without a sealed package states no licence.
        if report.verdict() == Verdict::Valid {
            open.push(Reason::LicenseUnreadable);
        }
        return None;
    }
    let issuer = &case.outcome.license.issuer.code;
    let Some(seal) = seals.iter().find(|seal| seal.organisation() == Some(issuer)) else {
        if seals.iter().any(|seal| seal.organisation().is_none()) {
            open.push(Reason::SignerUnknown);
        } else {
            wrong.push(Reason::SignerIsNotIssuer);
        }
        return None;
    };
    match seal.row() {
        None => open.push(Reason::SignerNotCompetent),
        Some(row) if row.region != case.from || !row.items.contains(&case.item) => {
            wrong.push(Reason::SignerNotCompetent);
        }
        Some(_) => {}
    }
    if seal.licence_facts().is_none() {
        open.push(Reason::LicenseUnreadable);
    }
    Some(seal)
}

/// Compares what the message says of the licence with what the sealed document says.
fn compare(license: &License, facts: &LicenseFacts, wrong: &mut Vec<Reason>) {
    let validity_differs = match (license.valid_until, facts.valid_until) {
        (Validity::Unstated, _) => false,
        (Validity::NoExpiry, end) => end.is_some_and(|end| end.year() != 9999),
        (Validity::Until(day), end) => end != Some(day),
    };
    let id = license.id.as_ref().map(ToString::to_string);
    let rows = [
        (license.holder_name != facts.holder_name || license.holder_id != facts.holder_id, Reason::HolderDiffers),
        (license.number != facts.number, Reason::NumberDiffers),
        (license.name != facts.name, Reason::TypeDiffers),
        (license.issuer.code.as_str() != facts.issuer_code, Reason::IssuerDiffers),
        (id.is_some() && facts.license_id.is_some() && id != facts.license_id, Reason::LicenseIdDiffers),
        (validity_differs, Reason::ValidityDiffers),
    ];
    for (differs, reason) in rows {
        if differs && !wrong.contains(&reason) {
            wrong.push(reason);
        }
    }
}
