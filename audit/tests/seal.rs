//! Sealed documents of our own through the real binary: trust in all its forms, tampering, and the report.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::audit;
use common::report::Report;
use common::sealed::{NOW, Sealed};

/// Runs `seal --json` at the day of the hierarchy.
fn run(file: &str, status: i32, more: &[&str]) -> Report {
    let report: Report = audit(&[&["seal", file, "--json", "--at", NOW], more].concat()).must_exit(status).json();
    report.must_be_whole();
    assert_eq!(report.file, file);
    report
}

#[test]
fn a_sealed_licence_is_valid_under_anchors_and_under_a_signed_list_and_either_policy() {
    let sealed = Sealed::new();
    let (licence, anchors) = (sealed.licence("signer"), sealed.path("anchors"));
    let (list, key) = (sealed.path("pki/trust"), sealed.path("pki/trust-key.pub.pem"));
    let trusts: [&[&str]; 2] = [&["--trust", &anchors], &["--trust", &list, "--trust-key", &key]];
    for trust in trusts {
        for more in [&[][..], &["--policy", "reading"], &["--policy", "recognition"], &["--strict"]] {
            let report = run(&licence, 0, &[trust, more].concat());
            assert_eq!(report.at, NOW);
            let signature = &report.signatures[0];
            assert_eq!((signature.index, signature.kind.as_deref(), signature.version), (1, Some("ses"), Some(4)));
            let seal = signature.seal.as_ref().unwrap();
            assert_eq!((seal.id.as_str(), seal.name.as_str()), ("12000000000001", "天津市测试专用章"));
            assert_eq!(signature.signed_at.as_deref(), Some("2026-11-22T11:00:00Z"));
            assert!(signature.signer.is_some() && signature.notes.is_empty() && report.uncovered.is_empty());
            assert!(signature.steps.iter().any(|step| !step.detail.is_empty()), "passing steps give evidence too");
        }
    }
}

#[test]
fn without_trust_nothing_is_believed_and_the_arithmetic_still_holds() {
    let sealed = Sealed::new();
    let licence = sealed.licence("signer");
    let report = run(&licence, 2, &[]);
    let undecided: Vec<&str> = report.steps(0, "indeterminate").iter().map(|(step, _)| *step).collect();
    assert_eq!(undecided, ["maker_path", "maker_revocation", "signer_path", "signer_revocation"]);
    assert!(report.steps(0, "fail").is_empty());
    let ran = audit(&["seal", &licence, "--at", NOW]).must_exit(2);
    assert!(ran.stderr.contains("[audit.no_trust]"), "{}", ran.stderr);
    assert!(ran.stdout.contains("不能断定 INDETERMINATE"), "{}", ran.stdout);
}

#[test]
fn a_signed_trust_list_is_believed_by_the_pinned_key_alone() {
    let sealed = Sealed::new();
    let (licence, list) = (sealed.licence("signer"), sealed.path("pki/trust"));
    let judge = |more: &[&str], code: &str| {
        let ran = audit(&[&["seal", &licence, "--json", "--at", NOW, "--trust", &list], more].concat()).must_exit(2);
        assert!(ran.stderr.contains(&format!("[{code}]")), "{}", ran.stderr);
        ran.json::<Report>().must_be_whole();
        ran.stderr
    };
    judge(&[], "audit.trust_not_believed");

    // A key that lies beside the list but did not sign it, and a list that was changed after it was signed.
    let (_, other) = sealed.identity("signer");
    fs::write(sealed.path("other.pem"), other.public_to_pem().unwrap()).unwrap();
    assert!(judge(&["--trust-key", &sealed.path("other.pem")], "audit.trust_refused").contains("[trust.signature]"));

    let text = fs::read_to_string(sealed.path("pki/trust/trust-list.json")).unwrap();
    fs::write(sealed.path("pki/trust/trust-list.json"), text.replacen("\"version\": 1", "\"version\": 2", 1)).unwrap();
    judge(&["--trust-key", &sealed.path("pki/trust-key.pub.pem")], "audit.trust_refused");
}

#[test]
fn with_a_trust_key_bare_anchors_are_never_taken_for_a_signed_list() {
    let sealed = Sealed::new();
    let (licence, anchors) = (sealed.licence("signer"), sealed.path("anchors"));
    let key = sealed.path("pki/trust-key.pub.pem");
    let ran = audit(&["seal", &licence, "--json", "--trust", &anchors, "--trust-key", &key]).must_exit(66);
    assert!(ran.stderr.contains("trust-list.json"), "{}", ran.stderr);
}

#[test]
fn a_broken_file_among_the_anchors_is_named_and_not_skipped() {
    let sealed = Sealed::new();
    let (licence, anchors) = (sealed.licence("signer"), sealed.path("anchors"));
    for name in ["broken.pem", "broken.der", "broken.crl"] {
        let path = sealed.path(&format!("anchors/{name}"));
        fs::write(&path, "no certificate").unwrap();
        let ran = audit(&["seal", &licence, "--json", "--trust", &anchors]).must_exit(66);
        assert!(ran.stderr.contains(name) && ran.stderr.contains("[audit.trust]"), "{}", ran.stderr);
        fs::remove_file(path).unwrap();
    }
    fs::write(sealed.path("anchors/notes.txt"), "not read").unwrap();
    run(&licence, 0, &["--trust", &anchors]);
}

