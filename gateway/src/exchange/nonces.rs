//! The nonces of signed requests, remembered as long as their signatures could be sent again, over restarts too.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::problem::Problem;

/// How far `created` may be from our clock, either way.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(300);
/// Nonces in memory at most: at 100 bytes each, 100 MB.
const NONCES_MAX: usize = 1_000_000;
/// Lines of the file beyond twice the living ones before it is written anew.
const DEAD_LINES_MAX: usize = 100_000;

/// 随机数记录.
///
/// Each nonce is a line of a file before its request is handled: the death of the process loses none. A power cut may, so the file
/// begins with the boot during which it was written. Where nonces may have been lost, what was signed before the start + [`WINDOW`]
/// is refused: a request that was answered then could be sent again otherwise.
#[derive(Debug)]
pub struct Nonces {
    believed_from: Option<Timestamp>,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    nonces: HashSet<[u8; 32]>,
    by_age: BTreeSet<(Timestamp, [u8; 32])>,
    path: PathBuf,
    boot: String,
    file: File,
    lines: usize,
}

/// Whether requests may have been answered before this start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// Nothing was ever recorded here.
    None,
    /// Something was.
    Some,
}

impl Nonces {
    /// Opens the file at `path`, which `boot` (the system's name for the time since it was switched on) must have written for its
    /// nonces to count as complete.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, boot: &str, past: Past, now: Timestamp) -> io::Result<Self> {
        let old = match fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let complete = match &old {
            Some(text) => text.lines().next() == Some(boot),
            None => past == Past::None,
        };
        let by_age = old.iter().flat_map(|text| text.lines().skip(1)).filter_map(parse_line);
        let by_age: BTreeSet<_> = by_age.filter(|(created, _)| now.duration_since(*created) <= WINDOW).collect();
        let nonces = by_age.iter().map(|(_, nonce)| *nonce).collect();
        let file = write_file(path, boot, &by_age)?;
        let lines = by_age.len();
        let seen = Seen { nonces, by_age, path: path.to_owned(), boot: boot.to_owned(), file, lines };
        let believed_from = if complete { None } else { now.checked_add(WINDOW).ok() };
        Ok(Self { believed_from, seen: Mutex::new(seen) })
    }

    /// Judges when a signature was made.
    ///
    /// # Errors
    /// [`Problem::CreatedStale`], [`Problem::CreatedInFuture`], [`Problem::CreatedBeforeStart`].
    pub fn judge_created(&self, created: Timestamp, now: Timestamp) -> Result<(), Problem> {
        let age = now.duration_since(created);
        if age > WINDOW {
            return Err(Problem::CreatedStale { age_seconds: age.as_secs() });
        }
        if age < -WINDOW {
            return Err(Problem::CreatedInFuture { ahead_seconds: -age.as_secs() });
        }
        if self.believed_from.is_some_and(|from| created < from) { Err(Problem::CreatedBeforeStart) } else { Ok(()) }
    }

    /// Remembers a nonce of a key. To be called once the signature was found right: a stranger must not use up nonces.
    ///
    /// # Errors
    /// [`Problem::NonceReplayed`], [`Problem::NoncesExhausted`].
    pub fn remember(&self, key_id: &str, nonce: &str, created: Timestamp, now: Timestamp) -> Result<(), Problem> {
        let digest = certs::digest::sha256(&[key_id.as_bytes(), b"\n", nonce.as_bytes()]);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        if seen.nonces.contains(&digest) {
            return Err(Problem::NonceReplayed);
        }
        if seen.nonces.len() >= NONCES_MAX {
            return Err(Problem::NoncesExhausted);
        }
        // Fail closed: what cannot be remembered is not admitted.
        seen.write(created, digest).map_err(|_| Problem::NoncesExhausted)?;
        seen.nonces.insert(digest);
        seen.by_age.insert((created, digest));
        Ok(())
    }
}

