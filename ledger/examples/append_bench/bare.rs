//! What no store can beat: one prezeroed file, one write and one fdatasync a batch.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// The file, written from the front again and again.
pub(crate) struct Bare {
    file: File,
    at: u64,
}

impl Bare {
    const FILE_BYTES: usize = 64 << 20;

    pub(crate) fn open(folder: &Path) -> Self {
        let path = folder.join("bare");
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(path).unwrap();
        file.write_all_at(&vec![0; Self::FILE_BYTES], 0).unwrap();
        file.sync_all().unwrap();
        Self { file, at: 0 }
    }

    /// Entries a second in batches of so many bytes that stand for `entries`; adds what each sync took.
    pub(crate) fn run(&mut self, turn: Duration, bytes: usize, entries: usize, syncs: &mut Vec<Duration>) -> f64 {
        let bytes = vec![b'x'; bytes];
        let start = Instant::now();
        let mut written = 0;
        while start.elapsed() < turn {
            if self.at + bytes.len() as u64 > Self::FILE_BYTES as u64 {
                self.at = 0;
            }
            self.file.write_all_at(&bytes, self.at).unwrap();
            let writing = Instant::now();
            self.file.sync_data().unwrap();
            syncs.push(writing.elapsed());
            self.at += bytes.len() as u64;
            written += entries;
        }
        f64::from(u32::try_from(written).unwrap()) / start.elapsed().as_secs_f64()
    }
}
