//! Reading: a message of a region becomes a message of the standard model, or a list of everything that is wrong with it.

use std::collections::HashMap;

use standards::case::Case;
use standards::code::DivisionCode;
use standards::field::{self, FieldFault, Fields, Privacy, path};
use standards::message::{Message, MessageKind};

use crate::adapter::Adapter;
use crate::explanation::{Fidelity, FieldOrigin, Note};
use crate::fault::{Fault, Finding};
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;
use crate::mapping::{Blank, Plan, Rule};

/// A message that was read, and where each of its fields came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The message. Its `from` is what it says: whether the sender may speak for that region is the caller's question.
    pub message: Message,
    /// One row for each value of the message, in the order of the mapping.
    pub explanation: Vec<FieldOrigin>,
}

/// A concluding message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    /// The case that it concludes.
    pub case: Case,
    /// The message as a whole.
    pub message: Message,
    /// One row for each value of the message, in the order of the mapping.
    pub explanation: Vec<FieldOrigin>,
}

impl Adapter {
    /// Reads a message of any kind.
    ///
    /// # Errors
    /// Everything that is wrong with the message, in the order of the mapping; only what makes it unreadable as a whole, or
    /// its kind unknown, is reported alone.
    pub fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Mapped, Vec<Fault>> {
        let leaves = self.mapping.wire.read(bytes, limits)?;
        let values = values_of(&leaves);
        let plan = self.plan_of(&values).map_err(|fault| vec![fault])?;
        self.apply(plan, &values, &leaves)
    }

    /// Reads a message that must be the conclusion of a case.
    ///
    /// # Errors
    /// As [`Adapter::read`]; [`Finding::NotConcluding`] alone for a message of another kind.
    pub fn read_conclusion(&self, bytes: &[u8], limits: &Limits) -> Result<Concluded, Vec<Fault>> {
        let leaves = self.mapping.wire.read(bytes, limits)?;
        let values = values_of(&leaves);
        let plan = self.plan_of(&values).map_err(|fault| vec![fault])?;
        let not_concluding = || vec![self.at_the_kind(Finding::NotConcluding { kind: plan.kind.label() })];
        if plan.kind != MessageKind::Conclusion {
            return Err(not_concluding());
        }
        let Mapped { message, explanation } = self.apply(plan, &values, &leaves)?;
        let case = message.case().cloned().ok_or_else(not_concluding)?;
        Ok(Concluded { case, message, explanation })
    }

    fn apply(&self, plan: &Plan, values: &Values<'_>, leaves: &[Leaf]) -> Result<Mapped, Vec<Fault>> {
        let mut reading =
            Reading { adapter: self, plan, values, fields: Fields::new(), explanation: Vec::new(), faults: Vec::new() };
        reading.apply_rules(leaves);
        reading.account_for_the_rest(leaves);
        reading.finish()
    }

    /// The plan of the kind of message that this is: of those that fit, the one with the most conditions.
    fn plan_of(&self, values: &Values<'_>) -> Result<&Plan, Fault> {
        let value = |source: &str| values.get(source).copied();
        let fits = |plan: &&Plan| plan.when.iter().all(|condition| condition.holds(value(&condition.source)));
        if let Some(plan) = self.mapping.messages.iter().filter(fits).max_by_key(|plan| plan.when.len()) {
            return Ok(plan);
        }
        if let Some(known) =
            self.mapping.no_equivalents.iter().find(|known| known.when.holds(value(&known.when.source)))
        {
            let path = self.mapping.wire.locate(&known.when.source);
            let finding = Finding::CodeWithoutEquivalent { meaning: known.meaning.clone() };
            return Err(Fault { path, field: None, finding });
        }
        Err(self.at_the_kind(Finding::UnknownKind { known: self.mapping.kinds_by_value() }))
    }

    /// A finding about the kind of message as a whole, at the value that tells it.
    fn at_the_kind(&self, finding: Finding) -> Fault {
        Fault { path: self.mapping.wire.locate(self.mapping.kind_source()), field: None, finding }
    }
}

/// The values of a message by their places.
type Values<'a> = HashMap<&'a str, &'a Scalar>;

fn values_of(leaves: &[Leaf]) -> Values<'_> {
    leaves.iter().map(|leaf| (leaf.path.as_str(), &leaf.value)).collect()
}

