//! The codes against the shared vectors, our own vectors, and properties that any code with a check has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use standards::code::{
    BasicCode, CaseId, CaseNumber, CitizenId, CodeError, CodeKind, CreditCode, DivisionCode, HandlingItemCode,
    ImplementationCode, ItemId, LicenseId, RegionCode,
};

const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The parser of one kind of code, down to the code of its finding.
type Parse = fn(&str) -> Result<(), CodeError>;

fn parse<T: std::str::FromStr<Err = CodeError>>(text: &str) -> Result<(), CodeError> {
    text.parse::<T>().map(drop)
}

const KINDS: &[(&str, Parse)] = &[
    ("credit_code", parse::<CreditCode>),
    ("citizen_id", parse::<CitizenId>),
    ("basic_code", parse::<BasicCode>),
    ("implementation_code", parse::<ImplementationCode>),
    ("handling_item_code", parse::<HandlingItemCode>),
    ("case_number", parse::<CaseNumber>),
    ("license_id", parse::<LicenseId>),
    ("division_code", parse::<DivisionCode>),
    ("region_code", parse::<RegionCode>),
    ("item_id", parse::<ItemId>),
    ("case_id", parse::<CaseId>),
];

#[derive(serde::Deserialize)]
struct Vector {
    kind: String,
    text: String,
    /// The finding; absent when the code is good.
    finding: Option<String>,
    why: String,
}

#[derive(serde::Deserialize)]
struct Vectors {
    vector: Vec<Vector>,
}

#[test]
fn every_vector_has_the_finding_it_names() {
    let vectors: Vectors = toml::from_str(include_str!("vectors/codes.toml")).unwrap();
    for Vector { kind, text, finding, why } in vectors.vector {
        let (_, parse) = KINDS.iter().find(|(name, _)| *name == kind).expect("a kind of code");
        let got = parse(&text).err().map(|error| error.code().to_owned());
        assert_eq!(got, finding, "{kind} {text:?}: {why}");
    }
}

#[test]
fn every_finding_of_the_list_has_a_vector_that_brings_it_about() {
    let vectors: Vectors = toml::from_str(include_str!("vectors/codes.toml")).unwrap();
    let brought: Vec<_> = vectors.vector.into_iter().filter_map(|vector| vector.finding).collect();
    for code in CodeError::CODES {
        assert!(brought.iter().any(|finding| finding == code), "no vector brings about {code}");
    }
    for finding in brought {
        assert!(CodeError::CODES.contains(&finding.as_str()), "{finding} is not in CodeError::CODES");
    }
}

#[test]
fn the_shared_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/domain/vectors.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is absent");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let strings = |pointer: &str| -> Vec<String> {
        match vectors.pointer(pointer).expect(pointer) {
            serde_json::Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
            serde_json::Value::Object(values) => {
                values.values().map(|value| value.as_str().unwrap().to_owned()).collect()
            }
            _ => panic!("{pointer} is no list"),
        }
    };
    let good: [(&str, Parse); 8] = [
        ("/uscc/valid_real_agencies", parse::<CreditCode>),
        ("/uscc/valid_synthetic", parse::<CreditCode>),
        ("/cert_id/valid_real", parse::<LicenseId>),
        ("/cert_id/valid_synthetic", parse::<LicenseId>),
        ("/task_code/len31", parse::<ImplementationCode>),
        ("/task_code/len33", parse::<HandlingItemCode>),
        ("/task_code/case43", parse::<CaseNumber>),
        ("/id_card/valid", parse::<CitizenId>),
    ];
    for (pointer, parse) in good {
        for code in strings(pointer) {
            assert_eq!(parse(&code), Ok(()), "{pointer} {code}");
        }
    }
    for invalid in vectors["uscc"]["invalid"].as_array().unwrap() {
        let code = invalid["v"].as_str().unwrap();
        assert!(parse::<CreditCode>(code).is_err(), "{code}: {}", invalid["why"]);
    }
    for code in strings("/task_code/foreign_shapes") {
        assert!(parse::<ImplementationCode>(&code).is_err(), "{code}");
    }
    let printed_wrong = &vectors["cert_id"]["invalid_real_doc_example"];
    let Err(CodeError::CheckDigit { kind: CodeKind::LicenseId, expected, .. }) =
        parse::<LicenseId>(printed_wrong["v"].as_str().unwrap())
    else {
        panic!("the check character that is printed wrong must be found");
    };
    assert_eq!(expected.to_string(), printed_wrong["expected_check"].as_str().unwrap());
}

