//! The tables of keys that come again and again: which key earns one, and which gives way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use super::point::Affine;
use super::table::Table;

/// Windows of a key's table: 43 of them, 88 KB. Wider ones save few sums and hold fewer keys in the same memory and caches.
const KEY_WIDTH: usize = 6;
/// Windows of the base point's two tables: one made at once, one of 5 MB that is made along with the first key's.
const BASE_WIDTH: usize = 6;
const BASE_WIDTH_WIDE: usize = 13;
/// A table costs as much as making a few verifications without it, and pays from then on.
const SIGHTINGS: u32 = 4;
/// Keys that are counted and have no table; a stranger who sends more makes us count anew, and nothing else.
const STRANGERS_MAX: usize = 4096;

/// What one key's table takes.
pub(super) const KEY_BYTES: usize = Table::bytes(KEY_WIDTH);

/// The tables of a process.
pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::new(super::engine::TABLE_BYTES_MAX));

static BASE: LazyLock<Table> = LazyLock::new(|| Table::new(&Affine::BASE, BASE_WIDTH));
static BASE_WIDE: OnceLock<Table> = OnceLock::new();

/// The widest table of the base point that has been made.
pub(super) fn base() -> &'static Table {
    BASE_WIDE.get().unwrap_or_else(|| &BASE)
}

/// The wide table of the base point, made when it is not there yet.
pub(super) fn base_wide() -> &'static Table {
    BASE_WIDE.get_or_init(|| Table::new(&Affine::BASE, BASE_WIDTH_WIDE))
}

/// The table of a key.
pub(super) fn of_key(key: &Affine) -> Table {
    Table::new(key, KEY_WIDTH)
}

/// Tables by key, within a limit of memory. No lock is held while a table is made or used.
#[derive(Debug)]
pub(super) struct Tables {
    known: RwLock<HashMap<Affine, Known>>,
    bytes_max: AtomicUsize,
    /// Counts verifications: the order in which keys were seen.
    clock: AtomicU64,
    pub(super) built: AtomicU64,
    pub(super) evicted: AtomicU64,
    pub(super) bytes: AtomicUsize,
}

/// A key that was seen.
#[derive(Debug)]
struct Known {
    table: Option<Arc<Table>>,
    /// How often it was seen since `since`, while it has no table.
    sightings: AtomicU32,
    since: AtomicU64,
    last: AtomicU64,
}

impl Tables {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            known: RwLock::default(),
            bytes_max: AtomicUsize::new(bytes_max),
            clock: AtomicU64::new(0),
            built: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
        }
    }

    /// Sets the limit; what is over it gives way when the next table is made.
    pub(super) fn limit(&self, bytes_max: usize) {
        self.bytes_max.store(bytes_max, Relaxed);
    }

    /// The table of a key that has one, or earns one by being seen now.
    pub(super) fn of(&self, key: &Affine) -> Option<Arc<Table>> {
        let now = self.clock.fetch_add(1, Relaxed);
        match self.seen(key, now) {
            Sighting::HasTable(table) => Some(table),
            Sighting::TooFew => None,
            Sighting::First => {
                self.remember(key, now);
                None
            }
            Sighting::EarnsTable => {
                // Built outside of the lock, and once: only one thread sees the count reach its mark.
                base_wide();
                Some(self.keep(key, Arc::new(of_key(key)), now))
            }
        }
    }

    fn seen(&self, key: &Affine, now: u64) -> Sighting {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some(this) = known.get(key) else { return Sighting::First };
        this.last.store(now, Relaxed);
        if let Some(table) = &this.table {
            return Sighting::HasTable(Arc::clone(table));
        }
        if this.sightings.fetch_add(1, Relaxed) + 1 != SIGHTINGS {
            return Sighting::TooFew;
        }
        // A table gives way only to a key that came several times while its own did not come at all: keys in rotation, more than there
        // is room for, would otherwise build tables for one another for ever.
        let since = this.since.load(Relaxed);
        let has_room = self.bytes.load(Relaxed) + KEY_BYTES <= self.bytes_max.load(Relaxed);
        if has_room || oldest(&known).is_some_and(|(_, last)| last < since) && KEY_BYTES <= self.bytes_max.load(Relaxed)
        {
            return Sighting::EarnsTable;
        }
        this.since.store(now, Relaxed);
        this.sightings.store(0, Relaxed);
        Sighting::TooFew
    }

    fn remember(&self, key: &Affine, now: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let tables = self.bytes.load(Relaxed) / KEY_BYTES;
        if known.len() >= tables + STRANGERS_MAX {
            known.retain(|_, this| this.table.is_some());
        }
        known.entry(*key).or_insert_with(|| Known::new(None, now));
    }

    fn keep(&self, key: &Affine, table: Arc<Table>, now: u64) -> Arc<Table> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.remove(key).is_some_and(|this| this.table.is_some());
        while self.bytes.load(Relaxed) + KEY_BYTES > self.bytes_max.load(Relaxed) {
            let Some((idle, _)) = oldest(&known) else { break };
            known.remove(&idle);
            self.bytes.fetch_sub(KEY_BYTES, Relaxed);
            self.evicted.fetch_add(1, Relaxed);
        }
        known.insert(*key, Known::new(Some(Arc::clone(&table)), now));
        self.bytes.fetch_add(if before { 0 } else { KEY_BYTES }, Relaxed);
        self.built.fetch_add(1, Relaxed);
        table
    }
}

