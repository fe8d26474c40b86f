//! Documents of real products, read from beside the project: each must get the verdict that an independent implementation gave it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
use std::path::{Path, PathBuf};

use certs::trust::Trust;
use jiff::Timestamp;
use seals::{
    Context, EntryKind, Finding, Kind, Limits, Note, Policy, Step,
    StepOutcome::{self, Fail, Hint, Indeterminate, NotApplicable, Pass},
    Verdict, VerificationReport,
};

/// The folder of real files; `None`, said aloud, where it is absent.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files"));
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder.to_owned())
}

fn judge(document: &[u8], at: &str, policy: Policy, strict: bool) -> VerificationReport {
    let (trust, limits) = (Trust::none(), Limits::DEFAULT);
    let at: Timestamp = at.parse().unwrap();
    let context = Context::new(&trust, policy, at, &limits);
    seals::verify(document, &if strict { context.strict() } else { context })
}

const TODAY: &str = "2026-11-22T12:00:00Z";

/// Steps of pure arithmetic and structure, which need no trust.
const ARITHMETIC: [Step; 6] = [
    Step::Format,
    Step::SealSignature,
    Step::SignatureValue,
    Step::SignerInSeal,
    Step::DocumentDigest,
    Step::References,
];

fn outcomes(report: &VerificationReport, index: usize, steps: &[Step]) -> Vec<StepOutcome> {
    steps.iter().map(|step| report.signatures()[index].step(*step).unwrap().outcome).collect()
}

