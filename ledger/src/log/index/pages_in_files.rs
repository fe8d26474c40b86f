//! Pages in files: one a run, written under another name and renamed once the disk holds it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::pages::{PAGE_BYTES, Page, Pages};
use crate::LedgerError;

const SUFFIX: &str = ".rows";
/// Bytes that are written at once.
const BUFFER_BYTES: usize = 1 << 18;

pub(crate) struct PagesInFiles {
    folder: PathBuf,
}

impl PagesInFiles {
    /// # Errors
    /// [`LedgerError::Io`]
    pub(crate) fn open(folder: &Path) -> Result<Self, LedgerError> {
        fs::create_dir_all(folder).map_err(LedgerError::io("make", folder))?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{SUFFIX}"))
    }
}

impl Pages for PagesInFiles {
    fn runs(&self) -> Result<Vec<(String, u32)>, LedgerError> {
        let failed = || LedgerError::io("list", &self.folder);
        let mut runs = Vec::new();
        for item in fs::read_dir(&self.folder).map_err(failed())? {
            let item = item.map_err(failed())?;
            let Some(name) = item.file_name().to_str().and_then(|name| Some(name.strip_suffix(SUFFIX)?.to_owned()))
            else {
                continue;
            };
            let pages = item.metadata().map_err(failed())?.len() / PAGE_BYTES as u64;
            // A file that is longer than any run is none, and neither is one without pages.
            runs.push((name, u32::try_from(pages).unwrap_or(0)));
        }
        Ok(runs)
    }

    fn write(&self, name: &str, pages: &mut dyn Iterator<Item = Page>) -> Result<(), LedgerError> {
        let writing = self.folder.join("writing");
        let write = |pages: &mut dyn Iterator<Item = Page>| -> io::Result<()> {
            let mut out = BufWriter::with_capacity(BUFFER_BYTES, File::create(&writing)?);
            for page in pages {
                out.write_all(&page)?;
            }
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&writing, self.path(name))?;
            File::open(&self.folder)?.sync_all()
        };
        write(pages).map_err(LedgerError::io("write", &self.folder))
    }

    fn read(&self, name: &str, page: u32) -> Option<Page> {
        let mut bytes = [0; PAGE_BYTES];
        let file = File::open(self.path(name)).ok()?;
        file.read_exact_at(&mut bytes, u64::from(page) * PAGE_BYTES as u64).ok()?;
        Some(bytes)
    }

    fn remove(&self, name: &str) -> Result<(), LedgerError> {
        let path = self.path(name);
        fs::remove_file(&path).map_err(LedgerError::io("remove", path))
    }

    fn flush(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}
