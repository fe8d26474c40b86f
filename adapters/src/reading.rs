//! Reading: a message of a region becomes a case, or a list of everything that is wrong with it.

use std::collections::HashMap;

use standards::case::Case;
use standards::code::DivisionCode;
use standards::field::{self, FieldFault, Fields, Privacy, path};

use crate::adapter::Adapter;
use crate::explanation::{Fidelity, FieldOrigin, Note};
use crate::fault::{Fault, Finding};
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;
use crate::mapping::{Blank, Rule};

/// A message that was read: the case, and where each of its fields came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The case. Its `from` is what the message says: whether the sender may speak for that region is the caller's question.
    pub case: Case,
    /// One row for each value of the message, in the order of the mapping.
    pub explanation: Vec<FieldOrigin>,
}

impl Adapter {
    /// Reads a concluding message.
    ///
    /// # Errors
    /// Everything that is wrong with the message, in the order of the mapping; only what makes it unreadable as a whole, or
    /// a message of another stage, is reported alone.
    pub fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Mapped, Vec<Fault>> {
        let leaves = self.mapping.wire.read(bytes, limits)?;
        let mut reading = Reading::new(self, &leaves);
        reading.check_stages()?;
        reading.apply_rules();
        reading.account_for_the_rest(&leaves);
        reading.finish()
    }
}

