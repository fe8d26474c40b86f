//! The history of a case: one fold of its messages, whatever the order in which they came and however often.

mod oddity;

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Serialize;

use crate::field::{FieldPath, path};
use crate::message::{EventId, Message, MessageKind};

pub use oddity::{HistoryFinding, Oddity};

/// What opens, and what closes it: told apart by their sequence, so that the second answer is the answer to the second notice.
const PAIRS: [(MessageKind, MessageKind); 2] = [
    (MessageKind::SupplementNotice, MessageKind::SupplementAnswer),
    (MessageKind::SpecialProcedureStart, MessageKind::SpecialProcedureEnd),
];

/// What ends a case.
const ENDINGS: [MessageKind; 3] = [MessageKind::Refusal, MessageKind::Withdrawal, MessageKind::Conclusion];

/// What can happen to the result of a case that was concluded.
const OF_A_RESULT: [MessageKind; 2] = [MessageKind::Collection, MessageKind::ResultRevocation];

/// 办件过程: what happened to one case, as far as its messages tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// The region that handles the case.
    pub from: String,
    /// 办件编号 as the region counts.
    pub case_id: String,
    /// The events in the order in which they happened, each in its highest version. Where two messages of that version
    /// contradict each other both are here, and [`Oddity::Conflict`] names them.
    pub events: Vec<Event>,
    /// What a higher version took the place of.
    pub superseded: Vec<Event>,
    /// What waits for somebody; nothing once the case has ended.
    pub open: Vec<Open>,
    /// Everything that cannot be so, or not yet. A message that is still under way may be the reason.
    pub findings: Vec<HistoryFinding>,
}

/// 事件: one thing that happened. Serialised without the message, which holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What happened.
    pub kind: MessageKind,
    /// The how-manieth of its kind.
    pub sequence: u32,
    /// 报文版本.
    pub version: u32,
    /// When it happened.
    pub at: Timestamp,
    /// The message that says so.
    #[serde(skip)]
    pub message: Message,
}

/// 未了事项: a notice without its answer, or a special procedure that still runs: the clock of the case stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// What was opened: [`MessageKind::SupplementNotice`] or [`MessageKind::SpecialProcedureStart`].
    pub kind: MessageKind,
    /// The how-manieth of its kind.
    pub sequence: u32,
    /// When it was opened.
    pub since: Timestamp,
    /// The last day for the answer, where the notice says one.
    pub due_on: Option<String>,
}

impl History {
    /// The histories of all cases that the messages speak of, in the order of regions and case numbers. The same messages give the
    /// same histories in whatever order they come, and one that comes twice counts once.
    pub fn of_cases(messages: impl IntoIterator<Item = Message>) -> Vec<Self> {
        let mut keyed: Vec<(EventId, Event)> =
            messages.into_iter().map(|message| (message.event(), Event::of(message))).collect();
        keyed.sort_by(|(one, left), (other, right)| one.cmp(other).then_with(|| left.by_content(right)));
        keyed.dedup_by(|(one, left), (other, right)| one == other && left.says_the_same(right));
        keyed
            .chunk_by(|(one, _), (other, _)| (&one.from, &one.case_id) == (&other.from, &other.case_id))
            .filter_map(Self::of_case)
            .collect()
    }

    fn of_case(keyed: &[(EventId, Event)]) -> Option<Self> {
        let (EventId { from, case_id, .. }, _) = keyed.first()?.clone();
        let (events, superseded, open, findings) = Default::default();
        let mut history = Self { from, case_id, events, superseded, open, findings };
        for versions in keyed.chunk_by(|(one, _), (other, _)| one == other) {
            let highest = versions.iter().map(|(_, event)| event.version).max();
            for same in versions.chunk_by(|(_, one), (_, other)| one.version == other.version) {
                if let [(_, event), _, ..] = same {
                    history.findings.push(event.finding(Oddity::Conflict));
                }
                let counts = same.first().map(|(_, event)| event.version) == highest;
                let place = if counts { &mut history.events } else { &mut history.superseded };
                place.extend(same.iter().map(|(_, event)| event.clone()));
            }
        }
        history.events.sort_by(|left, right| {
            let order = |event: &Event| (event.at, event.kind, event.sequence);
            order(left).cmp(&order(right)).then_with(|| left.by_content(right))
        });
        history.judge();
        Some(history)
    }

