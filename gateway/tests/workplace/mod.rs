//! What the tests of the real binary share: running it, a hierarchy that it made, and judging what it sealed.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and each test file uses a part of this"
)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use certs::key::PublicKey;
use certs::trust::Trust;
use jiff::Timestamp;
use seals::{Context, Limits, Policy, StepOutcome, VerificationReport};
use tempfile::TempDir;

/// The day on which hierarchies are made and documents are judged.
pub(crate) const NOW: &str = "2026-11-22T12:00:00Z";
/// An hour before.
pub(crate) const SIGNED_AT: &str = "2026-11-22T11:00:00Z";

/// What the binary did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails unless the binary ended with `status`, showing what it said.
    #[track_caller]
    pub(crate) fn must_exit(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless it refused with this status and code, in both languages, and printed nothing else.
    #[track_caller]
    pub(crate) fn must_refuse(self, status: i32, code: &str) -> Self {
        let ran = self.must_exit(status);
        let text = standards::problem::text(code).unwrap();
        for part in [&format!("[{code}]"), &text.zh, &text.en, &text.advice_zh, &text.advice_en] {
            assert!(ran.stderr.contains(part.as_str()), "{part} is not in {}", ran.stderr);
        }
        assert_eq!(ran.stdout, "");
        ran
    }
}

/// Runs the real binary. A panic or a signal fails the test whatever was expected.
pub(crate) fn tongbiao<S: AsRef<OsStr>>(arguments: &[S]) -> Ran {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_tongbiao")).args(arguments).output().unwrap();
    let ran = Ran {
        status: status.code().expect("ended by a signal"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert_ne!(ran.status, 101, "{}", ran.stderr);
    ran
}

/// A folder with `keys/`, as `tongbiao pki init` makes it.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        tongbiao(&["pki", "init", &place.path("keys"), "--at", NOW]).must_exit(0);
        place
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// Runs `tongbiao seal` for Tianjin, an hour ago, into `out`.
    pub(crate) fn seal(&self, out: &str, more: &[&str]) -> Ran {
        let (keys, out) = (self.path("keys"), self.path(out));
        let mut arguments = vec!["seal", "--pki", &keys, "--region", "120000", "--out", &out];
        if !more.contains(&"--signed-at") {
            arguments.extend(["--signed-at", SIGNED_AT]);
        }
        arguments.extend(more);
        tongbiao(&arguments)
    }

    /// The verdict on a document as a gateway with the hierarchy's trust list gives it.
    pub(crate) fn judge(&self, document: &str) -> VerificationReport {
        let now: Timestamp = NOW.parse().unwrap();
        let trust = self.trust(now);
        let limits = Limits::DEFAULT;
        let context = Context::new(&trust, Policy::Recognition, now, &limits).strict();
        seals::verify(&std::fs::read(self.file(document)).unwrap(), &context)
    }

    fn trust(&self, now: Timestamp) -> Trust {
        let key = std::fs::read(self.file("keys/trust-key.pub.pem")).unwrap();
        let PublicKey::Sm2(key) = PublicKey::from_pem(&key).unwrap() else { panic!("the trust list's key is SM2") };
        Trust::from_signed_dir(&self.file("keys/trust"), &key, now).unwrap()
    }
}

/// The steps that did not pass, with their codes.
pub(crate) fn failing(report: &VerificationReport) -> Vec<&'static str> {
    let steps = report.signatures().iter().flat_map(|signature| &signature.steps);
    steps.filter(|step| step.outcome == StepOutcome::Fail).filter_map(|step| step.code).collect()
}

/// Every file and folder below `folder`.
pub(crate) fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(tree(&path)) } else { found.push(path) }
    }
    found
}
