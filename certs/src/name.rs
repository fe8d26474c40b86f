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
