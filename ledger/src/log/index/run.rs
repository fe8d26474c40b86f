//! A run: the sorted rows of some sections, on pages that never change; each block proves itself.
//!
//! Blocks of rows, a page each; then the first row of each block and a filter of the keys; last a footer that names the
//! entries and the root of the tree behind them. What is loaded is checked when the run is opened, a block whenever it is
//! read: damage is seen, and never taken for a miss.

use std::ops::RangeInclusive;

use super::filter::Filter;
use super::pages::{PAGE_BYTES, Page, Pages};
use super::{Row, is_key};
use crate::LedgerError;
use crate::merkle::Hash;

const MAGIC: &[u8; 8] = b"TBROWS02";
const ROW_BYTES: usize = 16;
const BLOCK_ROWS: usize = PAGE_BYTES / ROW_BYTES - 1;
/// Magic, rows, keys, first entry, end, root, CRC of what is loaded, CRC of the footer itself.
const FOOTER_BYTES: usize = 8 * 5 + 32 + 4 + 4;

/// What the rows of some sections stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) sections: RangeInclusive<u32>,
    /// The first entry, and the one behind the last.
    pub(crate) first: u64,
    pub(crate) end: u64,
    /// Root of the tree of `end` entries: rows of another log have another.
    pub(crate) root: Hash,
}

impl Span {
    /// The name of the run of these sections.
    fn name(&self) -> String {
        format!("{:010}-{:010}", self.sections.start(), self.sections.end())
    }
}

/// A run that is open.
pub(crate) struct Run {
    pub(crate) span: Span,
    pub(crate) name: String,
    pub(crate) rows: u64,
    keys: u64,
    /// The first hash of each block.
    fences: Vec<u64>,
    filter: Filter,
}

/// The sections that a run of this name is of.
fn sections_of(name: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = name.split_once('-')?;
    let sections = first.parse().ok()?..=last.parse().ok()?;
    (!sections.is_empty()).then_some(sections)
}

