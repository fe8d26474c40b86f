//! A scenario: what a partner does, step by step, and what must come back.

use jiff::SignedDuration;
use standards::code::RegionCode;

use crate::block::{self, Block, Detail, Fault};
use crate::error::ScenarioFault;
use crate::misuse::Misuse;
use crate::tamper::Tamper;

/// 用例: one story in plain text, with titles in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The file's name without its ending.
    pub name: String,
    /// What it shows, in Chinese.
    pub title_zh: String,
    /// What it shows, in English.
    pub title_en: String,
    /// The numbers of the known traps that it holds.
    pub traps: Vec<u8>,
    /// Why it is not run at all.
    pub skip: Option<String>,
    /// Why it is known to fail: a pass is then a surprise that someone must look at.
    pub diverges: Option<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// A step and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Counted from 1.
    pub line: usize,
    /// What happens.
    pub action: Action,
}

/// What a step does, or expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `submit`: a partner submits its own message with a document sealed for this step.
    Submit(Submission),
    /// `again`: the last submission once more, under the same idempotency key.
    Again(Resend),
    /// `answer STATUS`: what the last answer must be.
    Answer(Expected),
    /// `means`: what the submitted message means in the standard model. Only a run that is given the adapters can look.
    Means(Vec<FieldCheck>),
    /// `read REGION`: the region reads the last recognition in its own dialect.
    Read(RegionCode, Vec<FieldCheck>),
    /// `document REGION`: the region fetches the sealed document, which must be the submitted one, byte for byte.
    Document(RegionCode),
    /// `inbox REGION holds|lacks`: whether the last recognition is in the region's inbox.
    Inbox(RegionCode, Presence),
    /// `deliver REGION`: the region checks the proof, and signs for what it received.
    Deliver(RegionCode),
    /// `verify`: the last document is sent to be verified without being recorded.
    Verify,
    /// `get REGION PATH`: the region reads an address.
    Get(RegionCode, String),
}

/// Whether the inbox holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Holds,
    /// It must not.
    Lacks,
}

/// What a partner submits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Who submits, when it is not the suite's own region.
    pub from: Option<RegionCode>,
    /// Who is asked to recognise.
    pub to: RegionCode,
    /// A file of the suite's `messages` folder, without its ending.
    pub message: String,
    /// A file of the suite's `documents` folder, without its ending.
    pub document: String,
    /// Changes to the message's text.
    pub changes: Vec<Change>,
    /// What the document says instead, by its GB/T 36903 key.
    pub facts: Vec<(String, String)>,
    /// Whose key seals: a name in the region's key folder.
    pub signer: Option<String>,
    /// Whose private key is used instead of the signer's: a forger has the certificate, which is public, but not its key.
    pub forger: Option<String>,
    /// When it is sealed, counted from now.
    pub signed: SignedDuration,
    /// What is done to the document after it was sealed.
    pub tamper: Option<Tamper>,
    /// What is wrong with the request.
    pub misuse: Option<Misuse>,
}

impl Submission {
    /// The suite's own message and document of one name, as they stand.
    pub fn plain(to: RegionCode, name: &str) -> Self {
        Self {
            from: None,
            to,
            message: name.to_owned(),
            document: name.to_owned(),
            changes: Vec::new(),
            facts: Vec::new(),
            signer: None,
            forger: None,
            signed: SignedDuration::ZERO,
            tamper: None,
            misuse: None,
        }
    }

    /// Whether it is the suite's own message as it stands, and nothing is wrong with it on purpose.
    pub fn is_plain(&self) -> bool {
        let changed = !self.changes.is_empty() || !self.facts.is_empty();
        !changed
            && self.from.is_none()
            && self.signer.is_none()
            && self.forger.is_none()
            && self.tamper.is_none()
            && self.misuse.is_none()
    }
}

/// The last submission once more, or almost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resend {
    /// Another receiver, which makes it other content.
    pub to: Option<RegionCode>,
    /// Changes to the message's text, which make it other content.
    pub changes: Vec<Change>,
    /// What is wrong with the request.
    pub misuse: Option<Misuse>,
}

