//! Recovery at start: the newest sections are read again and the tree derived from them, before anything may be signed.
//!
//! Each section begins with the state that the ones before it led to, and the commits behind it prove that state. So a
//! start reads what the newest sections hold, whatever the length of the log; what lies further back is checked when it
//! is read.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::log::evidence::EvidenceEnd;
use crate::log::frame::{CommitFrame, EntryFrame};
use crate::log::index::{Row, rows_of};
use crate::log::signer::Pen;
use crate::log::store::{Bundle, Head, Section, Store, Tenure};
use crate::log::tree::Tree;
use crate::merkle::{Hash, leaf_hash};

/// Sections that a start reads more than it must, where the public files are behind.
const SECTIONS_BACK_MAX: usize = 3;

/// The log as its newest sections tell it.
pub(crate) struct Recovered {
    /// The tree, with the full tiles of the sections that were read.
    pub(crate) tree: Tree,
    /// The first section that was read.
    pub(crate) from: u32,
    /// The entries of the sections that were read.
    pub(crate) entries: Vec<Vec<u8>>,
    /// The rows of each section that was read, and the size and root behind it.
    pub(crate) sections: Vec<SectionRows>,
    /// Bytes of the newest section.
    pub(crate) section_bytes: usize,
    pub(crate) evidence_end: EvidenceEnd,
    pub(crate) last_time: Timestamp,
    /// The signed note of the last commit; `None` for a log that never committed.
    pub(crate) note: Option<String>,
}

/// What the index needs of a section.
pub(crate) struct SectionRows {
    pub(crate) section: u32,
    pub(crate) rows: Vec<Row>,
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) root: Hash,
}

/// Reads the newest sections of a tenure, back to `published` where that is near: up to there the public files are whole.
///
/// # Errors
/// [`LedgerError::SegmentDamaged`], [`LedgerError::HeadDiffers`] when the sections do not lead to what was signed:
/// the log must not be signed on. Those of the note when the last commit is not signed by the keys at hand.
/// [`LedgerError::Io`]
pub(crate) fn recover(store: &dyn Store, tenure: &Tenure, published: u32, pen: &Pen) -> Result<Recovered, LedgerError> {
    let mut sections = VecDeque::new();
    let mut from = u32::try_from(tenure.sections.len()).unwrap_or(u32::MAX);
    let is_enough = |sections: &VecDeque<Section>, from: u32| {
        let is_behind = published < from && sections.len() <= SECTIONS_BACK_MAX;
        sections.front().is_some_and(|section| section.state.is_some()) && !is_behind
    };
    while from > 0 && !is_enough(&sections, from) {
        from -= 1;
        sections.push_front(store.replay(from)?);
    }
    let mut recovered = Recovered::begin(from, sections.front().unwrap_or(&Section::default()));
    for (number, section) in (from..).zip(sections) {
        recovered.take_section(number, section, &pen.origin)?;
    }
    if recovered.note.as_ref() != tenure.newest.as_ref().map(|commit| &commit.note) {
        return Err(recovered.differs());
    }
    if let Some(note) = &recovered.note {
        Checkpoint::from_note(note.as_bytes(), &pen.keys)?;
    }
    Ok(recovered)
}

impl Recovered {
    /// What the state at the beginning of a section says.
    fn begin(from: u32, section: &Section) -> Self {
        let state = section.state.as_ref();
        let tree = state.map_or_else(Tree::default, |state| Tree::new(state.edge.clone()));
        Self {
            from,
            tree,
            entries: Vec::new(),
            sections: Vec::new(),
            section_bytes: 0,
            evidence_end: state.map_or(EvidenceEnd::START, |state| state.evidence_end),
            last_time: state.map_or(Timestamp::MIN, |state| state.last_time),
            note: None,
        }
    }

    fn head(&self) -> Head {
        (self.tree.edge().size(), self.tree.edge().root())
    }

    fn differs(&self) -> LedgerError {
        LedgerError::HeadDiffers { size: self.tree.edge().size() }
    }

    fn take_section(&mut self, number: u32, section: Section, origin: &str) -> Result<(), LedgerError> {
        // A state that differs from where the section before led to is another log's.
        if section.state.as_ref().is_some_and(|state| (state.edge.size(), state.edge.root()) != self.head()) {
            return Err(self.differs());
        }
        let (first, mut rows) = (self.tree.edge().size(), Vec::new());
        self.section_bytes = 0;
        let mut begins = section.state;
        for (entries, commit) in section.batches {
            let bundle = Bundle { begins: begins.take(), entries, commit };
            self.section_bytes += bundle.bytes();
            self.take_batch(bundle.entries, bundle.commit, origin, &mut rows)?;
        }
        let (end, root) = self.head();
        self.sections.push(SectionRows { section: number, rows, first, end, root });
        Ok(())
    }

    /// Takes the entries of a batch over, if they lead to what the commit says.
    fn take_batch(
        &mut self,
        entries: Vec<EntryFrame>,
        commit: CommitFrame,
        origin: &str,
        rows: &mut Vec<Row>,
    ) -> Result<(), LedgerError> {
        for entry in entries {
            if entry.index != self.tree.edge().size() {
                return Err(self.differs());
            }
            self.tree.push(leaf_hash(&entry.entry))?;
            self.last_time = self.last_time.max(entry.time);
            rows.extend(rows_of(&entry));
            if let Some(end) = entry.evidence.and_then(EvidenceEnd::after) {
                self.evidence_end = end;
            }
            self.entries.push(entry.entry);
        }
        let (size, root) = commit.head();
        let checkpoint = Checkpoint { origin: origin.to_owned(), size, root };
        if self.head() != (size, root) || !commit.note.starts_with(&checkpoint.to_text()) {
            return Err(self.differs());
        }
        self.note = Some(commit.note);
        Ok(())
    }
}
