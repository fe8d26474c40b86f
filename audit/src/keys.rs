//! Whom the reader believes: the keys of `--vkey`, or the policy of `--policy`, because the reader named them.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::companion::log_of;
use ledger::merkle::TreeHash;
use ledger::note::{SignedNote, VerifierKey};
use ledger::policy::Policy;
use seals::StepOutcome;

use crate::check::Step;
use crate::error::AuditError;
use crate::read;

/// The arguments by which a reader names them.
#[derive(Debug, clap::Args)]
pub(crate) struct TrustArguments {
    /// 验证公钥文件，每行一个（Ed25519、SM2） / verifier keys, one a line (Ed25519, SM2)
    #[arg(long, value_name = "FILE")]
    vkey: Option<PathBuf>,
    /// 见证规则文件：账本公钥、见证方及所需数目 / the log's keys, its witnesses, and how many are needed (docs/witnesses.md)
    #[arg(long, value_name = "FILE", conflicts_with = "vkey")]
    policy: Option<PathBuf>,
}

/// Whom the reader believes.
pub(crate) struct Trusted {
    /// Keys of the log.
    keys: Vec<VerifierKey>,
    /// Where witnesses are asked for.
    policy: Option<Policy>,
}

impl Trusted {
    /// Reads what the arguments name. Without any, nobody is believed.
    ///
    /// # Errors
    /// [`AuditError`] when a file cannot be read, holds a line that says nothing, or no key at all.
    pub(crate) fn load(arguments: &TrustArguments) -> Result<Self, AuditError> {
        if let Some(path) = &arguments.policy {
            let name = path.display().to_string();
            let text = String::from_utf8(read::file(path, read::KEY_SIZE_BYTES_MAX)?)
                .map_err(|_| AuditError::Policy { name: name.clone(), source: LedgerError::PolicyLine { line: 1 } })?;
            let policy = Policy::from_text(&text).map_err(|source| AuditError::Policy { name, source })?;
            return Ok(Self { keys: policy.log_keys().to_vec(), policy: Some(policy) });
        }
        Ok(Self { keys: load_keys(arguments.vkey.as_deref())?, policy: None })
    }
}

/// Reads a file of verifier keys, one a line: Ed25519, SM2, or both. Without a file there are none.
fn load_keys(path: Option<&Path>) -> Result<Vec<VerifierKey>, AuditError> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let name = || path.display().to_string();
    let text = String::from_utf8(read::file(path, read::KEY_SIZE_BYTES_MAX)?)
        .map_err(|_| AuditError::VerifierKey { name: name(), line: 1 })?;
    let keys = VerifierKey::all_from_text(&text).map_err(|error| match error {
        LedgerError::VerifierKey { line } => AuditError::VerifierKey { name: name(), line },
        _ => AuditError::NoVerifierKey { name: name() },
    })?;
    if keys.is_empty() { Err(AuditError::NoVerifierKey { name: name() }) } else { Ok(keys) }
}

/// What a signed note says, and how far it is believed: the steps `checkpoint` and `signature`, and `witnesses` where they are asked for.
pub(crate) struct Believed {
    /// The checkpoint, where the note holds one; signed by nobody in particular unless the signature step passes.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// What the tree of the checkpoint is made with.
    pub(crate) tree: TreeHash,
    /// The steps.
    pub(crate) steps: Vec<Step>,
}

