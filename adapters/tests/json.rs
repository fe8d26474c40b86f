//! The strict JSON reader: what it gives, and everything that it refuses.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use adapters::json;
use adapters::leaf::{Leaf, Scalar};
use adapters::{Adapters, Limits};

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

/// What is refused, and by which code.
const REFUSED: &[(&str, &str)] = &[
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
    ("{}\u{feff}", "json.syntax"),
    ("{\"a\":\"\\udc00\"}", "json.syntax"),
    ("{\"a\":\"\\ud800\\ud800\"}", "json.syntax"),
    ("{\"a\":\"\\ud800x\"}", "json.syntax"),
    ("{\"\\ud800\":1}", "json.syntax"),
    ("{\"a\":\"\\x41\"}", "json.syntax"),
    ("{\"a\":\"\\u00 1\"}", "json.syntax"),
    ("{\"a\":\"\u{0}\"}", "json.syntax"),
    ("{\"a\":\"\u{1f}\"}", "json.syntax"),
    ("{\"a\":\"\t\"}", "json.syntax"),
    ("{\"a\u{0}\":1}", "json.syntax"),
    ("{\"a\":+1}", "json.syntax"),
    ("{\"a\":-}", "json.syntax"),
    ("{\"a\":.5}", "json.syntax"),
    ("{\"a\":1.}", "json.syntax"),
    ("{\"a\":0x1}", "json.syntax"),
    ("{\"a\":-01}", "json.syntax"),
    ("{\"a\":Infinity}", "json.syntax"),
    ("{\"a\":True}", "json.syntax"),
    ("{\"a\":nul}", "json.syntax"),
    ("{\"a\":1 \"b\":2}", "json.syntax"),
    ("{\"a\" 1}", "json.syntax"),
    ("{1:1}", "json.syntax"),
    ("{\"a\":[1,]}", "json.syntax"),
    ("{\"a\":1};", "json.syntax"),
    ("{\u{a0}}", "json.syntax"),
    ("{}\u{b}", "json.syntax"),
    ("[]", "json.not_object"),
    ("\"x\"", "json.not_object"),
    ("1", "json.not_object"),
    ("null", "json.not_object"),
    ("{\"a\":1,\"a\":1}", "json.duplicate_key"),
    ("{\"a\":1,\"\\u0061\":2}", "json.duplicate_key"),
    ("{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", "json.duplicate_key"),
    ("{\"\\u52b3\":1,\"劳\":2}", "json.duplicate_key"),
    ("{\"\\ud83d\\ude00\":1,\"\u{1f600}\":2}", "json.duplicate_key"),
    ("{\"a/b\":1,\"a\\/b\":2}", "json.duplicate_key"),
    ("{\"\":1,\"\":2}", "json.duplicate_key"),
    ("{\"a\":{},\"a\":[]}", "json.duplicate_key"),
    ("{\"a\":{\"0\":1}}", "json.index_as_key"),
    ("{\"a\":{\"17\":1}}", "json.index_as_key"),
    ("{\"\\u0031\":1}", "json.index_as_key"),
    ("{\"a\":{\"b\":{\"c\":{}}}}", "json.too_deep"),
    ("{\"a\":[[[]]]}", "json.too_deep"),
    ("{\"a\":[1,2,3,4,5]}", "json.too_many_values"),
    ("{\"a\":1.5}", "json.not_whole_number"),
    ("{\"a\":1e2}", "json.not_whole_number"),
    ("{\"a\":1.0}", "json.not_whole_number"),
    ("{\"a\":1E0}", "json.not_whole_number"),
    ("{\"a\":0e-1}", "json.not_whole_number"),
    ("{\"a\":-0}", "json.not_whole_number"),
    ("{\"a\":-0.0}", "json.not_whole_number"),
    ("{\"a\":1e999}", "json.not_whole_number"),
    ("{\"a\":18446744073709551616}", "json.not_whole_number"),
    ("{\"a\":-9223372036854775809}", "json.not_whole_number"),
    ("{\"a\":123456789012345678901}", "json.not_whole_number"),
];

