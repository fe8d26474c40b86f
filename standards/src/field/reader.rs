//! Reads fields one by one and collects every fault on the way.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{FIELDS, Field, FieldFault, FieldKind, Fields, path};
use crate::case::Validity;
use crate::code::{
    BasicCode, CaseId, CaseNumber, CitizenId, CodeError, CodeKind, CreditCode, DivisionCode, HandlingItemCode,
    ImplementationCode, ItemId, LicenseId, RegionCode,
};
use crate::division::Divisions;
use crate::item::Catalogue;

/// Each method answers `None` when it has noted a fault, so that the next field is read all the same.
pub(crate) struct FieldReader<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) faults: Vec<FieldFault>,
}

impl<'a> FieldReader<'a> {
    /// Checks one field that is there, by its row of the field table alone.
    pub(crate) fn check(&mut self, field: &Field, path: &str, catalogue: &Catalogue, divisions: &Divisions) {
        match field.kind {
            FieldKind::Code(kind) => self.check_code(kind, path, catalogue, divisions),
            FieldKind::Text => drop(self.text(path)),
            FieldKind::Remark => drop(self.text_of_length(path, super::REMARK_LENGTH_MAX)),
            FieldKind::Count => drop(self.count(path)),
            FieldKind::Digest => self.digest(path),
            FieldKind::Content => self.content(path),
            FieldKind::Timestamp => drop(self.timestamp(path)),
            FieldKind::Date => drop(self.date(path)),
            FieldKind::DateOrNoExpiry => drop(self.validity(path)),
            FieldKind::Choice(choices) => drop(self.choice(path, choices)),
        }
    }

    fn check_code(&mut self, kind: CodeKind, path: &str, catalogue: &Catalogue, divisions: &Divisions) {
        match kind {
            CodeKind::RegionCode => drop(self.code::<RegionCode>(path)),
            CodeKind::ItemId => drop(self.item(catalogue)),
            CodeKind::DivisionCode => drop(self.division(divisions)),
            CodeKind::CaseId => drop(self.code::<CaseId>(path)),
            CodeKind::CreditCode => drop(self.code::<CreditCode>(path)),
            CodeKind::LicenseId => drop(self.code::<LicenseId>(path)),
            CodeKind::CitizenId => drop(self.code::<CitizenId>(path)),
            CodeKind::BasicCode => drop(self.code::<BasicCode>(path)),
            CodeKind::ImplementationCode => drop(self.code::<ImplementationCode>(path)),
            CodeKind::HandlingItemCode => drop(self.code::<HandlingItemCode>(path)),
            CodeKind::CaseNumber => drop(self.code::<CaseNumber>(path)),
        }
    }

    pub(crate) fn item(&mut self, catalogue: &Catalogue) -> Option<ItemId> {
        let item = self.code::<ItemId>(path::ITEM)?;
        match catalogue.get(&item) {
            Some(_) => Some(item),
            None => self.note(FieldFault::ItemUnknown { path: path::ITEM.to_owned() }),
        }
    }

    pub(crate) fn division(&mut self, divisions: &Divisions) -> Option<DivisionCode> {
        let division = self.code::<DivisionCode>(path::DIVISION)?;
        match divisions.resolve(&division) {
            Ok(_) => Some(division),
            Err(_) => self.note(FieldFault::DivisionUnknown { path: path::DIVISION.to_owned() }),
        }
    }

    /// Two fields that say something together only.
    pub(crate) fn both_or_none(&mut self, one: &str, other: &str) {
        for (given, missing) in [(one, other), (other, one)] {
            if self.fields.get(given).is_some() && self.fields.get(missing).is_none() {
                self.faults.push(FieldFault::Missing { path: missing.to_owned() });
            }
        }
    }

    pub(crate) fn note<T>(&mut self, fault: FieldFault) -> Option<T> {
        self.faults.push(fault);
        None
    }

