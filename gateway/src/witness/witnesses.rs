//! The witnesses of this gateway's log: who signed what, and the newest checkpoint that enough of them saw.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::verify_consistency;
use ledger::note::VerifierKey;
use ledger::policy::Policy;
use ledger::{LedgerError, Log};
use serde::Serialize;
use ureq::tls::{PemItem, RootCerts};

use super::peer::{Peer, PeerFault};
use crate::config::WitnessesConfig;

/// The file of the state directory that keeps the cosigned checkpoint over a restart.
const KEPT: &str = "cosigned-checkpoint";

/// 见证方: all that the policy names with an address.
pub(crate) struct Witnesses {
    policy: Policy,
    peers: Vec<Peer>,
    interval: Duration,
    deadline: Duration,
    state: Mutex<State>,
}

struct State {
    /// Where the cosigned checkpoint is kept; nowhere until the log is open.
    kept: Option<PathBuf>,
    /// Entries of the checkpoint that was offered at the start.
    asked: u64,
    /// The checkpoint that is being handed round, and the line of each witness that signed it.
    pending: String,
    lines: Vec<Option<String>>,
    cosigned: Option<Cosigned>,
    standings: Vec<Standing>,
}

/// 已见证的检查点: the note with enough signature lines of witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cosigned {
    pub(crate) size: u64,
    pub(crate) note: String,
    /// The note before the witnesses signed it.
    pending: String,
}

/// 见证状况: what is known of one witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    /// Its name in the policy.
    pub(crate) name: String,
    /// Entries of the checkpoint that it signed last, since this gateway began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// Why it did not sign the last one that it was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<&'static str>,
    /// Since when it is so.
    since: Timestamp,
}

impl Witnesses {
    /// Reads the policy and the certificates that its witnesses' servers are certified by.
    ///
    /// # Errors
    /// The key of the configuration that names what cannot be used, and why.
    pub(crate) fn load(
        config: &WitnessesConfig,
        log_keys: &[VerifierKey],
        now: Timestamp,
    ) -> Result<Self, (&'static str, String)> {
        let unusable = |error: &LedgerError| ("witnesses.policy", format!("{error} ({})", error.code()));
        let text =
            fs::read_to_string(&config.policy).map_err(|error| ("witnesses.policy", error.kind().to_string()))?;
        let policy = Policy::from_text(&text).map_err(|error| unusable(&error))?;
        if !log_keys.iter().any(|key| policy.log_keys().contains(key)) {
            return Err(("witnesses.policy", "no log line with a key of this log".to_owned()));
        }
        let roots = match &config.authorities {
            None => RootCerts::WebPki,
            Some(path) => fs::read(path)
                .ok()
                .and_then(|pem| roots_of_pem(&pem))
                .ok_or(("witnesses.ca", "no certificate in PEM".to_owned()))?,
        };
        let mut peers = Vec::new();
        for (name, witness) in policy.witnesses() {
            let Some(url) = &witness.url else { continue };
            if !url.starts_with("https://") {
                return Err(("witnesses.policy", format!("the address of {name} does not begin with https://")));
            }
            peers.push(Peer::new(name, &witness.key, url, &roots, config.deadline));
        }
        if peers.is_empty() {
            return Err(("witnesses.policy", "no witness has an address".to_owned()));
        }
        let standing = |peer: &Peer| Standing { name: peer.name().to_owned(), size: None, fault: None, since: now };
        let state = Mutex::new(State {
            kept: None,
            asked: 0,
            pending: String::new(),
            lines: Vec::new(),
            cosigned: None,
            standings: peers.iter().map(standing).collect(),
        });
        Ok(Self { policy, peers, interval: config.interval, deadline: config.deadline, state })
    }

    /// Asks all witnesses at once, at a start, for what they signed last, by offering them the newest checkpoint that is recorded:
    /// after a power cut the published one may be older than what they signed, which is nobody's fault.
    ///
    /// # Errors
    /// [`LedgerError::RolledBack`], [`LedgerError::HeadDiffers`] with the name of the witness that knows better: the log must not
    /// be signed on. A witness that cannot be asked is no reason.
    pub(crate) fn ask(&self, log: &Log, now: Timestamp) -> Result<(), (String, LedgerError)> {
        let newest = log.newest();
        self.recall(log, &newest);
        // What is not public yet is not handed round.
        if newest == log.head() {
            self.begin(&newest);
        }
        let answers: Vec<_> = std::thread::scope(|scope| {
            let newest = &newest;
            let offer = |place| scope.spawn(move || (place, self.offer(place, log, newest, now)));
            let offers: Vec<_> = (0..self.peers.len()).map(offer).collect();
            offers.into_iter().filter_map(|offer| offer.join().ok()).collect()
        });
        let mut refusals = answers.into_iter().filter_map(|(place, answer)| {
            let refusal = answer.err()?.forbids_signing(log.size())?;
            Some((self.peers.get(place)?.name().to_owned(), refusal))
        });
        refusals.next().map_or(Ok(()), Err)
    }

    /// Takes up the checkpoint that was cosigned before the restart, if it is of this log still.
    fn recall(&self, log: &Log, newest: &str) {
        let known = self.kept(log);
        let mut state = self.state();
        (state.kept, state.cosigned) = (Some(log.config().state_dir.join(KEPT)), known);
        state.asked = size_of(newest).unwrap_or_default();
    }

