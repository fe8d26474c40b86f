//! One region's adapter: what reading and writing share.

use std::sync::Arc;

use standards::code::RegionCode;
use standards::division::Divisions;
use standards::field;
use standards::item::Catalogue;
use standards::message::MessageKind;

use crate::fault::{Fault, Finding};
use crate::mapping::{Mapping, Rule};

/// 适配器: reads and writes the messages of one region.
#[derive(Debug)]
pub struct Adapter {
    pub(crate) mapping: Mapping,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) divisions: Arc<Divisions>,
}

impl Adapter {
    /// The region whose dialect this is.
    pub fn region(&self) -> &RegionCode {
        &self.mapping.region
    }

    /// The compiled rules.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Where the dialect writes a field of a kind of message: a JSON Pointer or an `XPath`.
    pub fn place_of(&self, kind: MessageKind, field: &str) -> Option<String> {
        let rule = self.mapping.plan(kind)?.rule_of(field::find(field)?)?;
        Some(self.mapping.wire.locate(&rule.source))
    }

    /// A finding at the source of a rule.
    pub(crate) fn fault(&self, rule: &Rule, finding: Finding) -> Fault {
        let path = self.mapping.wire.locate(&rule.source);
        let (field, place) = (rule.field.path.to_owned(), Arc::clone(&rule.place));
        Fault { path, field: Some(field), value: None, rule: Some(place), finding }
    }
}
