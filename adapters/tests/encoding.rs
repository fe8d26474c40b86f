//! Encodings of messages: what is read as stated, and everything that does not agree with what is stated.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::process::Command;

use adapters::encoding::{self, Encoding, EncodingError};
use adapters::{Adapters, Limits, json, xml};

const SMALL: Limits = Limits { bytes_max: 100, depth_max: 3, values_max: 4, value_bytes_max: 40 };

/// A message whose declaration states an encoding; `value` is the bytes of its only value.
fn stating(encoding: &str, value: &[u8]) -> Vec<u8> {
    let start = format!("<?xml version='1.0' encoding='{encoding}'?><a>");
    [start.as_bytes(), value, b"</a>"].concat()
}

/// What is stated, the bytes of a value, and the value.
const READ: &[(&str, &[u8], &str)] = &[
    ("UTF-8", b"\xe5\x8a\xb3\xe5\x8a\xa1", "劳务"),
    ("utf-8", b"\xf0\xa0\x80\x80", "\u{20000}"),
    ("GB2312", b"\xc0\xcd\xce\xf1\xc5\xc9\xc7\xb2", "劳务派遣"),
    ("gb2312", b"a\xa3\xa8\xbc\xbd\xa3\xa9z", "a（冀）z"),
    ("GBK", b"\xd6\xec\xe9\x46\xbb\xf9", "朱镕基"),
    ("gbk", b"\xb0\xa2\xa1\xa4\xc2\xf2", "阿·买"),
    ("GBK", b"x\x88\xd2", "x堃"),
    ("GB18030", b"\xd6\xec\xe9\x46\xbb\xf9", "朱镕基"),
    ("gb18030", b"\x81\x39\xef\x31\x95\x32\x82\x36", "㐂\u{20000}"),
    ("GB18030", b"\xa2\xe3\xa6\xd9\xa8\xbc", "€\u{fe10}ḿ"),
    ("GB18030", b"1\r\n2\r3", "1\n2\n3"),
    ("GBK", b"plain ASCII is the same in all", "plain ASCII is the same in all"),
    ("GB2312", b"&#38229;", "镕"),
];

#[test]
fn a_message_is_read_in_the_encoding_that_it_states() {
    for (stated, bytes, text) in READ {
        let root = xml::parse(&stating(stated, bytes), &SMALL).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(root.text, *text, "{stated}");
    }
}