impl Seen {
    fn forget(&mut self, now: Timestamp) {
        while let Some((oldest, digest)) = self.by_age.first().copied() {
            if now.duration_since(oldest) <= WINDOW {
                break;
            }
            self.by_age.pop_first();
            self.nonces.remove(&digest);
        }
    }

    fn write(&mut self, created: Timestamp, digest: [u8; 32]) -> io::Result<()> {
        if self.lines > 2 * self.by_age.len() + DEAD_LINES_MAX {
            self.file = write_file(&self.path, &self.boot, &self.by_age)?;
            self.lines = self.by_age.len();
        }
        self.file.write_all(line(created, &digest).as_bytes())?;
        self.lines += 1;
        Ok(())
    }
}

fn line(created: Timestamp, digest: &[u8; 32]) -> String {
    format!("{} {}\n", created.as_second(), hex::encode(digest))
}

/// A torn last line is none.
fn parse_line(line: &str) -> Option<(Timestamp, [u8; 32])> {
    let (created, digest) = line.split_once(' ')?;
    Some((Timestamp::from_second(created.parse().ok()?).ok()?, hex::decode(digest).ok()?.try_into().ok()?))
}

fn write_file(path: &Path, boot: &str, by_age: &BTreeSet<(Timestamp, [u8; 32])>) -> io::Result<File> {
    let partial = path.with_extension("partial");
    let mut text = format!("{boot}\n");
    text.extend(by_age.iter().map(|(created, digest)| line(*created, digest)));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&partial, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_window_is_five_minutes_either_way() {
        let folder = tempfile::tempdir().unwrap();
        let nonces = Nonces::open(&folder.path().join("nonces"), "boot", Past::None, at(0)).unwrap();
        let rows = [
            (1, 301, Ok(())),
            (1, 302, Err(Problem::CreatedStale { age_seconds: 301 })),
            (301, 1, Ok(())),
            (302, 1, Err(Problem::CreatedInFuture { ahead_seconds: 301 })),
            (-100, 1, Ok(())),
        ];
        for (created, now, expected) in rows {
            assert_eq!(nonces.judge_created(at(created), at(now)), expected, "{created} {now}");
        }
    }

    #[test]
    fn a_nonce_is_remembered_for_each_key_as_long_as_its_signature_is_good() {
        let folder = tempfile::tempdir().unwrap();
        let nonces = Nonces::open(&folder.path().join("nonces"), "boot", Past::None, at(0)).unwrap();
        assert_eq!(nonces.remember("a", "n", at(300), at(1)), Ok(()));
        assert_eq!(nonces.remember("b", "n", at(1), at(1)), Ok(()));
        assert_eq!(nonces.remember("a", "n", at(300), at(600)), Err(Problem::NonceReplayed));
        assert_eq!(nonces.remember("a", "n", at(601), at(601)), Ok(()), "by now the first signature is stale");
    }

    #[test]
    fn a_restart_keeps_the_nonces_and_what_may_be_lost_closes_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nonces");
        let nonces = Nonces::open(&path, "boot", Past::None, at(0)).unwrap();
        nonces.remember("a", "n", at(0), at(0)).unwrap();
        let restarted = Nonces::open(&path, "boot", Past::Some, at(10)).unwrap();
        assert_eq!(restarted.judge_created(at(9), at(10)), Ok(()));
        assert_eq!(restarted.remember("a", "n", at(0), at(10)), Err(Problem::NonceReplayed));
        let rebooted = Nonces::open(&path, "next boot", Past::Some, at(20)).unwrap();
        assert_eq!(rebooted.judge_created(at(319), at(20)), Err(Problem::CreatedBeforeStart));
        assert_eq!(rebooted.judge_created(at(320), at(20)), Ok(()));
        fs::remove_file(&path).unwrap();
        let forgotten = Nonces::open(&path, "next boot", Past::Some, at(30)).unwrap();
        assert_eq!(forgotten.judge_created(at(30), at(30)), Err(Problem::CreatedBeforeStart));
    }
}
