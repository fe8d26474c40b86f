//! A disk in memory that fails and loses power as a seed says, and keeps of what was not synced any part in any order.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, DiskFile};

/// Bytes that the disk writes as a whole.
const SECTOR_BYTES: usize = 512;

/// Numbers that a seed determines (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True so many times of a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What becomes of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The machine loses its power; nothing works any more.
    PowerCut,
    /// The operation fails; those behind it do not.
    Eio,
    /// There is no room; for as long as the fault stands.
    Full,
}

#[derive(Debug, Clone, Default)]
struct Inode {
    /// What a reader is told.
    live: Vec<u8>,
    /// What a power cut leaves for sure.
    durable: Vec<u8>,
    /// Writes that were not synced, in order.
    unsynced: Vec<(usize, Vec<u8>)>,
}

/// A change of names that was not synced.
#[derive(Debug, Clone)]
enum Change {
    Link(PathBuf, u64),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, u64),
}

impl Change {
    fn path(&self) -> &Path {
        let (Self::Link(path, _) | Self::Unlink(path) | Self::Rename(path, ..)) = self;
        path
    }

    fn apply(self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Link(path, file) => drop(names.insert(path, file)),
            Self::Unlink(path) => drop(names.remove(&path)),
            Self::Rename(from, to, file) => {
                names.remove(&from);
                names.insert(to, file);
            }
        }
    }
}

#[derive(Debug)]
struct State {
    random: Random,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    changes: Vec<Change>,
    files: BTreeMap<u64, Inode>,
    created: u64,
    operations: u64,
    /// What happens to which operation.
    fault: Option<(u64, Fault)>,
    is_dead: bool,
}

/// The disk; clones are the same one.
#[derive(Clone)]
pub(crate) struct SimulatedDisk(Arc<Mutex<State>>);

