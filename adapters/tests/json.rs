//! The strict JSON reader: what it gives, and everything that it refuses.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use adapters::Limits;
use adapters::json;
use adapters::leaf::{Leaf, Scalar};

const SMALL: Limits = Limits { bytes_max: 200, depth_max: 3, values_max: 6, value_bytes_max: 20 };

#[test]
fn an_object_becomes_its_leaves_with_their_pointers() {
    let leaves =
        json::parse(r#"{"a":{"b":"劳","c":-3},"d":[true,null],"e/f~g":7,"h":{}}"#.as_bytes(), &Limits::MESSAGE);
    let expected = [
        ("/a/b", Scalar::Text("劳".into())),
        ("/a/c", Scalar::Number("-3".into())),
        ("/d/0", Scalar::Bool(true)),
        ("/d/1", Scalar::Null),
        ("/e~1f~0g", Scalar::Number("7".into())),
    ];
    let expected: Vec<Leaf> = expected.into_iter().map(|(path, value)| Leaf { path: path.into(), value }).collect();
    assert_eq!(leaves.unwrap(), expected);
}

#[test]
fn what_is_not_strict_json_is_refused_with_its_code() {
    let long = " ".repeat(201);
    let long_value = format!("{{\"a\":\"{}\"}}", "x".repeat(21));
    let long_key = format!("{{\"{}\":1}}", "x".repeat(21));
    let cases: &[(&str, &str)] = &[
        (&long, "json.too_long"),
        (&long_value, "json.value_too_long"),
        (&long_key, "json.value_too_long"),
        ("", "json.syntax"),
        ("{", "json.syntax"),
        ("{}x", "json.syntax"),
        ("{}{}", "json.syntax"),
        ("{\"a\":1,}", "json.syntax"),
        ("{a:1}", "json.syntax"),
        ("{\"a\":'x'}", "json.syntax"),
        ("{\"a\":01}", "json.syntax"),
        ("{\"a\":NaN}", "json.syntax"),
        ("{\"a\":\"\\ud800\"}", "json.syntax"),
        ("{\"a\":\"\n\"}", "json.syntax"),
        ("{\"a\":1 /* x */}", "json.syntax"),
        ("\u{feff}{}", "json.syntax"),
        ("[]", "json.not_object"),
        ("\"x\"", "json.not_object"),
        ("1", "json.not_object"),
        ("null", "json.not_object"),
        ("{\"a\":1,\"a\":1}", "json.duplicate_key"),
        ("{\"a\":1,\"\\u0061\":2}", "json.duplicate_key"),
        ("{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", "json.duplicate_key"),
        ("{\"a\":{\"b\":{\"c\":{}}}}", "json.too_deep"),
        ("{\"a\":[[[]]]}", "json.too_deep"),
        ("{\"a\":[1,2,3,4,5]}", "json.too_many_values"),
        ("{\"a\":1.5}", "json.not_whole_number"),
        ("{\"a\":1e2}", "json.not_whole_number"),
        ("{\"a\":123456789012345678901}", "json.not_whole_number"),
    ];
    for (text, code) in cases {
        match json::parse(text.as_bytes(), &SMALL) {
            Ok(leaves) => panic!("{text:?} was read as {leaves:?}"),
            Err(error) => assert_eq!(error.code(), *code, "{text:?}: {error}"),
        }
    }
    assert_eq!(json::parse(b"{\"a\":\"\xff\"}", &SMALL).unwrap_err().code(), "json.not_utf8");
}

#[test]
fn an_error_names_line_and_column_and_no_content() {
    let error = json::parse(b"{\"secret\": 1,\n \"secret\": 2}", &SMALL).unwrap_err().to_string();
    assert!(error.starts_with("line 2, column "), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

proptest::proptest! {
    #[test]
    fn anything_is_read_or_refused_and_never_panics(text in "[{}\\[\\]:,\"a-c0-9.e\\-\\\\u ]{0,60}") {
        let _ = json::parse(text.as_bytes(), &SMALL);
    }

    #[test]
    fn what_is_written_is_read_back(values in proptest::collection::vec(".{0,20}", 1..5)) {
        let leaves: Vec<Leaf> = values.into_iter().enumerate()
            .map(|(i, text)| Leaf { path: format!("/x/{i}~1y/z"), value: Scalar::Text(text) }).collect();
        proptest::prop_assert_eq!(json::parse(&json::write(&leaves), &Limits::MESSAGE).unwrap(), leaves);
    }
}
