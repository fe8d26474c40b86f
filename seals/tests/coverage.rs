//! What each file of a package is for, which signatures protect it, and what is said where none does.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use common::{Files, World, archive, facts, file, files, hours, with_outcome};
use seals::{EntryKind, Policy, Step, StepOutcome, Verdict, VerificationReport};

/// A package in which no name of a file or folder tells anything, so that the structure has to.
const STRUCTURE: [(&str, &str); 10] = [
    (
        "D/Document.xml",
        "<Document><CommonData><PublicRes>a/1.xml</PublicRes><DocumentRes>/D/b.xml</DocumentRes>\
         <TemplatePage ID=\"1\" BaseLoc=\"c/2.xml\"/></CommonData><Pages><Page ID=\"2\" BaseLoc=\"c/3.xml\"/></Pages>\
         <Annotations>d.xml</Annotations><Attachments>e.xml</Attachments><CustomTags>f.xml</CustomTags></Document>",
    ),
    (
        "D/a/1.xml",
        "<Res BaseLoc=\"../x\"><Fonts><Font><FontFile>4</FontFile></Font></Fonts><MultiMedias><MultiMedia><MediaFile>5</MediaFile>\
         </MultiMedia></MultiMedias><ColorSpaces><ColorSpace Profile=\"6\"/></ColorSpaces></Res>",
    ),
    ("D/b.xml", "<Res BaseLoc=\"/D/x\"><Fonts><Font><FontFile>7</FontFile></Font></Fonts></Res>"),
    ("D/c/2.xml", "<Page><Content/></Page>"),
    ("D/c/3.xml", "<o:Page xmlns:o=\"u\"><o:PageRes>../g.xml</o:PageRes><o:Actions><o:Action/></o:Actions></o:Page>"),
    ("D/d.xml", "<Annotations><Page PageID=\"2\"><FileLoc>h.xml</FileLoc></Page></Annotations>"),
    ("D/e.xml", "<Attachments><Attachment><FileLoc>i.pdf</FileLoc></Attachment></Attachments>"),
    ("D/f.xml", "<CustomTags><CustomTag><SchemaLoc>j.xsd</SchemaLoc><FileLoc>k.xml</FileLoc></CustomTag></CustomTags>"),
    ("D/g.xml", "<Res><MultiMedias><MultiMedia><MediaFile>l</MediaFile></MultiMedia></MultiMedias></Res>"),
    ("D/h.xml", "<PageAnnot/>"),
];
const LEAVES: [&str; 9] = ["D/x/4", "D/x/5", "D/x/6", "D/x/7", "D/i.pdf", "D/j.xsd", "D/k.xml", "D/l", "D/m"];

/// What is found under the recognition policy when the signature protects all files but those of these endings.
fn without(endings: &'static [&'static str]) -> VerificationReport {
    let mut plain = files(&seals::sealing::licence_package(&facts(), hours(0)).unwrap());
    plain.retain(|(name, _)| name == "OFD.xml");
    let root = file(&mut plain, "OFD.xml");
    *root = String::from_utf8(root.clone()).unwrap().replace("Doc_0/Document.xml", "D/Document.xml").into_bytes();
    plain.extend(STRUCTURE.map(|(name, xml)| (name.to_owned(), xml.as_bytes().to_vec())));
    plain.extend(LEAVES.map(|name| (name.to_owned(), b"leaf".to_vec())));
    let sealed = World::default().seal_again(&archive(&plain));
    let mut files = files(&sealed.document);
    unprotect(&mut files, endings);
    common::judge(&archive(&files), &sealed.trust, Policy::Recognition)
}

/// Takes the references to these files out of Signature.xml.
fn unprotect(files: &mut Files, endings: &[&str]) {
    let xml = file(files, "Signature.xml");
    let text = String::from_utf8(xml.clone()).unwrap();
    let mut parts = text.split("<ofd:Reference ");
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        let (reference, rest) = part.split_once("</ofd:Reference>").unwrap();
        let name = reference.split('"').nth(1).unwrap();
        if !endings.iter().any(|ending| name.ends_with(ending)) {
            kept.extend(["<ofd:Reference ", reference, "</ofd:Reference>"]);
        }
        kept += rest;
    }
    *xml = kept.into_bytes();
}

/// Codes at the step of coverage, in order.
fn found(report: &VerificationReport) -> Vec<&'static str> {
    let step = report.signatures()[0].step(Step::Coverage).unwrap();
    step.findings.iter().map(seals::Finding::code).collect()
}

#[test]
fn kinds_are_found_by_the_structure_of_the_package() {
    use EntryKind::{Annotation, Attachment, CustomData, Other, Page, Resource, Signature, Structure, Template};
    let report = without(&[]);
    let kinds: Vec<_> = report.coverage().iter().map(|it| (it.entry.as_str(), it.kind)).collect();
    let signs = kinds.iter().filter(|(_, kind)| *kind == Signature).count();
    let expected = [
        ("D/Document.xml", Structure),
        ("D/a/1.xml", Resource),
        ("D/b.xml", Resource),
        ("D/c/2.xml", Template),
        ("D/c/3.xml", Page),
        ("D/d.xml", Annotation),
        ("D/e.xml", Attachment),
        ("D/f.xml", CustomData),
        ("D/g.xml", Resource),
        ("D/h.xml", Annotation),
        ("D/i.pdf", Attachment),
        ("D/j.xsd", CustomData),
        ("D/k.xml", CustomData),
        ("D/l", Resource),
        ("D/m", Other),
        ("D/x/4", Resource),
        ("D/x/5", Resource),
        ("D/x/6", Resource),
        ("D/x/7", Resource),
        ("OFD.xml", Structure),
    ];
    assert_eq!(kinds.iter().filter(|(_, kind)| *kind != Signature).copied().collect::<Vec<_>>(), expected);
    assert_eq!((signs, found(&report), report.uncovered().len()), (4, vec![], 0), "{kinds:?}");
    assert!(report.coverage().iter().all(|it| it.signatures.is_empty() == (it.kind == Signature)));
}

