//! 存储 The storage seam: where committed batches live. Nothing above it knows files.
//!
//! The log is a row of sections, each a bounded run of batches that begins with the state which everything before it led
//! to; so a start reads the newest sections alone. One appender at a time holds a tenure. [`Segments`] keeps a log on one
//! machine's disk, [`Memory`] keeps one as long as the process lives; a replicated engine would stand here next, and
//! several gateways over it. One contract test module runs every engine.

#[cfg(test)]
mod contract;
#[cfg(test)]
mod memory;
mod places;
mod scan;
mod segments;
mod signed_head;
#[cfg(test)]
mod simulation;

#[cfg(test)]
pub(crate) use memory::Memory;
pub(crate) use segments::Segments;
pub use segments::TornTail;

use crate::LedgerError;
use crate::log::frame::{CommitFrame, EntryFrame, StateFrame};
use crate::merkle::Hash;

/// How far a log is: the size of its tree, and the root.
pub(crate) type Head = (u64, Hash);

/// The right to append, from [`Store::acquire`] until somebody acquires the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenure {
    /// Above that of every earlier tenure.
    pub(crate) epoch: u64,
    /// The newest commit; `None` where nothing was ever committed.
    pub(crate) newest: Option<CommitFrame>,
    /// The first entry of each section.
    pub(crate) sections: Vec<u64>,
}

#[cfg(test)]
impl Tenure {
    /// How far the log was when the tenure began.
    fn head(&self) -> Option<Head> {
        self.newest.as_ref().map(CommitFrame::head)
    }
}

/// What one commit makes durable, all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// Begins a section, with the state before this bundle. The very first section has none.
    pub(crate) begins: Option<StateFrame>,
    /// One at least, but in the very first bundle.
    pub(crate) entries: Vec<EntryFrame>,
    /// The next head, signed.
    pub(crate) commit: CommitFrame,
}

/// Why a bundle was not committed by this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A later tenure began: this appender must stop. Nothing was committed.
    Fenced,
    /// The log is not where the appender believed; it is here. Nothing was committed.
    Conflict(Option<Head>),
    /// This very bundle is the newest already: an earlier call whose outcome was unknown did commit it.
    Duplicate,
    /// Whether the bundle is committed can be told by nobody but the next [`Store::acquire`].
    Unknown(LedgerError),
    /// There is no room, or nobody to ask. Nothing was committed; the same call may succeed later.
    Unavailable(LedgerError),
}

/// A section as it was committed, up to the newest head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Section {
    /// What all before it led to; the very first section has none.
    pub(crate) state: Option<StateFrame>,
    /// The entries of each batch with the commit that recorded them.
    pub(crate) batches: Vec<(Vec<EntryFrame>, CommitFrame)>,
}

/// Durable storage of one log.
///
/// - *One appender.* Of all tenures only the latest may commit. An epoch is durable before it is answered, so that a
///   tenure which a crash forgot cannot come back.
/// - *One history.* A bundle is committed only behind the head that its appender names. What was committed stays, in its
///   order, byte for byte.
/// - *Durable on return.* `Ok` means that a crash or a power cut right after it loses nothing of the bundle. `Fenced`,
///   `Conflict` and `Unavailable` mean that nothing of it will ever appear. After `Unknown` the engine commits nothing
///   more in this tenure, and the next [`Self::acquire`] finds the bundle whole or not at all.
/// - *Readers* see what is committed: at the latest when `commit` returns, at the earliest when it is durable, and never
///   part of a bundle. They never wait for an appender for long.
///
/// What an engine finds to be damaged it refuses to read; it answers nothing that differs from what was committed.
pub(crate) trait Store: Send + Sync {
    /// Begins a tenure, which fences all before it.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`], [`LedgerError::RolledBack`], [`LedgerError::HeadDiffers`] when what was committed
    /// is not all there; [`LedgerError::Io`]
    fn acquire(&self) -> Result<Tenure, LedgerError>;

    /// Commits a bundle behind the head `expected`.
    ///
    /// # Errors
    /// [`Refused`]
    fn commit(&self, epoch: u64, expected: Option<Head>, bundle: &Bundle) -> Result<(), Refused>;

    /// An entry, and the commit that recorded it.
    ///
    /// # Errors
    /// [`LedgerError::IndexBeyondSize`], [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    fn entry(&self, index: u64) -> Result<(EntryFrame, CommitFrame), LedgerError>;

    /// A section, from 0; an empty one behind the last.
    ///
    /// # Errors
    /// [`LedgerError::SegmentDamaged`], [`LedgerError::Io`]
    fn replay(&self, section: u32) -> Result<Section, LedgerError>;
}

/// Judges a commit as every engine must, before anything is written.
///
/// # Errors
/// [`Refused::Fenced`], [`Refused::Duplicate`], [`Refused::Conflict`]
fn admit(
    epoch: u64,
    current: u64,
    expected: Option<Head>,
    newest: Option<&CommitFrame>,
    bundle: &Bundle,
) -> Result<(), Refused> {
    if epoch != current {
        return Err(Refused::Fenced);
    }
    if newest == Some(&bundle.commit) {
        return Err(Refused::Duplicate);
    }
    let head = newest.map(CommitFrame::head);
    if head == expected { Ok(()) } else { Err(Refused::Conflict(head)) }
}
