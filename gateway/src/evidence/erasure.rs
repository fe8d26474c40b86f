//! 销毁 Erasing evidence: the keys are destroyed, then an entry of the ledger says of which record, when and under which rule.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::channel;

use jiff::civil::Date;
use ledger::shards::{Numbered, Shards};
use ledger::{Draft, LedgerError, Tag};
use standards::code::ItemId;
use standards::entry::{Entry, Erasure, Label};
use standards::item::Catalogue;
use standards::retention::Retention;

use crate::pipeline::beijing_day;

/// Entries about erasures that are on their way at once.
const AT_ONCE: usize = 256;

/// Erasures that share one new wrapping key.
const NOTED_AT_ONCE: usize = 1 << 18;

/// 销毁依据: under which rule, and for which reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The name of a rule of retention, or `order`.
    pub rule: Label,
    /// Why, without personal data: `period_over`, or the number of an order.
    pub reason: Label,
}

impl Ground {
    /// As the log keeps it until the entry is recorded; labels have no spaces.
    fn to_statement(&self) -> Vec<u8> {
        format!("{} {}", self.rule, self.reason).into_bytes()
    }

    fn from_statement(statement: &[u8]) -> Option<Self> {
        let (rule, reason) = std::str::from_utf8(statement).ok()?.split_once(' ')?;
        Some(Self { rule: rule.parse().ok()?, reason: reason.parse().ok()? })
    }
}

/// Erases the evidence of some entries, and records it. What a crash left of earlier erasures is recorded first.
///
/// # Errors
/// Those of [`Shards::erase`], [`Shards::append`] and [`Shards::settle`]; when something was erased and not recorded, the next start or the next
/// call records it.
pub fn erase(ledger: &Shards, erased: &[(u64, Ground)]) -> Result<(), LedgerError> {
    record_unstated(ledger)?;
    let erasure = |(index, ground): &(u64, Ground)| ledger::Erasure { index: *index, statement: ground.to_statement() };
    for some in erased.chunks(NOTED_AT_ONCE) {
        ledger.erase(&some.iter().map(erasure).collect::<Vec<_>>())?;
        record_unstated(ledger)?;
    }
    Ok(())
}

/// Records what was erased before a crash came; answers how much that was.
///
/// # Errors
/// Those of [`Shards::unstated_erasures`], [`Shards::settle`] and [`Shards::append`].
pub fn record_unstated(ledger: &Shards) -> Result<usize, LedgerError> {
    let unstated = ledger.unstated_erasures()?;
    if unstated.is_empty() {
        return Ok(0);
    }
    ledger.settle()?;
    for some in unstated.chunks(AT_ONCE) {
        let (sender, answers) = channel();
        for erasure in some {
            let sender = sender.clone();
            ledger.submit(draft(ledger, erasure)?, move |answer| {
                let _ = sender.send(answer);
            })?;
        }
        drop(sender);
        let recorded = answers.iter().collect::<Result<Vec<Numbered>, _>>()?;
        if recorded.len() < some.len() {
            return Err(LedgerError::LogClosed);
        }
    }
    ledger.erasures_stated()?;
    Ok(unstated.len())
}

/// The entry that says that the evidence of another was erased.
///
/// # Errors
/// Those of [`Shards::find`] and [`Shards::entry`].
pub fn recorded(ledger: &Shards, index: u64) -> Result<Option<Erasure>, LedgerError> {
    let Some(found) = ledger.find(&erased_tag(ledger, index))?.first().copied() else { return Ok(None) };
    Ok(match Entry::parse(&ledger.entry(found)?) {
        Ok(Entry::Erasure(erasure)) if erasure.record == index => Some(erasure),
        _ => None,
    })
}

fn erased_tag(ledger: &Shards, index: u64) -> Tag {
    ledger.tag(&[b"erased", &index.to_le_bytes()])
}

/// One entry a record, whoever asks again.
fn draft(ledger: &Shards, erasure: &ledger::Erasure) -> Result<Draft, LedgerError> {
    let record = erasure.index;
    let damaged = || LedgerError::StateFile { path: PathBuf::from("evidence/erasing") };
    let Ground { rule, reason } = Ground::from_statement(&erasure.statement).ok_or_else(damaged)?;
    let erased = erased_tag(ledger, record);
    Ok(Draft {
        entry: Box::new(move |time| Entry::Erasure(Erasure { time, record, rule, reason }).to_canonical()),
        key: Some(ledger.tag(&[b"erasure", &erased])),
        content: erased,
        tags: vec![erased],
        evidence: None,
    })
}

/// 到期证据: evidence that is no longer to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its entry.
    pub index: u64,
    /// The item of the decision.
    pub item: ItemId,
    /// The day of the decision.
    pub decided: Date,
    /// The first day on which it need not be kept.
    pub since: Date,
    /// The rule.
    pub rule: Label,
}

/// Everything that is due as of a day and not erased. What belongs to a decision, such as its delivery, is due with it.
///
/// # Errors
/// Those of [`Shards::entry`].
pub fn due(
    ledger: &Shards,
    as_of: Date,
    retention: &Retention,
    catalogue: &Catalogue,
    mut tick: impl FnMut(),
) -> Result<Vec<Due>, LedgerError> {
    let (mut found, mut erased) = (Vec::<Due>::new(), BTreeSet::new());
    for index in 0..ledger.size() {
        tick();
        // What this edition cannot read it does not erase.
        let Ok(entry) = Entry::parse(&ledger.entry(index)?) else { continue };
        let decision = match &entry {
            Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement) => {
                Some((judgement.item.clone(), beijing_day(judgement.time)))
            }
            Entry::Delivery(delivery) => decision_of(ledger, delivery.recognition)?,
            Entry::Conflict(conflict) => decision_of(ledger, conflict.first)?,
            Entry::Erasure(erasure) => {
                erased.insert(erasure.record);
                None
            }
            Entry::Companion(_) | Entry::Closing(_) | Entry::Predecessor(_) => None,
        };
        let due = decision.and_then(|(item, decided)| {
            let rule = retention.rule(catalogue.get(&item)?)?;
            let since = rule.due_on(decided).filter(|since| *since <= as_of)?;
            Some(Due { index, item, decided, since, rule: rule.name.clone() })
        });
        found.extend(due);
    }
    found.retain(|due| !erased.contains(&due.index));
    Ok(found)
}

/// Item and day of the decision that an entry names.
fn decision_of(ledger: &Shards, index: u64) -> Result<Option<(ItemId, Date)>, LedgerError> {
    Ok(match Entry::parse(&ledger.entry(index)?) {
        Ok(Entry::Recognition(judgement) | Entry::Refusal(judgement) | Entry::ManualReview(judgement)) => {
            Some((judgement.item, beijing_day(judgement.time)))
        }
        _ => None,
    })
}