impl SimulatedDisk {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(Random(seed), BTreeMap::new(), BTreeMap::new())
    }

    fn with(random: Random, names: BTreeMap<PathBuf, u64>, files: BTreeMap<u64, Inode>) -> Self {
        let created = files.keys().last().map_or(0, |last| last + 1);
        Self(Arc::new(Mutex::new(State {
            random,
            durable_names: names.clone(),
            names,
            changes: Vec::new(),
            files,
            created,
            operations: 0,
            fault: None,
            is_dead: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets something happen to an operation, counted from now; or to none.
    pub(crate) fn plan(&self, fault: Option<(u64, Fault)>) {
        let mut state = self.lock();
        let operations = state.operations;
        state.fault = fault.map(|(after, fault)| (operations + after, fault));
    }

    /// Whether the power is gone.
    pub(crate) fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// The disk as it is when the power comes back: what was synced, and any part of what was not.
    pub(crate) fn after_power_cut(&self) -> Self {
        let mut state = self.lock();
        let mut random = Random(state.random.next());
        let kept = [0, 10, 50, 90, 100][usize::try_from(random.below(5)).unwrap()];
        let mut names = state.durable_names.clone();
        for change in state.changes.iter().filter(|_| random.chance(kept)).cloned().collect::<Vec<_>>() {
            change.apply(&mut names);
        }
        let mut files = BTreeMap::new();
        for file in names.values() {
            let inode = &state.files[file];
            let mut bytes = inode.durable.clone();
            for (offset, written) in &inode.unsynced {
                write_sectors(&mut bytes, *offset, written, || random.chance(kept));
            }
            files.insert(*file, Inode { live: bytes.clone(), durable: bytes, unsynced: Vec::new() });
        }
        Self::with(random, names, files)
    }
}

/// Writes the sectors that are chosen.
fn write_sectors(bytes: &mut Vec<u8>, offset: usize, written: &[u8], mut is_kept: impl FnMut() -> bool) {
    let mut at = 0;
    while at < written.len() {
        let end = (at + SECTOR_BYTES - (offset + at) % SECTOR_BYTES).min(written.len());
        if is_kept() {
            write(bytes, offset + at, &written[at..end]);
        }
        at = end;
    }
}

fn write(bytes: &mut Vec<u8>, offset: usize, written: &[u8]) {
    if bytes.len() < offset + written.len() {
        bytes.resize(offset + written.len(), 0);
    }
    bytes[offset..offset + written.len()].copy_from_slice(written);
}

impl State {
    /// What happens to the next operation; an error for all that come once the power is gone.
    fn operate(&mut self) -> io::Result<Option<Fault>> {
        if self.is_dead {
            return Err(io::ErrorKind::Other.into());
        }
        self.operations += 1;
        match self.fault {
            Some((at, Fault::Full)) if self.operations >= at => Ok(Some(Fault::Full)),
            Some((at, fault)) if self.operations == at => {
                self.is_dead = fault == Fault::PowerCut;
                Ok(Some(fault))
            }
            _ => Ok(None),
        }
    }

    /// An operation that happens or does not.
    fn whole(&mut self) -> io::Result<()> {
        match self.operate()? {
            // A full disk lets everything be but growth.
            None | Some(Fault::Full) => Ok(()),
            Some(fault) => Err(fault.into()),
        }
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::PowerCut | Fault::Eio => io::ErrorKind::Other.into(),
            Fault::Full => io::ErrorKind::StorageFull.into(),
        }
    }
}

impl Disk for SimulatedDisk {
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut state = self.lock();
        state.whole()?;
        let names = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        state.whole()?;
        let file = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        if let Some(fault) = state.operate()? {
            return Err(fault.into());
        }
        let file = state.created;
        state.created += 1;
        state.files.insert(file, Inode::default());
        state.names.insert(path.to_owned(), file);
        state.changes.push(Change::Link(path.to_owned(), file));
        Ok(Arc::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut state = self.lock();
        state.whole()?;
        let file = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        let inode = &state.files[&file];
        let mut bytes = inode.durable.clone();
        inode.unsynced.iter().for_each(|(offset, written)| write(&mut bytes, *offset, written));
        Ok(bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.whole()?;
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        state.changes.push(Change::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.whole()?;
        state.names.remove(path).ok_or(io::ErrorKind::NotFound)?;
        state.changes.push(Change::Unlink(path.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.whole()?;
        let changes = std::mem::take(&mut state.changes);
        let (synced, others): (Vec<_>, _) = changes.into_iter().partition(|it| it.path().parent() == Some(folder));
        state.changes = others;
        for change in synced {
            change.apply(&mut state.durable_names);
        }
        Ok(())
    }

    fn has_background(&self) -> bool {
        false
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    file: u64,
}

impl DiskFile for SimulatedFile {
    fn bytes(&self) -> io::Result<u64> {
        let mut state = self.disk.lock();
        state.whole()?;
        Ok(state.files[&self.file].live.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.whole()?;
        let (live, offset) = (&state.files[&self.file].live, usize::try_from(offset).unwrap());
        buffer.copy_from_slice(live.get(offset..offset + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let offset = usize::try_from(offset).unwrap();
        let fault = state.operate()?;
        let grows = offset + bytes.len() > state.files[&self.file].live.len();
        let written = match fault {
            None => bytes,
            Some(Fault::Full) if !grows => bytes,
            // Some of it was written, or is on its way.
            Some(_) => &bytes[..usize::try_from(state.random.below(bytes.len() as u64 + 1)).unwrap()],
        };
        let is_whole = written.len() == bytes.len();
        let inode = state.files.get_mut(&self.file).unwrap();
        write(&mut inode.live, offset, written);
        inode.unsynced.push((offset, written.to_vec()));
        match fault {
            Some(fault) if fault != Fault::Full || !is_whole => Err(fault.into()),
            _ => Ok(()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let fault = state.operate()?.filter(|fault| *fault != Fault::Full);
        let mut random = state.random.clone();
        let inode = state.files.get_mut(&self.file).unwrap();
        match fault {
            Some(Fault::PowerCut) => {}
            // What the sync could not write the system forgets, and still shows (fsyncgate).
            _ => {
                for (offset, written) in std::mem::take(&mut inode.unsynced) {
                    write_sectors(&mut inode.durable, offset, &written, || fault.is_none() || random.chance(50));
                }
            }
        }
        state.random = random;
        fault.map_or(Ok(()), |fault| Err(fault.into()))
    }
}
