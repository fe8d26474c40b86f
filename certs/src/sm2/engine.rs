//! What verifies SM2 in this process: its settings, its counters, and the choice of the way for each case.
//!
//! Neither settings nor counters change an answer, only how fast it comes. That is why they may belong to the process and need not be
//! arguments of every verification.

#[cfg(feature = "signing")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::lanes::Processor;
use super::scalar::Claim;
use super::tables::{self, TABLES};
use super::{Case, batch, verify};
use crate::SignatureError;

/// 引擎: who computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Our own arithmetic, with tables for keys that come again.
    #[default]
    Tables,
    /// OpenSSL of the system, many times slower.
    #[cfg(feature = "signing")]
    OpenSsl,
}

/// How many bytes the tables of keys may take when nobody says otherwise: some seven hundred keys.
pub const TABLE_BYTES_MAX: usize = 64 << 20;

/// Chooses the engine, and how many bytes the tables of keys may take; 0 for none. The tables of G take 5 MB beside them.
pub fn configure(engine: Engine, table_bytes_max: usize) {
    match engine {
        #[cfg(not(feature = "signing"))]
        Engine::Tables => (),
        #[cfg(feature = "signing")]
        Engine::Tables => BY_OPENSSL.store(false, Relaxed),
        #[cfg(feature = "signing")]
        Engine::OpenSsl => BY_OPENSSL.store(true, Relaxed),
    }
    TABLES.limit(table_bytes_max);
}

/// 计数: what was done since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Verifications for a key without table.
    pub cold: u64,
    /// Verifications for a key with a table, one at a time.
    pub by_table: u64,
    /// Verifications for a key with a table, several side by side.
    pub side_by_side: u64,
    /// Verifications by OpenSSL.
    pub by_openssl: u64,
    /// Tables made.
    pub tables_built: u64,
    /// Tables that gave way to others.
    pub tables_evicted: u64,
    /// Bytes that tables of keys take now.
    pub table_bytes: u64,
}

/// The counters as they stand.
pub fn counters() -> Counters {
    let bytes = TABLES.bytes.load(Relaxed);
    Counters {
        cold: COLD.load(Relaxed),
        by_table: BY_TABLE.load(Relaxed),
        side_by_side: SIDE_BY_SIDE.load(Relaxed),
        #[cfg(feature = "signing")]
        by_openssl: OPENSSL.load(Relaxed),
        #[cfg(not(feature = "signing"))]
        by_openssl: 0,
        tables_built: TABLES.built.load(Relaxed),
        tables_evicted: TABLES.evicted.load(Relaxed),
        table_bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
    }
}

static COLD: AtomicU64 = AtomicU64::new(0);
static BY_TABLE: AtomicU64 = AtomicU64::new(0);
static SIDE_BY_SIDE: AtomicU64 = AtomicU64::new(0);
#[cfg(feature = "signing")]
static OPENSSL: AtomicU64 = AtomicU64::new(0);
#[cfg(feature = "signing")]
static BY_OPENSSL: AtomicBool = AtomicBool::new(false);

/// Judges one case in the way that is fastest for its key.
pub(super) fn judge(case: &Case<'_>) -> Result<(), SignatureError> {
    #[cfg(feature = "signing")]
    if BY_OPENSSL.load(Relaxed) {
        OPENSSL.fetch_add(1, Relaxed);
        return super::openssl::judge(case);
    }
    let claim = Claim::read(case)?;
    let key = &case.key.point;
    if let Some(table) = TABLES.of(key) {
        BY_TABLE.fetch_add(1, Relaxed);
        verify::by_table(&claim, tables::base(), &table, Processor::ask())
    } else {
        COLD.fetch_add(1, Relaxed);
        claim.judge(&verify::cold(&claim, tables::base(), key))
    }
}

/// Judges many cases, those of keys with tables side by side.
pub(super) fn judge_many(cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
    #[cfg(feature = "signing")]
    if BY_OPENSSL.load(Relaxed) {
        return cases.iter().map(judge).collect();
    }
    let mut together = batch::Batch::default();
    let mut answers: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(place, case)| {
            let claim = Claim::read(case)?;
            if let Some(table) = TABLES.of(&case.key.point) {
                together.push(place, claim, table);
            } else {
                COLD.fetch_add(1, Relaxed);
                claim.judge(&verify::cold(&claim, tables::base(), &case.key.point))?;
            }
            Ok(())
        })
        .collect();
    SIDE_BY_SIDE.fetch_add(together.len(), Relaxed);
    for (place, answer) in together.judge(Processor::ask()) {
        if let Some(slot) = answers.get_mut(place) {
            *slot = answer;
        }
    }
    answers
}
