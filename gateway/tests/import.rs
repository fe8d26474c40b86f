//! `tongbiao pki import` and `tongbiao pki edition`, run as people run them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod workplace;

use std::fs;

use certs::certificate::Certificate;
use certs::key::PublicKey;
use certs::trust::{Purpose, Trust};
use jiff::Timestamp;
use workplace::{Workplace, tongbiao, tree};

fn certificate(place: &Workplace, name: &str) -> Certificate {
    Certificate::from_pem(&fs::read(place.file(name)).unwrap()).unwrap()
}

fn trust(place: &Workplace, at: &str) -> Trust {
    let pem = fs::read(place.file("keys/trust-key.pub.pem")).unwrap();
    let PublicKey::Sm2(key) = PublicKey::from_pem(&pem).unwrap() else { panic!("the trust list's key is SM2") };
    let at: Timestamp = at.parse().unwrap();
    Trust::from_signed_dir_as_of(&place.file("keys/trust"), &key, Timestamp::now().max(at), at).unwrap()
}

/// A second hierarchy stands for a real authority.
fn authority(place: &Workplace) {
    tongbiao(&["pki", "init", &place.path("other"), "--at", "2025-01-01T00:00:00Z"]).must_exit(0);
}

#[test]
fn an_authority_is_imported_into_the_next_edition_and_a_person_sees_what_for() {
    let place = Workplace::new();
    authority(&place);
    let files =
        ["other/120000/root.pem", "other/120000/maker-ca.pem", "other/120000/root.crl"].map(|name| place.path(name));
    let keys = place.path("keys");
    let import = |more: &[&str]| {
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        tongbiao(&[&["pki", "import", &keys][..], &files, more].concat())
    };
    import(&[]).must_refuse(1, "command.purpose_missing");
    import(&["--purpose", "time_stamp"]).must_refuse(1, "command.region_missing");
    let before = tree(&place.file("keys"));
    let asked = ["--purpose", "time_stamp,seal_maker", "--region", "120000"];
    let preview = import(&[&asked[..], &["--dry-run"]].concat()).must_exit(0);
    assert!(preview.stdout.contains("只是预览"), "{}", preview.stdout);
    assert_eq!(tree(&place.file("keys")), before, "a preview writes nothing");
    let ran = import(&asked).must_exit(0);
    let root = certificate(&place, "other/120000/root.pem");
    let fingerprint: String = hex::encode(root.fingerprint());
    for part in [
        "信任锚 anchor",
        "中间机构 intermediate",
        "时间戳 time_stamp，制章者 seal_maker",
        "SM2",
        &root.subject().to_string(),
        &fingerprint[..4],
        "撤销列表 revocation list",
        "地区 region         120000",
        "请与该机构公布的指纹核对",
        "已撤销 revoked      1",
        "import.stale",
        "第 2 版",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let now = Timestamp::now().to_string();
    let after = trust(&place, &now);
    assert_eq!(after.edition().unwrap().version, 2);
    assert!(after.anchors(Purpose::TimeStamp).iter().any(|anchor| anchor.certificate == root));
    assert!(after.anchors(Purpose::SealSigner).iter().all(|anchor| anchor.certificate != root), "and for nothing else");
    assert!(after.intermediates().contains(&certificate(&place, "other/120000/maker-ca.pem")));
    assert_eq!(trust(&place, workplace::NOW).edition().unwrap().version, 1, "as of the day before it was not trusted");

    let again = import(&asked).must_exit(0);
    assert!(again.stdout.contains("没有发布新一版"), "{}", again.stdout);
    assert_eq!(trust(&place, &Timestamp::now().to_string()).edition(), after.edition(), "nothing new, no new edition");

    // It is ended by another edition, and removed by a third.
    let beginning = &fingerprint[..8];
    let edition = |more: &[&str]| tongbiao(&[&["pki", "edition", &keys][..], more].concat());
    let hour = |number: i64| (Timestamp::now() + jiff::SignedDuration::from_hours(number)).to_string();
    edition(&["--at", &hour(1), "--remove", "0123456789"]).must_refuse(1, "command.not_listed");
    edition(&["--end", beginning]).must_exit(64);
    let ended = edition(&["--at", &hour(1), "--end", beginning, "--until", &hour(9)]).must_exit(0);
    assert!(ended.stdout.contains("信任到 until") && ended.stdout.contains("第 3 版"), "{}", ended.stdout);
    edition(&["--at", &hour(2), "--remove", beginning]).must_exit(0);
    let removed = trust(&place, &hour(3));
    assert_eq!(
        (removed.edition().unwrap().version, removed.anchors(Purpose::TimeStamp).len()),
        (4, after.anchors(Purpose::TimeStamp).len() - 1)
    );
}

#[test]
fn a_folder_without_a_trust_key_becomes_a_folder_of_anchors() {
    let place = Workplace::new();
    authority(&place);
    let anchors = place.path("anchors");
    let files =
        ["other/120000/root.pem", "other/120000/signer.pem", "other/120000/root.crl"].map(|name| place.path(name));
    let ran = tongbiao(&["pki", "import", &anchors, &files[0], &files[1], &files[2]]).must_exit(0);
    for part in ["一切用途 every purpose", "非机构证书，未导入", "import.not_authority", "没有 trust-key.key"]
    {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    let trust = Trust::from_anchor_dir(&place.file("anchors")).unwrap();
    let found: Vec<_> = trust.anchors(Purpose::SealMaker).iter().map(|anchor| anchor.certificate.clone()).collect();
    assert_eq!(found, [certificate(&place, "other/120000/root.pem")]);
    assert_eq!(trust.revocation_lists().len(), 1);
}

#[test]
fn what_must_not_be_imported_is_refused_and_nothing_is_written() {
    let place = Workplace::new();
    authority(&place);
    fs::write(place.file("hello.txt"), "hello").unwrap();
    let keys = place.path("keys");
    let before = tree(&place.file("keys"));
    let good = place.path("other/120000/root.pem");
    for (file, code) in [("other/120000/root.key", "import.private_key"), ("hello.txt", "import.unknown_content")] {
        let ran = tongbiao(&[
            "pki",
            "import",
            &keys,
            &good,
            &place.path(file),
            "--region",
            "120000",
            "--purpose",
            "seal_maker",
        ])
        .must_refuse(1, code);
        assert!(ran.stderr.contains(&place.path(file)), "{}", ran.stderr);
    }
    tongbiao(&["pki", "import", &keys, &place.path("absent.pem")]).must_refuse(66, "command.unreadable");
    tongbiao(&["pki", "import", &keys, &good, "--region", "120000", "--purpose", "anything"]).must_exit(64);
    let signer = place.path("other/120000/signer.pem");
    tongbiao(&["pki", "import", &keys, &signer, "--region", "120000", "--purpose", "seal_signer"])
        .must_refuse(1, "command.organisation_missing");
    tongbiao(&[
        "pki",
        "import",
        &keys,
        &signer,
        "--region",
        "120000",
        "--purpose",
        "seal_signer",
        "--organisation",
        "11110000FAKE00013R",
    ])
    .must_refuse(1, "trust.entry");
    assert_eq!(tree(&place.file("keys")), before);
}