impl Run {
    /// Opens a run of so many pages if it is whole; blocks are checked when they are read.
    pub(crate) fn open(pages: &dyn Pages, name: &str, count: u32) -> Option<Self> {
        let sections = sections_of(name)?;
        let last = pages.read(name, count.checked_sub(1)?)?;
        let (footer, crc) = last.get(..FOOTER_BYTES)?.split_last_chunk::<4>()?;
        let good = u32::from_le_bytes(*crc) == crc32c::crc32c(footer);
        let (magic, rest) = footer.split_first_chunk::<8>()?;
        (good && magic == MAGIC).then_some(())?;
        let (numbers, rest) = rest.split_first_chunk::<32>()?;
        let mut numbers = numbers.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number));
        let (rows, keys, first, end) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
        let (root, crc) = rest.split_first_chunk::<32>()?;
        let span = Span { sections, first, end, root: *root };
        (span.name() == name).then_some(())?;

        let blocks = u32::try_from(rows.div_ceil(BLOCK_ROWS as u64)).ok()?;
        let loaded_bytes =
            usize::try_from(u64::from(blocks).checked_mul(8)?.checked_add(Filter::bytes(keys)?)?).ok()?;
        let loaded_pages = u32::try_from(loaded_bytes.div_ceil(PAGE_BYTES)).ok()?;
        (blocks.checked_add(loaded_pages)?.checked_add(1)? == count).then_some(())?;
        let mut loaded = Vec::with_capacity(loaded_pages as usize * PAGE_BYTES);
        for page in blocks..blocks + loaded_pages {
            loaded.extend_from_slice(&pages.read(name, page)?);
        }
        loaded.truncate(loaded_bytes);
        (crc == crc32c::crc32c(&loaded).to_le_bytes()).then_some(())?;
        let mut words: Vec<u64> = loaded.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let filter = Filter::from_words(words.split_off(blocks as usize));
        Some(Self { span, name: name.to_owned(), rows, keys, fences: words, filter })
    }

    /// Entries that may have this hash; `None` where a block is damaged.
    pub(crate) fn find(&self, pages: &dyn Pages, hash: u64) -> Option<Vec<u64>> {
        let mut found = Vec::new();
        if is_key(hash) && !self.filter.may_contain(hash) {
            return Some(found);
        }
        // The rows of one hash may begin in the block before the first that begins with it.
        let first = self.fences.partition_point(|fence| *fence < hash).saturating_sub(1);
        for block in first..self.fences.partition_point(|fence| *fence <= hash) {
            let rows = self.block(pages, block)?;
            found.extend(rows.iter().filter(|row| row.0 == hash).map(|row| row.1));
        }
        Some(found)
    }

    fn block(&self, pages: &dyn Pages, block: usize) -> Option<Vec<Row>> {
        let page = pages.read(&self.name, u32::try_from(block).ok()?)?;
        let (rows, trailer) = page.split_at(BLOCK_ROWS * ROW_BYTES);
        if trailer.first_chunk::<4>() != Some(&crc32c::crc32c(rows).to_le_bytes()) {
            return None;
        }
        let count = (self.rows - block as u64 * BLOCK_ROWS as u64).min(BLOCK_ROWS as u64);
        let rows = rows.as_chunks::<8>().0.as_chunks::<2>().0.iter();
        let rows = rows.map(|[hash, index]| (u64::from_le_bytes(*hash), u64::from_le_bytes(*index)));
        let rows: Vec<Row> = rows.take(usize::try_from(count).ok()?).collect();
        // Another block than the one that was asked for begins with another row.
        (rows.first().map(|row| &row.0) == self.fences.get(block)).then_some(rows)
    }

    /// All rows in order; `None` in place of a block that is damaged, and nothing behind it.
    fn all<'run>(&'run self, pages: &'run dyn Pages) -> impl Iterator<Item = Option<Row>> + 'run {
        let mut damaged = false;
        let blocks = (0..self.fences.len()).map_while(move |block| {
            let rows = if damaged { return None } else { self.block(pages, block) };
            damaged = rows.is_none();
            Some(rows.map_or_else(|| vec![None], |rows| rows.into_iter().map(Some).collect()))
        });
        blocks.flatten()
    }
}

/// Writes a run of rows that come sorted, `keys` of them of keys, and opens it.
///
/// # Errors
/// [`LedgerError::Io`], [`LedgerError::IndexFailed`]
pub(crate) fn write(
    pages: &dyn Pages,
    span: &Span,
    keys: u64,
    rows: impl Iterator<Item = Row>,
) -> Result<Run, LedgerError> {
    let mut writer = Writer {
        rows,
        filter: Filter::new(keys).ok_or(LedgerError::IndexFailed)?,
        fences: Vec::new(),
        count: 0,
        span,
        keys,
        rest: None,
        written: 0,
    };
    pages.write(&span.name(), &mut writer)?;
    Run::open(pages, &span.name(), writer.written).ok_or(LedgerError::IndexFailed)
}

/// The pages of a run, made as they are asked for.
struct Writer<'span, R> {
    rows: R,
    filter: Filter,
    fences: Vec<u64>,
    count: u64,
    span: &'span Span,
    keys: u64,
    /// What follows the blocks, once all of them are made.
    rest: Option<std::vec::IntoIter<Page>>,
    written: u32,
}