#[test]
fn each_kind_outside_the_signature_has_its_own_finding() {
    let cases: [(&[&str], &[&str], &[&str]); 9] = [
        (&["c/3.xml"], &["coverage.page", "coverage.actions"], &["D/c/3.xml"]),
        (&["c/2.xml"], &["coverage.template"], &["D/c/2.xml"]),
        (&["x/4", "D/l"], &["coverage.resource"], &["D/l", "D/x/4"]),
        (&["D/h.xml"], &["coverage.annotation"], &["D/h.xml"]),
        (&["i.pdf"], &["coverage.attachment"], &["D/i.pdf"]),
        (&["k.xml"], &["coverage.custom_data"], &["D/k.xml"]),
        (&["OFD.xml"], &["coverage.structure"], &["OFD.xml"]),
        (&["D/m"], &["coverage.gap"], &["D/m"]),
        (&["c/2.xml", "D/m"], &["coverage.template", "coverage.gap"], &["D/c/2.xml", "D/m"]),
    ];
    for (endings, codes, names) in cases {
        let report = without(endings);
        assert_eq!(found(&report), codes, "{endings:?}");
        assert_eq!(report.uncovered(), names, "{endings:?}");
        assert_eq!(report.signatures()[0].step(Step::Coverage).unwrap().outcome, StepOutcome::Fail, "{endings:?}");
        let reading = report.judged_under(Policy::Reading);
        assert_eq!(reading.signatures()[0].step(Step::Coverage).unwrap().outcome, StepOutcome::Hint, "{endings:?}");
    }
}

#[test]
fn files_that_nothing_names_are_told_by_their_folder() {
    let cases = [
        ("Doc_0/Pages/Page_9/Content.xml", "coverage.page"),
        ("Doc_0/TPLS/TPL_0/Content.xml", "coverage.template"),
        ("Doc_0/Res/a.ttf", "coverage.resource"),
        ("Doc_0/Annots/a.xml", "coverage.annotation"),
        ("Doc_0/Attachs/a.pdf", "coverage.attachment"),
        ("Doc_0/Tags/a.xml", "coverage.custom_data"),
        ("Doc_0/Signs/Sign_0/more.dat", "coverage.gap"),
        ("Pages", "coverage.gap"),
    ];
    let made = World::default().make();
    for (name, code) in cases {
        let mut more = files(&made.document);
        more.push((name.to_owned(), b"later".to_vec()));
        let report = common::judge(&archive(&more), &made.trust, Policy::Recognition);
        assert_eq!(found(&report), [code], "{name}");
        assert_eq!(with_outcome(&report, StepOutcome::Fail), [(Step::Coverage, code)]);
        let entry = report.coverage().iter().find(|it| it.entry == name).unwrap();
        assert_eq!((entry.bytes, entry.signatures.len(), entry.actions), (5, 0, false));
    }
}

#[test]
fn a_page_does_not_escape_by_being_called_a_signatures_own_file() {
    let made = World::default().make();
    let mut changed = files(&made.document);
    unprotect(&mut changed, &["Content.xml"]);
    let xml = file(&mut changed, "Signature.xml");
    let text = String::from_utf8(xml.clone()).unwrap();
    assert!(text.contains("Seal.esl</ofd:BaseLoc>"), "{text}");
    let (before, after) = text.split_once("<ofd:BaseLoc>").unwrap();
    let (_, after) = after.split_once("</ofd:BaseLoc>").unwrap();
    *xml = format!("{before}<ofd:BaseLoc>/Doc_0/Pages/Page_0/Content.xml</ofd:BaseLoc>{after}").into_bytes();
    let report = common::judge(&archive(&changed), &made.trust, Policy::Recognition);
    assert!(report.uncovered().contains(&String::from("Doc_0/Pages/Page_0/Content.xml")), "{:?}", report.uncovered());
}

#[test]
fn two_signatures_are_told_apart_in_the_coverage() {
    let world = World::default();
    let once = world.seal_again(&seals::sealing::licence_package(&facts(), hours(0)).unwrap());
    let twice = world.seal_again(&once.document);
    let report = twice.judge(Policy::Reading);
    let of = |name: &str| &report.coverage().iter().find(|it| it.entry.ends_with(name)).unwrap().signatures;
    assert_eq!((of("Content.xml"), of("Sign_0/Signature.xml")), (&vec![1, 2], &vec![2]));
    assert_eq!(of("Signatures.xml"), &[] as &[usize]);
}

#[test]
fn a_structure_that_cannot_be_read_leaves_the_folders_to_tell() {
    for document in ["<Document>", "<!DOCTYPE a><Document/>", "\u{1}", "<Other/>"] {
        let made = World::default().make();
        let mut changed = files(&made.document);
        *file(&mut changed, "Document.xml") = document.as_bytes().to_vec();
        let report = common::judge(&archive(&changed), &made.trust, Policy::Reading);
        let page = report.coverage().iter().find(|it| it.entry.ends_with("Content.xml")).unwrap();
        assert_eq!((page.kind, report.verdict()), (EntryKind::Page, Verdict::Invalid), "{document}");
    }
}

#[test]
fn each_kind_has_its_name_in_both_languages_once() {
    let mut names: Vec<&str> =
        EntryKind::LABELS.iter().flat_map(|(_, chinese, english)| [*chinese, *english]).collect();
    for (kind, chinese, english) in EntryKind::LABELS {
        assert_eq!(kind.label(), (chinese, english));
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 18);
}
