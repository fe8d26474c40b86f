//! Entries, canonical JSON and receipts: one value has one text, and nothing else is read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use standards::canonical::{INTEGER_MAX, Json};
use standards::entry::{
    Closing, Commitment, Companion, CompanionCheckpoint, Conflict, Delivery, Digest, ENTRY_SIZE_BYTES_MAX, Editions,
    Entry, EntryError, Erasure, Judgement, Label, Predecessor, SealFact, Verdict, VerifiedCheckpoint,
};
use standards::receipt::{RECEIPT_SIZE_BYTES_MAX, ReceiptFile, ReceiptFileError};

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn judgement() -> Judgement {
    Judgement {
        time: "2026-11-22T08:00:00Z".parse().unwrap(),
        from: "120000".parse().unwrap(),
        to: "110000".parse().unwrap(),
        item: "JJJ-033".parse().unwrap(),
        case: Commitment([1; 32]),
        license: Commitment([2; 32]),
        message: Commitment([3; 32]),
        document: Commitment([0xab; 32]),
        seals: vec![SealFact {
            verdict: Verdict::Valid,
            seal_id: Some(label("12011600000001")),
            signer_organisation: Some("11120000FAKE00021Q".parse().unwrap()),
            signed_at: Some("2022-11-09T08:01:02Z".parse().unwrap()),
        }],
        reasons: Vec::new(),
        editions: Editions {
            catalogue: label("2026-11-01"),
            codes: label("2026-11-01"),
            mapping: label("120000/2026-11-01"),
            trust: label("7"),
            policy: label("1"),
        },
    }
}

/// One of each type, with the most and the least that it can say.
fn examples() -> Vec<(&'static str, Entry)> {
    let mut refused = judgement();
    refused.seals = vec![
        SealFact { verdict: Verdict::Invalid, seal_id: None, signer_organisation: None, signed_at: None },
        SealFact { verdict: Verdict::Indeterminate, ..judgement().seals[0].clone() },
    ];
    refused.reasons = vec![label("seal.document_changed"), label("recognition.seal_invalid")];
    let time = judgement().time;
    let checkpoint = VerifiedCheckpoint { size: INTEGER_MAX, root: Digest([0; 32]) };
    let region = judgement().to;
    vec![
        ("recognition", Entry::Recognition(judgement())),
        ("refusal", Entry::Refusal(refused)),
        ("manual_review", Entry::ManualReview(Judgement { seals: Vec::new(), ..judgement() })),
        (
            "delivery",
            Entry::Delivery(Delivery { time, region, recognition: 0, checkpoint, signature: Digest([0xff; 32]) }),
        ),
        (
            "conflict",
            Entry::Conflict(Conflict {
                time,
                from: judgement().from,
                first: 12,
                key: Commitment([9; 32]),
                content: Commitment([8; 32]),
            }),
        ),
        (
            "erasure",
            Entry::Erasure(Erasure { time, record: 3, rule: label("licence-30y"), reason: label("period_over") }),
        ),
        (
            "companion",
            Entry::Companion(Companion {
                time,
                origin: label("log.example/ledger/sm3"),
                checkpoint: VerifiedCheckpoint { size: 4, root: Digest([7; 32]) },
                signature: label("bQ0KCg=="),
            }),
        ),
        ("closing", Entry::Closing(Closing { time, next: label("log.example/ledger/2027") })),
        (
            "predecessor",
            Entry::Predecessor(Predecessor {
                time,
                origin: label("log.example/ledger/2026"),
                checkpoint: VerifiedCheckpoint { size: 5, root: Digest([6; 32]) },
                signatures: vec![label("AQIDBAUG"), label("bQ0KCg==")],
                companion: Some(CompanionCheckpoint { root: Digest([7; 32]), signature: label("bQ0KCg==") }),
                entries: 9,
            }),
        ),
    ]
}

#[test]
fn each_entry_has_the_text_of_its_golden_file() {
    for (name, entry) in examples() {
        let file = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = String::from_utf8(entry.to_canonical()).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&file).unwrap(), "{name}");
        assert_eq!(entry.type_name(), name);
    }
}

#[test]
fn each_entry_is_read_back_as_it_was() {
    for (name, entry) in examples() {
        assert_eq!(Entry::parse(&entry.to_canonical()).unwrap(), entry, "{name}");
    }
}

#[test]
fn what_says_the_same_in_another_text_is_not_canonical() {
    let text = String::from_utf8(examples()[0].1.to_canonical()).unwrap();
    for changed in [
        format!("{text}\n"),
        format!(" {text}"),
        text.replace("\":", "\": "),
        text.replace("\"reasons\":[],", ""),
        text.replace("08:00:00Z", "08:00:00.000Z"),
        text.replace("JJJ-033", "JJJ\\u002d033"),
        text.replacen("\"case\"", "\"type\":\"recognition\",\"case\"", 1),
    ] {
        let error = Entry::parse(changed.as_bytes()).unwrap_err();
        assert!(matches!(error, EntryError::NotCanonical { .. } | EntryError::Shape { .. }), "{changed}: {error}");
    }
    let spaced = text.replacen("\":", "\": ", 1);
    assert!(matches!(Entry::parse(spaced.as_bytes()), Err(EntryError::NotCanonical { offset: 8 })));
}