impl<R: Iterator<Item = Row>> Writer<'_, R> {
    fn block(&mut self) -> Option<Page> {
        let mut page = [0; PAGE_BYTES];
        let (block, trailer) = page.split_at_mut(BLOCK_ROWS * ROW_BYTES);
        let mut count = 0;
        for (place, (hash, index)) in block.as_chunks_mut::<8>().0.as_chunks_mut::<2>().0.iter_mut().zip(&mut self.rows)
        {
            if count == 0 {
                self.fences.push(hash);
            }
            if is_key(hash) {
                self.filter.insert(hash);
            }
            *place = [hash.to_le_bytes(), index.to_le_bytes()];
            count += 1;
        }
        self.count += count;
        if let Some(crc) = trailer.first_chunk_mut::<4>() {
            *crc = crc32c::crc32c(block).to_le_bytes();
        }
        (count > 0).then_some(page)
    }

    fn rest(&self) -> Vec<Page> {
        let words = self.fences.iter().chain(self.filter.words());
        let loaded: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
        let numbers = [self.count, self.keys, self.span.first, self.span.end].map(u64::to_le_bytes);
        let crc = crc32c::crc32c(&loaded).to_le_bytes();
        let footer = [MAGIC.as_slice(), &numbers.concat(), &self.span.root, &crc].concat();
        let footer = [footer.as_slice(), &crc32c::crc32c(&footer).to_le_bytes()].concat();
        loaded.chunks(PAGE_BYTES).chain([footer.as_slice()]).map(page_of).collect()
    }
}

impl<R: Iterator<Item = Row>> Iterator for Writer<'_, R> {
    type Item = Page;

    fn next(&mut self) -> Option<Page> {
        let block = if self.rest.is_none() { self.block() } else { None };
        let page = block.or_else(|| {
            let mut rest = self.rest.take().unwrap_or_else(|| self.rest().into_iter());
            let page = rest.next();
            self.rest = Some(rest);
            page
        })?;
        self.written += 1;
        Some(page)
    }
}

/// A page that begins with these bytes, which are no more than it has.
fn page_of(bytes: &[u8]) -> Page {
    let mut page = [0; PAGE_BYTES];
    page.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    page
}

