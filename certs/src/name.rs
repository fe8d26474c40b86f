//! Distinguished names: compared by their bytes, shown on one line, searched for an organisation's credit code.

use standards::code::CreditCode;
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::prelude::X509Name;

const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
const ORGANIZATION: &str = "2.5.4.10";

/// Short forms of RFC 4514 and those seen in certificates of government seals.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    (SERIAL_NUMBER, "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    (ORGANIZATION, "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    (ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// A distinguished name. Two are equal when their bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<(String, String)>,
}

impl Name {
    pub(crate) fn read(name: &X509Name<'_>) -> Self {
        let attributes = name.iter_attributes().map(|a| (a.attr_type().to_id_string(), text(a.attr_value())));
        Self { der: name.as_raw().to_vec(), attributes: attributes.collect() }
    }

    /// The name in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The first common name, otherwise the whole name.
    pub fn common_name(&self) -> String {
        self.values("2.5.4.3").next().map_or_else(|| self.to_string(), str::to_owned)
    }

    fn values<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |(oid, _)| oid == attribute).map(|(_, value)| value.as_str())
    }

    /// The credit code of the organisation that the name is of, from the first attribute that holds a valid one.
    pub(crate) fn credit_code(&self) -> Option<CreditCode> {
        let whole = |attribute| {
            self.values(attribute).find_map(|value| {
                let code = value.rsplit_once('-').map_or(value, |(_, code)| code);
                code.parse().ok()
            })
        };
        // "11370306MB2867521U淄博市…": the code, then the organisation's name, in one attribute.
        let beginning = || self.values(ORGANIZATION).find_map(|value| value.get(..18)?.parse().ok());
        whole(ORGANIZATION_IDENTIFIER)
            .or_else(|| whole(SERIAL_NUMBER))
            .or_else(|| whole(ORGANIZATIONAL_UNIT))
            .or_else(beginning)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (oid, value)) in self.attributes.iter().enumerate() {
            let label = SHORT_FORMS.iter().find(|(known, _)| known == oid).map_or(oid.as_str(), |(_, short)| short);
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{label}={value}")?;
        }
        Ok(())
    }
}

/// The text of an attribute; control characters never reach a terminal or a log.
fn text(value: &Any<'_>) -> String {
    let decoded = if value.tag() == Tag::BmpString {
        let (units, _) = value.data.as_chunks::<2>();
        char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    } else {
        String::from_utf8_lossy(value.data).into_owned()
    };
    decoded.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The bytes of a number without leading zeros: 00 8f and 8f are one serial number.
pub(crate) fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// A PEM block (RFC 7468): base64 in lines of 64.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    out + &format!("\n-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Attributes<'a> = &'a [(&'a str, &'a str)];

    fn name(attributes: Attributes<'_>) -> Name {
        let attributes = attributes.iter().map(|(oid, value)| ((*oid).to_owned(), (*value).to_owned())).collect();
        Name { der: Vec::new(), attributes }
    }

    #[test]
    fn the_credit_code_is_found_where_authorities_write_it() {
        let (code, other) = ("11120000FAKE00021Q", "11110000FAKE00013R");
        let cases: [(Attributes<'_>, Option<&str>); 8] = [
            (&[(ORGANIZATION_IDENTIFIER, code), (SERIAL_NUMBER, other)], Some(code)),
            (&[(ORGANIZATION_IDENTIFIER, "GOVCN-11120000FAKE00021Q")], Some(code)),
            (&[(SERIAL_NUMBER, code), (ORGANIZATIONAL_UNIT, other)], Some(code)),
            (&[(SERIAL_NUMBER, "656454"), (ORGANIZATIONAL_UNIT, "处室"), (ORGANIZATIONAL_UNIT, code)], Some(code)),
            (&[(ORGANIZATION, "11120000FAKE00021Q天津市测试审批局")], Some(code)),
            (&[(ORGANIZATION, "天津市测试审批局11120000FAKE00021Q")], None),
            // The check character is wrong.
            (&[(ORGANIZATION_IDENTIFIER, "11120000FAKE00021R")], None),
            (&[], None),
        ];
        for (attributes, expected) in cases {
            let found = name(attributes).credit_code();
            assert_eq!(found.as_ref().map(CreditCode::as_str), expected, "{attributes:?}");
        }
    }

    #[test]
    fn a_name_is_shown_on_one_line() {
        let name = name(&[("2.5.4.6", "CN"), ("2.5.4.3", "签章者"), ("1.2.3", "x")]);
        assert_eq!(name.to_string(), "C=CN, CN=签章者, 1.2.3=x");
        assert_eq!(name.common_name(), "签章者");
    }

    #[test]
    fn texts_of_every_string_type_lose_their_control_characters() {
        let cases: [(Tag, &[u8], &str); 3] = [
            (Tag::Utf8String, "天\u{1b}[31m".as_bytes(), "天\u{fffd}[31m"),
            (Tag::BmpString, &[0x59, 0x29, 0xd8, 0x00], "天\u{fffd}"),
            (Tag::PrintableString, &[b'a', 0xff], "a\u{fffd}"),
        ];
        for (tag, bytes, expected) in cases {
            assert_eq!(text(&Any::from_tag_and_data(tag, bytes)), expected);
        }
    }
}