    pub(crate) fn required(&mut self, path: &str) -> Option<&'a str> {
        match self.fields.get(path) {
            Some(text) => Some(text),
            None => self.note(FieldFault::Missing { path: path.to_owned() }),
        }
    }

    /// A field that may be absent. A faulty one is `None` too: its noted fault refuses the case.
    pub(crate) fn optional<T>(&mut self, path: &str, read: impl Fn(&mut Self, &str) -> Option<T>) -> Option<T> {
        self.fields.get(path)?;
        read(self, path)
    }

    pub(crate) fn code<T: FromStr<Err = CodeError>>(&mut self, path: &str) -> Option<T> {
        match self.required(path)?.parse() {
            Ok(code) => Some(code),
            Err(source) => self.note(FieldFault::Code { path: path.to_owned(), source }),
        }
    }

    pub(crate) fn text(&mut self, path: &str) -> Option<&'a str> {
        self.text_of_length(path, super::TEXT_LENGTH_MAX)
    }

    fn text_of_length(&mut self, path: &str, max: usize) -> Option<&'a str> {
        let text = self.required(path)?;
        let got = text.chars().count();
        if text.is_empty() || text.trim() != text {
            return self.note(FieldFault::Untrimmed { path: path.to_owned() });
        }
        if got > max {
            return self.note(FieldFault::TooLong { path: path.to_owned(), max, got });
        }
        match text.chars().position(char::is_control) {
            Some(index) => self.note(FieldFault::ControlCharacter { path: path.to_owned(), position: index + 1 }),
            None => Some(text),
        }
    }

    fn count(&mut self, path: &str) -> Option<u32> {
        let text = self.required(path)?;
        match canonical::<u32>(text).filter(|count| (1..=super::COUNT_MAX).contains(count)) {
            Some(count) => Some(count),
            None => self.note(FieldFault::Count { path: path.to_owned(), max: super::COUNT_MAX }),
        }
    }

    fn digest(&mut self, path: &str) {
        let Some(text) = self.required(path) else { return };
        let digits = text.strip_prefix("sm3:").or_else(|| text.strip_prefix("sha-256:"));
        let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !digits.is_some_and(is_hex) {
            self.faults.push(FieldFault::Digest { path: path.to_owned() });
        }
    }

    fn content(&mut self, path: &str) {
        let Some(text) = self.required(path) else { return };
        let (got, max) = (text.len(), super::CONTENT_LENGTH_MAX);
        if got > max {
            self.faults.push(FieldFault::TooLong { path: path.to_owned(), max, got });
        } else if !is_base64(text) {
            self.faults.push(FieldFault::Content { path: path.to_owned() });
        }
    }

    pub(crate) fn choice(&mut self, path: &str, expected: &'static [&'static str]) -> Option<&'static str> {
        let text = self.required(path)?;
        match expected.iter().find(|choice| **choice == text) {
            Some(choice) => Some(choice),
            None => self.note(FieldFault::Choice { path: path.to_owned(), expected }),
        }
    }

    pub(crate) fn timestamp(&mut self, path: &str) -> Option<Timestamp> {
        let text = self.required(path)?;
        match canonical(text) {
            Some(at) => Some(at),
            None => self.note(FieldFault::Timestamp { path: path.to_owned() }),
        }
    }

    pub(crate) fn date(&mut self, path: &str) -> Option<Date> {
        let text = self.required(path)?;
        match canonical(text) {
            Some(day) => Some(day),
            None => self.note(FieldFault::Date { path: path.to_owned() }),
        }
    }

    pub(crate) fn validity(&mut self, path: &str) -> Option<Validity> {
        if self.fields.get(path) == Some(super::NO_EXPIRY) {
            return Some(Validity::NoExpiry);
        }
        self.date(path).map(Validity::Until)
    }
}

/// One value has one text: what reads well but would be written otherwise is refused.
fn canonical<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|value| value.to_string() == text)
}

/// Base64 with padding, not empty; bits that nothing says are zero, so that one content has one text.
fn is_base64(text: &str) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let body = text.trim_end_matches('=');
    let unused_bits = match text.len() - body.len() {
        0 => 0,
        1 => 0b11,
        2 => 0b1111,
        _ => return false,
    };
    let last = body.bytes().last().and_then(value);
    text.len().is_multiple_of(4)
        && body.bytes().all(|byte| value(byte).is_some())
        && last.is_some_and(|bits| bits & unused_bits == 0)
}

/// Sorts faults into the order of the field table; what is in no row comes last.
pub(crate) fn in_order(mut faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let row = |fault: &FieldFault| {
        let found = super::find(fault.path());
        FIELDS.iter().position(|field| found.is_some_and(|found| found.path == field.path))
    };
    faults.sort_by_key(|fault| row(fault).unwrap_or(usize::MAX));
    faults
}
