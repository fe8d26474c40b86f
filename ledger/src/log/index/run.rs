//! A run: the sorted rows of some segments in one file that never changes; each block proves itself.
//!
//! Blocks of rows, then the first row of each block, a filter of the keys, and a footer that names the entries and the
//! root of the tree behind them. What is loaded is checked when the run is opened, a block whenever it is read: damage is
//! seen, and never taken for a miss.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::engine::Span;
use super::{Row, is_key};

const MAGIC: &[u8; 8] = b"TBROWS01";
const ROW_BYTES: usize = 16;
const BLOCK_BYTES: usize = 4096;
const BLOCK_ROWS: usize = BLOCK_BYTES / ROW_BYTES - 1;
/// Magic, rows, keys, first entry, end, root, CRC of what is loaded, CRC of the footer itself.
const FOOTER_BYTES: usize = 8 * 5 + 32 + 4 + 4;
/// Words of a bucket of the filter: one line of a processor's cache.
const BUCKET_WORDS: usize = 8;
/// With six bits a key among twelve for each, one key in about 150 that is not there seems to be.
const FILTER_BITS_PER_KEY: u64 = 12;
const FILTER_PROBES: u32 = 6;

/// A run that is open.
pub(crate) struct Run {
    pub(crate) span: Span,
    pub(crate) rows: u64,
    keys: u64,
    file: File,
    path: PathBuf,
    /// The first hash of each block.
    fences: Vec<u64>,
    filter: Filter,
}

/// The name of a run's file.
fn file_name(segments: &RangeInclusive<u32>) -> String {
    format!("{:010}-{:010}.rows", segments.start(), segments.end())
}

/// The segments that a file of this name is a run of.
pub(crate) fn segments_of(path: &Path) -> Option<RangeInclusive<u32>> {
    let (first, last) = path.file_name()?.to_str()?.strip_suffix(".rows")?.split_once('-')?;
    let segments = first.parse().ok()?..=last.parse().ok()?;
    (!segments.is_empty() && path.ends_with(file_name(&segments))).then_some(segments)
}

impl Run {
    /// Opens a run if it is whole; blocks are checked when they are read.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let segments = segments_of(path)?;
        let file = File::open(path).ok()?;
        let bytes = file.metadata().ok()?.len();
        let mut footer = [0; FOOTER_BYTES];
        file.read_exact_at(&mut footer, bytes.checked_sub(FOOTER_BYTES as u64)?).ok()?;
        let (footer, crc) = footer.split_last_chunk::<4>()?;
        let good = u32::from_le_bytes(*crc) == crc32c::crc32c(footer);
        let (magic, rest) = footer.split_first_chunk::<8>()?;
        (good && magic == MAGIC).then_some(())?;
        let (numbers, rest) = rest.split_first_chunk::<32>()?;
        let mut numbers = numbers.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number));
        let (rows, keys, first, end) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
        let (root, crc) = rest.split_first_chunk::<32>()?;

        let blocks = rows.div_ceil(BLOCK_ROWS as u64);
        let loaded_bytes = blocks.checked_mul(8)?.checked_add(Filter::bytes(keys)?)?;
        let loaded_at = blocks.checked_mul(BLOCK_BYTES as u64)?;
        let whole = loaded_at.checked_add(loaded_bytes)?.checked_add(FOOTER_BYTES as u64)? == bytes;
        whole.then_some(())?;
        let mut loaded = vec![0; usize::try_from(loaded_bytes).ok()?];
        file.read_exact_at(&mut loaded, loaded_at).ok()?;
        (crc == crc32c::crc32c(&loaded).to_le_bytes()).then_some(())?;
        let mut words: Vec<u64> = loaded.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let filter = Filter { words: words.split_off(usize::try_from(blocks).ok()?) };
        let span = Span { segments, first, end, root: *root };
        Some(Self { span, rows, keys, file, path: path.to_owned(), fences: words, filter })
    }

    /// Entries that may have this hash; `None` where a block is damaged.
    pub(crate) fn find(&self, hash: u64) -> Option<Vec<u64>> {
        let mut found = Vec::new();
        if is_key(hash) && !self.filter.may_contain(hash) {
            return Some(found);
        }
        // The rows of one hash may begin in the block before the first that begins with it.
        let first = self.fences.partition_point(|fence| *fence < hash).saturating_sub(1);
        for block in first..self.fences.partition_point(|fence| *fence <= hash) {
            let rows = self.block(block as u64)?;
            found.extend(rows.iter().filter(|row| row.0 == hash).map(|row| row.1));
        }
        Some(found)
    }

    fn block(&self, block: u64) -> Option<Vec<Row>> {
        let mut bytes = [0; BLOCK_BYTES];
        self.file.read_exact_at(&mut bytes, block * BLOCK_BYTES as u64).ok()?;
        let (rows, trailer) = bytes.split_at(BLOCK_ROWS * ROW_BYTES);
        if trailer.first_chunk::<4>() != Some(&crc32c::crc32c(rows).to_le_bytes()) {
            return None;
        }
        let count = (self.rows - block * BLOCK_ROWS as u64).min(BLOCK_ROWS as u64);
        let rows = rows.as_chunks::<8>().0.as_chunks::<2>().0.iter();
        let rows = rows.map(|[hash, index]| (u64::from_le_bytes(*hash), u64::from_le_bytes(*index)));
        Some(rows.take(usize::try_from(count).ok()?).collect())
    }

    /// All rows in order; `None` in place of a block that is damaged, and nothing behind it.
    fn rows(&self) -> impl Iterator<Item = Option<Row>> {
        let mut damaged = false;
        let blocks = (0..self.fences.len() as u64).map_while(move |block| {
            let rows = if damaged { return None } else { self.block(block) };
            damaged = rows.is_none();
            Some(rows.map_or_else(|| vec![None], |rows| rows.into_iter().map(Some).collect()))
        });
        blocks.flatten()
    }

    /// Removes the file; whoever has the run open still reads it.
    pub(crate) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// Writes a run of rows that come sorted, `keys` of them of keys, and opens it.