impl Known {
    fn new(table: Option<Arc<Table>>, now: u64) -> Self {
        Self { table, sightings: AtomicU32::new(1), since: AtomicU64::new(now), last: AtomicU64::new(now) }
    }
}

/// What seeing a key means.
enum Sighting {
    First,
    TooFew,
    EarnsTable,
    HasTable(Arc<Table>),
}

/// The key with a table that was not seen for longest, and when it was.
fn oldest(known: &HashMap<Affine, Known>) -> Option<(Affine, u64)> {
    let with_table = known.iter().filter(|(_, this)| this.table.is_some());
    with_table.map(|(key, this)| (*key, this.last.load(Relaxed))).min_by_key(|(_, last)| *last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sm2::engine::TABLE_BYTES_MAX;
    use crate::sm2::point::{Jacobian, to_affine};

    fn keys(count: usize) -> Vec<Affine> {
        let mut keys = vec![Jacobian::from(Affine::BASE)];
        while keys.len() < count {
            keys.push(keys[keys.len() - 1].plus_affine(&Affine::BASE));
        }
        to_affine(&keys)
    }

    fn see(tables: &Tables, keys: &[Affine]) -> usize {
        keys.iter().filter(|key| tables.of(key).is_some()).count()
    }

    #[test]
    fn a_key_earns_its_table_by_being_seen_four_times() {
        let tables = Tables::new(TABLE_BYTES_MAX);
        let keys = keys(1);
        let had: Vec<usize> = (0..6).map(|_| see(&tables, &keys)).collect();
        assert_eq!(had, [0, 0, 0, 1, 1, 1]);
        assert_eq!((tables.built.load(Relaxed), tables.bytes.load(Relaxed)), (1, KEY_BYTES));
    }

    #[test]
    fn keys_in_rotation_beyond_the_limit_do_not_drive_each_other_out() {
        let tables = Tables::new(4 * KEY_BYTES);
        let keys = keys(6);
        for _ in 0..50 {
            see(&tables, &keys);
        }
        assert_eq!(see(&tables, &keys), 4, "four keep their tables, two go without");
        assert_eq!((tables.built.load(Relaxed), tables.evicted.load(Relaxed)), (4, 0));
    }

    #[test]
    fn a_table_that_nobody_asks_for_gives_way_and_memory_stays_within_the_limit() {
        let tables = Tables::new(2 * KEY_BYTES);
        let keys = keys(4);
        for few in keys.chunks(2) {
            for _ in 0..8 {
                see(&tables, few);
                assert!(tables.bytes.load(Relaxed) <= 2 * KEY_BYTES);
            }
            assert_eq!(see(&tables, few), 2);
        }
        assert_eq!((tables.built.load(Relaxed), tables.evicted.load(Relaxed)), (4, 2));
        assert_eq!(see(&tables, &keys[..2]), 0, "the first two have gone");
    }

    #[test]
    fn without_memory_there_are_no_tables_and_strangers_are_counted_up_to_a_limit() {
        let tables = Tables::new(KEY_BYTES - 1);
        for _ in 0..20 {
            assert_eq!(see(&tables, &keys(1)), 0);
        }
        assert_eq!(see(&tables, &keys(STRANGERS_MAX + 10)), 0);
        assert!(tables.known.read().unwrap().len() <= STRANGERS_MAX);
        assert_eq!(tables.bytes.load(Relaxed), 0);
    }

    #[test]
    fn threads_that_ask_at_once_build_one_table() {
        let tables = Tables::new(TABLE_BYTES_MAX);
        let key = keys(1);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).map(|_| see(&tables, &key)).sum::<usize>());
            }
        });
        assert_eq!((tables.built.load(Relaxed), see(&tables, &key)), (1, 1));
    }
}
