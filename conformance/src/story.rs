//! One scenario being played: its partners, the last answer, and what has differed so far.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use standards::code::RegionCode;

use crate::client::Answer;
use crate::error::SuiteError;
use crate::expect;
use crate::field::Fields;
use crate::misuse::Misuse;
use crate::parcel::Parcel;
use crate::receipt;
use crate::run::Run;
use crate::scenario::{Action, Expected, FieldCheck, Presence, Resend, Scenario, Submission};
use crate::session::Session;
use crate::suite::{Suite, changed};
use crate::verdict::{Finding, Mismatch};
use crate::wire::{Decided, Inbox};

/// Far more than any message may have, and less than the largest document, so that it is the message that is refused.
const HUGE_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// 用例的一次执行.
pub(crate) struct Story<'a> {
    run: &'a Run<'a>,
    suite: &'a Suite,
    file: &'a Path,
    sessions: BTreeMap<RegionCode, Session>,
    sent: Option<Sent>,
    answer: Option<Answer>,
    before: Option<Answer>,
    /// The last decision that was recorded.
    decided: Option<Decided>,
}

/// The last submission.
struct Sent {
    from: RegionCode,
    parcel: Parcel,
}

impl<'a> Story<'a> {
    pub(crate) fn new(run: &'a Run<'a>, suite: &'a Suite, file: &'a Path) -> Self {
        Self { run, suite, file, sessions: BTreeMap::new(), sent: None, answer: None, before: None, decided: None }
    }

    /// Plays every step until one finds a difference: what follows it would only repeat it.
    pub(crate) fn play(mut self, scenario: &Scenario) -> Result<Vec<Finding>, SuiteError> {
        for step in &scenario.steps {
            let found = match self.step(&step.action) {
                Ok(found) => found,
                // A gateway that hangs up is a finding; one that is not there was noticed before the first scenario.
                Err(SuiteError::Unreachable { cause, .. }) => {
                    vec![Found::here(Mismatch::NoAnswer { cause: cause.to_string() })]
                }
                Err(error) => return Err(error),
            };
            if !found.is_empty() {
                let located = |found: Found| Finding {
                    file: self.file.to_owned(),
                    line: found.line.unwrap_or(step.line),
                    mismatch: found.mismatch,
                };
                return Ok(found.into_iter().map(located).collect());
            }
        }
        Ok(Vec::new())
    }

    fn step(&mut self, action: &Action) -> Result<Vec<Found>, SuiteError> {
        match action {
            Action::Submit(submission) => self.submit(submission),
            Action::Again(resend) => self.again(resend),
            Action::Answer(expected) => Ok(self.judge(expected)),
            Action::Means(checks) => Ok(self.means(checks)),
            Action::Read(reader, checks) => self.read(reader, checks),
            Action::Document(reader) => self.fetch_document(reader),
            Action::Inbox(reader, presence) => self.inbox(reader, *presence),
            Action::Deliver(reader) => self.deliver(reader),
            Action::Verify => self.verify(),
            Action::Get(reader, path) => {
                let answer = self.session(reader)?.get(path)?;
                Ok(self.answered(answer))
            }
        }
    }

    fn submit(&mut self, submission: &Submission) -> Result<Vec<Found>, SuiteError> {
        let from = submission.from.clone().unwrap_or_else(|| self.suite.region.clone());
        let now = (self.run.clock)();
        let parcel = Parcel::make(&self.run.keys, self.suite, self.file, &from, submission, now)?;
        self.sent = Some(Sent { from, parcel });
        self.send(submission.misuse)
    }

    fn again(&mut self, resend: &Resend) -> Result<Vec<Found>, SuiteError> {
        let Some(sent) = &mut self.sent else {
            return Ok(self.nothing(SUBMISSION));
        };
        if let Some(to) = &resend.to {
            sent.parcel.to = to.clone();
        }
        let text = String::from_utf8_lossy(&sent.parcel.message);
        sent.parcel.message = changed(self.file, &text, &resend.changes)?.into_bytes();
        self.send(resend.misuse)
    }

    fn send(&mut self, misuse: Option<Misuse>) -> Result<Vec<Found>, SuiteError> {
        let Some(Sent { from, parcel }) = self.sent.as_ref() else {
            return Ok(self.nothing(SUBMISSION));
        };
        let (from, mut parcel) = (from.clone(), parcel.clone());
        if misuse == Some(Misuse::HugeMessage) {
            parcel.message.resize(HUGE_MESSAGE_BYTES, b' ');
        }
        let other = misuse.map(|misuse| if misuse.takes_anothers_keys() { &parcel.to } else { &from });
        let other = other.map(|region| self.run.keys.partner(region)).transpose()?;
        let answer = self.session(&from)?.submit(&parcel, misuse.zip(other.as_ref()))?;
        let mut found = self.answered(answer);
        found.extend(self.record());
        Ok(found)
    }

    /// Takes note of a decision, whose receipt must prove what it says: an answer without a proof records nothing.
    fn record(&mut self) -> Option<Found> {
        let answer = self.answer.as_ref().filter(|answer| answer.status == 201)?;
        let unproven = |why: String| Some(Found::here(Mismatch::Unproven { why }));
        let decided: Decided = match serde_json::from_slice(&answer.body) {
            Ok(decided) => decided,
            Err(error) => return unproven(error.to_string()),
        };
        if let Err(code) = receipt::check(&decided.receipt, &self.run.log_keys) {
            return unproven(code.to_owned());
        }
        self.decided = Some(decided);
        None
    }

    fn judge(&self, expected: &Expected) -> Vec<Found> {
        let Some(answer) = &self.answer else {
            return self.nothing(("应答", "answer"));
        };
        expect::answer(expected, answer, self.before.as_ref()).into_iter().map(Found::here).collect()
    }