    /// The event that ended the case: a refusal, a withdrawal or a conclusion.
    pub fn ending(&self) -> Option<&Event> {
        self.events.iter().find(|event| ENDINGS.contains(&event.kind))
    }

    /// Whether messages contradict each other: then nobody can say what happened before the region sends a higher version.
    pub fn has_conflict(&self) -> bool {
        self.findings.iter().any(|finding| finding.oddity == Oddity::Conflict)
    }

    /// Whether a special procedure (特别程序) runs, whose days count for no limit.
    pub fn is_paused(&self) -> bool {
        self.open.iter().any(|open| open.kind == MessageKind::SpecialProcedureStart)
    }

    fn first(&self, kind: MessageKind) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == kind)
    }

    fn numbered(&self, kind: MessageKind, sequence: u32) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == kind && event.sequence == sequence)
    }

    fn judge(&mut self) {
        let judged = self.events.iter().flat_map(|event| self.oddities_of(event).map(|odd| Some(event.finding(odd?))));
        let judged: Vec<HistoryFinding> = judged.flatten().collect();
        self.findings.extend(judged);
        if self.ending().is_none() {
            self.open = self.events.iter().filter(|event| self.is_open(event)).map(Open::of).collect();
        }
    }

    fn is_open(&self, event: &Event) -> bool {
        PAIRS.iter().any(|(opens, closes)| *opens == event.kind && self.numbered(*closes, event.sequence).is_none())
    }

    fn oddities_of(&self, event: &Event) -> [Option<Oddity>; 4] {
        let is_earlier_than = |other: &Event| event.at < other.at;
        let opens = PAIRS.iter().find(|(_, closes)| *closes == event.kind).map(|(opens, _)| *opens);
        let pairing = opens.and_then(|opens| match self.numbered(opens, event.sequence) {
            None => Some(Oddity::NothingOpened),
            Some(opening) => is_earlier_than(opening).then_some(Oddity::ClosedBeforeOpened),
        });
        let too_early =
            event.kind == MessageKind::Conclusion && self.first(MessageKind::Acceptance).is_some_and(is_earlier_than);
        let no_result =
            OF_A_RESULT.contains(&event.kind) && self.first(MessageKind::Conclusion).is_none_or(is_earlier_than);
        let too_late = self.ending().is_some_and(|ending| event.cannot_follow(ending));
        [
            pairing,
            too_early.then_some(Oddity::ConcludedBeforeAcceptance),
            no_result.then_some(Oddity::WithoutConclusion),
            too_late.then_some(Oddity::AfterTheEnd),
        ]
    }
}

impl Open {
    fn of(event: &Event) -> Self {
        let due_on = event.message.fields().get(path::DUE_ON).map(str::to_owned);
        Self { kind: event.kind, sequence: event.sequence, since: event.at, due_on }
    }
}

impl Event {
    fn of(message: Message) -> Self {
        let EventId { kind, sequence, .. } = message.event();
        let moment = if kind == MessageKind::Conclusion { path::CONCLUDED_AT } else { path::OCCURRED_AT };
        // Every message has its moment, or it would be none.
        let at = message.fields().get(moment).and_then(|text| text.parse().ok()).unwrap_or_default();
        Self { kind, sequence, version: message.version(), at, message }
    }

    fn finding(&self, oddity: Oddity) -> HistoryFinding {
        HistoryFinding { oddity, kind: self.kind, sequence: self.sequence, version: self.version }
    }

    /// What it says, but for the numbers that a message may leave out when they are 1.
    fn content(&self) -> impl Iterator<Item = (FieldPath, &str)> {
        let counts = [path::SEQUENCE, path::VERSION];
        self.message.fields().iter_at().filter(move |(path, _)| !counts.contains(&path.field().path))
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.version == other.version && self.content().eq(other.content())
    }

    /// An order in which no two different messages are equal.
    fn by_content(&self, other: &Self) -> Ordering {
        let versions = self.version.cmp(&other.version);
        versions
            .then_with(|| self.content().cmp(other.content()))
            .then_with(|| self.message.fields().iter_at().cmp(other.message.fields().iter_at()))
    }

    /// After a conclusion its result can be collected or revoked; nothing else happens to a case that has ended.
    fn cannot_follow(&self, ending: &Self) -> bool {
        let may_follow = ending.kind == MessageKind::Conclusion && OF_A_RESULT.contains(&self.kind);
        self.at > ending.at && self.kind != ending.kind && !may_follow
    }
}