pub(crate) fn write(folder: &Path, span: &Span, keys: u64, rows: impl Iterator<Item = Row>) -> io::Result<Run> {
    let (path, writing) = (folder.join(file_name(&span.segments)), folder.join("writing"));
    let mut out = BufWriter::with_capacity(1 << 18, File::create(&writing)?);
    let mut filter = Filter::new(keys).ok_or(io::ErrorKind::InvalidInput)?;
    let (mut loaded, mut block, mut count) = (Vec::new(), Vec::with_capacity(BLOCK_BYTES), 0_u64);
    for (hash, index) in rows {
        if block.is_empty() {
            loaded.extend_from_slice(&hash.to_le_bytes());
        }
        if is_key(hash) {
            filter.insert(hash);
        }
        block.extend_from_slice(&hash.to_le_bytes());
        block.extend_from_slice(&index.to_le_bytes());
        count += 1;
        if block.len() == BLOCK_ROWS * ROW_BYTES {
            write_block(&mut out, &mut block)?;
        }
    }
    if !block.is_empty() {
        write_block(&mut out, &mut block)?;
    }
    filter.words.iter().for_each(|word| loaded.extend_from_slice(&word.to_le_bytes()));
    out.write_all(&loaded)?;
    let numbers = [count, keys, span.first, span.end].map(u64::to_le_bytes);
    let footer = [MAGIC.as_slice(), &numbers.concat(), &span.root, &crc32c::crc32c(&loaded).to_le_bytes()].concat();
    out.write_all(&footer)?;
    out.write_all(&crc32c::crc32c(&footer).to_le_bytes())?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&writing, &path)?;
    File::open(folder)?.sync_all()?;
    Run::open(&path).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn write_block(out: &mut impl io::Write, block: &mut Vec<u8>) -> io::Result<()> {
    block.resize(BLOCK_ROWS * ROW_BYTES, 0);
    let crc = crc32c::crc32c(block);
    block.extend_from_slice(&crc.to_le_bytes());
    block.resize(BLOCK_BYTES, 0);
    out.write_all(block)?;
    block.clear();
    Ok(())
}

/// Makes one run of several that lie side by side; `None` inside where one of them is damaged.
pub(crate) fn merge(folder: &Path, runs: &[&Run]) -> io::Result<Option<Run>> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(None) };
    let segments = *first.span.segments.start()..=*last.span.segments.end();
    let span = Span { segments, first: first.span.first, ..last.span.clone() };
    let mut damaged = false;
    let mut heads: Vec<_> = runs.iter().map(|run| run.rows().peekable()).collect();
    let rows = std::iter::from_fn(|| {
        let next = heads.iter_mut().filter_map(|rows| rows.peek().copied().map(|row| (row, rows)));
        // A damaged block sorts before all rows.
        let (row, rows) = next.min_by_key(|(row, _)| *row)?;
        rows.next();
        damaged |= row.is_none();
        row
    });
    let run = write(folder, &span, runs.iter().map(|run| run.keys).sum(), rows)?;
    if damaged {
        run.remove()?;
    }
    Ok((!damaged).then_some(run))
}

