//! The file layer under segments: as little of a file system as they need, so that a simulated one can stand in for it.

#[cfg(test)]
pub(crate) mod simulated;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// Bytes read at once past the page cache, and the alignment that it asks for.
const DIRECT_BYTES: usize = 1 << 20;
const DIRECT_ALIGNMENT: usize = 4096;

/// Folders and files. What was written may be lost, in part and in any order, until the file is synced; a name until its
/// folder is. A rename is never half done.
pub(crate) trait Disk: Send + Sync {
    /// The names in a folder.
    ///
    /// # Errors
    /// Those of the operating system.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Opens a file that is there, to read and to write.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`]; those of the operating system.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes an empty file that its owner alone may use, in place of one of that name.
    ///
    /// # Errors
    /// Those of the operating system.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// The bytes of a file as the disk holds them: past the page cache, which may hold what a failed sync lost.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`]; those of the operating system.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Renames a file, in place of one that has the name.
    ///
    /// # Errors
    /// Those of the operating system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the operating system.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Waits until the disk holds the names in a folder.
    ///
    /// # Errors
    /// Those of the operating system.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Whether files may be made ready by another thread; a simulation does everything in one order.
    fn has_background(&self) -> bool {
        true
    }
}

/// An open file; many threads may use it.
pub(crate) trait DiskFile: Send + Sync {
    /// Bytes of the file.
    ///
    /// # Errors
    /// Those of the operating system.
    fn bytes(&self) -> io::Result<u64>;

    /// Fills a buffer.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`]; those of the operating system.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all bytes; the file grows where it must.
    ///
    /// # Errors
    /// Those of the operating system.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Waits until the disk holds what was written.
    ///
    /// # Errors
    /// Those of the operating system: what the disk holds is unknown then.
    fn sync(&self) -> io::Result<()>;
}

/// The machine's own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(folder)?.map(|item| Ok(item?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        Ok(Arc::new(options.read(true).write(true).create(true).truncate(true).mode(0o600).open(path)?))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_direct(path).or_else(|_| fs::read(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}

impl DiskFile for File {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        // It waits for the file's size too, where that changed.
        self.sync_data()
    }
}

/// Fails on file systems without `O_DIRECT`.
fn read_direct(path: &Path) -> io::Result<Vec<u8>> {
    let direct = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().read(true).custom_flags(direct).open(path)?;
    let mut room = vec![0; DIRECT_BYTES + DIRECT_ALIGNMENT];
    let aligned = room.as_ptr().align_offset(DIRECT_ALIGNMENT);
    let block = room.get_mut(aligned..aligned + DIRECT_BYTES).ok_or(io::ErrorKind::InvalidInput)?;
    let mut bytes = Vec::with_capacity(usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?);
    loop {
        let read = file.read(block)?;
        bytes.extend_from_slice(block.get(..read).unwrap_or_default());
        if read < DIRECT_BYTES {
            return Ok(bytes);
        }
    }
}
