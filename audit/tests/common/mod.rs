//! What the tests of the real binary share: running it, and making logs for it to read.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and each test file uses a part of this"
)]

pub(crate) mod log;
pub(crate) mod report;
pub(crate) mod sealed;
pub(crate) mod server;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde::de::DeserializeOwned;

/// What the binary did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The report on standard output, which must be one JSON value of this shape.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    /// Fails unless the binary ended with `status`, showing what it said.
    #[track_caller]
    pub(crate) fn must_exit(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs the real binary. A panic or a signal fails the test whatever was expected.
pub(crate) fn audit<S: AsRef<OsStr>>(arguments: &[S]) -> Ran {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_tongbiao-audit")).args(arguments).env_remove("NO_COLOR").output().unwrap();
    let ran = Ran {
        status: status.code().expect("ended by a signal"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert_ne!(ran.status, 101, "{}", ran.stderr);
    ran
}

/// The folder of foreign sealed files, where this machine has it.
pub(crate) fn foreign_files() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files"));
    if folder.is_dir() {
        Some(folder)
    } else {
        println!("skipped: {} is absent", folder.display());
        None
    }
}