    /// Looks into the adapters, where the run has them: the message's fields by their standard names.
    fn means(&self, checks: &[FieldCheck]) -> Vec<Found> {
        let (Some(adapters), Some(sent)) = (self.run.adapters, &self.sent) else {
            return Vec::new();
        };
        expect::meaning(adapters, &sent.from, &sent.parcel.message, checks).into_iter().map(Found::from).collect()
    }

    fn read(&mut self, reader: &RegionCode, checks: &[FieldCheck]) -> Result<Vec<Found>, SuiteError> {
        let Some(index) = self.index() else {
            return Ok(self.nothing(DECISION));
        };
        let answer = self.session(reader)?.get(&format!("/v1/recognitions/{index}/message"))?;
        let mut found = Vec::new();
        if !checks.is_empty() {
            found = match Fields::read(&answer.content_type, &answer.body).filter(|_| answer.status == 200) {
                Some(fields) => expect::fields(&fields, checks).into_iter().map(Found::from).collect(),
                None => vec![Found::here(Mismatch::Nothing {
                    what: ("可读的报文", "readable message"),
                    answer: answer.brief(),
                })],
            };
        }
        self.answered(answer);
        Ok(found)
    }

    fn fetch_document(&mut self, reader: &RegionCode) -> Result<Vec<Found>, SuiteError> {
        let (Some(index), Some(sent)) = (self.index(), &self.sent) else {
            return Ok(self.nothing(DECISION));
        };
        let submitted = sent.parcel.document.clone();
        let answer = self.session(reader)?.get(&format!("/v1/recognitions/{index}/document"))?;
        let same = answer.status == 200 && answer.body == submitted;
        let brief = format!("{} {} ({} bytes)", answer.status, answer.content_type, answer.body.len());
        self.answered(answer);
        let what = ("签章文件", "sealed document");
        let expected = format!("200 ({} bytes, as submitted)", submitted.len());
        Ok(if same { Vec::new() } else { vec![Found::here(Mismatch::Value { what, expected, got: brief })] })
    }

    fn inbox(&mut self, reader: &RegionCode, presence: Presence) -> Result<Vec<Found>, SuiteError> {
        let Some(index) = self.index() else {
            return Ok(self.nothing(DECISION));
        };
        // The inbox begins behind `after`: no older entry can push ours out of the first page.
        let after = index.checked_sub(1).map(|after| format!("?after={after}")).unwrap_or_default();
        let answer = self.session(reader)?.get(&format!("/v1/inbox{after}"))?;
        let inbox: Option<Inbox> = serde_json::from_slice(&answer.body).ok();
        let Some(inbox) = inbox else {
            return Ok(vec![Found::here(Mismatch::Nothing { what: ("收件箱", "inbox"), answer: answer.brief() })]);
        };
        let held: Vec<String> = inbox.recognitions.iter().map(|owed| owed.index.to_string()).collect();
        let holds = held.contains(&index.to_string());
        self.answered(answer);
        let what = ("收件箱", "inbox");
        Ok(match (presence, holds) {
            (Presence::Holds, true) | (Presence::Lacks, false) => Vec::new(),
            (Presence::Holds, false) => {
                vec![Found::here(Mismatch::NotAmong { what, expected: index.to_string(), got: held })]
            }
            (Presence::Lacks, true) => {
                vec![Found::here(Mismatch::Value { what, expected: format!("≠ {index}"), got: held.join(", ") })]
            }
        })
    }

    fn deliver(&mut self, reader: &RegionCode) -> Result<Vec<Found>, SuiteError> {
        let Some(decided) = &self.decided else {
            return Ok(self.nothing(DECISION));
        };
        let (index, checkpoint) = (decided.index, decided.receipt.checkpoint.clone());
        let answer = self.session(reader)?.deliver(index, &checkpoint)?;
        Ok(self.answered(answer))
    }

    fn verify(&mut self) -> Result<Vec<Found>, SuiteError> {
        let Some(sent) = &self.sent else {
            return Ok(self.nothing(SUBMISSION));
        };
        let (from, document) = (sent.from.clone(), sent.parcel.document.clone());
        let answer = self.session(&from)?.verify(&document)?;
        Ok(self.answered(answer))
    }

    fn session(&mut self, region: &RegionCode) -> Result<&Session, SuiteError> {
        match self.sessions.entry(region.clone()) {
            Entry::Occupied(session) => Ok(session.into_mut()),
            Entry::Vacant(seat) => {
                let partner = self.run.keys.partner(region)?;
                Ok(seat.insert(Session::new(&self.run.url, &self.run.roots, partner, self.run.clock)))
            }
        }
    }

    fn answered(&mut self, answer: Answer) -> Vec<Found> {
        self.before = self.answer.replace(answer);
        Vec::new()
    }

    fn index(&self) -> Option<u64> {
        self.decided.as_ref().map(|decided| decided.index)
    }

    fn nothing(&self, what: (&'static str, &'static str)) -> Vec<Found> {
        let answer = self.answer.as_ref().map(Answer::brief).unwrap_or_default();
        vec![Found::here(Mismatch::Nothing { what, answer })]
    }
}

const SUBMISSION: (&str, &str) = ("已提交的材料", "submission");
const DECISION: (&str, &str) = ("已记账的决定", "recorded decision");

/// A difference, at the step's own line or at one of its details.
struct Found {
    line: Option<usize>,
    mismatch: Mismatch,
}

impl Found {
    fn here(mismatch: Mismatch) -> Self {
        Self { line: None, mismatch }
    }
}

impl From<(usize, Mismatch)> for Found {
    fn from((line, mismatch): (usize, Mismatch)) -> Self {
        Self { line: Some(line), mismatch }
    }
}
