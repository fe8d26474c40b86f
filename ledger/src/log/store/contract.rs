//! What every store must keep, whichever it is.

use std::sync::Arc;
use std::thread;

use jiff::Timestamp;

use super::{Bundle, Head, Memory, Refused, Segments, Store, Tenure};
use crate::LedgerError;
use crate::log::disk::RealDisk;
use crate::log::evidence::EvidenceEnd;
use crate::log::frame::{CommitFrame, EntryFrame, StateFrame};
use crate::merkle::leaf_hash;
use crate::tile::Edge;

/// Segments small enough that some bundles need one of their own.
const SEGMENT_BYTES: usize = 4096;

/// An engine, and the folder that it may live in. What survives a restart is opened again.
struct Place {
    folder: tempfile::TempDir,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Memory,
    Segments,
}

impl Place {
    fn each() -> [Self; 2] {
        [Kind::Memory, Kind::Segments].map(|kind| Self { folder: tempfile::tempdir().unwrap(), kind })
    }

    fn open(&self) -> Arc<dyn Store> {
        match self.kind {
            Kind::Memory => Arc::new(Memory::default()),
            Kind::Segments => {
                let frames = self.folder.path().join("frames");
                std::fs::create_dir_all(&frames).unwrap();
                Arc::new(Segments::open(
                    Arc::new(RealDisk),
                    self.folder.path(),
                    &frames,
                    self.folder.path(),
                    SEGMENT_BYTES,
                ))
            }
        }
    }
}

/// An appender with what it believes of the log.
#[derive(Clone)]
pub(super) struct Appender {
    tenure: Tenure,
    pub(super) head: Option<Head>,
    edge: Edge,
}

impl Appender {
    /// Begins a tenure, and derives the tree from what was committed before; others may have committed more since.
    pub(super) fn acquire(store: &dyn Store) -> Result<Self, LedgerError> {
        let tenure = store.acquire()?;
        let (mut edge, mut sections) = (Edge::default(), Vec::new());
        let head = tenure.head();
        let size = head.map_or(0, |head| head.0);
        for section in 0..u32::try_from(tenure.sections.len()).unwrap() {
            let section = store.replay(section)?;
            assert_eq!(section.state.as_ref().map(|state| &state.edge), Some(&edge).filter(|_| !sections.is_empty()));
            sections.push(edge.size());
            let before = section.batches.iter().take_while(|(_, commit)| commit.size <= size);
            for entry in before.flat_map(|(entries, _)| entries) {
                assert_eq!(entry.index, edge.size());
                edge.push(leaf_hash(&entry.entry), |_, _| Ok(())).unwrap();
            }
        }
        assert_eq!(tenure.sections, sections);
        assert_eq!(head.unwrap_or((0, Edge::default().root())), (edge.size(), edge.root()));
        Ok(Self { tenure, head, edge })
    }

    /// A bundle of entries behind what the appender believes, and the appender as it is once that is committed.
    pub(super) fn next(&self, entries: u64, text: &str, begins: bool) -> (Bundle, Self) {
        let mut next = self.clone();
        let entries = (0..entries).map(|number| {
            let entry = format!("{text} {number}").into_bytes();
            let index = next.edge.size();
            next.edge.push(leaf_hash(&entry), |_, _| Ok(())).unwrap();
            EntryFrame {
                index,
                time: Timestamp::UNIX_EPOCH,
                entry,
                key: Some([1; 32]),
                content: [2; 32],
                tags: vec![[3; 32]],
                evidence: None,
            }
        });
        let entries = entries.collect();
        let (size, root) = (next.edge.size(), next.edge.root());
        next.head = Some((size, root));
        let begins = begins.then(|| StateFrame {
            edge: self.edge.clone(),
            last_time: Timestamp::UNIX_EPOCH,
            evidence_end: EvidenceEnd::START,
        });
        let commit = CommitFrame { size, root, note: format!("{text}: {size}") };
        (Bundle { begins, entries, commit }, next)
    }

    pub(super) fn commit(&self, store: &dyn Store, bundle: &Bundle) -> Result<(), Refused> {
        store.commit(self.tenure.epoch, self.head, bundle)
    }

    /// Commits a bundle that must be taken.
    fn append(&mut self, store: &dyn Store, entries: u64, text: &str, begins: bool) -> Bundle {
        let (bundle, next) = self.next(entries, text, begins);
        self.commit(store, &bundle).unwrap();
        *self = next;
        bundle
    }
}

fn acquire(store: &dyn Store) -> Appender {
    Appender::acquire(store).unwrap()
}

