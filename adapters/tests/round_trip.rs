//! What survives the way from a case to a message and back, in every dialect, for any case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::LazyLock;

use adapters::{Adapter, Adapters, Fidelity, Limits};
use proptest::prelude::*;
use standards::case::Case;
use standards::division::Divisions;
use standards::field::{Fields, path};
use standards::item::Catalogue;

static ADAPTERS: LazyLock<Adapters> = LazyLock::new(|| Adapters::embedded().unwrap());
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());
static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| Divisions::embedded().unwrap());

/// Region, its authority, and divisions of it: current, superseded, and one below the county.
const REGIONS: [(&str, &str, [&str; 3]); 3] = [
    ("110000", "11110000FAKE00013R", ["110105", "110228", "110117001000"]),
    ("120000", "11120000FAKE00021Q", ["120105", "120225", "120116001000"]),
    ("130000", "11130000FAKE0003XL", ["130629", "130183", "130629100000"]),
];

fn name() -> impl Strategy<Value = String> {
    "\\PC{1,40}".prop_filter("no name", |text| {
        text.trim() == text
            && text != "null"
            && !["&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#"].iter().any(|e| text.contains(e))
    })
}

fn time() -> impl Strategy<Value = String> {
    (1_600_000_000_000_i64..1_900_000_000_000).prop_map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string())
}

fn date(years: std::ops::Range<i16>) -> impl Strategy<Value = String> {
    (years, 1_i8..13, 1_i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d).to_string())
}

fn validity() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), Just(Some("no_expiry".to_owned())), date(2031..2100).prop_map(Some)]
}

fn applicant() -> impl Strategy<Value = [&'static str; 3]> {
    prop_oneof![
        Just(["legal_person", "credit_code", "91110105FAKE100199"]),
        Just(["natural_person", "resident_identity_card", "11010519491231002X"]),
        Just(["natural_person", "passport", "E00000000"]),
        Just(["natural_person", "residence_permit", "FAKE-1"]),
    ]
}

prop_compose! {
    fn fields()(
        region in 0..REGIONS.len(), division in 0..3_usize, item in 0..CATALOGUE.items().len(),
        names in prop::array::uniform7(name()), case_id in "[0-9A-Za-z._-]{1,64}", local_code in name(), own_code in any::<bool>(),
        [kind, id_type, id] in applicant(), accepted in prop::option::of(time()), took_ms in 0_i64..9_000_000_000,
        concluded in time(), decision in prop_oneof![Just("grant"), Just("refuse")],
        issued in prop::option::of(date(2020..2031)), until in validity(),
    ) -> Fields {
        let (from, authority, divisions) = REGIONS[region];
        let item = CATALOGUE.items().nth(item).unwrap().id.to_string();
        let adapter = ADAPTERS.adapter(&from.parse().unwrap()).unwrap();
        let own = adapter.mapping().items.code_of(&item).unwrap().to_owned();
        let concluded = match &accepted {
            Some(at) => (at.parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_millis(took_ms)).to_string(),
            None => concluded,
        };
        let [authority_name, applicant_name, number, license, issuer, holder, holder_id] = names;
        let values = [
            (path::FROM, Some(from.to_owned())), (path::ITEM, Some(item)), (path::CASE_ID, Some(case_id)),
            (path::LOCAL_ITEM_CODE, Some(if own_code { own } else { local_code })),
            (path::DIVISION, Some(divisions[division].to_owned())),
            (path::AUTHORITY_CODE, Some(authority.to_owned())), (path::AUTHORITY_NAME, Some(authority_name)),
            (path::APPLICANT_KIND, Some(kind.to_owned())), (path::APPLICANT_NAME, Some(applicant_name)),
            (path::APPLICANT_ID_TYPE, Some(id_type.to_owned())), (path::APPLICANT_ID_NUMBER, Some(id.to_owned())),
            (path::ACCEPTED_AT, accepted), (path::CONCLUDED_AT, Some(concluded)), (path::DECISION, Some(decision.to_owned())),
            (path::LICENSE_NUMBER, Some(number)), (path::LICENSE_NAME, Some(license)),
            (path::LICENSE_ISSUER_CODE, Some(authority.to_owned())), (path::LICENSE_ISSUER_NAME, Some(issuer)),
            (path::LICENSE_HOLDER_NAME, Some(holder)), (path::LICENSE_HOLDER_ID, Some(holder_id)),
            (path::LICENSE_ISSUED_ON, issued), (path::LICENSE_VALID_UNTIL, until),
        ];
        values.into_iter().filter_map(|(path, text)| Some((path, text?))).collect()
    }
}

fn case(fields: &Fields) -> Case {
    Case::from_fields(fields, &CATALOGUE, &DIVISIONS).unwrap_or_else(|faults| panic!("{faults:?} of {fields:?}"))
}

