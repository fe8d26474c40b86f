//! 分册 A ledger of several logs, one behind the other: closed ones that are only read, and the last one, which grows.
//!
//! Entries are numbered through all of them, so that a number means the same entry for ever. All share one index key: what was
//! recorded under a key or a tag is found wherever it lies, and a key that was used in a closed shard is used.

use crate::proof::Receipt;
use crate::{Appended, Draft, Erasure, LedgerError, Log, Tag};

/// 册: one log of a ledger.
pub struct Shard {
    log: Log,
    ahead: u64,
}

impl Shard {
    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Entries of the shards before it: the number of its first entry.
    pub fn ahead(&self) -> u64 {
        self.ahead
    }
}

/// 总账: the shards of a ledger.
pub struct Shards {
    closed: Vec<Shard>,
    open: Shard,
}

/// What becomes of a draft: the number of the entry that the receipt is of, and how it ended.
pub type Numbered = (u64, Appended);

impl Shards {
    /// The ledger of these logs, the oldest first; the last one grows.
    ///
    /// # Errors
    /// [`LedgerError::ShardKeyDiffers`] when a shard has an index key of its own.
    pub fn new(closed: Vec<Log>, open: Log) -> Result<Self, LedgerError> {
        // The same values have the same tag under the same key alone.
        if let Some(other) = closed.iter().find(|log| log.tag(&[]) != open.tag(&[])) {
            return Err(LedgerError::ShardKeyDiffers { path: other.config().state_dir.clone() });
        }
        let mut size = 0;
        let mut shard = |log: Log| {
            let ahead = size;
            size += log.size();
            Shard { log, ahead }
        };
        let closed = closed.into_iter().map(&mut shard).collect();
        Ok(Self { closed, open: shard(open) })
    }

    /// The shards that are closed, the oldest first.
    pub fn closed(&self) -> &[Shard] {
        &self.closed
    }

