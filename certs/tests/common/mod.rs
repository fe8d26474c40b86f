//! A development hierarchy that a test file makes once.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use certs::certificate::Certificate;
use certs::hierarchy::{self, RegionOrganisations};
use certs::key::PublicKey;
use certs::sm2;
use certs::trust::Trust;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// When the hierarchy is made.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_780_300_800, 0);

/// The moment some days before or after [`NOW`].
pub(crate) fn days(number: i32) -> Timestamp {
    NOW + SignedDuration::from_hours(24) * number
}

/// The shared hierarchy; tests only read it.
pub(crate) fn shared() -> &'static Path {
    static SHARED: OnceLock<TempDir> = OnceLock::new();
    SHARED.get_or_init(fresh).path()
}

/// A hierarchy of one's own, to change.
pub(crate) fn fresh() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    hierarchy::init(dir.path(), NOW, &RegionOrganisations::embedded().unwrap()).unwrap();
    dir
}

pub(crate) fn certificate(dir: &Path, name: &str) -> Certificate {
    Certificate::from_pem(&std::fs::read(dir.join(name).with_extension("pem")).unwrap()).unwrap()
}

pub(crate) fn trust_key(dir: &Path) -> sm2::PublicKey {
    match PublicKey::from_pem(&std::fs::read(dir.join("trust-key.pub.pem")).unwrap()).unwrap() {
        PublicKey::Sm2(key) => *key,
        other => panic!("the trust key is {other:?}"),
    }
}

pub(crate) fn trust(dir: &Path) -> Trust {
    Trust::from_signed_dir(&dir.join("trust"), &trust_key(dir), NOW).unwrap()
}

/// Runs OpenSSL's command line, `None` where there is none.
pub(crate) fn openssl(arguments: &[&str]) -> Option<Output> {
    let output = Command::new("openssl").args(arguments).output().ok();
    if output.is_none() {
        println!("skipped: no openssl command");
    }
    output
}

/// The path of a file as the command line takes it.
pub(crate) fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}