/// Tells most keys that are not there from those that are, in memory.
struct Filter {
    words: Vec<u64>,
}

impl Filter {
    fn bytes(keys: u64) -> Option<u64> {
        let bits = BUCKET_WORDS as u64 * 64;
        keys.checked_mul(FILTER_BITS_PER_KEY)?.div_ceil(bits).checked_mul(bits / 8)
    }

    fn new(keys: u64) -> Option<Self> {
        Some(Self { words: vec![0; usize::try_from(Self::bytes(keys)? / 8).ok()?] })
    }

    /// The words and bits of a hash; nothing where the filter is empty.
    fn probes(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let buckets = (self.words.len() / BUCKET_WORDS) as u64;
        // The high half says which bucket, a mix of all bits which of its bits.
        let bucket = usize::try_from(((hash >> 32) * buckets) >> 32).unwrap_or(0);
        let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let probes = if buckets == 0 { 0 } else { FILTER_PROBES };
        (0..probes).map(move |probe| {
            let bit = mixed >> (64 - 9 * (probe + 1)) & 511;
            (bucket * BUCKET_WORDS + (bit >> 6) as usize, 1 << (bit & 63))
        })
    }

    fn insert(&mut self, hash: u64) {
        for (word, bit) in self.probes(hash) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_contain(&self, hash: u64) -> bool {
        !self.words.is_empty()
            && self.probes(hash).all(|(word, bit)| self.words.get(word).is_some_and(|w| w & bit != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64, seed: u64) -> Vec<Row> {
        let mut rows: Vec<Row> =
            (0..count).map(|index| ((index + 1).wrapping_mul(0xd134_2543_de82_ef95) ^ seed, index)).collect();
        rows.sort_unstable();
        rows
    }

    fn span(segments: RangeInclusive<u32>, first: u64, end: u64) -> Span {
        Span { segments, first, end, root: [7; 32] }
    }

    fn keys(rows: &[Row]) -> u64 {
        rows.iter().filter(|row| is_key(row.0)).count() as u64
    }

    #[test]
    fn every_row_of_a_run_is_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for count in [0, 1, 254, 255, 256, 5000] {
            let mut all = rows(count, 0);
            // One hash over several blocks.
            all.extend((0..count / 2).map(|index| (1 << 40, index)));
            all.sort_unstable();
            let written = write(folder.path(), &span(0..=0, 0, count), keys(&all), all.iter().copied()).unwrap();
            assert_eq!(written.find(1 << 40).unwrap().len() as u64, count / 2);
            for (hash, index) in &all {
                assert!(written.find(*hash).unwrap().contains(index));
                assert_eq!(written.find(hash ^ 0x10), Some(vec![]));
            }
        }
    }

    #[test]
    fn merged_runs_answer_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let parts: Vec<Vec<Row>> = (0..8).map(|seed| rows(700, seed << 50)).collect();
        let runs: Vec<Run> = (0..)
            .zip(&parts)
            .map(|(segment, part)| {
                let first = u64::from(segment) * 700;
                write(folder.path(), &span(segment..=segment, first, first + 700), keys(part), part.iter().copied())
                    .unwrap()
            })
            .collect();
        let merged = merge(folder.path(), &runs.iter().collect::<Vec<_>>()).unwrap().unwrap();
        assert_eq!((merged.span.clone(), merged.rows), (span(0..=7, 0, 5600), 5600));
        for (hash, index) in parts.iter().flatten() {
            assert!(merged.find(*hash).unwrap().contains(index));
        }
    }

    #[test]
    fn any_damage_of_a_run_is_seen_and_never_a_miss() {
        let folder = tempfile::tempdir().unwrap();
        let all = rows(600, 0);
        let run = write(folder.path(), &span(3..=3, 0, 600), keys(&all), all.iter().copied()).unwrap();
        let whole = fs::read(&run.path).unwrap();
        for at in (0..whole.len()).step_by(97).chain(whole.len() - FOOTER_BYTES..whole.len()) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            fs::write(&run.path, damaged).unwrap();
            if let Some(opened) = Run::open(&run.path) {
                let seen = all.iter().filter(|(hash, _)| opened.find(*hash).is_none()).count();
                let is_padding = at % BLOCK_BYTES >= BLOCK_ROWS * ROW_BYTES + 4;
                assert!(seen > 0 || is_padding, "byte {at}");
                for (hash, index) in &all {
                    assert!(opened.find(*hash).is_none_or(|found| found.contains(index)), "byte {at}");
                }
            }
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&run.path, &whole[..length]).unwrap();
            assert!(Run::open(&run.path).is_none(), "cut to {length}");
        }
    }
}
