//! One region's adapter: what reading and writing share.

use std::sync::Arc;

use standards::code::RegionCode;
use standards::division::Divisions;
use standards::item::Catalogue;

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

    /// A finding at the source of a rule.
    pub(crate) fn fault(&self, rule: &Rule, finding: Finding) -> Fault {
        let path = self.mapping.wire.locate(&rule.source);
        Fault { path, field: Some(rule.field.path.to_owned()), finding }
    }
}
