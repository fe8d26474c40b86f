//! `tongbiao seal`, run as people run it: what it makes holds, and what cannot be sealed is refused with a code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod workplace;

use std::collections::BTreeSet;
use std::path::Path;

use seals::Verdict;
use workplace::{SIGNED_AT, Workplace, failing, tongbiao, tree};

const FACTS: &str = "\
name = \"劳务派遣经营许可证\"
number = \"津劳派000001\"
holder_name = \"测试企业(虚构)\"
holder_id = \"91110105FAKE100199\"
issued_on = 2026-11-01
valid_until = \"9999-12-31\"
";

/// A hierarchy, and a facts file beside it.
fn workplace() -> (Workplace, String) {
    let place = Workplace::new();
    std::fs::write(place.file("facts.toml"), FACTS).unwrap();
    let facts = place.path("facts.toml");
    (place, facts)
}

#[test]
fn a_licence_sealed_by_the_authority_is_valid_and_states_what_was_asked() {
    let (place, facts) = workplace();
    let ran = place.seal("licence.ofd", &["--facts", &facts, "--number", " 津劳派000002 "]).must_exit(0);
    for part in ["已签章", "sealed", "11120000FAKE00021Q", SIGNED_AT, "tongbiao-audit seal"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let report = place.judge("licence.ofd");
    assert_eq!(report.verdict(), Verdict::Valid, "{}", serde_json::to_string_pretty(&report).unwrap());
    let seal = report.verified().unwrap();
    assert_eq!(seal.signed_at(), SIGNED_AT.parse().unwrap());
    assert_eq!(seal.seal_id(), "120000-signer");
    let stated = seal.licence_facts().unwrap();
    assert_eq!(stated.number, "津劳派000002", "the command line comes before the file");
    assert_eq!(stated.holder_id, "91110105FAKE100199");
    assert_eq!(stated.issued_on, Some("2026-11-01".parse().unwrap()));
    assert_eq!(stated.valid_until, Some("9999-12-31".parse().unwrap()));
    assert_eq!(stated.issuer_name, "天津市测试审批局(虚构)");
    assert_eq!(Some(&stated.issuer_code), seal.organisation().map(ToString::to_string).as_ref());
}

#[test]
fn a_revoked_signer_fails_for_its_revocation_alone() {
    let (place, facts) = workplace();
    place.seal("revoked.ofd", &["--facts", &facts, "--signer", "signer-revoked"]).must_exit(0);
    let report = place.judge("revoked.ofd");
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert_eq!(failing(&report), ["seal.signer_revoked"]);
}

#[test]
fn another_authoritys_seal_is_genuine_and_names_the_other_authority() {
    let (place, facts) = workplace();
    let arguments = ["--facts", facts.as_str(), "--signer", "signer-other"];
    place.seal("other.ofd", &arguments).must_exit(0);
    let foreign = ["--issuer-name", "天津市测试审批局(虚构)", "--issuer-code", "11120000FAKE00021Q"];
    place.seal("foreign.ofd", &[&arguments[..], &foreign].concat()).must_exit(0);
    for (file, issuer) in [("other.ofd", "11120000FAKE12030W"), ("foreign.ofd", "11120000FAKE00021Q")] {
        let report = place.judge(file);
        assert_eq!(report.verdict(), Verdict::Valid, "{file}");
        let seal = report.verified().unwrap();
        assert_eq!(seal.organisation().unwrap().as_str(), "11120000FAKE12030W", "{file}");
        assert_eq!(seal.licence_facts().unwrap().issuer_code, issuer, "{file}");
    }
}

#[test]
fn an_existing_document_gets_a_further_seal() {
    let (place, facts) = workplace();
    place.seal("first.ofd", &["--facts", &facts]).must_exit(0);
    place.seal("both.ofd", &["--ofd", &place.path("first.ofd"), "--signer", "signer-other"]).must_exit(0);
    let report = place.judge("both.ofd");
    let signers: Vec<_> = report.verified_seals().iter().map(|seal| seal.seal_id().to_owned()).collect();
    assert!(signers.contains(&String::from("120000-signer-other")), "{signers:?}");
    assert_eq!(report.signatures().len(), 2);
}

#[test]
fn an_output_is_replaced_only_when_that_is_asked_for() {
    let (place, facts) = workplace();
    std::fs::write(place.file("taken.ofd"), "mine").unwrap();
    let ran = place.seal("taken.ofd", &["--facts", &facts]).must_refuse(73, "command.exists");
    assert!(ran.stderr.contains("taken.ofd"), "{}", ran.stderr);
    assert_eq!(std::fs::read(place.file("taken.ofd")).unwrap(), b"mine");
    place.seal("taken.ofd", &["--facts", &facts, "--force"]).must_exit(0);
    assert_eq!(place.judge("taken.ofd").verdict(), Verdict::Valid);
    place.seal("no/folder.ofd", &["--facts", &facts]).must_refuse(73, "command.cannot_create");
    let leftovers = tree(place.file(".").as_path());
    assert!(!leftovers.iter().any(|path| path.to_string_lossy().ends_with(".partial")), "{leftovers:?}");
}

#[test]
fn bad_facts_are_refused_with_their_code_and_without_the_fact() {
    let (place, facts) = workplace();
    let cases: &[(&[&str], &str, &str)] = &[
        (&["--holder-id", "91110105FAKE100198"], "code.credit_code.check_digit", "--holder-id"),
        (&["--holder-id", "110105199001010011"], "code.citizen_id.check_digit", "--holder-id"),
        (&["--issuer-code", "11120000FAKE00021R"], "code.credit_code.check_digit", "--issuer-code"),
        (&["--license-id", "1.2.156"], "code.license_id.shape", "--license-id"),
        (&["--valid-from", "2026-12-01", "--valid-until", "2026-11-30"], "command.dates", "--valid-from 2026-12-01"),
        (&["--valid-until", "2026-10-31"], "command.dates", "--issued-on 2026-11-01"),
        (&["--name", "  "], "command.facts_missing", "--name"),
        (&["--holder-name", "测试\u{7}企业"], "sealing.text", "licence"),
        (&["--signed-at", "2020-01-01T00:00:00Z"], "command.signed_outside_period", "2020-01-01T00:00:00Z"),
    ];
    for (more, code, named) in cases {
        let ran = place.seal("bad.ofd", &[&["--facts", facts.as_str()], *more].concat());
        let ran = ran.must_refuse(1, code);
        assert!(ran.stderr.contains(named), "{more:?} does not name {named}: {}", ran.stderr);
        if more[0] == "--holder-id" {
            assert!(!ran.stderr.contains(more[1]), "{}", ran.stderr);
        }
        assert!(!place.file("bad.ofd").exists(), "{more:?}");
    }
    let ran = place.seal("bad.ofd", &["--number", "1"]).must_refuse(1, "command.facts_missing");
    assert!(ran.stderr.contains("--name, --holder-name, --holder-id\n"), "every gap at once: {}", ran.stderr);
}

#[test]
fn a_faulty_facts_file_is_refused_by_its_line() {
    let place = Workplace::new();
    let cases = [
        (FACTS.replace("holder_id", "holder"), 4),
        (FACTS.replace("2026-11-01", "2026-13-01"), 5),
        (FACTS.replace("2026-11-01", "20261101"), 5),
        (FACTS.replace("\"9999-12-31\"", "\"长期\""), 6),
        (FACTS.replace("number = ", "number "), 2),
    ];
    for (text, line) in cases {
        std::fs::write(place.file("facts.toml"), &text).unwrap();
        let ran = place.seal("bad.ofd", &["--facts", &place.path("facts.toml")]);
        let ran = ran.must_refuse(1, "command.facts_file");
        assert!(ran.stderr.contains(&format!("facts.toml, line {line}: ")), "{text}\n{}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_read_ends_with_66_and_what_is_no_document_with_1() {
    let (place, facts) = workplace();
    let (absent, folder) = (place.path("absent"), place.path("keys"));
    for (option, path) in [("--facts", &absent), ("--facts", &folder), ("--ofd", &absent), ("--ofd", &folder)] {
        let ran = place.seal("none.ofd", &[option, path]).must_refuse(66, "command.unreadable");
        assert!(ran.stderr.contains(path.as_str()), "{}", ran.stderr);
    }
    std::fs::write(place.file("long.toml"), vec![b'\n'; 64 * 1024 + 1]).unwrap();
    place.seal("none.ofd", &["--facts", &place.path("long.toml")]).must_refuse(66, "command.too_long");
    let long = std::fs::File::create(place.file("long.ofd")).unwrap();
    long.set_len(32 * 1024 * 1024 + 1).unwrap();
    place.seal("none.ofd", &["--ofd", &place.path("long.ofd")]).must_refuse(66, "command.too_long");
    let ran = place.seal("none.ofd", &["--ofd", &facts]).must_exit(1);
    assert!(ran.stderr.contains("[container."), "{}", ran.stderr);
    std::fs::remove_file(place.file("keys/120000/signer.key")).unwrap();
    let ran = place.seal("none.ofd", &["--facts", &facts]).must_refuse(66, "key.file");
    assert!(ran.stderr.contains("signer.key"), "{}", ran.stderr);
    std::fs::write(place.file("keys/120000/maker.pem"), "no certificate").unwrap();
    place.seal("none.ofd", &["--facts", &facts]).must_exit(1);
}

#[test]
fn wrong_usage_ends_with_64_and_says_how_it_is_used() {
    let seal = ["seal", "--pki", "k", "--region", "120000", "--out", "o"];
    let with = |more: &[&'static str]| [&seal[..], more].concat();
    let cases = [
        vec![],
        vec!["pki"],
        vec!["pki", "init"],
        vec!["pki", "init", "a", "--at", "today"],
        vec!["pki", "revoke", "a", "--region", "120000", "--who", "../../signer"],
        vec!["pki", "revoke", "a", "--region", "12", "--who", "signer"],
        vec!["seal"],
        seal[..5].to_vec(),
        with(&["--signer", "root"]),
        with(&["--ofd", "a.ofd", "--facts", "a.toml"]),
        with(&["--ofd", "a.ofd", "--name", "a"]),
        with(&["--valid-until", "soon"]),
    ];
    for arguments in cases {
        let ran = tongbiao(&arguments).must_exit(64);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("--help"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn every_help_is_in_both_languages_with_examples_or_the_exit_status() {
    let cases: [(&[&str], &str); 4] = [
        (&["--help"], "退出状态 / Exit status"),
        (&["pki", "init", "--help"], "例 / Examples"),
        (&["pki", "revoke", "--help"], "例 / Examples"),
        (&["seal", "--help"], "例 / Examples"),
    ];
    for (arguments, part) in cases {
        assert!(tongbiao(arguments).must_exit(0).stdout.contains(part), "{arguments:?}");
    }
}

#[test]
fn the_facts_of_the_help_and_of_the_sample_can_be_sealed() {
    let place = Workplace::new();
    let help = tongbiao(&["seal", "--help"]).must_exit(0).stdout;
    let shown = help.split("the sample shows every key:\n").nth(1).unwrap();
    let sample = include_str!("../config/license.sample.toml");
    for (text, name) in [(shown, "shown.ofd"), (sample, "sample.ofd")] {
        std::fs::write(place.file("facts.toml"), text).unwrap();
        place.seal(name, &["--facts", &place.path("facts.toml")]).must_exit(0);
        assert_eq!(place.judge(name).verdict(), Verdict::Valid, "{name}");
    }
}

#[test]
fn every_code_of_the_commands_has_its_texts_and_every_text_its_code() {
    let mut codes = BTreeSet::new();
    for path in tree(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))).iter().filter(|path| path.is_file()) {
        let source = std::fs::read_to_string(path).unwrap();
        let quoted =
            source.split('"').filter(|word| word.starts_with("command.") && !word.contains(char::is_whitespace));
        codes.extend(quoted.map(str::to_owned));
    }
    let texts = standards::problem::embedded().unwrap();
    let told: BTreeSet<String> = texts.into_keys().filter(|code| code.starts_with("command.")).collect();
    assert_eq!(codes, told);
}
