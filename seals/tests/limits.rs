//! Every limit holds at its value and not beyond: the same document is good just within it, and refused just outside.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use common::{Made, World, archive, at, facts, file, files, hours};
use seals::{Context, EntryKind, Limits, Policy, Verdict, VerificationReport};

/// Zeros beside the page, which deflate well.
const ZEROS: usize = 5_000;
/// Seconds by which the document is signed ahead of the time of judging.
const AHEAD: i64 = 5;

fn sealed() -> Made {
    let mut package = files(&seals::sealing::licence_package(&facts(), hours(0)).unwrap());
    package.push((String::from("Doc_0/Res/zeros.bin"), vec![0; ZEROS]));
    let signed_at = hours(0) + jiff::SignedDuration::from_secs(AHEAD);
    World { signed_at, ..World::default() }.seal_again(&archive(&package))
}

fn judge(made: &Made, limits: &Limits) -> VerificationReport {
    seals::verify(&made.document, &Context::new(&made.trust, Policy::Recognition, at(common::NOW), limits))
}

/// Zeros of the zeros over their compressed size.
fn ratio(document: &[u8]) -> usize {
    let archive = rawzip::ZipArchive::from_slice(document).unwrap();
    let mut records = archive.entries().map(Result::unwrap);
    let record = records.find(|it| it.uncompressed_size_hint() == ZEROS as u64).unwrap();
    ZEROS / usize::try_from(record.compressed_size_hint()).unwrap()
}

/// Sets a limit.
type Set = fn(&mut Limits, usize);

/// A limit; the value at which the document is just good, and the next one, at which it is refused with this code.
type Row = (Set, usize, usize, &'static str);

/// What is allowed up to a value.
fn least(code: &'static str, set: Set, value: usize) -> Row {
    (set, value, value - 1, code)
}

#[test]
fn each_limit_holds_at_its_value_and_not_beyond() {
    let made = sealed();
    let mut all = files(&made.document);
    let lengths: Vec<usize> = all.iter().map(|(_, bytes)| bytes.len()).collect();
    let names: Vec<usize> = all.iter().map(|(name, _)| name.len()).collect();
    let (entries, largest, total) = (all.len(), *lengths.iter().max().unwrap(), lengths.iter().sum());
    let longest = *names.iter().max().unwrap();
    let ratio = ratio(&made.document);
    let (xml, value) = (file(&mut all, "Signature.xml").clone(), file(&mut all, "SignedValue.dat").len());
    let xml = String::from_utf8(xml).unwrap();
    let elements = xml.matches('<').count() - xml.matches("</").count() - xml.matches("<?").count();
    let picture = seals::sealing::round_seal().unwrap().len();
    let skew = usize::try_from(AHEAD).unwrap();

    let rows: [Row; 17] = [
        least("format.too_large", |it, value| it.document_bytes_max = value, made.document.len()),
        least("container.too_many_entries", |it, value| it.entries_max = value, entries),
        least("container.entry_too_large", |it, value| it.entry_bytes_max = value, largest),
        least("container.package_too_large", |it, value| it.package_bytes_max = value, total),
        least("container.ratio", |it, value| (it.ratio_applies_from, it.ratio_max) = (ZEROS, value), ratio),
        // A file as large as this counts.
        (|it, value| (it.ratio_applies_from, it.ratio_max) = (value, 1), ZEROS + 1, ZEROS, "container.ratio"),
        least("container.hostile_name", |it, value| it.name_bytes_max = value, longest),
        least("container.xml_limit", |it, value| it.xml_bytes_max = value, xml.len()),
        // Signature, SignedInfo, References, Reference, CheckValue.
        least("container.xml_limit", |it, value| it.xml_depth_max = value, 5),
        least("container.xml_limit", |it, value| it.xml_elements_max = value, elements),
        // Provider has three.
        least("container.xml_limit", |it, value| it.xml_attributes_max = value, 3),
        least("container.too_many_signatures", |it, value| it.signatures_max = value, 1),
        least("format.too_large", |it, value| it.seal_bytes_max = value, value),
        least("format.too_large", |it, value| it.picture_bytes_max = value, picture),
        least("format.picture_size", |it, value| it.picture_mm_max = u32::try_from(value).unwrap(), 40),
        // The list of those who may use the seal has one.
        least("format.der", |it, value| it.der_list_max = value, 1),
        least("seal.signed_in_future", |it, value| it.clock_skew_seconds_max = i64::try_from(value).unwrap(), skew),
    ];
    for (number, (set, good, refused, code)) in rows.into_iter().enumerate() {
        let with = |value| {
            let mut limits = Limits::DEFAULT;
            set(&mut limits, value);
            judge(&made, &limits)
        };
        let within = with(good);
        assert_eq!((within.verdict(), within.reasons()), (Verdict::Valid, vec![]), "row {number}, {code}");
        assert_eq!(with(refused).reasons().first(), Some(&code), "row {number}");
    }
}

#[test]
fn beyond_the_limit_of_structure_names_tell_what_files_are_for() {
    let made = sealed();
    let mut all = files(&made.document);
    let bytes = file(&mut all, "OFD.xml").len() + file(&mut all, "Document.xml").len();
    let kind = |structure_bytes_max| {
        let report = judge(&made, &Limits { structure_bytes_max, ..Limits::DEFAULT });
        report.coverage().iter().find(|it| it.entry.ends_with("PublicRes.xml")).unwrap().kind
    };
    assert_eq!((kind(bytes), kind(bytes - 1)), (EntryKind::Resource, EntryKind::Other));
}

#[test]
fn a_seal_has_a_picture_that_fits_a_page() {
    for (width_mm, fits) in [(0, false), (1, true), (210, true), (211, false), (50_000, false)] {
        let made = World::default().make();
        let mut seal = common::elements(&made.seal);
        let mut info = common::elements(&seal[0]);
        let mut picture = common::elements(&info[3]);
        let magnitude = u16::to_be_bytes(width_mm);
        picture[2] = certs::der::write::unsigned(&magnitude);
        info[3] = certs::der::write::sequence(&picture);
        seal[0] = certs::der::write::sequence(&info);
        let report = common::judge(&certs::der::write::sequence(&seal), &made.trust, Policy::Reading);
        let format = report.signatures()[0].step(seals::Step::Format).unwrap();
        assert_eq!(format.code, (!fits).then_some("format.picture_size"), "{width_mm} mm");
    }
}

/// Names every limit: one that is added does not compile here until its row stands above.
#[test]
fn no_limit_is_forgotten() {
    let Limits {
        document_bytes_max: _,
        entries_max: _,
        entry_bytes_max: _,
        package_bytes_max: _,
        ratio_max: _,
        ratio_applies_from: _,
        name_bytes_max: _,
        xml_bytes_max: _,
        xml_depth_max: _,
        xml_elements_max: _,
        xml_attributes_max: _,
        structure_bytes_max: _,
        signatures_max: _,
        seal_bytes_max: _,
        picture_bytes_max: _,
        picture_mm_max: _,
        der_list_max: _,
        clock_skew_seconds_max: _,
    } = Limits::DEFAULT;
}