/// What is stated, the bytes of a value, the code of what is wrong, and where in the value it is.
const REFUSED: &[(&str, &[u8], &str, Option<usize>)] = &[
    ("UTF-8", b"x\xc0\xcd", "encoding.not_utf8", Some(1)),
    ("UTF-8", b"\xed\xa0\x80", "encoding.not_utf8", Some(0)),
    ("UTF-8", b"\xc0\xbc", "encoding.not_utf8", Some(0)),
    ("GBK", b"\xe5\x8a\xb3\xe5\x8a\xa1", "encoding.contradicted", None),
    ("GB18030", b"\xe5\x8a\xb3\xe5\x8a\xa1", "encoding.contradicted", None),
    // 路 in GBK, the dot of foreign names in UTF-8: nobody can tell.
    ("GB2312", b"\xc2\xb7", "encoding.contradicted", None),
    ("GBK", b"\xc0\xcdx\xff", "encoding.malformed", Some(3)),
    ("GBK", b"\xc0\xcd\xce", "encoding.malformed", Some(2)),
    ("GBK", b"\xc0\xcd\xce\x20", "encoding.malformed", Some(2)),
    ("GBK", b"\x80", "encoding.malformed", Some(0)),
    ("GB18030", b"\xc0\xcd\x80", "encoding.malformed", Some(2)),
    ("GB18030", b"\xc0\xcd\x81\x30\x81", "encoding.malformed", Some(2)),
    ("GB18030", b"\xc0\xcd\xe3\x32\x9a\x36", "encoding.malformed", Some(2)),
    ("GB18030", b"\xc0\xcd\xa2\x7f", "encoding.malformed", Some(2)),
    ("GBK", b"\x80\xff", "encoding.malformed", Some(0)),
    ("GBK", b"\xc0\xcd\x81\x39\xef\x31", "encoding.outside_declared", Some(2)),
    ("GB2312", b"\xc0\xcd\x81\x39\xef\x31", "encoding.outside_declared", Some(2)),
    ("GB2312", b"\xd6\xec\xe9\x46\xbb\xf9", "encoding.outside_declared", Some(2)),
    ("GB2312", b"\xc0\xcd\xa2\xa1", "encoding.outside_declared", Some(2)),
    ("GB18030", b"\xc0\xcd\xaa\xa1\xaf\xfe", "encoding.private_use", Some(2)),
    ("GBK", b"\xc0\xcd\xf8\xa1", "encoding.private_use", Some(2)),
    ("GB2312", b"\xc0\xcd\xfe\xfe", "encoding.private_use", Some(2)),
    ("GB18030", b"\xc0\xcd\xd8\x38\x97\x34", "encoding.private_use", Some(2)),
    ("GB18030", b"\xc0\xcd\xfd\x30\x81\x30", "encoding.malformed", Some(2)),
    // A3A0 is for private use in the standard, a wide blank for browsers; 84318236 was U+FE10 until 2022 made it A6D9.
    ("GB18030", b"\xc0\xcd\xa3\xa0", "encoding.private_use", Some(2)),
    ("GB18030", b"\xc0\xcd\x84\x31\x82\x36", "encoding.private_use", Some(2)),
    ("ISO-8859-1", b"x", "encoding.unknown", None),
    ("Big5", b"x", "encoding.unknown", None),
    ("UTF8", b"x", "encoding.unknown", None),
    ("UTF-16", b"x", "encoding.unknown", None),
    ("CP936", b"x", "encoding.unknown", None),
];

#[test]
fn what_does_not_agree_with_what_is_stated_is_refused_at_its_byte() {
    for (stated, bytes, code, at) in REFUSED {
        let message = stating(stated, bytes);
        let error = xml::parse(&message, &SMALL).map(|root| root.text).unwrap_err();
        assert_eq!(error.code(), *code, "{stated} {bytes:x?}");
        if let Some(at) = at {
            let offset = message.len() - b"</a>".len() - bytes.len() + at;
            assert!(error.to_string().contains(&format!("byte {offset}")), "{error} is not at {offset}");
        }
    }
}

#[test]
fn codes_for_private_use_are_counted() {
    let error = xml::parse(&stating("GBK", b"\xaa\xa1\xc0\xcd\xaf\xfe"), &SMALL).unwrap_err();
    assert_eq!(error.to_string(), "2 code(s) for private use, the first at byte 39");
}

#[test]
fn the_euro_sign_of_windows_is_no_code_whatever_follows_it() {
    for bytes in [&b"\x80"[..], b"\x805", b"\x80\x31\x95\x33", b"\x80<", b"\x80\xc0\xcd"] {
        let expected = EncodingError::Malformed { declared: Encoding::Gb18030, offset: 0 };
        assert_eq!(encoding::decode(bytes, Some(Encoding::Gb18030)), Err(expected), "{bytes:x?}");
    }
}

#[test]
fn what_states_no_encoding_is_utf_8_or_refused() {
    let gbk = "<a>劳务</a>".as_bytes();
    let cases: &[(&[u8], &str)] = &[
        (b"<a>\xc0\xcd\xce\xf1</a>", "encoding.undeclared"),
        (b"<?xml version='1.0'?><a>\xc0\xcd\xce\xf1</a>", "encoding.undeclared"),
        (b"\xef\xbb\xbf<a>\xc0\xcd\xce\xf1</a>", "encoding.not_utf8"),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='GBK'?><a/>", "encoding.contradicted"),
        (b"\xef\xbb\xbf\xef\xbb\xbf<a/>", "xml.text_outside_root"),
        (b"\x84\x31\x95\x33<a/>", "encoding.undeclared"),
        (b"\xff\xfe<\0a\0/\0>\0", "encoding.wide"),
        (b"\xfe\xff\0<\0a\0/\0>", "encoding.wide"),
        (b"<\0a\0/\0>\0", "encoding.wide"),
        (b"\0<\0a\0/\0>", "encoding.wide"),
        (b"\xff\xfe\0\0<\0\0\0", "encoding.wide"),
        (b"\0\0\0<\0\0\0a", "encoding.wide"),
    ];
    assert_eq!(xml::parse(gbk, &SMALL).unwrap().text, "劳务");
    for (bytes, code) in cases {
        assert_eq!(xml::parse(bytes, &SMALL).unwrap_err().code(), *code, "{bytes:x?}");
    }
}

