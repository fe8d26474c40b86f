//! The keys of the records: one row a record, wrapped by one key that is replaced whenever a record's key is destroyed.
//!
//! Overwriting a row destroys nothing: disks, snapshots and backups keep copies of it. So the rows that stay are written
//! again under a new wrapping key, and the old one is destroyed: no copy of an old row opens any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use certs::{aead, random};

use crate::LedgerError;
use crate::log::disk::{Disk, DiskFile};

/// Nonce, wrapped key with its tag.
const WRAPPED_BYTES: usize = 12 + 48;
/// The same, and its CRC-32C.
const ROW_BYTES: usize = WRAPPED_BYTES + 4;
/// Rows that the file grows by.
const ROWS_AHEAD: u64 = 4096;
/// Rows that are written again at once.
const ROWS_AT_ONCE: u64 = 256;
/// What a row says whose key was destroyed; behind it zeroes.
const ERASED: &[u8] = b"erased";

type Key = [u8; 32];
type RowBytes = [u8; ROW_BYTES];

/// What a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    /// The key of a record.
    Key(Key),
    /// The key was destroyed.
    Erased,
    /// Neither.
    Damaged,
}

/// The file of rows, and the key that opens them.
pub(crate) struct Keys {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    open: RwLock<Open>,
}

struct Open {
    file: Arc<dyn DiskFile>,
    wrapping_key: Key,
    /// Rows that the file has room for.
    room: u64,
    /// Records that have a row; what lies behind was never acknowledged.
    records: u64,
}