#[test]
fn a_revoked_signer_is_invalid_and_said_so_in_both_languages() {
    let sealed = Sealed::new();
    let (licence, anchors) = (sealed.licence("signer-revoked"), sealed.path("anchors"));
    let report = run(&licence, 1, &["--trust", &anchors]);
    assert_eq!(report.steps(0, "fail"), [("signer_revocation", "seal.signer_revoked")]);
    let text = audit(&["seal", &licence, "--at", NOW, "--trust", &anchors]).must_exit(1).stdout;
    assert!(text.contains("无效 INVALID") && text.contains("seal.signer_revoked"), "{text}");
    assert!(text.contains("签章者证书撤销") && text.contains("怎么办 / What to do"), "{text}");
}

#[test]
fn the_time_of_judging_decides() {
    let sealed = Sealed::new();
    let (licence, anchors) = (sealed.licence("signer"), sealed.path("anchors"));
    let at = |at: &str, status: i32| {
        let ran = audit(&["seal", &licence, "--json", "--trust", &anchors, "--at", at]).must_exit(status);
        ran.json::<Report>()
    };
    assert_eq!(at("2026-11-22T11:30:00+08:00", 1).steps(0, "fail"), [("signer_period", "seal.signed_in_future")]);
    assert_eq!(at("2026-11-22T19:30:00+08:00", 0).at, "2026-11-22T11:30:00Z");
}

#[test]
fn a_trust_list_that_is_overdue_decides_nothing() {
    let sealed = Sealed::new();
    let (licence, list) = (sealed.licence("signer"), sealed.path("pki/trust"));
    let key = sealed.path("pki/trust-key.pub.pem");
    let ran =
        audit(&["seal", &licence, "--json", "--trust", &list, "--trust-key", &key, "--at", "2027-03-30T00:00:00Z"]);
    let report: Report = ran.must_exit(2).json();
    report.must_be_whole();
    assert!(report.steps(0, "indeterminate").iter().any(|(_, code)| *code == "seal.trust_stale"), "{report:?}");
}

#[test]
fn a_bare_seal_is_judged_by_itself() {
    let sealed = Sealed::new();
    let (signer, _) = sealed.identity("signer");
    let path = sealed.path("seal.esl");
    fs::write(&path, sealed.seal_bytes(&signer)).unwrap();
    let report = run(&path, 0, &["--trust", &sealed.path("anchors")]);
    assert_eq!(report.signatures[0].kind.as_deref(), Some("seal"));
    let not_applicable: Vec<&str> = report.steps(0, "not_applicable").iter().map(|(step, _)| *step).collect();
    for step in ["signature_value", "signer_in_seal", "signer_path", "document_digest", "references", "coverage"] {
        assert!(not_applicable.contains(&step), "{step}: {not_applicable:?}");
    }
}

#[test]
fn what_is_no_sealed_document_has_its_own_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").display().to_string();
    let large = vec![0x30; 33 << 20];
    let empty_zip = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    let cases: [(&[u8], i32); 6] = [
        (b"", 1),
        (b"hello", 1),
        (b"\x30\x80", 1),
        (&empty_zip, 1),
        (&large, 1),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", 2),
    ];
    for (bytes, status) in cases {
        fs::write(&path, bytes).unwrap();
        let report = run(&path, status, &[]);
        let signature = &report.signatures[0];
        assert_eq!((report.signatures.len(), signature.index, &signature.kind), (1, 0, &None));
        let outcome = if status == 1 { "fail" } else { "indeterminate" };
        assert_eq!(signature.steps[0].outcome, outcome, "{:?}", signature.steps[0]);
        let text = audit(&["seal", &path]).must_exit(status).stdout;
        assert!(text.contains("格式"), "{text}");
    }
    assert_eq!(run(&path, 2, &[]).steps(0, "indeterminate")[0], ("format", "container.unsupported"));
}

#[test]
fn no_flipped_or_missing_byte_makes_the_tool_stumble() {
    let sealed = Sealed::new();
    let (licence, anchors) = (sealed.licence("signer"), sealed.path("anchors"));
    let good = fs::read(&licence).unwrap();
    let mut invalid = 0;
    let step = good.len() / 150;
    for position in (0..good.len()).step_by(step) {
        let mut flipped = good.clone();
        flipped[position] ^= 0x20;
        for bytes in [&flipped[..], &good[..position]] {
            fs::write(&licence, bytes).unwrap();
            let ran = audit(&["seal", &licence, "--json", "--at", NOW, "--trust", &anchors]);
            assert!([0, 1, 2].contains(&ran.status), "byte {position}: {}", ran.stderr);
            ran.json::<Report>().must_be_whole();
            invalid += usize::from(ran.status == 1);
        }
    }
    assert!(invalid > 280, "only {invalid} of about 300 damaged documents are INVALID");
}

#[test]
fn the_text_gives_the_clerk_a_sentence_and_the_engineer_every_step() {
    let sealed = Sealed::new();
    let anchors = sealed.path("anchors");
    let text = audit(&["seal", &sealed.licence("signer"), "--at", NOW, "--trust", &anchors]).must_exit(0).stdout;
    assert!(text.starts_with("✓ 有效 VALID"), "{text}");
    assert!(text.contains("印章真实，盖章之后没有改动") && text.contains("nothing changed since"), "{text}");
    assert!(text.contains("天津市测试专用章") && text.contains("2026-11-22T11:00:00Z"), "{text}");
    for step in common::report::STEPS {
        assert_eq!(text.matches(&format!("  {step} ")).count(), 1, "{step}: {text}");
    }
    assert!(text.contains("GB/T 38540-2020 7.3 c)"), "{text}");
}