/// Index of a signature, a step that fails, and its code.
type Failure = (usize, Step, &'static str);

/// Steps that fail, of every signature, with their codes.
fn failing(report: &VerificationReport) -> Vec<Failure> {
    let signatures = report.signatures().iter();
    signatures
        .flat_map(|signature| signature.steps.iter().map(move |step| (signature.index, step)))
        .filter(|(_, step)| step.outcome == Fail)
        .map(|(index, step)| (index, step.step, step.code.unwrap()))
        .collect()
}

#[test]
fn untampered_documents_are_indeterminate_for_want_of_an_anchor_with_all_arithmetic_passing() {
    use Note::{
        CertListType3, HeaderVersion2, LocalTime, NormalisedInteger, NulPaddedName, PaddedBitString, RawSignature,
        TextTimeInfo, Version1Certificate,
    };
    let Some(folder) = folder() else { return };
    let foreign = Note::ForeignPropertyInfo;
    let cases: [(&str, &[Note]); 8] = [
        ("baiwang-bkrs-certlisttype3.ofd", &[NulPaddedName, CertListType3, Version1Certificate]),
        ("ceb-test-suwell-raw64-1.ofd", &[RawSignature, PaddedBitString, LocalTime]),
        ("cpfc-prod-dianju-gh11.ofd", &[NormalisedInteger, foreign]),
        ("icbc-test-suwell-20220318.ofd", &[PaddedBitString, LocalTime]),
        ("kinggrid-v2-gmt0031-jiangxi.ofd", &[HeaderVersion2, TextTimeInfo]),
        ("ofdrw-allprotected-locked.ofd", &[]),
        ("tax-chongqing-testca-2020.ofd", &[]),
        ("tax-jiangsu-invoice-2020-10.ofd", &[]),
    ];
    for (name, notes) in cases {
        let document = std::fs::read(folder.join(name)).unwrap();
        let report = judge(&document, TODAY, Policy::Reading, false);
        assert_eq!(failing(&report), [], "{name}");
        assert_eq!(report.verdict(), Verdict::Indeterminate, "{name}");
        assert_eq!(report.signatures().len(), 1, "{name}");
        assert_eq!(outcomes(&report, 0, &ARITHMETIC), [Pass; 6], "{name}");
        assert_eq!(outcomes(&report, 0, &[Step::MakerPath, Step::SignerPath]), [Indeterminate; 2], "{name}");
        let sorted = |notes: &[Note]| {
            let mut notes = notes.to_vec();
            notes.sort_unstable();
            notes
        };
        assert_eq!(sorted(&report.signatures()[0].notes), sorted(notes), "{name}");

        let strict = judge(&document, TODAY, Policy::Reading, true);
        let tolerated = notes.iter().any(|note| note.is_tolerance());
        assert_eq!(failing(&strict).iter().any(|(_, step, _)| *step == Step::Format), tolerated, "{name}, strict");
    }
}

#[test]
fn gaps_of_coverage_are_hints_when_reading_and_fail_for_recognition() {
    let Some(folder) = folder() else { return };
    let cases: [(&str, &[&str]); 4] = [
        ("baiwang-bkrs-certlisttype3.ofd", &["Doc_0/Temps/Temp_0/Content.xml", "OFD.xml"]),
        ("tax-chongqing-testca-2020.ofd", &["Doc_0/TPLS/TPL_0/Content.xml", "Doc_0/TPLS/TPL_1/Content.xml"]),
        ("icbc-test-suwell-20220318.ofd", &["OFD.xml"]),
        ("cpfc-prod-dianju-gh11.ofd", &[]),
    ];
    for (name, uncovered) in cases {
        let document = std::fs::read(folder.join(name)).unwrap();
        let (reading, recognition) = if uncovered.is_empty() { (Pass, Pass) } else { (Hint, Fail) };
        for (policy, outcome) in [(Policy::Reading, reading), (Policy::Recognition, recognition)] {
            let report = judge(&document, TODAY, policy, false);
            assert_eq!(report.uncovered(), uncovered, "{name}");
            let other = report.coverage().iter().filter(|it| it.kind == EntryKind::Other).count();
            assert_eq!(other, 0, "{name}: the structure tells of every file what it is for");
            assert_eq!(outcomes(&report, 0, &[Step::Coverage]), [outcome], "{name} {policy:?}");
        }
    }
}

#[test]
fn both_templates_of_a_real_invoice_lie_outside_its_seal() {
    let Some(folder) = folder() else { return };
    let document = std::fs::read(folder.join("tax-chongqing-testca-2020.ofd")).unwrap();
    let report = judge(&document, TODAY, Policy::Recognition, false);
    let outside = report.coverage().iter().filter(|it| it.signatures.is_empty());
    let outside: Vec<_> = outside.map(|it| (it.kind, it.bytes)).collect();
    let (template, own) = (EntryKind::Template, EntryKind::Signature);
    // It protects Seal.esl and Signatures.xml.
    assert_eq!(outside, [(own, 3080), (own, 6346), (template, 19_901), (template, 9631)]);
    assert_eq!(report.signatures()[0].step(Step::Coverage).unwrap().code, Some("coverage.template"));
}

#[test]
fn tampered_documents_fail_at_references_alone() {
    let Some(folder) = folder() else { return };
    let cases: [(&str, &[usize]); 3] = [
        ("tax-chongqing-testca-TAMPERED-document.ofd", &[1]),
        ("gov-shandong-zibo-TAMPERED-keyword.ofd", &[1, 2]),
        ("ofdrw-h-first-sig-broken-by-second.ofd", &[1]),
    ];
    for (name, broken) in cases {
        let report = judge(&std::fs::read(folder.join(name)).unwrap(), TODAY, Policy::Reading, false);
        assert_eq!(report.verdict(), Verdict::Invalid, "{name}");
        let expected: Vec<_> = broken.iter().map(|index| (*index, Step::References, "reference.changed")).collect();
        assert_eq!(failing(&report), expected, "{name}");
    }
}

#[test]
fn a_truncated_seal_fails_at_its_format_and_nothing_is_parsed() {
    let Some(folder) = folder() else { return };
    let document = std::fs::read(folder.join("CORRUPT-truncated-Seal.esl")).unwrap();
    let report = judge(&document, TODAY, Policy::Reading, false);
    assert_eq!(failing(&report), [(0, Step::Format, "format.der")]);
    assert_eq!((report.signatures()[0].kind, report.verdict()), (None, Verdict::Invalid));
}

#[test]
fn bare_seals_are_judged_at_the_time_of_judging_by_their_own_profile() {
    let Some(folder) = folder() else { return };
    let outside = (1, Step::SealPeriod, "seal.outside_period");
    let created = (1, Step::SealCreated, "seal.created_outside_maker_period");
    let cases: [(&str, &str, &[Failure]); 5] = [
        ("ofdrw-UserV4.esl", TODAY, &[outside]),
        ("ofdrw-UserV4.esl", "2021-01-01T00:00:00Z", &[]),
        ("ofdrw-UserV1.esl", TODAY, &[outside]),
        ("ofdrw-UserV1.esl", "2021-01-01T00:00:00Z", &[]),
        ("ofdrw-UserV5.esl", TODAY, &[created]),
    ];
    for (name, at, expected) in cases {
        let report = judge(&std::fs::read(folder.join(name)).unwrap(), at, Policy::Reading, false);
        assert_eq!(failing(&report), expected, "{name} at {at}");
        let verdict = if expected.is_empty() { Verdict::Indeterminate } else { Verdict::Invalid };
        assert_eq!(report.verdict(), verdict, "{name} at {at}");
        assert_eq!(outcomes(&report, 0, &[Step::SealSignature, Step::SignatureValue]), [Pass, NotApplicable], "{name}");
    }
}

#[test]
fn a_bare_signature_has_its_document_steps_open() {
    let Some(folder) = folder() else { return };
    let report = judge(&std::fs::read(folder.join("ofdrw-SignedValueV4.dat")).unwrap(), TODAY, Policy::Reading, false);
    assert_eq!(report.verdict(), Verdict::Indeterminate);
    let steps = [Step::SealSignature, Step::SignatureValue, Step::DocumentDigest, Step::References, Step::Coverage];
    assert_eq!(outcomes(&report, 0, &steps), [Pass, Pass, Indeterminate, Indeterminate, Indeterminate]);
    assert_eq!(outcomes(&report, 0, &[Step::SealFile]), [NotApplicable]);
}

#[test]
fn signed_data_is_judged_by_its_own_profile() {
    let Some(folder) = folder() else { return };
    let document = std::fs::read(folder.join("gomain-topsec-cms-2022-09-03.ofd")).unwrap();
    let report = judge(&document, TODAY, Policy::Reading, false);
    assert_eq!((report.verdict(), failing(&report)), (Verdict::Indeterminate, vec![]));
    let arithmetic = [Step::Format, Step::SignatureValue, Step::DocumentDigest, Step::References];
    let of_seals = [Step::SealSignature, Step::MakerPath, Step::SealPeriod, Step::SignerInSeal, Step::SealFile];
    for (place, signature) in report.signatures().iter().enumerate() {
        assert_eq!(outcomes(&report, place, &arithmetic), [Pass; 4], "{place}");
        assert_eq!(outcomes(&report, place, &of_seals), [NotApplicable; 5], "{place}");
        assert_eq!(signature.step(Step::SignerPath).unwrap().code, Some("seal.signer_unknown_issuer"));
        assert_eq!(signature.step(Step::SignatureValue).unwrap().clause, "GB/T 35275-2017");
        assert_eq!((signature.kind, signature.seal.is_none()), (Some(Kind::SignedData), true));
    }
    let value = entry(&document, "Sign_0/SignedValue.dat");
    let bare = judge(&value, TODAY, Policy::Reading, false);
    assert_eq!((bare.verdict(), failing(&bare)), (Verdict::Indeterminate, vec![]));
    let open = [Step::SignatureValue, Step::DocumentDigest, Step::References];
    assert_eq!(outcomes(&bare, 0, &open), [Pass, Indeterminate, Indeterminate]);
}

#[test]
fn signed_data_over_the_digest_of_the_document_holds_where_the_files_do_not() {
    let Some(folder) = folder() else { return };
    let document = std::fs::read(folder.join("gov-shandong-zibo-TAMPERED-keyword.ofd")).unwrap();
    let report = judge(&document, TODAY, Policy::Reading, false);
    let arithmetic = [Step::Format, Step::SignatureValue, Step::DocumentDigest, Step::References];
    assert_eq!(outcomes(&report, 1, &arithmetic), [Pass, Pass, Pass, Fail]);
    assert!(report.signatures()[1].notes.contains(&Note::RawSignature));
    // The attribute is absent: Signature.xml says when, in local time.
    assert_eq!(report.signatures()[1].signed_at, Some("2020-06-20T09:18:49Z".parse().unwrap()));
}

#[test]
fn a_first_signature_that_only_the_second_broke_is_explained_and_still_invalid() {
    let Some(folder) = folder() else { return };
    let document = std::fs::read(folder.join("ofdrw-h-first-sig-broken-by-second.ofd")).unwrap();
    let report = judge(&document, TODAY, Policy::Reading, false);
    let verdicts: Vec<_> = report.signatures().iter().map(|signature| signature.verdict).collect();
    assert_eq!(verdicts, [Verdict::Invalid, Verdict::Indeterminate]);
    let codes = |index: usize| {
        let step = report.signatures()[index].step(Step::References).unwrap();
        step.findings.iter().map(Finding::code).collect::<Vec<_>>()
    };
    assert_eq!(codes(0), ["reference.changed", "reference.broken_by_later_signature"]);
    assert_eq!(codes(1).len(), 0);
    let zibo = std::fs::read(folder.join("gov-shandong-zibo-TAMPERED-keyword.ofd")).unwrap();
    let zibo = judge(&zibo, TODAY, Policy::Reading, false);
    assert_eq!(zibo.signatures()[0].step(Step::References).unwrap().findings.len(), 1, "more than the list changed");
}

/// One file of a package.
fn entry(document: &[u8], ending: &str) -> Vec<u8> {
    let archive = rawzip::ZipArchive::from_slice(document).unwrap();
    let mut records = archive.entries().map(Result::unwrap);
    let record = records.find(|record| record.file_path().as_bytes().ends_with(ending.as_bytes())).unwrap();
    let data = archive.get_entry(record.wayfinder()).unwrap().data();
    if record.compression_method() == rawzip::CompressionMethod::STORE {
        return data.to_vec();
    }
    miniz_oxide::inflate::decompress_to_vec(data).unwrap()
}