impl Keys {
    /// Opens the rows of so many records. A replacement of the wrapping key that a crash cut short is ended, or undone
    /// where the old rows are still in place.
    ///
    /// # Errors
    /// [`LedgerError::StateFile`] when the wrapping key is damaged; [`LedgerError::Io`]
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        folder: &Path,
        records: u64,
        log_is_new: bool,
    ) -> Result<Self, LedgerError> {
        let path = folder.join("keys");
        let file = match disk.open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && log_is_new => disk.create(&path),
            file => file,
        };
        let file = file.map_err(LedgerError::io("open", &path))?;
        let room = file.bytes().map_err(LedgerError::io("read", &path))? / ROW_BYTES as u64;
        let names = Names::of(folder);
        let open = |wrapping_key| Open { file: Arc::clone(&file), wrapping_key, room, records };
        let current = read_key(disk.as_ref(), &names.wrapping)?;
        let next = match disk.read(&names.next_wrapping) {
            Ok(bytes) => Key::try_from(bytes).ok(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(LedgerError::io("read", &names.next_wrapping)(error)),
        };
        let current = current.map(open).ok_or_else(|| LedgerError::StateFile { path: names.wrapping.clone() });
        let open = match next.map(open) {
            None => current?,
            Some(next) if next.opens_some_row() => {
                retire(disk.as_ref(), &names)?;
                next
            }
            Some(next) => match current {
                Ok(current) if current.opens_some_row() => current,
                // Nothing is left that one of the two could open.
                _ if next.has_no_key() => {
                    retire(disk.as_ref(), &names)?;
                    next
                }
                _ => return Err(LedgerError::StateFile { path: names.wrapping }),
            },
        };
        for left in [&names.next_wrapping, &names.next_rows] {
            let _ = disk.remove(left);
        }
        Ok(Self { disk, folder: folder.to_owned(), open: RwLock::new(open) })
    }

    fn read(&self) -> RwLockReadGuard<'_, Open> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the row of a record holds.
    pub(crate) fn row(&self, record: u64) -> Row {
        self.read().row(record)
    }

    /// Whether there is room for the row of a record.
    pub(crate) fn has_room(&self, record: u64) -> bool {
        record < self.read().room
    }

    /// Makes room for further rows.
    ///
    /// # Errors
    /// [`LedgerError::StorageFull`]; nothing has changed then.
    pub(crate) fn grow(&self) -> Result<(), LedgerError> {
        let mut open = self.write();
        let zeroes = vec![0; usize::try_from(ROWS_AHEAD).unwrap_or(0) * ROW_BYTES];
        let grown = open.file.write_all_at(&zeroes, open.room * ROW_BYTES as u64).and_then(|()| open.file.sync());
        grown.map_err(|_| LedgerError::StorageFull)?;
        open.room += ROWS_AHEAD;
        Ok(())
    }

    /// Writes the row of a record, the newest one; it is durable once [`Self::file`] is synced.
    ///
    /// # Errors
    /// [`LedgerError::Crypto`], [`LedgerError::Io`]
    pub(crate) fn push(&self, record: u64, key: &Key) -> Result<(), LedgerError> {
        let mut open = self.write();
        let row = wrap(&open.wrapping_key, record, key)?;
        let written = open.file.write_all_at(&row, record * ROW_BYTES as u64);
        written.map_err(LedgerError::io("write", self.folder.join("keys")))?;
        open.records = open.records.max(record + 1);
        Ok(())
    }

    /// The file of the rows as it is now.
    pub(crate) fn file(&self) -> Arc<dyn DiskFile> {
        Arc::clone(&self.read().file)
    }

    /// Destroys the keys of some records: the others are wrapped by a new key, and the old one is destroyed.
    ///
    /// # Errors
    /// [`LedgerError::EvidenceKeyDamaged`] when another row is damaged, which no backup could mend afterwards;
    /// [`LedgerError::StorageFull`], [`LedgerError::Io`], [`LedgerError::Crypto`]: nothing is destroyed then. [`LedgerError::LogDead`]:
    /// the next start tells whether the keys are destroyed, and nothing may be written before.
    pub(crate) fn destroy(&self, records: &BTreeSet<u64>) -> Result<(), LedgerError> {
        let mut open = self.write();
        let names = Names::of(&self.folder);
        let next = self.rewrap(&open, &names, records).inspect_err(|_| {
            for left in [&names.next_wrapping, &names.next_rows] {
                let _ = self.disk.remove(left);
            }
        })?;
        let renamed = self.disk.rename(&names.next_rows, &names.rows);
        let renamed = renamed.and_then(|()| self.disk.sync_folder(&self.folder));
        renamed.map_err(|_| LedgerError::LogDead)?;
        *open = next;
        retire(self.disk.as_ref(), &names).map_err(|_| LedgerError::LogDead)
    }

    /// Writes the rows under a new wrapping key beside the old ones, all of it durable.
    fn rewrap(&self, open: &Open, names: &Names, erased: &BTreeSet<u64>) -> Result<Open, LedgerError> {
        let key: Key = random::array().map_err(crypto)?;
        // A crash must find the new key wherever it finds the new rows.
        let wrapping = self.disk.create(&names.next_wrapping);
        let written = wrapping.and_then(|file| {
            file.write_all_at(&key, 0)?;
            file.sync()?;
            self.disk.create(&names.next_rows)
        });
        let file = written.map_err(|error| full_or(error, &names.next_wrapping))?;
        let at_once = usize::try_from(ROWS_AT_ONCE).unwrap_or(0);
        for first in (0..open.room).step_by(at_once) {
            let end = open.room.min(first + ROWS_AT_ONCE);
            let rows: Result<Vec<RowBytes>, LedgerError> =
                (first..end).map(|record| open.row_again(record, &key, erased)).collect();
            let written = file.write_all_at(rows?.as_flattened(), first * ROW_BYTES as u64);
            written.map_err(|error| full_or(error, &names.next_rows))?;
        }
        let synced = file.sync().and_then(|()| self.disk.sync_folder(&self.folder));
        synced.map_err(|error| full_or(error, &names.next_rows))?;
        Ok(Open { file, wrapping_key: key, room: open.room, records: open.records })
    }
}

impl Open {
    fn row(&self, record: u64) -> Row {
        let mut row = [0; ROW_BYTES];
        let at = record.checked_mul(ROW_BYTES as u64).filter(|_| record < self.records);
        match at.map(|at| self.file.read_exact_at(&mut row, at)) {
            Some(Ok(())) => unwrap(&self.wrapping_key, record, &row),
            _ => Row::Damaged,
        }
    }

