//! Real sealed files, which nobody of us made, through the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::report::Report;
use common::{audit, foreign_files};

/// Steps that only arithmetic decides.
const ARITHMETIC: [&str; 6] =
    ["format", "seal_signature", "signature_value", "signer_in_seal", "document_digest", "references"];

fn run(file: &str, more: &[&str]) -> Option<Report> {
    let path = foreign_files()?.join(file).display().to_string();
    let ran = audit(&[&["seal", &path, "--json"], more].concat());
    let status = ran.status;
    let report: Report = ran.json();
    report.must_be_whole();
    let expected = match report.verdict.as_str() {
        "VALID" => 0,
        "INVALID" => 1,
        _ => 2,
    };
    assert_eq!(status, expected, "{file}");
    Some(report)
}

#[test]
fn documents_of_good_standing_lack_only_an_anchor() {
    for file in [
        "baiwang-bkrs-certlisttype3.ofd",
        "ceb-test-suwell-raw64-1.ofd",
        "cpfc-prod-dianju-gh11.ofd",
        "icbc-test-suwell-20220318.ofd",
        "ofdrw-allprotected-locked.ofd",
        "tax-chongqing-testca-2020.ofd",
        "tax-jiangsu-invoice-2020-10.ofd",
    ] {
        let Some(report) = run(file, &[]) else { return };
        assert_eq!(report.verdict, "INDETERMINATE", "{file}");
        for (position, signature) in report.signatures.iter().enumerate() {
            for step in signature.steps.iter().filter(|step| ARITHMETIC.contains(&step.step.as_str())) {
                assert_eq!(step.outcome, "pass", "{file}: {step:?}");
            }
            // A certificate of X.509 version 1 cannot be judged whoever issued it.
            let version_1 = signature.notes.iter().any(|note| note == "Version1Certificate");
            let (maker, signer) = if version_1 {
                ("seal.maker_version_1", "seal.signer_version_1")
            } else {
                ("seal.maker_unknown_issuer", "seal.signer_unknown_issuer")
            };
            let undecided = [
                ("maker_path", maker),
                ("maker_revocation", "seal.maker_revocation_without_path"),
                ("signer_path", signer),
                ("signer_revocation", "seal.signer_revocation_without_path"),
            ];
            assert_eq!(report.steps(position, "indeterminate"), undecided, "{file}");
        }
    }
}

#[test]
fn formats_of_other_standards_are_never_called_invalid() {
    for file in ["kinggrid-v2-gmt0031-jiangxi.ofd", "gomain-topsec-cms-2022-09-03.ofd", "ofdrw-UserV1.esl"] {
        let Some(report) = run(file, &["--at", "2022-10-01T00:00:00Z"]) else { return };
        assert_ne!(report.verdict, "VALID", "{file}");
        for position in 0..report.signatures.len() {
            assert!(!report.steps(position, "fail").iter().any(|(step, _)| *step == "format"), "{file}: {report:?}");
        }
    }
}

#[test]
fn tampered_documents_fail_at_their_references() {
    for (file, position) in [
        ("gov-shandong-zibo-TAMPERED-keyword.ofd", 0),
        ("tax-chongqing-testca-TAMPERED-document.ofd", 0),
        ("ofdrw-h-first-sig-broken-by-second.ofd", 0),
    ] {
        let Some(report) = run(file, &[]) else { return };
        assert_eq!(report.verdict, "INVALID", "{file}");
        assert_eq!(report.steps(position, "fail"), [("references", "reference.changed")], "{file}");
    }
    let Some(report) = run("ofdrw-h-first-sig-broken-by-second.ofd", &[]) else { return };
    assert!(report.steps(1, "fail").is_empty(), "the second signature holds: {report:?}");
}

#[test]
fn corrupt_files_fail_at_their_format() {
    let Some(report) = run("CORRUPT-truncated-Seal.esl", &[]) else { return };
    assert_eq!(report.verdict, "INVALID");
    assert_eq!(report.steps(0, "fail")[0].0, "format");
}

#[test]
fn a_bare_seal_is_judged_at_the_time_of_judging() {
    let Some(today) = run("ofdrw-UserV4.esl", &[]) else { return };
    assert_eq!(today.verdict, "INVALID");
    assert_eq!(today.steps(0, "fail"), [("seal_period", "seal.outside_period")]);
    let then = run("ofdrw-UserV4.esl", &["--at", "2021-01-01T00:00:00Z"]).unwrap();
    assert_eq!(then.verdict, "INDETERMINATE");
    assert_eq!(then.signatures[0].kind.as_deref(), Some("seal"));
}

#[test]
fn a_bare_signature_misses_its_document() {
    let Some(report) = run("ofdrw-SignedValueV4.dat", &[]) else { return };
    assert_eq!(report.verdict, "INDETERMINATE");
    let undecided: Vec<&str> = report.steps(0, "indeterminate").iter().map(|(step, _)| *step).collect();
    for step in ["document_digest", "references", "coverage"] {
        assert!(undecided.contains(&step), "{undecided:?}");
    }
}

#[test]
fn a_strict_reading_refuses_what_a_tolerant_one_notes() {
    for (file, note) in [
        ("ceb-test-suwell-raw64-1.ofd", "RawSignature"),
        ("cpfc-prod-dianju-gh11.ofd", "NormalisedInteger"),
        ("baiwang-bkrs-certlisttype3.ofd", "CertListType3"),
    ] {
        let Some(tolerant) = run(file, &[]) else { return };
        assert!(tolerant.signatures[0].notes.iter().any(|it| it == note), "{file}: {:?}", tolerant.signatures[0].notes);
        let strict = run(file, &["--strict"]).unwrap();
        assert_eq!(strict.verdict, "INVALID", "{file}");
        assert_eq!(strict.steps(0, "fail")[0].0, "format", "{file}");
    }
}

#[test]
fn a_gap_of_the_coverage_is_a_hint_for_a_reader_and_a_failure_for_recognition() {
    let file = "tax-chongqing-testca-2020.ofd";
    let Some(reading) = run(file, &[]) else { return };
    assert_eq!(reading.steps(0, "hint").iter().filter(|(step, _)| *step == "coverage").count(), 1);
    assert!(reading.uncovered.iter().any(|name| name.contains("TPLS")), "{:?}", reading.uncovered);
    assert!(reading.uncovered.is_sorted());
    let recognition = run(file, &["--policy", "recognition"]).unwrap();
    assert_eq!(recognition.verdict, "INVALID");
    assert!(recognition.steps(0, "fail").contains(&("coverage", "coverage.template")), "{recognition:?}");
}

#[test]
fn every_file_has_a_report_in_text_too() {
    let Some(folder) = foreign_files() else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().display().to_string();
        let ran = audit(&["seal", &path, "--policy", "recognition"]);
        assert!([1, 2].contains(&ran.status), "{path}");
        assert!(ran.stdout.contains("INVALID") || ran.stdout.contains("INDETERMINATE"), "{path}: {}", ran.stdout);
        assert!(!ran.stdout.contains("没有说明"), "a code without words: {path}: {}", ran.stdout);
    }
}