#[test]
fn the_findings_say_what_was_expected_and_what_was_there() {
    assert_eq!(
        parse::<CreditCode>("11110000FAKE00013K"),
        Err(CodeError::CheckDigit { kind: CodeKind::CreditCode, expected: 'R', got: 'K' })
    );
    assert_eq!(
        parse::<CitizenId>("110105194912310029"),
        Err(CodeError::CheckDigit { kind: CodeKind::CitizenId, expected: 'X', got: '9' })
    );
    assert_eq!(
        parse::<CreditCode>("11110000FAKE00013r"),
        Err(CodeError::Character { kind: CodeKind::CreditCode, position: 18, got: 'r' })
    );
}

#[test]
fn a_citizen_id_does_not_show_in_debug() {
    let id: CitizenId = "11010519491231002X".parse().unwrap();
    assert!(!format!("{id:?}").contains("1101"));
}

#[test]
fn the_parts_of_a_code_are_read_where_they_stand() {
    let case: CaseNumber = "11110000FAKE00013R2000114003004202211040001".parse().unwrap();
    let implementation = case.implementation_code();
    assert_eq!(case.day(), "20221104");
    assert_eq!((implementation.authority(), implementation.level()), ("11110000FAKE00013R", 2));
    assert_eq!(implementation.basic_code().as_str(), "000114003004");
    assert!(implementation.basic_code().is_national());
    let license: LicenseId =
        "1.2.156.3005.2.11100000FAKE00099G001.11110000FAKE00013R.202211040000001.001.A".parse().unwrap();
    assert_eq!((license.license_type(), license.issuer()), ("11100000FAKE00099G001", "11110000FAKE00013R"));
    assert_eq!((license.serial(), license.version()), ("202211040000001", "001"));
    let hebei_district: DivisionCode = "120105".parse().unwrap();
    assert_eq!(hebei_district.region().as_str(), "120000");
}

#[test]
fn a_code_in_json_is_its_text_and_is_checked() {
    let code: CreditCode = serde_json::from_str("\"11110000FAKE00013R\"").unwrap();
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"11110000FAKE00013R\"");
    assert!(serde_json::from_str::<CreditCode>("\"11110000FAKE00013K\"").is_err());
}

/// Replaces the character at `index` by the next of its alphabet, so that it is surely another one.
fn substitute(text: &str, index: usize, alphabet: &str) -> String {
    let next = |character: char| {
        let place = alphabet.find(character).unwrap();
        alphabet.chars().cycle().nth(place + 1).unwrap()
    };
    text.chars().enumerate().map(|(at, character)| if at == index { next(character) } else { character }).collect()
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,60}") {
        for (_, parse) in KINDS {
            let _ = parse(&text);
        }
    }

    #[test]
    fn no_text_near_a_license_id_makes_its_parser_panic(rest in "[0-9A-Za-z.，１é]{0,90}") {
        let _ = parse::<LicenseId>(&format!("1.2.156.3005.2.{rest}"));
    }

    #[test]
    fn one_wrong_character_never_passes_in_a_credit_code(index in 0_usize..18) {
        prop_assert!(parse::<CreditCode>(&substitute("91120116FAKE100276", index, CREDIT_ALPHABET)).is_err());
    }

    #[test]
    fn one_wrong_digit_never_passes_in_a_citizen_id(index in 0_usize..17, step in 1_u32..10) {
        let good = "11010519491231002X";
        let wrong: String = good.chars().enumerate().map(|(at, digit)| match digit.to_digit(10) {
            Some(value) if at == index => char::from_digit((value + step) % 10, 10).unwrap(),
            _ => digit,
        }).collect();
        prop_assert!(parse::<CitizenId>(&wrong).is_err());
    }

    #[test]
    fn two_swapped_neighbours_never_pass_in_a_license_id(index in 55_usize..68) {
        let good = "1.2.156.3005.2.11100000FAKE00099G001.11120000FAKE00021Q.JY112010600000.001.Q";
        let mut characters: Vec<char> = good.chars().collect();
        prop_assume!(characters[index] != characters[index + 1]);
        characters.swap(index, index + 1);
        let swapped: String = characters.into_iter().collect();
        prop_assert!(parse::<LicenseId>(&swapped).is_err());
    }

    #[test]
    fn what_parses_is_written_back_unchanged(text in "[0-9]{6}|[0-9]{12}") {
        let code: DivisionCode = text.parse().unwrap();
        prop_assert_eq!(code.to_string(), text);
    }
}