/// A text of the message that occurs exactly once, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Counted from 1.
    pub line: usize,
    /// The text looked for.
    pub from: String,
    /// What replaces it; empty removes it.
    pub to: String,
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// One of these HTTP statuses.
    pub status: Vec<u16>,
    /// `recognition`, `refusal` or `manual_review`.
    pub decision: Option<String>,
    /// Codes that must be among the reasons.
    pub reasons: Vec<String>,
    /// The problem's code.
    pub code: Option<String>,
    /// Codes and paths of the fields at fault, as `CODE at PATH`, all of which must be named.
    pub faults: Vec<String>,
    /// The body is byte for byte that of the answer before.
    pub same: bool,
    /// The verdict of a verification.
    pub verdict: Option<String>,
    /// A step of the verification that must fail.
    pub fails: Option<String>,
}

/// A field that must have a value, or must be absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCheck {
    /// Counted from 1.
    pub line: usize,
    /// The field's path, or its unmistakable end.
    pub path: String,
    /// The value; none where it must be absent.
    pub value: Option<String>,
}

/// How a scenario writes that a field must be absent.
const ABSENT: &str = "(absent)";

/// Reads a scenario.
///
/// # Errors
/// The line and its fault, of the first fault.
pub fn parse(name: &str, text: &str) -> Result<Scenario, Fault> {
    let text = block::split(text)?;
    let mut scenario = Scenario {
        name: name.to_owned(),
        title_zh: text.title_zh.to_owned(),
        title_en: text.title_en.to_owned(),
        traps: Vec::new(),
        skip: None,
        diverges: None,
        steps: Vec::new(),
    };
    for detail in &text.header {
        match detail.key {
            "trap" => scenario.traps = numbers(detail, "trap")?,
            "skip" => once(&mut scenario.skip, detail)?,
            "diverges" => once(&mut scenario.diverges, detail)?,
            _ => return Err(unknown(detail)),
        }
    }
    for block in &text.blocks {
        scenario.steps.push(Step { line: block.line, action: action(block)? });
    }
    let expects = |step: &Step| {
        !matches!(
            step.action,
            Action::Submit(_) | Action::Again(_) | Action::Deliver(_) | Action::Verify | Action::Get(..)
        )
    };
    if !scenario.steps.iter().any(expects) {
        return Err((1, ScenarioFault::ExpectsNothing));
    }
    Ok(scenario)
}

fn action(block: &Block<'_>) -> Result<Action, Fault> {
    let wordless = |action: Action| block.details.first().map_or(Ok(action), |detail| Err(unknown(detail)));
    match (block.name, block.arguments.as_slice()) {
        ("submit", []) => submission(block).map(Action::Submit),
        ("again", []) => resend(block).map(Action::Again),
        ("answer", [status]) => expected(block, status).map(Action::Answer),
        ("means", []) => Ok(Action::Means(checks(block))),
        ("read", [reader]) => Ok(Action::Read(region(block.line, reader)?, checks(block))),
        ("document", [reader]) => wordless(Action::Document(region(block.line, reader)?)),
        ("inbox", [reader, presence]) => {
            let presence = match *presence {
                "holds" => Presence::Holds,
                "lacks" => Presence::Lacks,
                other => return Err(bad(block.line, "presence", other)),
            };
            wordless(Action::Inbox(region(block.line, reader)?, presence))
        }
        ("deliver", [reader]) => wordless(Action::Deliver(region(block.line, reader)?)),
        ("verify", []) => wordless(Action::Verify),
        ("get", [reader, path]) => wordless(Action::Get(region(block.line, reader)?, (*path).to_owned())),
        _ => {
            let line = std::iter::once(block.name).chain(block.arguments.iter().copied()).collect::<Vec<_>>().join(" ");
            Err((block.line, ScenarioFault::UnknownStep(line)))
        }
    }
}

fn submission(block: &Block<'_>) -> Result<Submission, Fault> {
    let (mut from, mut to, mut message, mut document) = (None, None, None, None);
    let (mut signer, mut forger, mut age, mut tamper, mut misuse) = (None, None, None, None, None);
    let (mut changes, mut facts) = (Vec::new(), Vec::new());
    for detail in &block.details {
        match detail.key {
            "from" => once(&mut from, detail)?,
            "to" => once(&mut to, detail)?,
            "message" => once(&mut message, detail)?,
            "document" => once(&mut document, detail)?,
            "signer" => once(&mut signer, detail)?,
            "forger" => once(&mut forger, detail)?,
            "signed" => once(&mut age, detail)?,
            "tamper" => once(&mut tamper, detail)?,
            "misuse" => once(&mut misuse, detail)?,
            "replace" => changes.push(change(detail)?),
            "remove" => changes.push(Change { line: detail.line, from: detail.value.to_owned(), to: String::new() }),
            "fact" => facts.push(fact(detail)?),
            _ => return Err(unknown(detail)),
        }
    }
    let need = |value: Option<String>, what| value.ok_or((block.line, ScenarioFault::Missing(what)));
    Ok(Submission {
        from: from.map(|code| region(block.line, &code)).transpose()?,
        to: region(block.line, &need(to, "to")?)?,
        message: need(message, "message")?,
        document: need(document, "document")?,
        changes,
        facts,
        signer,
        forger,
        signed: age
            .map_or(Ok(SignedDuration::ZERO), |text| text.parse().map_err(|_| bad(block.line, "signed", &text)))?,
        tamper: tamper.map(|name| Tamper::named(&name).ok_or_else(|| bad(block.line, "tamper", &name))).transpose()?,
        misuse: misuse_named(block.line, misuse)?,
    })
}