#[test]
fn what_is_no_entry_is_refused() {
    let text = String::from_utf8(examples()[0].1.to_canonical()).unwrap();
    let digest = "01".repeat(32);
    for changed in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        text.replace("\"type\":\"recognition\"", "\"type\":\"blessing\""),
        text.replace("\"item\":\"JJJ-033\",", ""),
        text.replace("\"item\"", "\"colour\":\"red\",\"item\""),
        text.replace("VALID", "valid"),
        text.replace("11120000FAKE00021Q", "11120000FAKE00021A"),
        text.replace(&digest, &digest.to_uppercase().replace("01", "0A")),
        text.replace(&digest, &digest[2..]),
        text.replace("12011600000001", "天津市测试审批局"),
        text.replace("12011600000001", "a b"),
        text.replace("12011600000001", ""),
    ] {
        assert!(matches!(Entry::parse(changed.as_bytes()), Err(EntryError::Shape { .. })), "{changed}");
    }
    let long = vec![b' '; ENTRY_SIZE_BYTES_MAX + 1];
    assert!(matches!(Entry::parse(&long), Err(EntryError::TooLong { .. })));
}

#[test]
fn a_label_is_short_printable_ascii() {
    assert!("~".repeat(128).parse::<Label>().is_ok());
    for wrong in
        [String::new(), "a".repeat(129), "a b".to_owned(), "a\n".to_owned(), "版本".to_owned(), "\u{7f}".to_owned()]
    {
        assert!(wrong.parse::<Label>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_count_that_some_readers_would_round_is_refused() {
    let (_, delivery) = &examples()[3];
    let text = String::from_utf8(delivery.to_canonical()).unwrap();
    assert!(Entry::parse(text.as_bytes()).is_ok());
    for count in ["9007199254740992", "-1", "1.0", "1e3", "\"1\""] {
        let changed = text.replace(&INTEGER_MAX.to_string(), count);
        assert!(matches!(Entry::parse(changed.as_bytes()), Err(EntryError::Shape { .. })), "{changed}");
    }
}

#[test]
fn canonical_json_follows_the_examples_of_rfc_8785() {
    // 3.2.2.2: escapes; 3.2.3: members in the order of their names' UTF-16 code units.
    let text = Json::text(&"\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}");
    assert_eq!(text.to_text(), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\"");
    let names = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"];
    let object = Json::object(names.map(|name| (name, Some(Json::Bool(true)))));
    let expected = ["\\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"];
    let expected: Vec<_> = expected.iter().map(|name| format!("\"{name}\":true")).collect();
    assert_eq!(object.to_text(), format!("{{{}}}", expected.join(",")));
}

#[test]
fn a_receipt_is_written_in_one_way_and_read_in_any_order() {
    let receipt = ReceiptFile {
        entry: String::from_utf8(examples()[0].1.to_canonical()).unwrap(),
        index: 3,
        proof: vec!["AAAA".to_owned()],
        checkpoint: "example\n4\nAAAA\n\n— example AAAA\n".to_owned(),
    };
    let text = receipt.to_json();
    assert_eq!(ReceiptFile::from_json(text.as_bytes()).unwrap(), receipt);
    assert_eq!(ReceiptFile::from_json(&serde_json::to_vec_pretty(&receipt).unwrap()).unwrap(), receipt);
    for wrong in [text.replace("\"index\":3", "\"index\":-1"), text.replace("proof", "prove"), text[1..].to_owned()] {
        assert!(matches!(ReceiptFile::from_json(wrong.as_bytes()), Err(ReceiptFileError::Shape { .. })), "{wrong}");
    }
    let long = vec![b' '; RECEIPT_SIZE_BYTES_MAX + 1];
    assert!(matches!(ReceiptFile::from_json(&long), Err(ReceiptFileError::TooLong { .. })));
}

proptest! {
    #[test]
    fn another_reader_of_json_reads_what_we_write(text in any::<String>(), count in 0..=INTEGER_MAX, truth: bool) {
        let json = Json::object([
            (text.as_str(), Some(Json::text(&text))),
            ("absent", None),
            ("list", Some(Json::Array(vec![Json::Integer(count), Json::Bool(truth)]))),
        ]);
        let mut expected = serde_json::json!({ "list": [count, truth] });
        if text != "list" {
            expected[&text] = serde_json::Value::String(text.clone());
        }
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&json.to_text()).unwrap(), expected);
    }

    #[test]
    fn a_changed_byte_never_reads_as_the_same_entry(position in 0_usize..600, byte: u8) {
        let entry = &examples()[0].1;
        let mut bytes = entry.to_canonical();
        let position = position % bytes.len();
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        prop_assert!(Entry::parse(&bytes).map_or(true, |read| read != *entry));
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Entry::parse(&bytes);
        let _ = ReceiptFile::from_json(&bytes);
    }
}
