//! Writing: a case becomes a message of a region, which is read back before it is handed out.

use std::collections::HashSet;

use standards::case::Case;
use standards::field::{self, Fields, path};

use crate::adapter::Adapter;
use crate::explanation::{Fidelity, FieldOrigin};
use crate::fault::{Fault, Finding};
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;
use crate::wire::Wire;
use crate::xml::is_xml_char;

/// A message that was written, and what of the case is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The message.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
    /// One row for each field of the case, in the order of their paths.
    pub explanation: Vec<FieldOrigin>,
}

impl std::fmt::Debug for Written {
    /// Without the message, which holds personal data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Written({} bytes of {})", self.bytes.len(), self.content_type)
    }
}

impl Adapter {
    /// Writes a case as a concluding message of this region, and reads it back to see what of it survived.
    ///
    /// # Errors
    /// Each field that the dialect needs and cannot say, for example an item that the region has no code for.
    pub fn write(&self, case: &Case) -> Result<Written, Vec<Fault>> {
        let fields = case.to_fields();
        let bytes = self.mapping.wire.write(&self.leaves_of(&fields)?);
        let read = self.read(&bytes, &Limits::MESSAGE)?;
        if read.case.item != case.item {
            // The local code of the case means another item here: a message must never name the wrong one.
            let rule = self.mapping.rule_of(path::ITEM);
            return Err(rule.map(|rule| self.fault(rule, Finding::NotInDialect)).into_iter().collect());
        }
        let explanation = self.explain_writing(&fields, &read.case.to_fields());
        Ok(Written { bytes, content_type: self.mapping.wire.content_type(), explanation })
    }

    fn leaves_of(&self, fields: &Fields) -> Result<Vec<Leaf>, Vec<Fault>> {
        let mut faults = Vec::new();
        let text_leaf = |path: &str, text: &str| Leaf { path: path.to_owned(), value: Scalar::Text(text.to_owned()) };
        let mut leaves: Vec<Leaf> =
            self.mapping.stages.iter().map(|stage| text_leaf(&stage.source, &stage.value)).collect();
        let mut sources = HashSet::new();
        for rule in &self.mapping.rules {
            if !sources.insert(&rule.source) {
                continue;
            }
            match self.value_for(&rule.source, fields) {
                Ok(Some(value)) => leaves.push(Leaf { path: rule.source.clone(), value }),
                Ok(None) => leaves.extend(self.mapping.write_blank.leaf(&rule.source)),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(leaves) } else { Err(faults) }
    }

    /// The value at one source: the first of its rules that has something to say decides.
    fn value_for(&self, source: &str, fields: &Fields) -> Result<Option<Scalar>, Fault> {
        let mut unsaid = None;
        for rule in self.mapping.rules.iter().filter(|rule| rule.source == source) {
            let said = fields.get(rule.field.path).map(|text| (rule.transform.write)(text, rule, &self.mapping));
            match said {
                Some(Some(text)) if matches!(self.mapping.wire, Wire::Xml(_)) && !text.chars().all(is_xml_char) => {
                    return Err(self.fault(rule, Finding::IllegalCharacter));
                }
                Some(Some(text)) => return Ok(Some(rule.kind.scalar(text))),
                Some(None) if rule.required => unsaid = Some(self.fault(rule, Finding::NotInDialect)),
                None if rule.required => unsaid = Some(self.fault(rule, Finding::MissingField)),
                Some(None) | None => {}
            }
        }
        unsaid.map_or(Ok(None), Err)
    }

    fn explain_writing(&self, fields: &Fields, read_back: &Fields) -> Vec<FieldOrigin> {
        fields
            .iter()
            .filter_map(|(field, original)| {
                let field = field::find(field)?;
                let rule = self.mapping.rule_of(field.path);
                let fidelity = match read_back.get(field.path) {
                    Some(text) if text == original => Fidelity::Lossless,
                    Some(_) => Fidelity::Lossy { original: original.to_owned() },
                    None => Fidelity::NotCarried { original: Some(original.to_owned()) },
                };
                Some(FieldOrigin {
                    field: Some(field.path),
                    source_path: rule.map(|rule| self.mapping.wire.locate(&rule.source)),
                    rule: rule.map(|rule| rule.place.clone()),
                    transform: rule.map(|rule| rule.transform.name),
                    fidelity,
                    note: None,
                })
            })
            .collect()
    }
}