fn resend(block: &Block<'_>) -> Result<Resend, Fault> {
    let (mut to, mut misuse) = (None, None);
    let mut changes = Vec::new();
    for detail in &block.details {
        match detail.key {
            "to" => once(&mut to, detail)?,
            "misuse" => once(&mut misuse, detail)?,
            "replace" => changes.push(change(detail)?),
            _ => return Err(unknown(detail)),
        }
    }
    let to = to.map(|code| region(block.line, &code)).transpose()?;
    Ok(Resend { to, changes, misuse: misuse_named(block.line, misuse)? })
}

fn expected(block: &Block<'_>, status: &str) -> Result<Expected, Fault> {
    let status = status.split('|').map(|one| one.parse().map_err(|_| bad(block.line, "status", one)));
    let mut expected = Expected { status: status.collect::<Result<_, _>>()?, ..Expected::default() };
    for detail in &block.details {
        match detail.key {
            "decision" => once(&mut expected.decision, detail)?,
            "code" => once(&mut expected.code, detail)?,
            "verdict" => once(&mut expected.verdict, detail)?,
            "fails" => once(&mut expected.fails, detail)?,
            "reason" => expected.reasons.push(detail.value.to_owned()),
            "fault" => expected.faults.push(detail.value.to_owned()),
            "body" if detail.value == "same as before" => expected.same = true,
            "body" => return Err(bad(detail.line, "body", detail.value)),
            _ => return Err(unknown(detail)),
        }
    }
    Ok(expected)
}

fn checks(block: &Block<'_>) -> Vec<FieldCheck> {
    let check = |detail: &Detail<'_>| FieldCheck {
        line: detail.line,
        path: detail.key.to_owned(),
        value: (detail.value != ABSENT).then(|| detail.value.to_owned()),
    };
    block.details.iter().map(check).collect()
}

fn change(detail: &Detail<'_>) -> Result<Change, Fault> {
    let (from, to) = detail.value.split_once(" => ").ok_or_else(|| bad(detail.line, "replace", detail.value))?;
    Ok(Change { line: detail.line, from: from.trim().to_owned(), to: to.trim().to_owned() })
}

fn fact(detail: &Detail<'_>) -> Result<(String, String), Fault> {
    let (key, value) = detail.value.split_once(" = ").ok_or_else(|| bad(detail.line, "fact", detail.value))?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

fn misuse_named(line: usize, name: Option<String>) -> Result<Option<Misuse>, Fault> {
    name.map(|name| Misuse::named(&name).ok_or_else(|| bad(line, "misuse", &name))).transpose()
}

fn region(line: usize, code: &str) -> Result<RegionCode, Fault> {
    code.parse().map_err(|_| bad(line, "region", code))
}

fn numbers(detail: &Detail<'_>, what: &'static str) -> Result<Vec<u8>, Fault> {
    detail.value.split(',').map(|one| one.trim().parse().map_err(|_| bad(detail.line, what, one))).collect()
}

fn once(slot: &mut Option<String>, detail: &Detail<'_>) -> Result<(), Fault> {
    match slot.replace(detail.value.to_owned()) {
        None => Ok(()),
        Some(_) => Err((detail.line, ScenarioFault::Twice(detail.key.to_owned()))),
    }
}

fn unknown(detail: &Detail<'_>) -> Fault {
    (detail.line, ScenarioFault::UnknownDetail(detail.key.to_owned()))
}

fn bad(line: usize, what: &'static str, got: &str) -> Fault {
    (line, ScenarioFault::BadValue { what, got: got.to_owned() })
}