/// Whether the dialect may lose this: only what it has no way to say.
fn may_be_lost(adapter: &Adapter, case: &Case, field: &str, original: &str) -> bool {
    let has_fractions_and_villages = adapter.region().as_str() == "110000";
    match field {
        path::LOCAL_ITEM_CODE => adapter.mapping().items.item_of(original) != Some(case.item.as_str()),
        path::ACCEPTED_AT | path::CONCLUDED_AT => !has_fractions_and_villages && original.contains('.'),
        path::DIVISION => !has_fractions_and_villages && original.len() == 12,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_a_dialect_can_carry_comes_back_and_the_explanation_tells_the_rest(fields in fields()) {
        let case = case(&fields);
        for adapter in ADAPTERS.iter() {
            let written = adapter.write(&case).unwrap_or_else(|faults| panic!("{faults:?}"));
            let back = adapter.read(&written.bytes, &Limits::MESSAGE).unwrap().case.to_fields();
            prop_assert_eq!(written.explanation.len(), fields.iter().count(), "each field is explained");
            for row in &written.explanation {
                let field = row.field.unwrap();
                let original = fields.get(field).unwrap();
                match &row.fidelity {
                    Fidelity::Lossless => prop_assert_eq!(back.get(field), Some(original)),
                    Fidelity::Lossy { original: kept } => {
                        prop_assert_eq!(kept, original);
                        prop_assert!(may_be_lost(adapter, &case, field, original), "{} lost {}", adapter.region(), field);
                    }
                    Fidelity::NotCarried { .. } => prop_assert!(false, "{} has no place for {}", adapter.region(), field),
                }
            }
        }
    }

    #[test]
    fn a_message_read_and_written_again_means_the_same(fields in fields()) {
        for adapter in ADAPTERS.iter() {
            let message = adapter.write(&case(&fields)).unwrap().bytes;
            let read = adapter.read(&message, &Limits::MESSAGE).unwrap();
            let again = adapter.write(&read.case).unwrap();
            prop_assert_eq!(String::from_utf8(again.bytes).unwrap(), String::from_utf8(message).unwrap());
            let all_lossless = |row: &adapters::FieldOrigin| matches!(row.fidelity, Fidelity::Lossless);
            prop_assert!(again.explanation.iter().all(all_lossless), "what was once through the dialect loses no more");
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for adapter in ADAPTERS.iter() {
            prop_assert!(adapter.read(&bytes, &Limits::MESSAGE).is_err());
        }
    }

    #[test]
    fn a_damaged_sample_never_panics(at in 0..1400_usize, byte in any::<u8>(), cut in any::<bool>()) {
        for (region, sample) in [
            ("110000", include_bytes!("../regions/110000-beijing/samples/granted.json").as_slice()),
            ("120000", include_bytes!("../regions/120000-tianjin/samples/granted.xml").as_slice()),
            ("130000", include_bytes!("../regions/130000-hebei/samples/granted.json").as_slice()),
        ] {
            let mut bytes = sample.to_vec();
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            let _ = ADAPTERS.adapter(&region.parse().unwrap()).unwrap().read(&bytes, &Limits::MESSAGE);
        }
    }
}

/// One good case to spoil.
fn good_fields() -> Fields {
    let sample = include_bytes!("../regions/130000-hebei/samples/granted.json");
    let adapter = ADAPTERS.adapter(&"130000".parse().unwrap()).unwrap();
    adapter.read(sample, &Limits::MESSAGE).unwrap().case.to_fields()
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    for (value, codes) in [
        ("null", ["message.null_value", "message.null_value", "message.missing_field"]),
        ("A&amp;B", ["message.escaped_twice"; 3]),
        ("A\u{fffe}B", ["", "message.illegal_character", ""]),
    ] {
        let mut fields = good_fields();
        fields.set(path::LICENSE_NUMBER, value);
        for (adapter, code) in ADAPTERS.iter().zip(codes) {
            let found = adapter.write(&case(&fields)).err().map(|faults| faults[0].code()).unwrap_or_default();
            assert_eq!(found, code, "{value:?} for {}", adapter.region());
        }
    }
}

#[test]
fn an_item_without_a_code_in_the_region_is_not_written() {
    let directory = tempfile::TempDir::new().unwrap();
    let folder = directory.path().join("110000-beijing");
    std::fs::create_dir(&folder).unwrap();
    let regions = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("regions/110000-beijing");
    for file in ["mapping.toml", "codes.toml"] {
        std::fs::copy(regions.join(file), folder.join(file)).unwrap();
    }
    let items = std::fs::read_to_string(regions.join("items.toml")).unwrap();
    let first = items.split("[[item]]").nth(1).unwrap();
    std::fs::write(folder.join("items.toml"), format!("[[item]]{first}")).unwrap();
    let adapters = Adapters::load(directory.path()).unwrap();
    let faults = adapters.iter().next().unwrap().write(&case(&good_fields())).unwrap_err();
    let found: Vec<(&str, &str)> = faults.iter().map(|fault| (fault.code(), fault.path.as_str())).collect();
    assert_eq!(found, [("message.not_in_dialect", "/task_code")]);
}

#[test]
fn a_local_code_that_means_another_item_here_is_not_written() {
    let beijing = ADAPTERS.adapter(&"110000".parse().unwrap()).unwrap();
    let mut fields = good_fields();
    fields.set(path::LOCAL_ITEM_CODE, beijing.mapping().items.code_of("JJJ-001").unwrap());
    let faults = beijing.write(&case(&fields)).unwrap_err();
    assert_eq!((faults[0].code(), faults[0].path.as_str()), ("message.not_in_dialect", "/task_code"));
}