#[test]
fn what_is_not_strict_json_is_refused_with_its_code() {
    for (text, code) in REFUSED {
        assert_refused(text, code);
    }
    assert_eq!(json::parse(b"{\"a\":\"\xff\"}", &SMALL).unwrap_err().code(), "encoding.not_utf8");
}

#[test]
fn what_is_too_long_is_refused() {
    assert_refused(&" ".repeat(201), "json.too_long");
    assert_refused(&format!("{{\"a\":\"{}\"}}", "x".repeat(21)), "json.value_too_long");
    assert_refused(&format!("{{\"{}\":1}}", "x".repeat(21)), "json.value_too_long");
}

fn assert_refused(text: &str, code: &str) {
    match json::parse(text.as_bytes(), &SMALL) {
        Ok(leaves) => panic!("{text:?} was read as {leaves:?}"),
        Err(error) => assert_eq!(error.code(), code, "{text:?}: {error}"),
    }
}

#[test]
fn a_key_that_only_looks_like_an_index_is_read() {
    for key in ["00", "01", "-1", "0x", "\u{0661}", ""] {
        let message = format!("{{\"{key}\":true}}");
        let leaves = json::parse(message.as_bytes(), &SMALL).unwrap();
        assert_eq!(leaves, [Leaf { path: format!("/{key}").into(), value: Scalar::Bool(true) }]);
    }
}

#[test]
fn controls_that_json_can_write_reach_no_case() {
    let adapters = Adapters::embedded().unwrap();
    let beijing = adapters.adapter(&"110000".parse().unwrap()).unwrap();
    let sample = include_str!("../regions/110000-beijing/samples/granted.json");
    for control in ["\\u0000", "\\u0001", "\\n", "\\u007f", "\\u0085"] {
        let message = sample.replacen("北京自贸测试企业", &format!("北京{control}自贸测试企业"), 1);
        assert_ne!(message, sample);
        let faults = beijing.read(message.as_bytes(), &Limits::MESSAGE).unwrap_err();
        assert_eq!(faults[0].code(), "message.illegal_character", "{control}");
    }
}

#[test]
fn what_is_strict_json_is_read_as_it_was_meant() {
    let text = |text: &str| Scalar::Text(text.to_owned().into());
    let number = |digits: &str| Scalar::Number(digits.to_owned().into());
    let cases = [
        ("{\"a\":18446744073709551615}", number("18446744073709551615")),
        ("{\"a\":-9223372036854775808}", number("-9223372036854775808")),
        ("{\"a\":0}", number("0")),
        ("\r\n\t {\r\n\"a\"\r\n:\r\n1\r\n}\r\n", number("1")),
        ("{\"a\":\"1\"}", text("1")),
        ("{\"a\":\"\"}", text("")),
        ("{\"a\":\"null\"}", text("null")),
        ("{\"a\":\"\\u0000\"}", text("\0")),
        ("{\"a\":\"\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\\\"}", text("\u{1f600}/\u{8}\u{c}\n\r\t\\")),
        ("{\"a\":\"&lt;\\u0026lt;\"}", text("&lt;&lt;")),
        ("{\"a\":\"\u{7f}\u{fffe}\u{feff}\"}", text("\u{7f}\u{fffe}\u{feff}")),
    ];
    for (json, expected) in cases {
        let leaves = json::parse(json.as_bytes(), &SMALL).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(leaves, [Leaf { path: "/a".into(), value: expected }], "{json}");
    }
}

#[test]
fn nothing_is_too_deep_to_be_refused() {
    for open in ["[", "{\"a\":"] {
        let text = format!("{{\"a\":{}", open.repeat(50_000));
        assert_eq!(json::parse(text.as_bytes(), &Limits::MESSAGE).unwrap_err().code(), "json.too_deep");
    }
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
            .map(|(i, text)| Leaf { path: format!("/x/{i}~1y/z").into(), value: Scalar::Text(text.into()) }).collect();
        let written = json::write(&leaves);
        proptest::prop_assert_eq!(json::parse(&written, &Limits::MESSAGE).unwrap(), leaves);
    }
}