#[test]
fn json_is_utf_8_without_a_byte_order_mark() {
    let cases: &[(&[u8], &str)] = &[
        (b"\xef\xbb\xbf{}", "encoding.byte_order_mark"),
        (b"{\"a\":\"\xc0\xcd\"}", "encoding.not_utf8"),
        (b"{\"a\":\"\xed\xa0\x80\"}", "encoding.not_utf8"),
        (b"{\0\"\0a\0\"\0", "encoding.wide"),
        (b"\0{\0}", "encoding.wide"),
        (b"\xff\xfe{\0}\0", "encoding.wide"),
    ];
    for (bytes, code) in cases {
        assert_eq!(json::parse(bytes, &SMALL).unwrap_err().code(), *code, "{bytes:x?}");
    }
    assert!(json::parse(b"{\r\n\"a\":\r\n1\r\n}\r\n", &SMALL).is_ok());
}

#[test]
fn a_message_that_grows_beyond_the_limit_by_decoding_is_refused() {
    // 20 characters are 40 bytes of GBK and 60 of UTF-8; 99 bytes are within the limit, 119 are not.
    let message = stating("GBK", &b"\xc0\xcd".repeat(25));
    let limits = Limits { value_bytes_max: 1_000, ..SMALL };
    assert!(message.len() <= limits.bytes_max);
    assert_eq!(xml::parse(&message, &limits).unwrap_err().code(), "xml.too_long");
    let roomy = Limits { bytes_max: message.len() + 25, ..limits };
    assert_eq!(xml::parse(&message, &roomy).unwrap().text, "劳".repeat(25));
    let short = Limits { bytes_max: message.len() + 24, ..limits };
    assert_eq!(xml::parse(&message, &short).unwrap_err().code(), "xml.too_long");
}

#[test]
fn a_sample_reads_the_same_in_every_encoding() {
    let adapters = Adapters::embedded().unwrap();
    let tianjin = adapters.adapter(&"120000".parse().unwrap()).unwrap();
    let sample = include_str!("../regions/120000-tianjin/samples/granted.xml");
    let expected = tianjin.read(sample.as_bytes(), &Limits::MESSAGE).unwrap();
    for encoding in [Encoding::Gb18030, Encoding::Gbk, Encoding::Gb2312] {
        let text = sample.replace("encoding='utf-8'", &format!("encoding='{}'", encoding.name()));
        let (bytes, _, failed) = encoding_rs::GB18030.encode(&text);
        assert!(!failed && bytes.len() < text.len());
        assert_eq!(tianjin.read(&bytes, &Limits::MESSAGE).unwrap(), expected, "{}", encoding.name());
        assert_eq!(tianjin.read(text.as_bytes(), &Limits::MESSAGE).unwrap_err()[0].code(), "encoding.contradicted");
    }
}

/// Every code of two bytes that is not ASCII, and what it is in the stated encoding.
fn two_byte_codes(declared: Encoding) -> Vec<([u8; 2], String)> {
    let codes = (0x81..=0xfe_u8).flat_map(|first| (0x40..=0xfe_u8).map(move |second| [first, second]));
    // The euro sign beside it keeps the bytes from being UTF-8 as well.
    let read = |code: [u8; 2]| {
        let beside: &[u8] = if declared == Encoding::Gb2312 { b"\xb0\xa1" } else { b"\xa2\xe3" };
        let text = encoding::decode(&[beside, &code].concat(), Some(declared)).ok()?.into_owned();
        Some((code, text.chars().skip(1).collect()))
    };
    codes.filter_map(read).collect()
}

