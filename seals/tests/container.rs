//! Packages that are broken, hostile or unusual, and what is said of them.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use certs::trust::Trust;
use common::{Files, World, archive, at, facts, file, files, hours, with_outcome};
use seals::{
    Context, Limits, Note, Policy, Step,
    StepOutcome::{Fail, Hint, Indeterminate, NotApplicable},
    Verdict, VerificationReport,
};

fn judge(document: &[u8], limits: &Limits) -> VerificationReport {
    let trust = Trust::none();
    let at = at(common::NOW);
    seals::verify(document, &Context::new(&trust, Policy::Reading, at, limits))
}

/// Nothing may be parsed: one element of index 0, whose format fails with this code.
fn assert_refused(document: &[u8], limits: &Limits, code: &str) {
    let report = judge(document, limits);
    let signature = &report.signatures()[0];
    assert_eq!((report.signatures().len(), signature.index, signature.kind), (1, 0, None), "{code}");
    assert_eq!(with_outcome(&report, Fail), [(Step::Format, code)]);
    assert_eq!((report.verdict(), signature.steps.len()), (Verdict::Invalid, 19), "{code}");
}

#[test]
fn a_signature_that_is_listed_twice_is_refused() {
    let made = World {
        change: |files| {
            let list = file(files, "Signatures.xml");
            let item = "<ofd:Signature ID=\"2\" BaseLoc=\"/doc_0/Signs/Sign_0/Signature.xml\"/></ofd:Signatures>";
            *list = String::from_utf8(list.clone()).unwrap().replace("</ofd:Signatures>", item).into_bytes();
        },
        ..World::default()
    };
    assert_refused(&made.make().document, &Limits::DEFAULT, "container.signature_listed_twice");
}

#[test]
fn every_limit_is_checked() {
    let made = World::default().make();
    let bomb = archive(&vec![(String::from("OFD.xml"), vec![0; 2 << 20])]);
    let normal = Limits::DEFAULT;
    let cases: [(&[u8], Limits, &str); 9] = [
        (&bomb, normal, "container.ratio"),
        (&made.document, Limits { document_bytes_max: 100, ..normal }, "format.too_large"),
        (&made.document, Limits { entries_max: 3, ..normal }, "container.too_many_entries"),
        (&made.document, Limits { entry_bytes_max: 100, ..normal }, "container.entry_too_large"),
        (&made.document, Limits { package_bytes_max: 2_000, ..normal }, "container.package_too_large"),
        (&made.document, Limits { name_bytes_max: 8, ..normal }, "container.hostile_name"),
        (&made.document, Limits { xml_bytes_max: 20, ..normal }, "container.xml_limit"),
        (&made.document, Limits { signatures_max: 0, ..normal }, "container.too_many_signatures"),
        (&made.seal, Limits { seal_bytes_max: 100, ..normal }, "format.too_large"),
    ];
    for (document, limits, code) in cases {
        assert_refused(document, &limits, code);
    }
}

#[test]
fn documents_without_a_signature_or_in_another_container_are_told_apart() {
    let unsealed = seals::sealing::licence_package(&facts(), hours(0)).unwrap();
    assert_refused(&unsealed, &Limits::DEFAULT, "container.no_signature");
    let pdf = judge(b"%PDF-1.7 ...", &Limits::DEFAULT);
    assert_eq!((pdf.verdict(), pdf.signatures()[0].index), (Verdict::Indeterminate, 0));
    assert_eq!(with_outcome(&pdf, Indeterminate)[0], (Step::Format, "container.unsupported"));
    for bytes in [b"".as_slice(), b"0", b"PK", b"%PDF"] {
        assert_eq!(judge(bytes, &Limits::DEFAULT).verdict(), Verdict::Invalid);
    }
}

#[test]
fn a_file_that_is_named_thousands_of_times_is_hashed_once() {
    let world = World {
        change: |files| {
            file(files, "Content.xml").resize(900_000, b' ');
            let xml = String::from_utf8(file(files, "Signature.xml").clone()).unwrap();
            let (before, after) = xml.split_once("</ofd:References>").unwrap();
            let one = "<ofd:Reference FileRef=\"/Doc_0/Pages/Page_0/Content.xml\"><ofd:CheckValue/></ofd:Reference>";
            *file(files, "Signature.xml") =
                [before, &one.repeat(4_000), "</ofd:References>", after].concat().into_bytes();
        },
        ..World::default()
    };
    let made = world.make();
    let started = std::time::Instant::now();
    let report = made.judge(Policy::Reading);
    // Hashed each time, these are 3.6 GB.
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(with_outcome(&report, Fail).contains(&(Step::References, "reference.changed")));
}