impl Trusted {
    /// The keys of the log.
    pub(crate) fn log_keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Reads a note and judges its signatures; where nobody is believed the second step stays undecided.
    pub(crate) fn believe(&self, note: &[u8]) -> Believed {
        let checkpoint = match Checkpoint::from_unverified_note(note) {
            Ok(checkpoint) => checkpoint,
            Err(finding) => {
                let steps = self.no_checkpoint(&finding);
                return Believed { checkpoint: None, tree: TreeHash::default(), steps };
            }
        };
        let tree = self.tree_of(&checkpoint.origin);
        let companions = || self.keys.iter().filter_map(VerifierKey::of_companion).collect();
        let keys = if tree == TreeHash::Sm3 { companions() } else { self.keys.clone() };
        let signature = if keys.is_empty() {
            Step::undecided("signature", "audit.no_vkey")
        } else {
            match Checkpoint::from_note(note, &keys) {
                Ok(_) => Step { detail: signers(note, &keys), ..Step::pass("signature") },
                Err(finding) => Step::fail("signature", &finding),
            }
        };
        let witnesses = self.policy.as_ref().map(|policy| match signature.outcome {
            // What the log did not sign nobody needs to have seen; its companion's checkpoints they see as entries of the log.
            StepOutcome::Fail => Step::undecided("witnesses", "audit.not_judged"),
            _ if tree == TreeHash::Sm3 => Step::undecided("witnesses", "audit.not_judged"),
            _ => witnesses(policy, note),
        });
        let steps = [Step::pass("checkpoint"), signature].into_iter().chain(witnesses).collect();
        Believed { checkpoint: Some(checkpoint), tree, steps }
    }

    /// What the tree of that name is made with: SM3 where it is the companion of a log, unless a key says that it is a log itself.
    fn tree_of(&self, origin: &str) -> TreeHash {
        let is_log = self.keys.iter().any(|key| key.name() == origin);
        if is_log || log_of(origin).is_none() { TreeHash::Sha256 } else { TreeHash::Sm3 }
    }

    /// The checkpoint of a note that the reader believes; where nobody is believed, whatever it says.
    ///
    /// # Errors
    /// Those of the note and the checkpoint; of the policy, where one is given.
    pub(crate) fn checkpoint(&self, note: &[u8]) -> Result<Checkpoint, LedgerError> {
        if let Some(policy) = &self.policy {
            policy.judge(note)?;
        }
        if self.keys.is_empty() {
            return Checkpoint::from_unverified_note(note);
        }
        Checkpoint::from_note(note, &self.keys)
    }

    /// When a witness of the policy last saw a note that meets it.
    pub(crate) fn last_seen(&self, note: &[u8]) -> Option<Timestamp> {
        let cosigned = self.policy.as_ref()?.judge(note).ok()?;
        cosigned.witnesses.iter().map(|(_, time)| *time).max()
    }

    /// The steps of a note that holds no checkpoint.
    pub(crate) fn no_checkpoint(&self, finding: &LedgerError) -> Vec<Step> {
        let names = ["signature"].into_iter().chain(self.policy.iter().map(|_| "witnesses"));
        let undecided = names.map(|name| Step::undecided(name, "audit.not_judged"));
        [Step::fail("checkpoint", finding)].into_iter().chain(undecided).collect()
    }
}

/// Whether enough witnesses saw the checkpoint; who they are, and when.
fn witnesses(policy: &Policy, note: &[u8]) -> Step {
    match policy.judge(note) {
        Ok(cosigned) => {
            let seen = cosigned.witnesses.iter().map(|(name, time)| format!("{name} {time}")).collect::<Vec<_>>();
            Step { detail: (!seen.is_empty()).then(|| seen.join(", ")), ..Step::pass("witnesses") }
        }
        // They may still sign: nothing is wrong yet.
        Err(finding @ LedgerError::NoQuorum { .. }) => {
            Step { detail: Some(finding.to_string()), ..Step::undecided("witnesses", finding.code()) }
        }
        Err(finding) => Step::fail("witnesses", &finding),
    }
}

/// Which of the keys signed, and which did not: one good signature is enough, and the reader may have expected more.
fn signers(note: &[u8], keys: &[VerifierKey]) -> Option<String> {
    let note = SignedNote::parse(note).ok()?;
    let verified = note.verify(keys).ok()?;
    // Keys of other logs, such as of earlier shards, are not missed.
    let of_it = |key: &&VerifierKey| verified.text().lines().next() == Some(key.name());
    let named = |signed: bool| {
        let keys = keys.iter().filter(of_it).filter(|key| verified.signers().contains(key) == signed);
        keys.map(|key| format!("{} ({})", key.name(), key.algorithm())).collect::<Vec<_>>().join(", ")
    };
    let (signed, silent) = (named(true), named(false));
    Some(if silent.is_empty() { format!("signed by {signed}") } else { format!("signed by {signed}; not by {silent}") })
}
