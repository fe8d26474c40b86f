//! 分册 Shards: a ledger that is archived by year is several logs, one behind the other.
//!
//! The last entry of a closed shard is [`Closing`] and names the next; the first entry of that one is [`Predecessor`] and holds the
//! checkpoint by which the shard before it was closed. So one checkpoint of the newest log vouches for all of them. Entries are
//! numbered through all shards: the number of an entry is its index in its own log, and the entries of all logs before that.

use crate::entry::{Closing, Entry, Predecessor, VerifiedCheckpoint};

/// Why two logs are not one shard and the next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardFault {
    /// The last entry of the earlier one closes nothing.
    #[error("{origin} is not closed: its last entry is no closing")]
    NotClosed {
        /// The earlier log.
        origin: String,
    },
    /// The earlier one says that the ledger goes on elsewhere.
    #[error("{origin} was closed in favour of {next}")]
    NextDiffers {
        /// The earlier log.
        origin: String,
        /// What it names.
        next: String,
    },
    /// The first entry of the later one names no log.
    #[error("{origin} does not begin with its predecessor")]
    NoPredecessor {
        /// The later log.
        origin: String,
    },
    /// The first entry of the later one names another log, or another checkpoint of it.
    #[error("{origin} goes on from something else: the member {member} of its first entry differs")]
    PredecessorDiffers {
        /// The later log.
        origin: String,
        /// The member of its first entry.
        member: &'static str,
    },
    /// The first entry names a log before this one, which nobody gave.
    #[error("{origin} goes on from {predecessor}, which is not given")]
    PredecessorNotGiven {
        /// The later log.
        origin: String,
        /// What it names.
        predecessor: String,
    },
    /// A log that is to go on was closed.
    #[error("{origin} is closed; the ledger goes on in {next}")]
    Closed {
        /// The log.
        origin: String,
        /// What its closing names.
        next: String,
    },
    /// The name for the next log is that of an earlier one.
    #[error("{origin} is the name of a log of this ledger already")]
    NameUsed {
        /// The name.
        origin: String,
    },
    /// A closing that is not the last entry, or a predecessor that is not the first.
    #[error("entry {index} is a {kind}, and has no place there")]
    Misplaced {
        /// The type of the entry.
        kind: &'static str,
        /// Its index in its log.
        index: u64,
    },
}

impl ShardFault {
    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotClosed { .. } => "shard.not_closed",
            Self::NextDiffers { .. } => "shard.next_differs",
            Self::NoPredecessor { .. } => "shard.no_predecessor",
            Self::PredecessorDiffers { .. } => "shard.predecessor_differs",
            Self::PredecessorNotGiven { .. } => "shard.predecessor_not_given",
            Self::Closed { .. } => "shard.closed",
            Self::NameUsed { .. } => "shard.name_used",
            Self::Misplaced { .. } => "shard.misplaced",
        }
    }

    /// Every finding code of this kind.
    pub const CODES: &'static [&'static str] = &[
        "shard.not_closed",
        "shard.next_differs",
        "shard.no_predecessor",
        "shard.predecessor_differs",
        "shard.predecessor_not_given",
        "shard.closed",
        "shard.name_used",
        "shard.misplaced",
    ];
}

/// 册末: how a shard ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Its name.
    pub origin: String,
    /// Its last checkpoint.
    pub checkpoint: VerifiedCheckpoint,
    /// Its entries and those of all shards before it.
    pub entries: u64,
}

/// The closing that the last entry of a log is, if it is one.
pub fn closing(last: &[u8]) -> Option<Closing> {
    match Entry::parse(last) {
        Ok(Entry::Closing(closing)) => Some(closing),
        _ => None,
    }
}

/// The predecessor that the first entry of a log is, if it is one.
pub fn predecessor(first: &[u8]) -> Option<Predecessor> {
    match Entry::parse(first) {
        Ok(Entry::Predecessor(predecessor)) => Some(predecessor),
        _ => None,
    }
}

/// Judges whether the log `origin` may go on behind its last entry.
///
/// # Errors
/// [`ShardFault::Closed`]
pub fn must_be_open(last: &[u8], origin: &str) -> Result<(), ShardFault> {
    match closing(last) {
        None => Ok(()),
        Some(closing) => Err(ShardFault::Closed { origin: origin.to_owned(), next: closing.next.to_string() }),
    }
}

/// Judges whether the last entry of the log `origin` closes it in favour of `next`.
///
/// # Errors
/// [`ShardFault::NotClosed`], [`ShardFault::NextDiffers`]
pub fn must_lead_to(last: &[u8], origin: &str, next: &str) -> Result<(), ShardFault> {
    match closing(last) {
        None => Err(ShardFault::NotClosed { origin: origin.to_owned() }),
        Some(closing) if closing.next.as_str() != next => {
            Err(ShardFault::NextDiffers { origin: origin.to_owned(), next: closing.next.to_string() })
        }
        Some(_) => Ok(()),
    }
}