#[test]
fn bytes_around_the_archive_are_found_with_where_they_lie() {
    let made = World::default().make();
    let document = &made.document;
    let end = document.len();
    let with_comment = [&document[..end - 2], &[7, 0], b"comment"].concat();
    let cases = [
        ([b"before".as_slice(), document].concat(), "before", 0, 6),
        ([document.as_slice(), b"after"].concat(), "after", end, 5),
        (with_comment, "after", end, 7),
    ];
    for (changed, place, at, bytes) in cases {
        for (policy, outcome) in [(Policy::Reading, Hint), (Policy::Recognition, Fail)] {
            let report = common::judge(&changed, &made.trust, policy);
            assert_eq!(with_outcome(&report, outcome), [(Step::Coverage, "coverage.bytes_outside_archive")]);
            let step = report.signatures()[0].step(Step::Coverage).unwrap();
            let parts = serde_json::json!([{ "place": place, "at": at, "bytes": bytes }]);
            let data = serde_json::json!({ "bytes": bytes, "parts": parts });
            assert_eq!(serde_json::to_value(&step.findings[0]).unwrap()["data"], data);
            assert!(step.detail.ends_with(&format!("from byte {at}")), "{}", step.detail);
        }
    }
}

/// Changes the files of a sealed package.
type Change = fn(&mut Files);

/// Changes what is not protected by the signature value, and says what becomes of it.
fn changed(change: Change) -> VerificationReport {
    World { change, ..World::default() }.make().judge(Policy::Recognition)
}

#[test]
fn locations_hold_without_regard_to_case_and_relative_to_their_file() {
    let report = changed(|files| {
        let list = file(files, "Signatures.xml");
        let text = String::from_utf8(list.clone()).unwrap();
        *list = text.replace("/Doc_0/Signs/Sign_0/Signature.xml", "sign_0/signature.XML").into_bytes();
    });
    assert_eq!(report.verdict(), Verdict::Valid);
    let report = changed(|files| {
        let list = file(files, "Signatures.xml");
        let text = String::from_utf8(list.clone()).unwrap();
        *list = text.replace("/Doc_0/Signs", "Doc_0/Signs").into_bytes();
    });
    // The tests read strictly: the tolerance is named by its own code.
    assert_eq!(with_outcome(&report, Fail), [(Step::Format, Note::RootRelativeLocation.code())]);
    assert_eq!(report.signatures()[0].notes, [Note::RootRelativeLocation]);
}

#[test]
fn a_signature_that_cannot_be_found_or_read_fails_at_its_format() {
    let cases: [(Change, &str); 5] = [
        (|files| files.retain(|(name, _)| !name.ends_with("Signature.xml")), "container.entry_missing"),
        (|files| files.retain(|(name, _)| !name.ends_with("SignedValue.dat")), "container.entry_missing"),
        (|files| file(files, "Signature.xml").splice(0..0, *b"<!DOCTYPE a>").for_each(drop), "container.xml_doctype"),
        (|files| file(files, "Signature.xml").extend(b"<a/>"), "container.xml_outside_root"),
        (
            |files| {
                let seal = file(files, "Seal.esl").clone();
                *file(files, "SignedValue.dat") = seal;
            },
            "format.seal_instead_of_signature",
        ),
    ];
    for (change, code) in cases {
        let report = changed(change);
        assert_eq!(with_outcome(&report, Fail)[0], (Step::Format, code));
        assert_eq!((report.signatures()[0].index, report.verdict()), (1, Verdict::Invalid), "{code}");
    }
}

#[test]
fn facts_are_believed_only_where_the_seal_protects_them() {
    let misspelt = |files: &mut Files| {
        let root = file(files, "OFD.xml");
        *root = String::from_utf8(root.clone()).unwrap().replace("CustomDatas", "CuslomDatas").into_bytes();
    };
    let mut plain = files(&seals::sealing::licence_package(&facts(), hours(0)).unwrap());
    misspelt(&mut plain);
    let world = World::default();
    let sealed = world.seal_again(&archive(&plain));
    let report = sealed.judge(Policy::Recognition);
    assert_eq!(report.verified().unwrap().licence_facts(), Some(&facts()), "misspelt as real products do");

    let repeated = "<ofd:CustomData Name=\"ZZBH\">津劳派000002</ofd:CustomData></ofd:CuslomDatas>";
    let root = file(&mut plain, "OFD.xml");
    *root = String::from_utf8(root.clone()).unwrap().replace("</ofd:CuslomDatas>", repeated).into_bytes();
    let report = world.seal_again(&archive(&plain)).judge(Policy::Recognition);
    assert_eq!(report.verified().unwrap().licence_facts(), None, "two numbers are none");
}

#[test]
fn a_second_signature_leaves_the_first_one_good() {
    let world = World::default();
    let twice =
        world.seal_again(&world.seal_again(&seals::sealing::licence_package(&facts(), hours(0)).unwrap()).document);
    let report = twice.judge(Policy::Reading);
    assert_eq!(report.signatures().iter().map(|it| it.index).collect::<Vec<_>>(), [1, 2]);
    let arithmetic = [Step::SignatureValue, Step::DocumentDigest, Step::References, Step::SealFile, Step::Coverage];
    for signature in report.signatures() {
        for step in arithmetic {
            assert_eq!(signature.step(step).unwrap().outcome, seals::StepOutcome::Pass, "{step:?}");
        }
        assert_eq!(signature.step(Step::Timestamp).unwrap().outcome, NotApplicable);
    }
    assert!(report.uncovered().is_empty());
}