/// A message while it is read.
struct Reading<'a> {
    adapter: &'a Adapter,
    plan: &'a Plan,
    values: &'a Values<'a>,
    fields: Fields,
    explanation: Vec<FieldOrigin>,
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    fn apply_rules(&mut self, leaves: &'a [Leaf]) {
        for rule in &self.plan.rules {
            if rule.field.list().is_none() {
                self.apply_rule(
                    rule,
                    rule.field.path.to_owned(),
                    &rule.source,
                    self.values.get(rule.source.as_str()).copied(),
                );
                continue;
            }
            for leaf in leaves {
                if let Some(number) = rule.number_in(&leaf.path) {
                    let (_, field) = rule.of_element(number);
                    self.apply_rule(rule, field, &leaf.path, Some(&leaf.value));
                }
            }
        }
    }

    fn apply_rule(&mut self, rule: &Rule, field: String, source: &str, value: Option<&Scalar>) {
        let adapter = self.adapter;
        let converted = rule.value_in(value).and_then(|text| match text {
            Some(text) => (rule.transform.read)(text, rule, &adapter.mapping).map(|canonical| Some((text, canonical))),
            None => Ok(None),
        });
        match converted {
            Ok(Some((text, canonical))) => {
                self.explanation.push(adapter.explain_reading(rule, &field, source, text, &canonical));
                self.fields.set(field, canonical);
            }
            Ok(None) => {}
            Err(finding) => {
                let fault = Fault { path: adapter.mapping.wire.locate(source), field: Some(field), finding };
                // Two fields may come from one value; one word about it is enough.
                if !self.faults.iter().any(|known| known.path == fault.path && known.finding == fault.finding) {
                    self.faults.push(fault);
                }
            }
        }
    }

    /// What no rule reads is read past with a word about it, or refused: a misspelt optional field must not get lost.
    fn account_for_the_rest(&mut self, leaves: &[Leaf]) {
        let wire = &self.adapter.mapping.wire;
        for leaf in leaves {
            if let Some(field) = self.plan.read_past(&leaf.path) {
                self.explanation.push(FieldOrigin {
                    field: None,
                    source_path: Some(wire.locate(&leaf.path)),
                    rule: Some(field.place.clone()),
                    transform: None,
                    fidelity: Fidelity::NotCarried { original: (!field.secret).then(|| leaf.value.text()) },
                    note: None,
                });
            } else if !self.plan.knows(&leaf.path) {
                let path = wire.locate(&leaf.path);
                self.faults.push(Fault { path, field: None, finding: Finding::UnknownField });
            }
        }
    }

    fn finish(mut self) -> Result<Mapped, Vec<Fault>> {
        let adapter = self.adapter;
        match Message::from_fields(self.plan.kind, self.fields, &adapter.catalogue, &adapter.divisions) {
            Ok(message) if self.faults.is_empty() => return Ok(Mapped { message, explanation: self.explanation }),
            Ok(_) => {}
            Err(refused) => {
                for fault in refused {
                    // A value that could not be read, or that is missing, has been reported where it stands.
                    let of_same_value = |known: &Fault| {
                        known.field.as_deref().is_some_and(|field| self.plan.share_a_source(field, fault.path()))
                    };
                    if !self.faults.iter().any(of_same_value) {
                        self.faults.push(adapter.refused(self.plan, &fault));
                    }
                }
            }
        }
        let rule =
            |field: &str| field::find(field).and_then(|row| self.plan.rules.iter().position(|rule| rule.field == row));
        let place = |fault: &Fault| fault.field.as_deref().and_then(rule);
        self.faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
        Err(self.faults)
    }
}

impl Adapter {
    fn explain_reading(&self, rule: &Rule, field: &str, source: &str, text: &str, canonical: &str) -> FieldOrigin {
        let back = (rule.transform.write)(canonical, rule, &self.mapping);
        let fidelity = match back {
            Some(back) if back == text => Fidelity::Lossless,
            Some(_) | None => Fidelity::Lossy { original: text.to_owned() },
        };
        FieldOrigin {
            field: Some(field.to_owned()),
            source_path: Some(self.mapping.wire.locate(source)),
            rule: Some(rule.place.clone()),
            transform: Some(rule.transform.name),
            fidelity,
            note: if field == path::DIVISION { self.superseded(canonical) } else { None },
        }
    }

    fn superseded(&self, division: &str) -> Option<Note> {
        let code: DivisionCode = division.parse().ok()?;
        let resolved = self.divisions.resolve(&code).ok()?;
        resolved.superseded.map(|_| Note::SupersededDivision { current: resolved.code, name: resolved.name })
    }

    /// A finding of the standard model, back at the place in the message that it came from.
    fn refused(&self, plan: &Plan, fault: &FieldFault) -> Fault {
        let path = fault.path();
        let is_personal = field::find(path).is_some_and(|field| field.privacy == Privacy::Personal);
        // Even a single character of an identity number is none of an error text's business.
        let hint = if is_personal { format!("{path}: the value does not hold") } else { fault.to_string() };
        let finding = match fault {
            FieldFault::Missing { .. } => Finding::MissingField,
            _ => Finding::Refused { code: fault.code(), hint },
        };
        let source = plan.rule_of(path).map(|rule| match field::element(path) {
            Some((_, number, _)) => rule.of_element(number).0,
            None => rule.source.clone(),
        });
        let place = source.map(|source| self.mapping.wire.locate(&source)).unwrap_or_default();
        Fault { path: place, field: Some(path.to_owned()), finding }
    }
}

impl Plan {
    fn share_a_source(&self, field: &str, other: &str) -> bool {
        let number = |path: &str| field::element(path).map(|(_, number, _)| number);
        let source = |path: &str| self.rule_of(path).map(|rule| rule.source.as_str());
        let is_same_element = number(field) == number(other);
        field == other || (is_same_element && source(field).is_some_and(|path| Some(path) == source(other)))
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
            // A blank member of an element that is there is no reason to refuse: the standard model tells which it needs.
            Blank::Absent | Blank::Empty | Blank::Null => Err(Finding::MissingField),
        }
    }
}