/// Judges whether the first entry of the log `origin` goes on where the shard before it ends; `None` for no such shard.
///
/// # Errors
/// [`ShardFault::NoPredecessor`], [`ShardFault::PredecessorDiffers`], [`ShardFault::PredecessorNotGiven`]
pub fn must_follow(first: &[u8], origin: &str, end: Option<&End>) -> Result<(), ShardFault> {
    let owned = || origin.to_owned();
    let differs = |member| Err(ShardFault::PredecessorDiffers { origin: owned(), member });
    match (predecessor(first), end) {
        (None, Some(_)) => Err(ShardFault::NoPredecessor { origin: owned() }),
        (Some(named), None) => {
            Err(ShardFault::PredecessorNotGiven { origin: owned(), predecessor: named.origin.to_string() })
        }
        (Some(named), Some(end)) if named.origin.as_str() != end.origin => differs("origin"),
        (Some(named), Some(end)) if named.checkpoint != end.checkpoint => differs("checkpoint"),
        (Some(named), Some(end)) if named.entries != end.entries => differs("entries"),
        (None, None) | (Some(_), Some(_)) => Ok(()),
    }
}

/// Judges whether an entry may be where it is in a log of `size` entries.
///
/// # Errors
/// [`ShardFault::Misplaced`]
pub fn must_be_in_place(entry: &Entry, index: u64, size: u64) -> Result<(), ShardFault> {
    let is_in_place = match entry {
        Entry::Closing(_) => index + 1 == size,
        Entry::Predecessor(_) => index == 0,
        _ => true,
    };
    if is_in_place { Ok(()) } else { Err(ShardFault::Misplaced { kind: entry.type_name(), index }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Digest;

    fn end() -> End {
        let checkpoint = VerifiedCheckpoint { size: 5, root: Digest([6; 32]) };
        End { origin: "log.example/2026".to_owned(), checkpoint, entries: 9 }
    }

    fn first(change: impl FnOnce(&mut Predecessor)) -> Vec<u8> {
        let End { origin, checkpoint, entries } = end();
        let (time, origin) = ("2027-01-01T00:00:00Z".parse().unwrap(), origin.parse().unwrap());
        let signatures = vec!["AQID".parse().unwrap()];
        let mut predecessor = Predecessor { time, origin, checkpoint, signatures, companion: None, entries };
        change(&mut predecessor);
        Entry::Predecessor(predecessor).to_canonical()
    }

    fn last() -> Entry {
        let time = "2026-12-31T16:00:00Z".parse().unwrap();
        Entry::Closing(Closing { time, next: "log.example/2027".parse().unwrap() })
    }

    #[test]
    fn a_shard_leads_to_the_one_that_it_names() {
        let judge = |last: &[u8], next| must_lead_to(last, "log.example/2026", next).map_err(|fault| fault.code());
        assert_eq!(judge(&last().to_canonical(), "log.example/2027"), Ok(()));
        assert_eq!(judge(&last().to_canonical(), "log.example/2028"), Err("shard.next_differs"));
        assert_eq!(judge(&first(|_| ()), "log.example/2027"), Err("shard.not_closed"));
        assert_eq!(judge(b"{}", "log.example/2027"), Err("shard.not_closed"));
        assert_eq!(must_be_open(&first(|_| ()), "log.example/2026"), Ok(()));
        assert_eq!(must_be_open(&last().to_canonical(), "log.example/2026").unwrap_err().code(), "shard.closed");
    }

    #[test]
    fn a_shard_follows_the_one_whose_checkpoint_it_holds() {
        let judge = |first: &[u8], end: Option<&End>| match must_follow(first, "log.example/2027", end) {
            Err(ShardFault::PredecessorDiffers { member, .. }) => member,
            Err(fault) => fault.code(),
            Ok(()) => "ok",
        };
        let end = end();
        assert_eq!(judge(&first(|_| ()), Some(&end)), "ok");
        assert_eq!(judge(&last().to_canonical(), None), "ok");
        assert_eq!(judge(&last().to_canonical(), Some(&end)), "shard.no_predecessor");
        assert_eq!(judge(&first(|_| ()), None), "shard.predecessor_not_given");
        assert_eq!(judge(&first(|it| it.origin = "other".parse().unwrap()), Some(&end)), "origin");
        assert_eq!(judge(&first(|it| it.checkpoint.size = 6), Some(&end)), "checkpoint");
        assert_eq!(judge(&first(|it| it.checkpoint.root = Digest([1; 32])), Some(&end)), "checkpoint");
        assert_eq!(judge(&first(|it| it.entries = 5), Some(&end)), "entries");
    }

    #[test]
    fn a_closing_is_last_and_a_predecessor_first() {
        let predecessor = Entry::parse(&first(|_| ())).unwrap();
        for (entry, index, good) in
            [(&last(), 4, true), (&last(), 3, false), (&predecessor, 0, true), (&predecessor, 1, false)]
        {
            assert_eq!(must_be_in_place(entry, index, 5).is_ok(), good, "{} {index}", entry.type_name());
        }
    }
}