    /// The row as the next file has it.
    fn row_again(&self, record: u64, key: &Key, erased: &BTreeSet<u64>) -> Result<RowBytes, LedgerError> {
        if record >= self.records {
            return Ok([0; ROW_BYTES]);
        }
        if erased.contains(&record) {
            return Ok(erased_row());
        }
        match self.row(record) {
            Row::Key(row) => wrap(key, record, &row),
            Row::Erased => Ok(erased_row()),
            Row::Damaged => Err(LedgerError::EvidenceKeyDamaged { record }),
        }
    }

    fn opens_some_row(&self) -> bool {
        (0..self.records).any(|record| matches!(self.row(record), Row::Key(_)))
    }

    fn has_no_key(&self) -> bool {
        (0..self.records).all(|record| self.row(record) == Row::Erased)
    }
}

/// The files of the store that hold keys.
struct Names {
    rows: PathBuf,
    next_rows: PathBuf,
    wrapping: PathBuf,
    next_wrapping: PathBuf,
}

impl Names {
    fn of(folder: &Path) -> Self {
        let [rows, next_rows, wrapping, next_wrapping] =
            ["keys", "keys.next", "wrapping.key", "wrapping.next"].map(|name| folder.join(name));
        Self { rows, next_rows, wrapping, next_wrapping }
    }
}

/// Destroys the old wrapping key, and gives the new one its name.
fn retire(disk: &dyn Disk, names: &Names) -> Result<(), LedgerError> {
    let folder = names.wrapping.parent().unwrap_or(Path::new("."));
    // The rows that need the new key may have their name in memory only, after a kill.
    let overwritten = disk.sync_folder(folder).and_then(|()| {
        let old = disk.open(&names.wrapping)?;
        old.write_all_at(&Key::default(), 0)?;
        old.sync()
    });
    let renamed = overwritten.and_then(|()| disk.rename(&names.next_wrapping, &names.wrapping));
    renamed.and_then(|()| disk.sync_folder(folder)).map_err(LedgerError::io("replace", &names.wrapping))
}

fn read_key(disk: &dyn Disk, path: &Path) -> Result<Option<Key>, LedgerError> {
    let bytes = disk.read(path).map_err(LedgerError::io("read", path))?;
    Ok(bytes.try_into().ok())
}

fn wrap(wrapping_key: &Key, record: u64, key: &Key) -> Result<RowBytes, LedgerError> {
    let nonce: [u8; 12] = random::array().map_err(crypto)?;
    let wrapped = aead::seal(wrapping_key, &nonce, &context(record), key).map_err(crypto)?;
    Ok(with_crc(&[nonce.as_slice(), &wrapped].concat()))
}

fn unwrap(wrapping_key: &Key, record: u64, row: &RowBytes) -> Row {
    if *row == erased_row() {
        return Row::Erased;
    }
    let opened = row.split_first_chunk::<WRAPPED_BYTES>().and_then(|(wrapped, _)| {
        let (nonce, sealed) = wrapped.split_first_chunk::<12>()?;
        let key = aead::open(wrapping_key, nonce, &context(record), sealed).ok()?;
        (with_crc(wrapped) == *row).then(|| key.try_into().ok())?
    });
    opened.map_or(Row::Damaged, Row::Key)
}

fn erased_row() -> RowBytes {
    with_crc(ERASED)
}

/// So many bytes, zeroes where there are fewer, and the CRC behind them.
fn with_crc(bytes: &[u8]) -> RowBytes {
    let mut row = [0; ROW_BYTES];
    row.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    if let Some((said, crc)) = row.split_last_chunk_mut::<4>() {
        *crc = crc32c::crc32c(said).to_le_bytes();
    }
    row
}

/// Binds a wrapped key to its record, so that none can stand in for another.
fn context(record: u64) -> Vec<u8> {
    super::context(b"key", record)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
pub(super) fn crypto(error: certs::Error) -> LedgerError {
    LedgerError::Crypto { code: error.code() }
}

fn full_or(error: std::io::Error, path: &Path) -> LedgerError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => LedgerError::StorageFull,
        _ => LedgerError::io("write", path)(error),
    }
}

#[cfg(test)]
mod tests;
