//! 结册 Closes the log that grows: nothing follows its last entry, and the ledger goes on in another.

use std::path::PathBuf;

use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use ledger::shards::Shards;
use ledger::{Draft, LedgerError, Log};
use standards::entry::{Closing, Entry, Label};
use standards::shard::{self, ShardFault};

use super::{Fault, alone, last_entry, must_be_open, open_all};
use crate::companion::Following;
use crate::config::{Config, ConfigFault};
use crate::evidence::erasure;
use crate::gateway::Clock;
use crate::trust_memory;
use crate::witness::Witnesses;

/// The file of the private folder that holds the keys of a closed log.
const VKEY: &str = "closed.vkey";

/// 结册结果: what a closed log ended with.
#[derive(Debug)]
pub struct Closed {
    /// Its last checkpoint.
    pub checkpoint: Checkpoint,
    /// Entries of all shards: the number of the next one's first entry.
    pub entries: u64,
    /// The file of its verifier keys.
    pub vkey: PathBuf,
    /// The verifier keys of the next log, if the same keys sign it.
    pub next_keys: Vec<VerifierKey>,
    /// Whether it has a companion, which covers all entries then.
    pub companion: bool,
    /// Whether enough witnesses saw its last checkpoint; `None` without witnesses.
    pub witnessed: Option<bool>,
}

/// Closes the log that grows in favour of `next`; once that is done, says it again. A crash in between loses nothing: another call
/// goes on.
///
/// # Errors
/// What cannot be used; `shard.closed` when the log was closed in favour of another one.
pub fn close(config: &Config, next: &Label, clock: &Clock) -> Result<Closed, Vec<ConfigFault>> {
    let (signer, witnesses) = alone(config, clock)?;
    let shards = open_all(config, signer, witnesses.as_ref(), clock).map_err(|fault| vec![fault])?;
    let unusable = |fault: Fault| vec![ConfigFault::Unusable { key: "ledger.state", finding: fault.to_string() }];
    must_be_new(&shards, next).map_err(unusable)?;
    let log = shards.open().log();
    let mut companion = Following::open(config, log).map_err(|fault| vec![fault])?;
    let closed = end(&shards, companion.as_mut(), next).and_then(|()| {
        Ok(Closed {
            checkpoint: Checkpoint::from_note(log.newest().as_bytes(), log.verifier_keys())?,
            entries: shards.size(),
            vkey: write_keys(log)?,
            next_keys: keys_of_next(log, next)?,
            companion: companion.is_some(),
            witnessed: witnesses.as_ref().map(|witnesses| hand_round(witnesses, log, clock)),
        })
    });
    closed.map_err(unusable)
}

/// The next log needs a name that can sign, and that none of the ledger's logs had.
fn must_be_new(shards: &Shards, next: &Label) -> Result<(), Fault> {
    let origin = next.to_string();
    if origin.contains('+') {
        return Err(LedgerError::KeyName { name: origin }.into());
    }
    let is_used = shards.all().any(|shard| shard.log().origin() == origin);
    if is_used { Err(ShardFault::NameUsed { origin }.into()) } else { Ok(()) }
}

/// Records the closing as the last entry, and covers it by the companion, which records nothing behind it.
fn end(shards: &Shards, mut companion: Option<&mut Following>, next: &Label) -> Result<(), Fault> {
    let log = shards.open().log();
    if must_be_open(log).is_ok() {
        erasure::record_unstated(shards)?;
        log.settle()?;
        if let Some(companion) = &mut companion {
            companion.follow_all(log)?;
        }
        let named = next.clone();
        log.append(Draft {
            entry: Box::new(move |time| Entry::Closing(Closing { time, next: named }).to_canonical()),
            key: Some(log.tag(&[b"closing"])),
            content: [0; 32],
            tags: Vec::new(),
            evidence: None,
        })?;
    }
    let last = last_entry(log)?.unwrap_or_default();
    shard::must_lead_to(&last, log.origin(), next.as_str())?;
    log.settle()?;
    if let Some(companion) = companion {
        companion.cover_all(log)?;
    }
    Ok(())
}

/// Offers the last checkpoint to every witness; whether enough of them saw it.
fn hand_round(witnesses: &Witnesses, log: &Log, clock: &Clock) -> bool {
    let note = log.head();
    witnesses.begin(&note);
    // What one of them cannot sign now it can at another call.
    (0..witnesses.count()).for_each(|place| drop(witnesses.offer(place, log, &note, clock())));
    witnesses.is_settled()
}

fn keys_of_next(log: &Log, next: &Label) -> Result<Vec<VerifierKey>, LedgerError> {
    log.verifier_keys().iter().map(|key| key.under_name(next.as_str())).collect()
}

fn write_keys(log: &Log) -> Result<PathBuf, Fault> {
    let path = log.config().state_dir.join(VKEY);
    let lines: String = log.verifier_keys().iter().map(|key: &VerifierKey| key.to_line() + "\n").collect();
    trust_memory::replace(&path, &lines).map_err(|error| Fault::File(path.display().to_string(), error))?;
    Ok(path)
}
