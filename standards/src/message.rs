//! A message: one event of a case, as checked canonical fields.

mod kind;

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::case::reader::Beside;
use crate::case::{self, Case};
use crate::code::RegionCode;
use crate::division::Divisions;
use crate::field::reader::FieldReader;
use crate::field::{self, ATTACHMENTS_MAX, FIELDS, Field, FieldFault, Fields, Presence, path};
use crate::item::{Catalogue, EditionFault};

pub use kind::{MessageKind, MessageKinds};

/// 报文: one event of a case, in the words of all regions. Only [`Message::from_fields`] makes one, so its fields hold.
///
/// Holds personal data: `{:?}` shows which event it is and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    kind: MessageKind,
    fields: Fields,
    case: Option<Case>,
}

/// 事件标识: what makes two messages speak of the same event. Which of them counts is decided by their versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The region that handles the case.
    pub from: String,
    /// 办件编号 as the region counts.
    pub case_id: String,
    /// What happened.
    pub kind: MessageKind,
    /// The how-manieth of its kind, counted from 1.
    pub sequence: u32,
}

impl Message {
    /// Makes a message of canonical fields; [`Message::fields`] gives the same fields again.
    ///
    /// # Errors
    /// Every fault of every field at once, in the order of [`field::FIELDS`], contradictions between fields last.
    pub fn from_fields(
        kind: MessageKind,
        fields: Fields,
        catalogue: &Catalogue,
        divisions: &Divisions,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut check =
            Check { kind, reader: FieldReader { fields: &fields, faults: Vec::new() }, catalogue, divisions };
        let case = check.message();
        let faults = check.reader.faults;
        if faults.is_empty() { Ok(Self { kind, fields, case }) } else { Err(field::reader::in_order(faults)) }
    }

    /// What happened.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The canonical fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The case that a conclusion concludes; none for every other kind.
    pub fn case(&self) -> Option<&Case> {
        self.case.as_ref()
    }

    /// Which event it speaks of.
    pub fn event(&self) -> EventId {
        let text = |path| self.fields.get(path).unwrap_or_default().to_owned();
        let sequence = self.count(path::SEQUENCE);
        EventId { from: text(path::FROM), case_id: text(path::CASE_ID), kind: self.kind, sequence }
    }

    /// 报文版本: 1 where the message does not say.
    pub fn version(&self) -> u32 {
        self.count(path::VERSION)
    }

    /// 目录版本 that it was built on, where it says.
    pub fn catalogue_edition(&self) -> Option<&str> {
        self.fields.get(path::CATALOGUE_EDITION)
    }

    /// Whether the edition of the catalogue that it was built on is taken on a day; one that it does not name is the one in force.
    ///
    /// # Errors
    /// An edition that nobody knows, that is not in force yet, or that ended.
    pub fn check_edition(&self, catalogue: &Catalogue, day: Date) -> Result<(), EditionFault> {
        self.catalogue_edition().map_or(Ok(()), |edition| catalogue.accepts(edition, day).map(drop))
    }

    fn count(&self, path: &str) -> u32 {
        self.fields.get(path).and_then(|text| text.parse().ok()).unwrap_or(1)
    }
}

impl From<Case> for Message {
    /// The conclusion of a case.
    fn from(case: Case) -> Self {
        Self { kind: MessageKind::Conclusion, fields: case.to_fields(), case: Some(case) }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let EventId { from, case_id, kind, sequence } = self.event();
        write!(formatter, "Message({from} {case_id} {} {sequence} version {})", kind.as_str(), self.version())
    }
}

/// Whether a field of a conclusion is no part of the case that it concludes.
pub(crate) fn is_beside_the_case(path: &str) -> bool {
    path.starts_with("message.") || path.starts_with("attachments.")
}

/// The check of one message.
struct Check<'a> {
    kind: MessageKind,
    reader: FieldReader<'a>,
    catalogue: &'a Catalogue,
    divisions: &'a Divisions,
}

