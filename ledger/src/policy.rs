//! 见证规则 Whom a reader believes: the keys of the log, the witnesses, and how many of them must have seen a checkpoint.
//!
//! The lines are those of Sigsum's policy files, with keys as in a verifier key file:
//!
//! ```text
//! log tongbiao.example/ledger+89e01a45+AZ…
//! witness tianjin witness.tj.example+2f1c77e0+BE… https://witness.tj.example
//! witness hebei witness.he.example+77b0c1d2+BF…
//! group neighbours any tianjin hebei
//! quorum neighbours
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::note::{SignedNote, VerifiedNote, VerifierKey};

/// Lines that a policy may have.
const LINES_MAX: usize = 1_000;

/// 见证规则 The content of a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    keys: Vec<VerifierKey>,
    named: Vec<(String, Member)>,
    /// Of `named`; nothing where no witness is asked for.
    quorum: Option<usize>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Member {
    Witness(Box<Witness>),
    /// So many of these must have signed; each was named before.
    Group {
        threshold: usize,
        members: Vec<usize>,
    },
}

/// 见证方 Somebody who looks at each checkpoint of a log and signs those that continue the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its key.
    pub key: VerifierKey,
    /// Where checkpoints are handed in, where that is known.
    pub url: Option<String>,
}

/// A checkpoint that its log signed and that enough witnesses saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The names of the witnesses that signed, in the order of the policy, each with the last time at which it saw the checkpoint.
    pub witnesses: Vec<(String, Timestamp)>,
}

impl Policy {
    /// Reads a policy. Comments begin with `#`; a name is defined before it is used.
    ///
    /// # Errors
    /// [`LedgerError::PolicyLine`] with the first line that is wrong, [`LedgerError::PolicyIncomplete`] without a `log` or a `quorum`.
    pub fn from_text(text: &str) -> Result<Self, LedgerError> {
        let mut policy = Self { keys: Vec::new(), named: Vec::new(), quorum: None };
        let mut has_quorum = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.split_once('#').map_or(line, |(line, _)| line);
            let words: Vec<&str> = line.split_whitespace().collect();
            let known = match words.as_slice() {
                [] => Some(()),
                ["log", key, rest @ ..] if rest.len() < 2 => policy.log(key),
                ["witness", name, key, rest @ ..] if rest.len() < 2 => policy.witness(name, key, rest.first().copied()),
                ["group", name, threshold, members @ ..] => policy.group(name, threshold, members),
                ["quorum", name] if !has_quorum => {
                    has_quorum = true;
                    policy.require(name)
                }
                _ => None,
            };
            known.filter(|()| at < LINES_MAX).ok_or(LedgerError::PolicyLine { line: at + 1 })?;
        }
        if policy.keys.is_empty() || !has_quorum { Err(LedgerError::PolicyIncomplete) } else { Ok(policy) }
    }

    /// The policy that believes these keys of a log, and asks for no witness.
    pub fn of_log(keys: Vec<VerifierKey>) -> Self {
        Self { keys, named: Vec::new(), quorum: None }
    }

    fn log(&mut self, key: &str) -> Option<()> {
        let key = VerifierKey::from_line(key).filter(|key| !key.is_cosignature())?;
        self.keys.push(key);
        Some(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Option<()> {
        let key = VerifierKey::from_line(key).filter(VerifierKey::is_cosignature)?;
        // One key under two names would count twice.
        let is_new = self.witnesses().all(|(_, witness)| !witness.key.has_key_of(&key));
        let witness = Box::new(Witness { key, url: url.map(str::to_owned) });
        is_new.then(|| self.define(name, Member::Witness(witness))).flatten()
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Option<()> {
        let members = members.iter().map(|name| self.find(name)).collect::<Option<Vec<_>>>()?;
        let threshold = match threshold {
            "any" => 1,
            "all" => members.len(),
            number => number.parse().ok()?,
        };
        let are_different = members.iter().collect::<BTreeSet<_>>().len() == members.len();
        let can_be_met = are_different && (1..=members.len()).contains(&threshold);
        can_be_met.then(|| self.define(name, Member::Group { threshold, members })).flatten()
    }

    fn require(&mut self, name: &str) -> Option<()> {
        self.quorum = if name == "none" { None } else { Some(self.find(name)?) };
        Some(())
    }

    fn define(&mut self, name: &str, member: Member) -> Option<()> {
        let is_new = name != "none" && self.find(name).is_none();
        is_new.then(|| self.named.push((name.to_owned(), member)))
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.named.iter().position(|(known, _)| known == name)
    }

    /// The keys of the log.
    pub fn log_keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The witnesses with their names, in the order of the file.
    pub fn witnesses(&self) -> impl Iterator<Item = (&str, &Witness)> {
        self.named.iter().filter_map(|(name, member)| match member {
            Member::Witness(witness) => Some((name.as_str(), &**witness)),
            Member::Group { .. } => None,
        })
    }

    /// Judges a signed note: the log's signature, every cosignature of a known witness, and the quorum.
    ///
    /// # Errors
    /// Those of [`Checkpoint::from_note`] and [`SignedNote::verify`], also for a known witness's line that does not hold;
    /// [`LedgerError::NoQuorum`]
    pub fn judge(&self, note: &[u8]) -> Result<Cosigned, LedgerError> {
        let checkpoint = Checkpoint::from_note(note, &self.keys)?;
        let keys: Vec<VerifierKey> = self.witnesses().map(|(_, witness)| witness.key.clone()).collect();
        let note = SignedNote::parse(note)?;
        let verified = match note.verify(&keys) {
            Ok(verified) => Some(verified),
            Err(LedgerError::NoteNoKnownKey) => None,
            Err(wrong) => return Err(wrong),
        };
        let seen_at = |key: &VerifierKey| {
            let seen = verified.iter().flat_map(VerifiedNote::cosigners);
            seen.filter(|(signer, _)| *signer == key).map(|(_, time)| *time).max()
        };
        let witnesses: Vec<(String, Timestamp)> =
            self.witnesses().filter_map(|(name, witness)| Some((name.to_owned(), seen_at(&witness.key)?))).collect();
        if self.quorum.is_some_and(|quorum| !self.is_met(quorum, &witnesses)) {
            let seen_by = witnesses.into_iter().map(|(name, _)| name).collect();
            return Err(LedgerError::NoQuorum { seen_by });
        }
        Ok(Cosigned { checkpoint, witnesses })
    }

    /// Members were named before their group, so this ends.
    fn is_met(&self, place: usize, signed: &[(String, Timestamp)]) -> bool {
        match self.named.get(place) {
            Some((name, Member::Witness(_))) => signed.iter().any(|(signer, _)| signer == name),
            Some((_, Member::Group { threshold, members })) => {
                members.iter().filter(|member| self.is_met(**member, signed)).count() >= *threshold
            }
            None => false,
        }
    }
}
