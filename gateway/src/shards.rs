//! 分册 Opens the shards of a ledger, each where the one before ends, and begins a new one.

pub mod closing;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use ledger::audit::Directory;
use ledger::checkpoint::Checkpoint;
use ledger::companion::FOLDER;
use ledger::note::{NOTE_BYTES_MAX, SignedNote, VerifierKey};
use ledger::shards::Shards;
use ledger::tile::PublicFiles as _;
use ledger::{CheckpointSigner, Draft, LedgerError, Log};
use standards::entry::{CompanionCheckpoint, Digest, Entry, Label, Predecessor, VerifiedCheckpoint};
use standards::shard::{self, End, ShardFault};

use crate::config::{ClosedConfig, Config, ConfigFault};
use crate::evidence::erasure;
use crate::gateway::{Clock, signer};
use crate::witness::Witnesses;

/// What a new shard takes over from the private folder of the one before: the key of its index, so that what was recorded under a
/// key is found again, and what guards against going back.
const TAKEN_OVER: [&str; 4] = ["trust-edition", "revocation-lists", "nonces", "index.key"];

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0} ({code})", code = .0.code())]
    Ledger(#[from] LedgerError),
    #[error("{0} ({code})", code = .0.code())]
    Shard(#[from] ShardFault),
    #[error("{path}: {kind}", path = .0, kind = .1.kind())]
    File(String, io::Error),
    #[error("witness {0}: {1} ({code})", code = .1.code())]
    Witness(String, LedgerError),
}

/// Opens the ledger of a configuration: every closed shard, then the log that grows, which is begun where it is not there.
///
/// Before anything is served or signed its witnesses are asked: whoever cosigned more than is here knows better. What a crash left
/// erased and not recorded is recorded.
///
/// # Errors
/// What cannot be used, under the key that names it.
pub(crate) fn open(
    config: &Config,
    signer: CheckpointSigner,
    witnesses: Option<&Witnesses>,
    clock: &Clock,
) -> Result<Shards, ConfigFault> {
    let shards = open_all(config, signer, witnesses, clock)?;
    let unusable = |fault: Fault| ConfigFault::Unusable { key: "ledger.state", finding: fault.to_string() };
    let log = shards.open().log();
    must_be_open(log).map_err(unusable)?;
    match erasure::record_unstated(&shards) {
        Ok(_) => Ok(shards),
        // Reading goes on while there is no room; the next start tries again.
        Err(LedgerError::StorageFull) => {
            tracing::error!("erasures are not recorded: no room");
            Ok(shards)
        }
        Err(error) => Err(unusable(error.into())),
    }
}

/// Opens the ledger alone, which must be there, without the gateway that it belongs to.
///
/// # Errors
/// Everything that cannot be used.
pub fn open_ledger(config: &Config, clock: &Clock) -> Result<Shards, Vec<ConfigFault>> {
    let (signer, witnesses) = alone(config, clock)?;
    open(config, signer, witnesses.as_ref(), clock).map_err(|fault| vec![fault])
}

/// What a ledger needs that is opened alone.
fn alone(config: &Config, clock: &Clock) -> Result<(CheckpointSigner, Option<Witnesses>), Vec<ConfigFault>> {
    let unusable = |(key, finding)| ConfigFault::Unusable { key, finding };
    if !config.ledger.state.join("frames").is_dir() {
        return Err(vec![unusable(("ledger.state", "no ledger there".to_owned()))]);
    }
    let signer = signer(config).map_err(|found| found.into_iter().map(unusable).collect::<Vec<_>>())?;
    let witnesses = config.witnesses.as_ref().map(|it| Witnesses::load(it, signer.verifier_keys(), clock()));
    let witnesses = witnesses.transpose().map_err(|found| vec![unusable(found)])?;
    Ok((signer, witnesses))
}

/// The shards, closed or not.
fn open_all(
    config: &Config,
    signer: CheckpointSigner,
    witnesses: Option<&Witnesses>,
    clock: &Clock,
) -> Result<Shards, ConfigFault> {
    let unusable = |key| move |fault: Fault| ConfigFault::Unusable { key, finding: fault.to_string() };
    let (closed, end) = open_closed(config)?;
    if let Some(before) = closed.last() {
        take_over(&before.config().state_dir, &config.ledger.state).map_err(unusable("ledger.state"))?;
    }
    let log_clock = Clock::clone(clock);
    let log = Log::open(&sizes(config, &config.ledger.public, &config.ledger.state), signer, move || log_clock());
    let log = log.map_err(|error| unusable("ledger.state")(error.into()))?;
    if let Some(witnesses) = witnesses {
        witnesses
            .ask(&log, clock())
            .map_err(|(witness, error)| unusable("ledger.state")(Fault::Witness(witness, error)))?;
    }
    if let Some((before, end)) = closed.last().zip(end.as_ref()).filter(|_| log.size() == 0) {
        begin(&log, before, end).map_err(unusable("ledger.state"))?;
    }
    follows(&log, end.as_ref()).map_err(unusable("ledger.closed"))?;
    Shards::new(closed, log).map_err(|error| unusable("ledger.closed")(error.into()))
}

/// The sizes of a log; its evidence holds message and document in base64, the report, and has some room.
fn sizes(config: &Config, public: &Path, state: &Path) -> ledger::Config {
    let mut sizes = ledger::Config::new(public, state);
    sizes.index = config.ledger.index;
    sizes.evidence_bytes_max = (config.limits.message_bytes + config.limits.document_bytes) * 3 / 2 + (4 << 20);
    sizes
}

/// The closed shards, the oldest first, each judged against the one before; and how the last of them ends.
fn open_closed(config: &Config) -> Result<(Vec<Log>, Option<End>), ConfigFault> {
    let (mut closed, mut end) = (Vec::<Log>::new(), None::<End>);
    for it in &config.ledger.closed {
        let unusable = |fault: Fault| {
            let finding = format!("{}: {fault}", it.state.display());
            ConfigFault::Unusable { key: "ledger.closed", finding }
        };
        let log = open_one(config, it).map_err(unusable)?;
        if let Some(before) = closed.last() {
            leads_to(before, log.origin()).map_err(unusable)?;
        }
        follows(&log, end.as_ref()).map_err(unusable)?;
        end = Some(end_of(&log, end.as_ref()).map_err(unusable)?);
        closed.push(log);
    }
    if let Some(last) = closed.last() {
        leads_to(last, &config.ledger.origin)
            .map_err(|fault| ConfigFault::Unusable { key: "ledger.origin", finding: fault.to_string() })?;
    }
    Ok((closed, end))
}

fn open_one(config: &Config, closed: &ClosedConfig) -> Result<Log, Fault> {
    Ok(Log::open_closed(&sizes(config, &closed.public, &closed.state), &keys_of(closed)?)?)
}

fn keys_of(closed: &ClosedConfig) -> Result<Vec<VerifierKey>, Fault> {
    let lines = fs::read_to_string(&closed.vkey);
    let lines = lines.map_err(|error| Fault::File(closed.vkey.display().to_string(), error))?;
    Ok(VerifierKey::all_from_text(&lines)?)
}

/// Whether the keys of every closed shard can be read: what can be judged while a gateway has the ledger open.
///
/// # Errors
/// What is wrong with the first that cannot.
pub(crate) fn check(config: &Config) -> Result<(), String> {
    config.ledger.closed.iter().try_for_each(|closed| keys_of(closed).map(|_| ())).map_err(|fault| fault.to_string())
}

/// How a closed log ends.
fn end_of(log: &Log, before: Option<&End>) -> Result<End, Fault> {
    let Checkpoint { origin, size, root } = Checkpoint::from_note(log.newest().as_bytes(), log.verifier_keys())?;
    let checkpoint = VerifiedCheckpoint { size, root: Digest(root) };
    Ok(End { origin, checkpoint, entries: before.map_or(0, |before| before.entries) + size })
}

fn last_entry(log: &Log) -> Result<Option<Vec<u8>>, Fault> {
    Ok(log.size().checked_sub(1).map(|last| log.entry(last)).transpose()?)
}

fn must_be_open(log: &Log) -> Result<(), Fault> {
    Ok(last_entry(log)?.map_or(Ok(()), |last| shard::must_be_open(&last, log.origin()))?)
}

fn leads_to(log: &Log, next: &str) -> Result<(), Fault> {
    let not_closed = || ShardFault::NotClosed { origin: log.origin().to_owned() };
    let last = last_entry(log)?.ok_or_else(not_closed)?;
    Ok(shard::must_lead_to(&last, log.origin(), next)?)
}

/// A log without entries follows whatever there is.
fn follows(log: &Log, end: Option<&End>) -> Result<(), Fault> {
    if log.size() == 0 {
        return Ok(());
    }
    Ok(shard::must_follow(&log.entry(0)?, log.origin(), end)?)
}

/// Copies into the private folder of a log that is not begun what it takes over; after a crash, once more.
fn take_over(from: &Path, to: &Path) -> Result<(), Fault> {
    if to.join("frames").is_dir() && to.join("index.key").exists() {
        return Ok(());
    }
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error| Fault::File(path, error)
    };
    DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(failed(to))?;
    for name in TAKEN_OVER {
        let (source, target, copying) = (from.join(name), to.join(name), to.join(format!("{name}.copying")));
        match fs::copy(&source, &copying) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            copied => copied.map_err(failed(&source))?,
        };
        let named = File::open(&copying).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&copying, &target));
        named.and_then(|()| File::open(to)?.sync_all()).map_err(failed(&target))?;
    }
    Ok(())
}

