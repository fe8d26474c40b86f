//! `tongbiao pki`, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod workplace;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use seals::Verdict;
use workplace::{NOW, Workplace, failing, tongbiao, tree};

const LICENCE: [&str; 8] = [
    "--name",
    "劳务派遣经营许可证",
    "--number",
    "津劳派000001",
    "--holder-name",
    "测试企业(虚构)",
    "--holder-id",
    "91110105FAKE100199",
];

#[test]
fn init_makes_every_key_for_its_owner_alone_and_prints_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let ran = tongbiao(&["pki", "init", keys.to_str().unwrap()]).must_exit(0);
    let mut secrets = 0;
    for path in tree(&keys) {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
        } else if path.extension().is_some_and(|extension| extension == "key") {
            assert_eq!(mode, 0o600, "{}", path.display());
            let text = std::fs::read_to_string(&path).unwrap();
            let secret = text.lines().nth(1).unwrap();
            assert!(!ran.stdout.contains(secret) && ran.stderr.is_empty(), "{}", path.display());
            secrets += 1;
        }
    }
    // Nine a region, TLS root and server, the trust list's, the ledger's two.
    assert_eq!(secrets, 3 * 9 + 2 + 1 + 2);
    for line in ran.stdout.lines().filter(|line| line.starts_with(&format!("  {}", keys.display()))) {
        let path = line.split_whitespace().next().unwrap();
        assert!(Path::new(path).exists(), "{path} was announced and is not there");
    }
    for part in ["110000  北京市", "120000  天津市", "130000  河北省", "trust-key.pub.pem", "development"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}

#[test]
fn a_second_init_in_the_same_place_is_refused_and_changes_nothing() {
    let place = Workplace::new();
    let all = || tree(&place.file("keys")).into_iter().filter(|path| path.is_file());
    let before: Vec<_> = all().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
    let ran = tongbiao(&["pki", "init", &place.path("keys")]).must_refuse(73, "trust.hierarchy_exists");
    assert!(ran.stderr.contains(&place.path("keys")), "{}", ran.stderr);
    let after: Vec<_> = all().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
    assert!(before == after);
}

#[test]
fn a_place_that_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    tongbiao(&["pki", "init", file.join("keys").to_str().unwrap()]).must_refuse(73, "trust.file");
}

#[test]
fn regions_are_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let anchors = concat!(env!("CARGO_MANIFEST_DIR"), "/../certs/anchors");
    let tianjin = std::fs::read_to_string(format!("{anchors}/120000-tianjin/region.toml")).unwrap();
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(folder.path().join("anchors").join(name)).unwrap();
        std::fs::write(folder.path().join("anchors").join(name).join("region.toml"), text).unwrap();
    };
    std::fs::create_dir(path("anchors")).unwrap();
    let init = |keys: &str| tongbiao(&["pki", "init", &path(keys), "--at", NOW, "--regions", &path("anchors")]);

    init("none").must_refuse(1, "command.no_region");
    let other = tianjin.replacen("120000", "140000", 1).replace("天津市", "山西省");
    write("140000-shanxi", &other);
    let ran = init("one").must_exit(0);
    assert!(ran.stdout.contains("140000  山西省") && !ran.stdout.contains("120000"), "{}", ran.stdout);
    assert!(folder.path().join("one/140000/signer.pem").is_file());

    write("140000-again", &other);
    init("twice").must_refuse(1, "command.region_twice");
    write("140000-again", "code = \"140000\"\n");
    let ran = init("faulty").must_refuse(1, "trust.region_data");
    assert!(ran.stderr.contains("140000-again"), "{}", ran.stderr);
    tongbiao(&["pki", "init", &path("absent"), "--regions", &path("absent")]).must_refuse(66, "command.unreadable");
    for keys in ["none", "twice", "faulty", "absent"] {
        assert!(!folder.path().join(keys).exists(), "{keys} was made though it was refused");
    }
}

#[test]
fn what_a_signer_sealed_is_no_longer_valid_once_it_or_its_maker_is_revoked() {
    let place = Workplace::new();
    place.seal("before.ofd", &LICENCE).must_exit(0);
    assert_eq!(place.judge("before.ofd").verdict(), Verdict::Valid);
    let revoke = |who: &str, at: &str| {
        tongbiao(&["pki", "revoke", &place.path("keys"), "--region", "120000", "--who", who, "--at", at])
    };
    let ran = revoke("signer", "2026-11-22T10:30:00Z").must_exit(0);
    assert!(ran.stdout.contains("已撤销") && ran.stdout.contains("revoked"), "{}", ran.stdout);
    let report = place.judge("before.ofd");
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert_eq!(failing(&report), ["seal.signer_revoked"]);

    let earlier = [&LICENCE[..], &["--signed-at", "2026-11-22T10:00:00Z"]].concat();
    place.seal("earlier.ofd", &earlier).must_exit(0);
    let report = place.judge("earlier.ofd");
    assert_eq!(report.verdict(), Verdict::Indeterminate, "its time is only the signer's own claim");
    assert!(failing(&report).is_empty());

    revoke("maker", "2026-10-01T00:00:00Z").must_exit(0);
    assert_eq!(failing(&place.judge("earlier.ofd")), ["seal.maker_revoked"]);
}

#[test]
fn what_is_not_there_cannot_be_revoked() {
    let place = Workplace::new();
    let (keys, absent) = (place.path("keys"), place.path("absent"));
    for arguments in [["revoke", &absent, "--region", "120000"], ["revoke", &keys, "--region", "990000"]] {
        let arguments = [&["pki"], &arguments[..], &["--who", "signer"]].concat();
        tongbiao(&arguments).must_refuse(66, "command.unreadable");
    }
}
