//! What the strict readers read, Python's expat and json read as the same: a message must not be two messages to two readers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use adapters::leaf::Scalar;
use adapters::{Limits, json, xml};

/// Reads one message a line, in hexadecimal digits, and prints all of its texts or scalars, likewise, or `refused`.
const REFEREE: &str = r#"
import json, sys, xml.etree.ElementTree as tree
def leaves(value):
    if isinstance(value, dict): return [leaf for member in value.values() for leaf in leaves(member)]
    if isinstance(value, list): return [leaf for item in value for leaf in leaves(item)]
    return [value if isinstance(value, str) else json.dumps(value)]
def texts(root):
    return [part for node in root.iter() for part in [node.tag, *[x for pair in node.attrib.items() for x in pair],
            "" if len(node) else node.text or ""]]
for line in sys.stdin:
    message = bytes.fromhex(line)
    try: found = texts(tree.fromstring(message)) if sys.argv[1] == "xml" else leaves(json.loads(message))
    except (tree.ParseError, ValueError, LookupError): print("refused"); continue
    print("\x1f".join(found).encode("utf-8", "replace").hex())
"#;

/// What the other reader says of each message; none where there is no Python.
fn referee(format: &str, messages: &[Vec<u8>]) -> Option<Vec<Option<String>>> {
    let mut command = Command::new("python3");
    let child = command.args(["-c", REFEREE, format]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("skipped: no python3");
        return None;
    };
    let mut lines = String::new();
    for message in messages {
        lines.extend(message.iter().map(|byte| format!("{byte:02x}")));
        lines.push('\n');
    }
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    writer.join().unwrap();
    let bytes =
        |line: &str| (0..line.len() / 2).map(|i| u8::from_str_radix(&line[2 * i..2 * i + 2], 16).unwrap()).collect();
    let read = |line: &str| (line != "refused").then(|| String::from_utf8(bytes(line)).unwrap());
    Some(output.lines().map(read).collect())
}

/// Messages put together from pieces by a walk that is the same each time.
fn put_together(pieces: &[&str], start: &str, end: &str) -> Vec<Vec<u8>> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut message = || {
        let middle: String = (0..=next(5)).map(|_| pieces[next(pieces.len())]).collect();
        format!("{start}{middle}{end}").into_bytes()
    };
    (0..20_000).map(|_| message()).collect()
}

fn agree(format: &str, messages: &[Vec<u8>], ours: impl Fn(&[u8]) -> Option<String>) {
    let Some(theirs) = referee(format, messages) else { return };
    assert_eq!(theirs.len(), messages.len());
    let mut read = 0;
    for (message, theirs) in messages.iter().zip(theirs) {
        if let Some(ours) = ours(message) {
            assert_eq!(theirs, Some(ours), "{}", String::from_utf8_lossy(message));
            read += 1;
        }
    }
    assert!(read > 500, "only {read} messages were read: the pieces do not fit");
}

#[test]
fn what_is_read_as_xml_is_the_same_to_expat() {
    let pieces = [
        "<b>",
        "</b>",
        "<b/>",
        "<c d='1'>",
        "</c>",
        "<c d=\"&lt;\n\t&#10;'\" e='&quot;'/>",
        "x",
        " ",
        "\n",
        "\r\n",
        "\r",
        "&amp;",
        "&#x41;",
        "&#13;",
        "&lt;",
        "]]&gt;",
        "]]",
        ">",
        "<![CDATA[<&]]>",
        "<![CDATA[]]]]>",
        "<![CDATA[\r\n]]>",
        "劳",
        "\u{feff}",
        "\u{85}",
        "<!-- y -->",
        "<?p?>",
        "&e;",
        "&",
        "<b><c>",
        "</c></b>",
        "<b>z</b>",
    ];
    let ours = |message: &[u8]| {
        let root = xml::parse(message, &Limits::MESSAGE).ok()?;
        let mut texts = Vec::new();
        gather(&root, &mut texts);
        Some(texts.join("\u{1f}"))
    };
    agree("xml", &put_together(&pieces, "<a>", "</a>"), ours);
}

fn gather(element: &xml::Element, texts: &mut Vec<String>) {
    texts.push(element.name.clone());
    texts.extend(element.attributes.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
    texts.push(element.text.clone());
    element.children.iter().for_each(|child| gather(child, texts));
}

#[test]
fn what_is_read_as_json_is_the_same_to_python() {
    let pieces = [
        "\"a\":",
        "\"b\":",
        "\"\\u0061\":",
        "\"c/~\":",
        "1",
        "-7",
        "18446744073709551615",
        "1.0",
        "1e3",
        "-0",
        "\"x\"",
        "\"\\n\\u52b3\\/\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "true",
        "false",
        "null",
        "[",
        "]",
        "{",
        "}",
        ",",
        " ",
        "\r\n",
        "\"d\":[1,\"y\",{}]",
        ",\"e\":",
        ",\"f\":2",
        "\"g\":{\"h\":\"z\"}",
        "\u{feff}",
        "\"劳\":\"务\"",
    ];
    let ours = |message: &[u8]| {
        let leaves = json::parse(message, &Limits::MESSAGE).ok()?;
        let text = |value: &Scalar<'_>| match value {
            Scalar::Null => "null".to_owned(),
            Scalar::Text(_) | Scalar::Number(_) | Scalar::Bool(_) => value.text().to_owned(),
        };
        Some(leaves.iter().map(|leaf| text(&leaf.value)).collect::<Vec<_>>().join("\u{1f}"))
    };
    agree("json", &put_together(&pieces, "{", "}"), ours);
}