/// Records as the first entry of a log from where it goes on.
fn begin(log: &Log, before: &Log, end: &End) -> Result<(), Fault> {
    let label = |text: &str| text.parse::<Label>().map_err(|_| LedgerError::KeyName { name: text.to_owned() });
    let note = SignedNote::parse(before.newest().as_bytes())?;
    let signatures = note.signatures_of(&end.origin);
    let signatures = signatures.iter().map(|signature| label(signature)).collect::<Result<Vec<_>, _>>()?;
    let (origin, checkpoint, entries) = (label(&end.origin)?, end.checkpoint.clone(), end.entries);
    let companion = companion_of(before, end.checkpoint.size)?;
    let entry = move |time| {
        Entry::Predecessor(Predecessor { time, origin, checkpoint, signatures, companion, entries }).to_canonical()
    };
    log.append(Draft {
        entry: Box::new(entry),
        key: Some(log.tag(&[b"predecessor"])),
        content: [0; 32],
        tags: Vec::new(),
        evidence: None,
    })?;
    log.settle()?;
    Ok(())
}

/// The last checkpoint of the companion of a closed log, where it covers all its entries.
fn companion_of(log: &Log, size: u64) -> Result<Option<CompanionCheckpoint>, Fault> {
    let files = Directory::new(log.config().public_dir.join(FOLDER));
    let Some(note) = files.read("checkpoint", NOTE_BYTES_MAX)? else { return Ok(None) };
    let keys: Vec<VerifierKey> = log.verifier_keys().iter().filter_map(VerifierKey::of_companion).collect();
    let checkpoint = Checkpoint::from_note(&note, &keys)?;
    let signature = SignedNote::parse(&note)?.signatures_of(&checkpoint.origin).into_iter().next();
    let signature = signature.and_then(|signature| signature.parse().ok());
    let covered = signature.filter(|_| checkpoint.size == size);
    Ok(covered.map(|signature| CompanionCheckpoint { root: Digest(checkpoint.root), signature }))
}