/// A message while it is read.
struct Reading<'a> {
    adapter: &'a Adapter,
    values: HashMap<&'a str, &'a Scalar>,
    fields: Fields,
    explanation: Vec<FieldOrigin>,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    fn new(adapter: &'a Adapter, leaves: &'a [Leaf]) -> Self {
        let values = leaves.iter().map(|leaf| (leaf.path.as_str(), &leaf.value)).collect();
        Self { adapter, values, fields: Fields::new(), explanation: Vec::new(), faults: Vec::new() }
    }

    fn check_stages(&self) -> Result<(), Vec<Fault>> {
        let mapping = &self.adapter.mapping;
        let is_other =
            |value: Option<&&Scalar>, expected: &str| !matches!(value, Some(Scalar::Text(text)) if text == expected);
        let faults: Vec<Fault> = mapping
            .stages
            .iter()
            .filter(|stage| is_other(self.values.get(stage.source.as_str()), &stage.value))
            .map(|stage| Fault {
                path: mapping.wire.locate(&stage.source),
                field: None,
                finding: Finding::NotConcluding { expected: stage.value.clone() },
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn apply_rules(&mut self) {
        let adapter = self.adapter;
        for rule in &adapter.mapping.rules {
            match self.convert(rule) {
                Ok(Some((text, canonical))) => {
                    self.explanation.push(adapter.explain_reading(rule, text, &canonical));
                    self.fields.set(rule.field.path, canonical);
                }
                Ok(None) => {}
                Err(finding) => {
                    let fault = adapter.fault(rule, finding);
                    // Two fields may come from one value; one word about it is enough.
                    if !self.faults.iter().any(|known| known.path == fault.path && known.finding == fault.finding) {
                        self.faults.push(fault);
                    }
                }
            }
        }
    }

    /// The text at the rule's source and its canonical form; `None` where there is no value and none is needed.
    fn convert(&self, rule: &Rule) -> Result<Option<(&'a str, String)>, Finding> {
        let Some(text) = rule.value_in(self.values.get(rule.source.as_str()).copied())? else { return Ok(None) };
        let canonical = (rule.transform.read)(text, rule, &self.adapter.mapping)?;
        Ok(Some((text, canonical)))
    }

    /// What no rule reads is read past with a word about it, or refused: a misspelt optional field must not get lost.
    fn account_for_the_rest(&mut self, leaves: &[Leaf]) {
        let mapping = &self.adapter.mapping;
        for leaf in leaves {
            let source_path = mapping.wire.locate(&leaf.path);
            if let Some(field) = mapping.not_carried.iter().find(|field| field.source == leaf.path) {
                self.explanation.push(FieldOrigin {
                    field: None,
                    source_path: Some(source_path),
                    rule: Some(field.place.clone()),
                    transform: None,
                    fidelity: Fidelity::NotCarried { original: (!field.secret).then(|| leaf.value.text()) },
                    note: None,
                });
            } else if !mapping.knows(&leaf.path) {
                self.faults.push(Fault { path: source_path, field: None, finding: Finding::UnknownField });
            }
        }
    }

    fn finish(mut self) -> Result<Mapped, Vec<Fault>> {
        let adapter = self.adapter;
        match Case::from_fields(&self.fields, &adapter.catalogue, &adapter.divisions) {
            Ok(case) if self.faults.is_empty() => return Ok(Mapped { case, explanation: self.explanation }),
            Ok(_) => {}
            Err(refused) => {
                for fault in refused {
                    // A value that could not be read, or that is missing, has been reported where it stands.
                    let of_same_value = |known: &Fault| {
                        known.field.as_deref().is_some_and(|field| adapter.share_a_source(field, fault.path()))
                    };
                    if !self.faults.iter().any(of_same_value) {
                        self.faults.push(adapter.refused(&fault));
                    }
                }
            }
        }
        let rules = &adapter.mapping.rules;
        let place = |fault: &Fault| rules.iter().position(|rule| Some(rule.field.path) == fault.field.as_deref());
        self.faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
        Err(self.faults)
    }
}

impl Adapter {
    fn explain_reading(&self, rule: &Rule, text: &str, canonical: &str) -> FieldOrigin {
        let back = (rule.transform.write)(canonical, rule, &self.mapping);
        let fidelity = match back {
            Some(back) if back == text => Fidelity::Lossless,
            Some(_) | None => Fidelity::Lossy { original: text.to_owned() },
        };
        FieldOrigin {
            field: Some(rule.field.path),
            source_path: Some(self.mapping.wire.locate(&rule.source)),
            rule: Some(rule.place.clone()),
            transform: Some(rule.transform.name),
            fidelity,
            note: if rule.field.path == path::DIVISION { self.superseded(canonical) } else { None },
        }
    }

    fn share_a_source(&self, field: &str, other: &str) -> bool {
        let source = |field: &str| self.mapping.rule_of(field).map(|rule| rule.source.as_str());
        field == other || source(field).is_some_and(|path| Some(path) == source(other))
    }

    fn superseded(&self, division: &str) -> Option<Note> {
        let code: DivisionCode = division.parse().ok()?;
        let resolved = self.divisions.resolve(&code).ok()?;
        resolved.superseded.map(|_| Note::SupersededDivision { current: resolved.code, name: resolved.name })
    }

    /// A finding of the standard model, back at the place in the message that it came from.
    fn refused(&self, fault: &FieldFault) -> Fault {
        let path = fault.path();
        let is_personal = field::find(path).is_some_and(|field| field.privacy == Privacy::Personal);
        // Even a single character of an identity number is none of an error text's business.
        let hint = if is_personal { format!("{path}: the value does not hold") } else { fault.to_string() };
        let finding = match fault {
            FieldFault::Missing { .. } => Finding::MissingField,
            _ => Finding::Refused { code: fault.code(), hint },
        };
        let place = self.mapping.rule_of(path).map(|rule| self.mapping.wire.locate(&rule.source)).unwrap_or_default();
        Fault { path: place, field: Some(path.to_owned()), finding }
    }
}

impl Rule {
    /// The text at the rule's source; `None` where the dialect says that there is no value.
    fn value_in<'v>(&self, value: Option<&'v Scalar>) -> Result<Option<&'v str>, Finding> {
        let blank = match value {
            None => Blank::Absent,
            Some(Scalar::Null) => Blank::Null,
            Some(Scalar::Text(text)) if text.is_empty() => Blank::Empty,
            Some(Scalar::Text(text)) if text == "null" => Blank::Null,
            Some(scalar) => return self.kind.text_of(scalar).map(Some),
        };
        match blank {
            _ if self.blank.contains(&blank) && !self.required => Ok(None),
            Blank::Empty if !self.blank.contains(&blank) => Err(Finding::EmptyValue),
            Blank::Null if !self.blank.contains(&blank) => Err(Finding::NullValue),
            Blank::Absent | Blank::Empty | Blank::Null => Err(Finding::MissingField),
        }
    }
}
