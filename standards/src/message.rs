//! A message: one event of a case, as checked canonical fields.

mod check;
mod kind;

use jiff::civil::Date;

use crate::case::{self, Case};
use crate::division::Divisions;
use crate::field::check::Tables;
use crate::field::{FieldFault, Fields, path};
use crate::item::{Catalogue, EditionFault};

pub use kind::{MessageKind, MessageKinds};

/// 报文: one event of a case, in the words of all regions. Only [`Message::from_fields`] makes one, so its fields hold.
///
/// Holds personal data: `{:?}` shows which event it is and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    kind: MessageKind,
    fields: Fields,
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
    /// Every fault of every field at once, in the order of [`crate::field::FIELDS`], contradictions between fields last.
    pub fn from_fields(
        kind: MessageKind,
        fields: Fields,
        catalogue: &Catalogue,
        divisions: &Divisions,
    ) -> Result<Self, Vec<FieldFault>> {
        check::check(kind, &fields, Tables { catalogue, divisions })?;
        Ok(Self { kind, fields })
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
    pub fn case(&self) -> Option<Case> {
        (self.kind == MessageKind::Conclusion).then(|| case::build(&self.fields).ok()).flatten()
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
        Self { kind: MessageKind::Conclusion, fields: case.to_fields() }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let EventId { from, case_id, kind, sequence } = self.event();
        write!(formatter, "Message({from} {case_id} {} {sequence} version {})", kind.as_str(), self.version())
    }
}