    /// The shard that grows.
    pub fn open(&self) -> &Shard {
        &self.open
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Shard> {
        self.closed.iter().chain([&self.open])
    }

    /// Entries of all shards.
    pub fn size(&self) -> u64 {
        self.open.ahead + self.open.log.size()
    }

    /// The shard of an entry, and its index there.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`]
    pub fn place(&self, number: u64) -> Result<(&Shard, u64), LedgerError> {
        let beyond = LedgerError::IndexBeyondSize { index: number, size: self.size() };
        let shard = self.all().rev().find(|shard| shard.ahead <= number).ok_or(beyond.clone())?;
        let index = number - shard.ahead;
        if index < shard.log.size() { Ok((shard, index)) } else { Err(beyond) }
    }

    /// See [`Log::tag`].
    pub fn tag(&self, values: &[&[u8]]) -> Tag {
        self.open.log.tag(values)
    }

    /// Numbers of the entries that carry a tag, the oldest first.
    ///
    /// # Errors
    /// Those of [`Log::find`].
    pub fn find(&self, tag: &Tag) -> Result<Vec<u64>, LedgerError> {
        let mut found = Vec::new();
        for shard in self.all() {
            found.extend(shard.log.find(tag)?.into_iter().map(|index| shard.ahead + index));
        }
        Ok(found)
    }

    /// Number and content of the entry that was recorded under an idempotency key.
    ///
    /// # Errors
    /// Those of [`Log::recorded_under`].
    pub fn recorded_under(&self, key: &Tag) -> Result<Option<(u64, Tag)>, LedgerError> {
        Self::recorded_in(self.all(), key)
    }

    fn recorded_in<'shards>(
        shards: impl Iterator<Item = &'shards Shard>,
        key: &Tag,
    ) -> Result<Option<(u64, Tag)>, LedgerError> {
        for shard in shards {
            if let Some((index, content)) = shard.log.recorded_under(key)? {
                return Ok(Some((shard.ahead + index, content)));
            }
        }
        Ok(None)
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// Those of [`Log::entry`].
    pub fn entry(&self, number: u64) -> Result<Vec<u8>, LedgerError> {
        let (shard, index) = self.place(number)?;
        shard.log.entry(index)
    }

    /// The receipt of an entry, in its own log: see [`Log::receipt`].
    ///
    /// # Errors
    /// Those of [`Log::receipt`].
    pub fn receipt(&self, number: u64) -> Result<Receipt, LedgerError> {
        let (shard, index) = self.place(number)?;
        shard.log.receipt(index)
    }

    /// The evidence of an entry.
    ///
    /// # Errors
    /// Those of [`Log::evidence`].
    pub fn evidence(&self, number: u64) -> Result<Vec<u8>, LedgerError> {
        let (shard, index) = self.place(number)?;
        shard.log.evidence(index)
    }

    /// Destroys the evidence of some entries, wherever they lie: see [`Log::erase`]. Erasures of one shard are done together.
    ///
    /// # Errors
    /// Those of [`Log::erase`]; earlier shards may be done then, and say so in [`Self::unstated_erasures`].
    pub fn erase(&self, erasures: &[Erasure]) -> Result<(), LedgerError> {
        erasures.iter().try_for_each(|erasure| self.place(erasure.index).map(|_| ()))?;
        for shard in self.all() {
            let numbers = shard.ahead..shard.ahead + shard.log.size();
            let here = erasures.iter().filter(|erasure| numbers.contains(&erasure.index));
            let here = here.map(|it| Erasure { index: it.index - shard.ahead, statement: it.statement.clone() });
            shard.log.erase(&here.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Erasures that were done and may not have an entry yet, by number.
    ///
    /// # Errors
    /// Those of [`Log::unstated_erasures`].
    pub fn unstated_erasures(&self) -> Result<Vec<Erasure>, LedgerError> {
        let mut unstated = Vec::new();
        for shard in self.all() {
            let here = shard.log.unstated_erasures()?.into_iter();
            unstated.extend(here.map(|it| Erasure { index: shard.ahead + it.index, ..it }));
        }
        Ok(unstated)
    }

    /// Tells that every erasure has its entry.
    ///
    /// # Errors
    /// Those of [`Log::erasures_stated`].
    pub fn erasures_stated(&self) -> Result<(), LedgerError> {
        self.all().try_for_each(|shard| shard.log.erasures_stated())
    }

    /// Records a draft in the shard that grows, and waits: see [`Log::append`].
    ///
    /// # Errors
    /// Those of [`Log::append`].
    pub fn append(&self, draft: Draft) -> Result<Numbered, LedgerError> {
        match self.earlier(&draft)? {
            Some(earlier) => Ok(earlier),
            None => self.open.log.append(draft).map(|appended| self.numbered(appended)),
        }
    }

    /// Hands a draft over without waiting: see [`Log::submit`].
    ///
    /// # Errors
    /// Those of [`Log::submit`]; `answer` is not called then.
    pub fn submit(
        &self,
        draft: Draft,
        answer: impl FnOnce(Result<Numbered, LedgerError>) + Send + 'static,
    ) -> Result<(), LedgerError> {
        if let Some(earlier) = self.earlier(&draft)? {
            answer(Ok(earlier));
            return Ok(());
        }
        let ahead = self.open.ahead;
        self.open.log.submit(draft, move |appended| answer(appended.map(|appended| numbered(ahead, appended))))
    }

    /// What a closed shard recorded under the draft's key: it never changes, so nothing can come between looking and appending.
    fn earlier(&self, draft: &Draft) -> Result<Option<Numbered>, LedgerError> {
        let Some(key) = &draft.key else { return Ok(None) };
        let Some((number, content)) = Self::recorded_in(self.closed.iter(), key)? else { return Ok(None) };
        let first = self.receipt(number)?;
        let appended = if content == draft.content { Appended::Repeated(first) } else { Appended::Conflict { first } };
        Ok(Some((number, appended)))
    }

    fn numbered(&self, appended: Appended) -> Numbered {
        numbered(self.open.ahead, appended)
    }

    /// Waits until everything that was recorded before the call is public, and until nothing is rebuilt.
    ///
    /// # Errors
    /// Those of [`Log::settle`].
    pub fn settle(&self) -> Result<(), LedgerError> {
        self.all().try_for_each(|shard| shard.log.settle())
    }

    /// Whether a failed write ended all recording; reading goes on.
    pub fn is_dead(&self) -> bool {
        self.all().any(|shard| shard.log.is_dead())
    }
}

fn numbered(ahead: u64, appended: Appended) -> Numbered {
    let (Appended::Recorded(receipt) | Appended::Repeated(receipt) | Appended::Conflict { first: receipt }) = &appended;
    (ahead + receipt.proof.index, appended)
}
