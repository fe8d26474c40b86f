//! The check of a message: every fault of every field at once, and what good fields say against each other.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::MessageKind;
use crate::code::{CodeKind, RegionCode, issuer_in_license_id};
use crate::field::check::Tables;
use crate::field::{
    self, APPLICANT_KINDS, ATTACHMENTS_MAX, FIELDS, Field, FieldFault, FieldKind, FieldPath, Fields, ID_TYPES,
    Presence, path,
};

/// Whether the fields are those of a message of a kind.
///
/// # Errors
/// Every fault, in the order of [`FIELDS`]; where there is none, what the fields say against each other.
pub(crate) fn check(kind: MessageKind, fields: &Fields, tables: Tables<'_>) -> Result<(), Vec<FieldFault>> {
    let mut check = Check { kind, fields, tables, faults: Vec::new() };
    check.values();
    check.presence();
    check.attachments();
    if check.faults.is_empty() {
        check.contradictions();
    }
    if check.faults.is_empty() { Ok(()) } else { Err(in_order(check.faults)) }
}

/// Sorts faults into the order of the field table; what is in no row comes last.
fn in_order(mut faults: Vec<FieldFault>) -> Vec<FieldFault> {
    faults.sort_by_key(|fault| {
        let path = FieldPath::named(fault.path());
        (path.is_none(), path)
    });
    faults
}

struct Check<'a> {
    kind: MessageKind,
    fields: &'a Fields,
    tables: Tables<'a>,
    faults: Vec<FieldFault>,
}

impl Check<'_> {
    /// Each field that is there.
    fn values(&mut self) {
        let number_kind = self.kind_of_applicant_number();
        for (path, text) in self.fields.iter_at() {
            let field = path.field();
            if field.presence(self.kind).is_none() {
                self.faults.push(FieldFault::Unknown { path: path.to_string() });
                continue;
            }
            let kind = if field.path == path::APPLICANT_ID_NUMBER { number_kind } else { field.kind };
            self.faults.extend(self.tables.check(path, kind, text).err());
        }
        self.faults.extend(self.fields.unknown().map(|path| FieldFault::Unknown { path: path.to_owned() }));
    }

    /// The number of an identity document is checked as that document's.
    fn kind_of_applicant_number(&mut self) -> FieldKind {
        let applicant = self.fields.get(path::APPLICANT_KIND).zip(self.fields.get(path::APPLICANT_ID_TYPE));
        match applicant {
            Some(("legal_person", "credit_code")) => FieldKind::Code(CodeKind::CreditCode),
            Some(("natural_person", "resident_identity_card")) => FieldKind::Code(CodeKind::CitizenId),
            Some((kind, id_type)) => {
                let are_choices = APPLICANT_KINDS.contains(&kind) && ID_TYPES.contains(&id_type);
                if are_choices && (kind == "legal_person" || id_type == "credit_code") {
                    self.contradict(path::APPLICANT_ID_TYPE, path::APPLICANT_KIND);
                }
                FieldKind::Text
            }
            None => FieldKind::Text,
        }
    }

    /// Each field that must be there.
    fn presence(&mut self) {
        let required = |field: &&Field| !field.is_in_list() && field.presence(self.kind) == Some(Presence::Required);
        for field in FIELDS.iter().filter(required) {
            if self.fields.get_at(FieldPath::of(field)).is_none() {
                self.faults.push(FieldFault::Missing { path: field.path.to_owned() });
            }
        }
        // Two fields that say something together only.
        for (given, missing) in [(path::LIMIT_COUNT, path::LIMIT_UNIT), (path::LIMIT_UNIT, path::LIMIT_COUNT)] {
            if self.fields.get(given).is_some() && self.fields.get(missing).is_none() {
                self.faults.push(FieldFault::Missing { path: missing.to_owned() });
            }
        }
    }

    /// Attachments are numbered from 0 without a gap, and each has what it needs.
    fn attachments(&mut self) {
        const LIST: &str = "attachments";
        let mut count = 0;
        for number in self.fields.iter_at().filter_map(|(path, _)| path.number()) {
            if number == count && usize::from(count) < ATTACHMENTS_MAX {
                count += 1;
            } else if number >= count {
                self.faults.push(FieldFault::List { path: LIST.to_owned(), max: ATTACHMENTS_MAX });
                return;
            }
        }
        for number in 0..count {
            let has = |field| self.fields.get_at(FieldPath::in_element(field, number)).is_some();
            let missing = |field: &&'static Field| field.presence(self.kind) == Some(Presence::Required) && !has(field);
            for field in field::members(LIST).filter(missing) {
                let path = FieldPath::in_element(field, number).to_string();
                self.faults.push(FieldFault::Missing { path });
            }
            let [reference, content] =
                [path::ATTACHMENT_REFERENCE, path::ATTACHMENT_CONTENT].map(|path| field::find(path).is_some_and(has));
            if reference == content {
                self.faults.push(FieldFault::ReferenceOrContent { path: format!("{LIST}.{number}") });
            }
        }
    }

    /// What two good fields say against each other.
    fn contradictions(&mut self) {
        let division = self.value(path::DIVISION).and_then(|code| self.tables.divisions.resolve(&code).ok());
        if let (Some(division), Some(expected)) = (division, self.value::<RegionCode>(path::FROM))
            && division.region != expected
        {
            let (path, got) = (path::DIVISION.to_owned(), division.region);
            self.faults.push(FieldFault::DivisionElsewhere { path, expected, got });
        }
        self.in_this_order::<Timestamp>(path::ACCEPTED_AT, path::CONCLUDED_AT);
        let issuers = self.fields.get(path::LICENSE_ID).zip(self.fields.get(path::LICENSE_ISSUER_CODE));
        if issuers.is_some_and(|(id, issuer)| issuer_in_license_id(id) != issuer) {
            self.contradict(path::LICENSE_ID, path::LICENSE_ISSUER_CODE);
        }
        self.in_this_order::<Date>(path::LICENSE_ISSUED_ON, path::LICENSE_VALID_UNTIL);
        self.in_this_order::<Date>(path::LICENSE_VALID_FROM, path::LICENSE_VALID_UNTIL);
    }

    fn in_this_order<T: FromStr + PartialOrd>(&mut self, earlier: &'static str, later: &'static str) {
        if let (Some(first), Some(last)) = (self.value::<T>(earlier), self.value::<T>(later))
            && last < first
        {
            self.contradict(later, earlier);
        }
    }

    fn contradict(&mut self, path: &str, other: &'static str) {
        self.faults.push(FieldFault::Contradiction { path: path.to_owned(), other });
    }

    fn value<T: FromStr>(&self, path: &str) -> Option<T> {
        self.fields.get(path)?.parse().ok()
    }
}
