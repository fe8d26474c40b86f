//! Writing: a message of the standard model becomes one of a region, which is read back before it is handed out.

use std::sync::Arc;

use standards::field::{self, FieldPath, Fields, path};
use standards::message::Message;

use crate::adapter::Adapter;
use crate::explanation::{Fidelity, FieldOrigin};
use crate::fault::{Fault, Finding};
use crate::leaf::{Leaf, Scalar};
use crate::mapping::{Plan, Rule};
use crate::wire::Wire;
use crate::xml::is_xml_char;

/// A message that was written, and what of the standard message is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The message.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
    /// One row for each canonical field, in the order of the field table.
    pub explanation: Vec<FieldOrigin>,
}

impl std::fmt::Debug for Written {
    /// Without the message, which holds personal data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Written({} bytes of {})", self.bytes.len(), self.content_type)
    }
}

impl Adapter {
    /// Writes a message as this region writes it, and reads it back to see what of it survived.
    ///
    /// # Errors
    /// [`Finding::NoSuchMessage`] when the dialect has no message of the kind; each field that the dialect needs and cannot say,
    /// for example an item that the region has no code for.
    pub fn write(&self, message: &Message) -> Result<Written, Vec<Fault>> {
        let fields = message.fields();
        let Some(plan) = self.mapping.plan(message.kind()) else {
            return Err(vec![Fault::of_message(Finding::NoSuchMessage { kind: message.kind().label() })]);
        };
        let bytes = self.mapping.wire.write(&self.leaves_of(plan, fields)?);
        let read = self.read_back(&bytes)?;
        if read.kind() != message.kind() || read.fields().get(path::ITEM) != fields.get(path::ITEM) {
            // The local code means another item here, or a value makes it another message: it must never say the wrong thing.
            let rule = field::find(path::ITEM).and_then(|field| plan.rule_of(field));
            return Err(rule.map(|rule| self.fault(rule, Finding::NotInDialect)).into_iter().collect());
        }
        let explanation = self.explain_writing(plan, fields, read.fields());
        Ok(Written { bytes, content_type: self.mapping.wire.content_type(), explanation })
    }

    fn leaves_of<'a>(&'a self, plan: &'a Plan, fields: &'a Fields) -> Result<Vec<Leaf<'a>>, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut leaves = Vec::new();
        let written_by_rule = |source: &str| plan.rules.iter().any(|rule| rule.source == source);
        for condition in plan.when.iter().filter(|condition| !written_by_rule(&condition.source)) {
            let value = condition.one_of.as_ref().and_then(|values| values.first()).cloned();
            leaves.extend(value.map(|value| Leaf { path: condition.source.as_str().into(), value }));
        }
        for (first, rules) in plan.places().filter(|(first, _)| !first.field.is_in_list()) {
            match self.value_for(rules, |rule| fields.get_at(FieldPath::of(rule.field))) {
                Ok(Some(value)) => leaves.push(Leaf { path: first.source.as_str().into(), value }),
                Ok(None) => leaves.extend(self.mapping.write_blank.leaf(&first.source)),
                Err((rule, finding)) => faults.push(self.fault(rule, finding)),
            }
        }
        self.list_leaves(plan, fields, &mut leaves, &mut faults);
        if faults.is_empty() { Ok(leaves) } else { Err(faults) }
    }

    /// Elements of lists, one after the other, each whole.
    fn list_leaves<'a>(
        &'a self,
        plan: &'a Plan,
        fields: &'a Fields,
        leaves: &mut Vec<Leaf<'a>>,
        faults: &mut Vec<Fault>,
    ) {
        let count = fields.iter_at().filter_map(|(path, _)| path.number()).map(|number| number + 1).max();
        for number in 0..count.unwrap_or_default() {
            for (first, rules) in plan.places().filter(|(first, _)| first.field.is_in_list()) {
                match self.value_for(rules, |rule| fields.get_at(FieldPath::in_element(rule.field, number))) {
                    Ok(Some(value)) => leaves.push(Leaf { path: first.source_in(number).into(), value }),
                    Ok(None) => {}
                    Err((rule, finding)) => faults.push(self.fault(rule, finding)),
                }
            }
        }
    }

    /// The value at one source: the first of its rules that has something to say decides.
    fn value_for<'a>(
        &'a self,
        rules: impl Iterator<Item = &'a Rule>,
        text_of: impl Fn(&Rule) -> Option<&'a str>,
    ) -> Result<Option<Scalar<'a>>, (&'a Rule, Finding)> {
        let mut unsaid = None;
        for rule in rules {
            let said = text_of(rule).map(|text| (rule.transform.write)(text, rule, &self.mapping));
            match said {
                Some(Some(text)) if matches!(self.mapping.wire, Wire::Xml(_)) && !text.chars().all(is_xml_char) => {
                    return Err((rule, Finding::IllegalCharacter));
                }
                Some(Some(text)) => return Ok(Some(rule.kind.scalar(text))),
                Some(None) if rule.required => unsaid = Some((rule, Finding::NotInDialect)),
                None if rule.required => unsaid = Some((rule, Finding::MissingField)),
                Some(None) | None => {}
            }
        }
        unsaid.map_or(Ok(None), Err)
    }

    fn explain_writing(&self, plan: &Plan, fields: &Fields, read_back: &Fields) -> Vec<FieldOrigin> {
        let explain = |(path, original): (FieldPath, &str)| {
            let rule = plan.rule_of(path.field());
            let fidelity = match read_back.get_at(path) {
                Some(text) if text == original => Fidelity::Lossless,
                Some(_) => Fidelity::Lossy { original: original.to_owned() },
                None => Fidelity::NotCarried { original: Some(original.to_owned()) },
            };
            FieldOrigin {
                field: Some(path),
                source_path: rule.map(|rule| match path.number() {
                    Some(number) => self.mapping.wire.locate(&rule.source_in(number)).into(),
                    None => Arc::clone(&rule.location),
                }),
                rule: rule.map(|rule| Arc::clone(&rule.place)),
                transform: rule.map(|rule| rule.transform.name),
                fidelity,
                note: None,
            }
        };
        fields.iter_at().map(explain).collect()
    }
}