    /// The checkpoint that enough witnesses saw when a log was last open, if it is of this log still.
    pub(crate) fn kept(&self, log: &Log) -> Option<Cosigned> {
        let note = fs::read_to_string(log.config().state_dir.join(KEPT)).ok()?;
        let old = Checkpoint::from_note(note.as_bytes(), log.verifier_keys()).ok()?;
        let new = Checkpoint::from_unverified_note(log.newest().as_bytes()).ok()?;
        self.policy.judge(note.as_bytes()).ok()?;
        let proof = log.consistency(old.size, new.size).ok()?;
        verify_consistency(old.size, &old.root, new.size, &new.root, &proof).ok()?;
        Some(Cosigned { size: old.size, note, pending: String::new() })
    }

    /// Whether a checkpoint is older than the one that the witnesses were offered at the start: they may have signed that.
    pub(crate) fn is_older_than_asked(&self, note: &str) -> bool {
        size_of(note).is_none_or(|size| size < self.state().asked)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.peers.len()
    }

    /// Between one checkpoint that is handed round and the next, at least.
    pub(crate) fn interval(&self) -> Duration {
        self.interval
    }

    /// How long a checkpoint is waited for at most before the next one is handed round.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Hands a checkpoint round from now on.
    pub(crate) fn begin(&self, note: &str) {
        let mut state = self.state();
        note.clone_into(&mut state.pending);
        state.lines = vec![None; self.peers.len()];
        self.take_if_enough(&mut state);
    }

    /// Whether the checkpoint that is handed round was seen by enough.
    pub(crate) fn is_settled(&self) -> bool {
        let state = self.state();
        state.cosigned.as_ref().is_some_and(|cosigned| cosigned.pending == state.pending)
    }

    /// Offers a checkpoint to one witness, and notes its answer.
    ///
    /// # Errors
    /// [`PeerFault`]
    pub(crate) fn offer(&self, place: usize, log: &Log, note: &str, now: Timestamp) -> Result<(), PeerFault> {
        let Some(peer) = self.peers.get(place) else { return Ok(()) };
        let known = self.state().standings.get(place).and_then(|standing| standing.size);
        let answer = peer.offer(log, note, known);
        let mut state = self.state();
        if let Ok(line) = &answer {
            let is_pending = state.pending == note;
            if let Some(slot) = state.lines.get_mut(place).filter(|_| is_pending) {
                *slot = Some(line.clone());
                self.take_if_enough(&mut state);
            }
        }
        if let Some(standing) = state.standings.get_mut(place) {
            standing.note(&answer, note, now);
        }
        answer.map(|_| ())
    }

    /// The pending checkpoint becomes the cosigned one as soon as the policy is met, and again with each further line.
    fn take_if_enough(&self, state: &mut State) {
        let lines: String = state.lines.iter().flatten().map(String::as_str).collect();
        let note = format!("{}{lines}", state.pending);
        let Ok(judged) = self.policy.judge(note.as_bytes()) else { return };
        if let Some(kept) = &state.kept {
            keep(kept, &note);
        }
        state.cosigned = Some(Cosigned { size: judged.checkpoint.size, note, pending: state.pending.clone() });
    }

    /// The newest checkpoint that enough witnesses saw.
    pub(crate) fn cosigned(&self) -> Option<Cosigned> {
        self.state().cosigned.clone()
    }

    /// What is known of each.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.state().standings.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Notes an answer; a change is told once, not with every checkpoint.
    fn note(&mut self, answer: &Result<String, PeerFault>, note: &str, now: Timestamp) {
        let fault = answer.as_ref().err().map(PeerFault::code);
        if answer.is_ok() {
            self.size = size_of(note);
        }
        if fault == self.fault {
            return;
        }
        (self.fault, self.since) = (fault, now);
        match answer {
            Ok(_) => tracing::info!(witness = self.name, "a witness signs again"),
            Err(fault @ (PeerFault::Ahead { .. } | PeerFault::OtherTree { .. })) => {
                tracing::error!(
                    witness = self.name,
                    code = fault.code(),
                    "a witness saw another log of this name: {fault}"
                );
            }
            Err(fault) => tracing::warn!(witness = self.name, code = fault.code(), "a witness does not sign: {fault}"),
        }
    }
}

fn size_of(note: &str) -> Option<u64> {
    Checkpoint::from_unverified_note(note.as_bytes()).ok().map(|checkpoint| checkpoint.size)
}

/// Derived: without it a start has no cosigned checkpoint until witnesses were asked, no more.
fn keep(path: &Path, note: &str) {
    let writing = path.with_extension("writing");
    if let Err(error) = fs::write(&writing, note).and_then(|()| fs::rename(&writing, path)) {
        tracing::warn!(kind = ?error.kind(), "the cosigned checkpoint is not kept");
    }
}

/// The certificates of a PEM text as roots; `None` where there is none.
pub fn roots_of_pem(pem: &[u8]) -> Option<RootCerts> {
    let items = ureq::tls::parse_pem(pem).filter_map(Result::ok);
    let certificates: Vec<_> = items
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    (!certificates.is_empty()).then(|| RootCerts::new_with_certs(&certificates))
}