impl Check<'_> {
    fn message(&mut self) -> Option<Case> {
        let fields = self.reader.fields;
        let case = (self.kind == MessageKind::Conclusion)
            .then(|| case::reader::read(fields, Beside::Message, self.catalogue, self.divisions));
        let case = match case {
            Some(Ok(case)) => Some(case),
            Some(Err(faults)) => {
                self.reader.faults.extend(faults);
                None
            }
            None => {
                self.fields_of_other_kinds();
                None
            }
        };
        for field in FIELDS.iter().filter(|field| field.path.starts_with("message.")) {
            self.field(field);
        }
        self.attachments();
        case
    }

    /// What is a case's part in a conclusion is read there.
    fn fields_of_other_kinds(&mut self) {
        for field in FIELDS.iter().filter(|field| !is_beside_the_case(field.path)) {
            match field.path {
                path::APPLICANT_KIND if field.presence(self.kind).is_some() => drop(self.reader.applicant()),
                path::APPLICANT_KIND | path::APPLICANT_NAME | path::APPLICANT_ID_TYPE | path::APPLICANT_ID_NUMBER => {}
                _ => self.field(field),
            }
        }
        for (path, _) in self.reader.fields.iter() {
            if field::find(path).is_none_or(|field| field.presence(self.kind).is_none()) {
                self.reader.faults.push(FieldFault::Unknown { path: path.to_owned() });
            }
        }
        self.reader.both_or_none(path::LIMIT_COUNT, path::LIMIT_UNIT);
        if self.reader.faults.is_empty() {
            self.division_of_region();
        }
    }

    fn division_of_region(&mut self) {
        let fields = self.reader.fields;
        let resolved =
            fields.get(path::DIVISION).and_then(|text| text.parse().ok()).map(|d| self.divisions.resolve(&d));
        let from = fields.get(path::FROM).and_then(|text| text.parse::<RegionCode>().ok());
        if let (Some(Ok(division)), Some(expected)) = (resolved, from)
            && division.region != expected
        {
            let got = division.region;
            self.reader.faults.push(FieldFault::DivisionElsewhere { path: path::DIVISION.to_owned(), expected, got });
        }
    }

    /// A field outside of lists.
    fn field(&mut self, field: &Field) {
        let Some(presence) = field.presence(self.kind) else { return };
        match (self.reader.fields.get(field.path), presence) {
            (Some(_), _) => self.reader.check(field, field.path, self.catalogue, self.divisions),
            (None, Presence::Required) => self.reader.faults.push(FieldFault::Missing { path: field.path.to_owned() }),
            (None, Presence::Optional) => {}
        }
    }

    fn attachments(&mut self) {
        const LIST: &str = "attachments";
        let fields = self.reader.fields;
        let numbers: BTreeSet<usize> =
            fields.iter().filter_map(|(path, _)| field::element(path)).map(|(_, number, _)| number).collect();
        if numbers.len() > ATTACHMENTS_MAX || numbers.last().is_some_and(|last| last + 1 != numbers.len()) {
            self.reader.faults.push(FieldFault::List { path: LIST.to_owned(), max: ATTACHMENTS_MAX });
            return;
        }
        for number in numbers {
            for field in field::members(LIST) {
                let Some(presence) = field.presence(self.kind) else { continue };
                let path = field.path.replace('*', &number.to_string());
                match (fields.get(&path), presence) {
                    (Some(_), _) => self.reader.check(field, &path, self.catalogue, self.divisions),
                    (None, Presence::Required) => self.reader.faults.push(FieldFault::Missing { path }),
                    (None, Presence::Optional) => {}
                }
            }
            let has = |pattern: &str| fields.get(&pattern.replace('*', &number.to_string())).is_some();
            if has(path::ATTACHMENT_REFERENCE) == has(path::ATTACHMENT_CONTENT) {
                self.reader.faults.push(FieldFault::ReferenceOrContent { path: format!("{LIST}.{number}") });
            }
        }
    }
}