#[test]
fn every_code_of_two_bytes_is_what_another_decoder_says() {
    assert_eq!(two_byte_codes(Encoding::Gb2312).len(), 682 + 6_763, "the signs and characters of GB/T 2312");
    let script = "import sys
for a in range(0x81, 0xff):
    for b in range(0x40, 0xff):
        try: print(f'{a:02x}{b:02x}', hex(ord(bytes([a, b]).decode(sys.argv[1]))))
        except (UnicodeDecodeError, TypeError): pass";
    for (declared, name) in [(Encoding::Gb2312, "gb2312"), (Encoding::Gbk, "gbk"), (Encoding::Gb18030, "gb18030")] {
        let Ok(output) = Command::new("python3").args(["-c", script, name]).output() else {
            println!("skipped: no python3");
            return;
        };
        let theirs: BTreeSet<(String, u32)> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| line.split_once(" 0x").unwrap())
            .map(|(code, c)| (code.to_owned(), u32::from_str_radix(c, 16).unwrap()))
            .collect();
        let ours: BTreeSet<(String, u32)> = two_byte_codes(declared)
            .iter()
            .map(|([a, b], text)| (format!("{a:02x}{b:02x}"), u32::from(text.chars().next().unwrap())))
            .collect();
        let only_theirs: Vec<_> = theirs.difference(&ours).collect();
        let only_ours: Vec<_> = ours.difference(&theirs).collect();
        // Theirs is the edition of 2000: the codes for private use, and what later editions took out of it.
        let is_private = |c: u32| (0xe000..0xf900).contains(&c);
        assert!(only_theirs.iter().all(|(_, c)| is_private(*c) || matches!(c, 0x30fb | 0x2015)), "{only_theirs:?}");
        match declared {
            Encoding::Gb2312 => assert!(only_ours.len() <= 2, "{only_ours:?}"),
            Encoding::Gbk => assert_eq!(only_ours.len(), 100),
            Encoding::Gb18030 | Encoding::Utf8 => assert_eq!(only_ours.len(), 19, "{only_ours:?}"),
        }
    }
}

#[test]
fn an_encoding_is_found_by_its_name_alone() {
    for encoding in Encoding::ALL {
        assert_eq!(Encoding::named(&encoding.name().to_lowercase()), Some(encoding));
    }
    assert_eq!(Encoding::named(""), None);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_decoded_to_a_text_of_one_spelling_or_refused(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..12),
        which in 1..Encoding::ALL.len(),
    ) {
        let declared = Encoding::ALL[which];
        match encoding::decode(&bytes, Some(declared)) {
            Ok(text) => {
                let (again, _, failed) = encoding_rs::GB18030.encode(&text);
                proptest::prop_assert!(!failed);
                proptest::prop_assert_eq!(&*again, &*bytes);
            }
            Err(EncodingError::Malformed { offset, .. } | EncodingError::OutsideDeclared { offset, .. }) => {
                // What stands before the fault holds, unless it could be UTF-8 as well.
                let before = encoding::decode(&bytes[..offset], Some(declared));
                let as_expected = match before {
                    Ok(_) | Err(EncodingError::Contradicted { .. }) => true,
                    Err(error) => error.code() == "encoding.outside_declared" || error.code() == "encoding.private_use",
                };
                proptest::prop_assert!(as_expected);
            }
            Err(_) => {}
        }
    }

    #[test]
    fn any_text_without_private_codes_is_read_back_from_gb_18030(text in "[\u{20}-\u{d7ff}]{0,30}") {
        let (bytes, _, failed) = encoding_rs::GB18030.encode(&text);
        proptest::prop_assume!(!failed && (text.is_ascii() || std::str::from_utf8(&bytes).is_err()));
        proptest::prop_assert_eq!(&*encoding::decode(&bytes, Some(Encoding::Gb18030)).unwrap(), &*text);
    }
}
