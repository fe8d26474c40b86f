//! What survives the way from a message of the standard model to a dialect and back: for any message of any kind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use adapters::{Adapter, Adapters, Fidelity, Limits};
use common::{ADAPTERS, any_message, message};
use proptest::prelude::*;
use standards::field::{self, Fields, path};
use standards::message::{Message, MessageKind};

fn foretold(adapter: &Adapter, kind: MessageKind, path: &str) -> bool {
    let row = field::find(path).unwrap().path;
    adapter.losses().iter().any(|loss| loss.kind == kind && loss.field == row)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_a_dialect_can_carry_comes_back_and_the_explanation_tells_the_rest((kind, fields) in any_message()) {
        let message = message(kind, &fields);
        for adapter in ADAPTERS.iter() {
            let written = adapter.write(&message).unwrap_or_else(|faults| panic!("{faults:?}"));
            let back = adapter.read(&written.bytes, &Limits::MESSAGE).unwrap().message;
            prop_assert_eq!(back.kind(), kind);
            prop_assert_eq!(written.explanation.len(), fields.iter().count(), "each field is explained");
            for row in &written.explanation {
                let path = &*row.field.unwrap().text();
                let (original, back) = (fields.get(path), back.fields().get(path));
                match &row.fidelity {
                    Fidelity::Lossless => prop_assert_eq!(back, original),
                    Fidelity::Lossy { original: kept } | Fidelity::NotCarried { original: Some(kept) } => {
                        prop_assert_eq!(Some(kept.as_str()), original);
                        prop_assert!(back != original && foretold(adapter, kind, path), "{} lost {path}", adapter.region());
                    }
                    Fidelity::NotCarried { original: None } => prop_assert!(false, "{path} is kept nowhere"),
                }
            }
            for (path, _) in back.fields().iter() {
                prop_assert!(fields.get(&path).is_some(), "{} invented {path}", adapter.region());
            }
        }
    }

    #[test]
    fn a_message_read_and_written_again_is_the_same((kind, fields) in any_message()) {
        for adapter in ADAPTERS.iter() {
            let first = adapter.write(&message(kind, &fields)).unwrap().bytes;
            let read = adapter.read(&first, &Limits::MESSAGE).unwrap();
            let again = adapter.write(&read.message).unwrap();
            prop_assert_eq!(String::from_utf8(again.bytes).unwrap(), String::from_utf8(first).unwrap());
            for row in &again.explanation {
                let path = &*row.field.unwrap().text();
                prop_assert!(matches!(row.fidelity, Fidelity::Lossless), "{} loses {path} once more", adapter.region());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for adapter in ADAPTERS.iter() {
            prop_assert!(adapter.read(&bytes, &Limits::MESSAGE).is_err());
        }
    }

    #[test]
    fn a_damaged_message_never_panics((kind, fields) in any_message(), at in 0..4000_usize, byte in any::<u8>(), cut in any::<bool>()) {
        for adapter in ADAPTERS.iter() {
            let mut bytes = adapter.write(&message(kind, &fields)).unwrap().bytes;
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            let _ = adapter.read(&bytes, &Limits::MESSAGE);
        }
    }
}

/// One good conclusion to spoil.
fn good_fields() -> Fields {
    let sample = include_bytes!("../regions/130000-hebei/samples/granted.json");
    let adapter = ADAPTERS.adapter(&"130000".parse().unwrap()).unwrap();
    adapter.read(sample, &Limits::MESSAGE).unwrap().message.fields().clone()
}

fn conclusion(fields: &Fields) -> Message {
    message(MessageKind::Conclusion, fields)
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
            let found = adapter.write(&conclusion(&fields)).err().map(|faults| faults[0].code()).unwrap_or_default();
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
    let faults = adapters.iter().next().unwrap().write(&conclusion(&good_fields())).unwrap_err();
    let found: Vec<(&str, &str)> = faults.iter().map(|fault| (fault.code(), fault.path.as_str())).collect();
    assert_eq!(found, [("message.not_in_dialect", "/task_code")]);
}

#[test]
fn a_local_code_that_means_another_item_here_is_not_written() {
    let beijing = ADAPTERS.adapter(&"110000".parse().unwrap()).unwrap();
    let mut fields = good_fields();
    fields.set(path::LOCAL_ITEM_CODE, beijing.mapping().items.code_of("JJJ-001").unwrap());
    let faults = beijing.write(&conclusion(&fields)).unwrap_err();
    assert_eq!((faults[0].code(), faults[0].path.as_str()), ("message.not_in_dialect", "/task_code"));
}