/// Makes one run of several that lie side by side; `None` inside where one of them is damaged.
///
/// # Errors
/// As [`write`].
pub(crate) fn merge(pages: &dyn Pages, runs: &[&Run]) -> Result<Option<Run>, LedgerError> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(None) };
    let sections = *first.span.sections.start()..=*last.span.sections.end();
    let span = Span { sections, first: first.span.first, ..last.span.clone() };
    let mut damaged = false;
    let mut heads: Vec<_> = runs.iter().map(|run| run.all(pages).peekable()).collect();
    let rows = std::iter::from_fn(|| {
        let next = heads.iter_mut().filter_map(|rows| rows.peek().copied().map(|row| (row, rows)));
        // A damaged block sorts before all rows.
        let (row, rows) = next.min_by_key(|(row, _)| *row)?;
        rows.next();
        damaged |= row.is_none();
        row
    });
    let run = write(pages, &span, runs.iter().map(|run| run.keys).sum(), rows)?;
    if damaged {
        pages.remove(&run.name)?;
    }
    Ok((!damaged).then_some(run))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::log::IndexEngine;
    use crate::log::index::pages;

    fn rows(count: u64, seed: u64) -> Vec<Row> {
        let mut rows: Vec<Row> =
            (0..count).map(|index| ((index + 1).wrapping_mul(0xd134_2543_de82_ef95) ^ seed, index)).collect();
        rows.sort_unstable();
        rows
    }

    fn in_files(folder: &Path) -> Box<dyn Pages> {
        pages::open(IndexEngine::Files, folder).unwrap()
    }

    fn span(sections: RangeInclusive<u32>, first: u64, end: u64) -> Span {
        Span { sections, first, end, root: [7; 32] }
    }

    fn write_all(pages: &dyn Pages, span: &Span, rows: &[Row]) -> Run {
        let keys = rows.iter().filter(|row| is_key(row.0)).count() as u64;
        write(pages, span, keys, rows.iter().copied()).unwrap()
    }

    #[test]
    fn every_row_of_a_run_is_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let pages = in_files(folder.path());
        for count in [0, 1, 254, 255, 256, 5000] {
            let mut all = rows(count, 0);
            // One hash over several blocks.
            all.extend((0..count / 2).map(|index| (1 << 40, index)));
            all.sort_unstable();
            let run = write_all(pages.as_ref(), &span(0..=0, 0, count), &all);
            assert_eq!(run.find(pages.as_ref(), 1 << 40).unwrap().len() as u64, count / 2);
            for (hash, index) in &all {
                assert!(run.find(pages.as_ref(), *hash).unwrap().contains(index));
                assert_eq!(run.find(pages.as_ref(), hash ^ 0x10), Some(vec![]));
            }
        }
    }

    #[test]
    fn merged_runs_answer_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let pages = in_files(folder.path());
        let parts: Vec<Vec<Row>> = (0..8).map(|seed| rows(700, seed << 50)).collect();
        let run = |(section, part): (u32, &Vec<Row>)| {
            let first = u64::from(section) * 700;
            write_all(pages.as_ref(), &span(section..=section, first, first + 700), part)
        };
        let runs: Vec<Run> = (0..).zip(&parts).map(run).collect();
        let merged = merge(pages.as_ref(), &runs.iter().collect::<Vec<_>>()).unwrap().unwrap();
        assert_eq!((merged.span.clone(), merged.rows), (span(0..=7, 0, 5600), 5600));
        for (hash, index) in parts.iter().flatten() {
            assert!(merged.find(pages.as_ref(), *hash).unwrap().contains(index));
        }
    }

    #[test]
    fn any_damage_of_a_run_is_seen_and_never_a_miss() {
        let folder = tempfile::tempdir().unwrap();
        let pages = in_files(folder.path());
        let all = rows(600, 0);
        let name = write_all(pages.as_ref(), &span(3..=3, 0, 600), &all).name;
        let path = folder.path().join("runs").join(format!("{name}.rows"));
        let whole = fs::read(&path).unwrap();
        let count = u32::try_from(whole.len() / PAGE_BYTES).unwrap();
        for at in (0..whole.len()).step_by(97).chain(whole.len() - PAGE_BYTES..whole.len() - PAGE_BYTES + FOOTER_BYTES)
        {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            fs::write(&path, damaged).unwrap();
            if let Some(opened) = Run::open(pages.as_ref(), &name, count) {
                let found: Vec<_> = all.iter().map(|(hash, _)| opened.find(pages.as_ref(), *hash)).collect();
                let is_harmless = found.iter().all(Option::is_some);
                assert!(!is_harmless || is_padding(&whole, at), "byte {at}");
                for ((_, index), found) in all.iter().zip(found) {
                    assert!(found.is_none_or(|found| found.contains(index)), "byte {at}");
                }
            }
        }
        for pages_left in 0..count {
            fs::write(&path, &whole[..pages_left as usize * PAGE_BYTES]).unwrap();
            assert!(Run::open(pages.as_ref(), &name, pages_left).is_none(), "cut to {pages_left}");
        }
    }

    #[test]
    fn blocks_that_stand_in_for_each_other_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let pages = in_files(folder.path());
        let all = rows(600, 0);
        let run = write_all(pages.as_ref(), &span(0..=0, 0, 600), &all);
        let path = folder.path().join("runs").join(format!("{}.rows", run.name));
        let mut swapped = fs::read(&path).unwrap();
        let (first, second) = swapped.split_at_mut(PAGE_BYTES);
        first.swap_with_slice(&mut second[..PAGE_BYTES]);
        fs::write(&path, swapped).unwrap();
        assert_eq!(run.find(pages.as_ref(), all[0].0), None);
    }

    /// Whether a byte says nothing: behind the CRC of a block, the loaded words, or the footer.
    fn is_padding(whole: &[u8], at: usize) -> bool {
        let (page, within) = (at / PAGE_BYTES, at % PAGE_BYTES);
        let pages = whole.len() / PAGE_BYTES;
        let blocks = 600_usize.div_ceil(BLOCK_ROWS);
        match page {
            _ if page < blocks => within >= BLOCK_ROWS * ROW_BYTES + 4,
            _ if page == pages - 1 => within >= FOOTER_BYTES,
            // 300 keys of 12 bits make 512 bytes of filter, and each block has a fence of 8.
            _ => within >= blocks * 8 + 512,
        }
    }
}