#[test]
fn what_was_committed_is_read_at_once_and_by_later_tenures() {
    for place in Place::each() {
        let store = place.open();
        let mut appender = acquire(store.as_ref());
        assert_eq!((appender.head, store.entry(0).is_err()), (None, true));
        let mut committed = vec![appender.append(store.as_ref(), 0, "founded", false)];
        for number in 1..40_u64 {
            committed.push(appender.append(store.as_ref(), number, &format!("bundle {number}"), number % 7 == 0));
            let last = committed.last().unwrap();
            let frame = last.entries.last().unwrap();
            assert_eq!(store.entry(frame.index).unwrap(), (frame.clone(), last.commit.clone()));
        }
        // Larger than any segment.
        committed.push(appender.append(store.as_ref(), 400, "large", true));
        let later = if matches!(place.kind, Kind::Segments) { place.open() } else { store };
        let found = acquire(later.as_ref());
        assert_eq!((found.head, &found.edge), (appender.head, &appender.edge), "{:?}", place.kind);
        let count = u32::try_from(found.tenure.sections.len()).unwrap();
        assert_eq!(later.replay(count).unwrap(), super::Section::default());
        let sections = 0..count;
        let batches: Vec<_> = sections.flat_map(|section| later.replay(section).unwrap().batches).collect();
        let expected: Vec<_> = committed.iter().map(|it| (it.entries.clone(), it.commit.clone())).collect();
        assert_eq!(batches, expected);
        for bundle in &committed {
            for frame in &bundle.entries {
                assert_eq!(later.entry(frame.index).unwrap(), (frame.clone(), bundle.commit.clone()));
            }
        }
        let size = appender.edge.size();
        assert_eq!(later.entry(size), Err(LedgerError::IndexBeyondSize { index: size, size }));
    }
}

#[test]
fn a_later_tenure_fences_the_earlier_ones_for_good() {
    for place in Place::each() {
        let store = place.open();
        let mut first = acquire(store.as_ref());
        first.append(store.as_ref(), 3, "first", false);
        let mut second = acquire(store.as_ref());
        assert!(second.tenure.epoch > first.tenure.epoch);
        let (bundle, _) = first.next(1, "too late", false);
        assert_eq!(first.commit(store.as_ref(), &bundle), Err(Refused::Fenced));
        second.append(store.as_ref(), 1, "second", false);
        assert_eq!(first.commit(store.as_ref(), &bundle), Err(Refused::Fenced));
        assert_eq!(acquire(store.as_ref()).edge, second.edge);
        if matches!(place.kind, Kind::Segments) {
            let epoch = acquire(place.open().as_ref()).tenure.epoch;
            assert!(epoch > second.tenure.epoch, "an epoch outlives its process");
        }
    }
}

#[test]
fn whoever_believes_another_head_is_told_the_right_one_and_changes_nothing() {
    for place in Place::each() {
        let store = place.open();
        let mut appender = acquire(store.as_ref());
        let behind = appender.clone();
        appender.append(store.as_ref(), 3, "first", false);
        let (stale, _) = behind.next(2, "stale", false);
        assert_eq!(behind.commit(store.as_ref(), &stale), Err(Refused::Conflict(appender.head)));
        let mut ahead = appender.clone();
        ahead.head = Some((9, [9; 32]));
        let (early, _) = ahead.next(2, "early", false);
        assert_eq!(ahead.commit(store.as_ref(), &early), Err(Refused::Conflict(appender.head)));
        assert_eq!(acquire(store.as_ref()).edge, appender.edge);
    }
}

#[test]
fn a_bundle_that_is_sent_again_is_a_duplicate_and_stands_once() {
    for place in Place::each() {
        let store = place.open();
        let mut appender = acquire(store.as_ref());
        let before = appender.clone();
        let bundle = appender.append(store.as_ref(), 3, "first", false);
        assert_eq!(before.commit(store.as_ref(), &bundle), Err(Refused::Duplicate));
        assert_eq!(acquire(store.as_ref()).edge.size(), 3);
    }
}

#[test]
fn of_two_appenders_that_race_one_wins_each_head_and_the_other_is_told() {
    for place in Place::each() {
        let store = place.open();
        acquire(store.as_ref()).append(store.as_ref(), 1, "founded", false);
        let won: Vec<u64> = thread::scope(|scope| {
            let race = |name: &'static str| {
                let store = Arc::clone(&store);
                scope.spawn(move || {
                    let (mut won, mut appender) = (0, acquire(store.as_ref()));
                    for number in 0..60 {
                        let (bundle, next) = appender.next(2, &format!("{name} {number}"), number % 20 == 0);
                        match appender.commit(store.as_ref(), &bundle) {
                            Ok(()) => (won, appender) = (won + 1, next),
                            Err(Refused::Fenced | Refused::Conflict(_)) => appender = acquire(store.as_ref()),
                            Err(refused) => panic!("{refused:?}"),
                        }
                    }
                    won
                })
            };
            ["left", "right"].map(race).into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let size = acquire(store.as_ref()).edge.size();
        assert_eq!(size, 1 + 2 * won.iter().sum::<u64>(), "{won:?}");
    }
}

#[test]
fn readers_see_whole_bundles_while_they_are_committed() {
    for place in Place::each() {
        let store = place.open();
        let mut appender = acquire(store.as_ref());
        appender.append(store.as_ref(), 0, "founded", false);
        thread::scope(|scope| {
            let reader = Arc::clone(&store);
            let reading = scope.spawn(move || {
                let (mut section, mut seen) = (0, 0);
                while seen < 300 {
                    let batches = reader.replay(section).unwrap().batches;
                    for (entries, commit) in &batches {
                        assert!(entries.last().is_none_or(|entry| entry.index + 1 == commit.size));
                    }
                    let size = batches.last().map_or(seen, |(_, commit)| commit.size);
                    assert!(size >= seen, "what was seen stays");
                    seen = size;
                    if !reader.replay(section + 1).unwrap().batches.is_empty() {
                        section += 1;
                    }
                }
            });
            for number in 0..100 {
                appender.append(store.as_ref(), 3, &format!("bundle {number}"), number % 9 == 8);
            }
            reading.join().unwrap();
        });
    }
}
