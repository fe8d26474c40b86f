//! Reading: a message of a region becomes a message of the standard model, or a list of everything that is wrong with it.

use std::sync::Arc;

use standards::case::Case;
use standards::code::DivisionCode;
use standards::field::{self, FieldFault, FieldPath, Fields, Privacy, path};
use standards::lint::masked_in_message;
use standards::message::{Message, MessageKind};

use crate::adapter::Adapter;
use crate::explanation::{Fidelity, FieldOrigin, Note};
use crate::fault::{Fault, Finding};
use crate::index::Sorted;
use crate::leaf::{Leaf, Scalar};
use crate::limits::Limits;
use crate::mapping::{Blank, Condition, Plan, Rule};

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
        let (message, explanation) = self.read_with(bytes, limits, Some(Vec::new()))?;
        Ok(Mapped { message, explanation })
    }

    /// What of a message survived: it is read and judged like any other, but nobody asks where its values came from.
    pub(crate) fn read_back(&self, bytes: &[u8]) -> Result<Message, Vec<Fault>> {
        self.read_with(bytes, &Limits::MESSAGE, None).map(|(message, _)| message)
    }

    fn read_with(
        &self,
        bytes: &[u8],
        limits: &Limits,
        explanation: Explained,
    ) -> Result<(Message, Vec<FieldOrigin>), Vec<Fault>> {
        let text = self.mapping.wire.decode(bytes, limits)?;
        let leaves = self.mapping.wire.leaves(&text, limits)?;
        let plan = self.plan_of(&leaves)?;
        self.apply(plan, &leaves, explanation)
    }

    /// Reads a message that must be the conclusion of a case.
    ///
    /// # Errors
    /// As [`Adapter::read`]; [`Finding::NotConcluding`] alone for a message of another kind.
    pub fn read_conclusion(&self, bytes: &[u8], limits: &Limits) -> Result<Concluded, Vec<Fault>> {
        let text = self.mapping.wire.decode(bytes, limits)?;
        let leaves = self.mapping.wire.leaves(&text, limits)?;
        let plan = self.plan_of(&leaves)?;
        let not_concluding = || vec![self.at_the_kind(Finding::NotConcluding { kind: plan.kind.label() })];
        if plan.kind != MessageKind::Conclusion {
            return Err(not_concluding());
        }
        let (message, explanation) = self.apply(plan, &leaves, Some(Vec::new()))?;
        let case = message.case().ok_or_else(not_concluding)?;
        Ok(Concluded { case, message, explanation })
    }

    fn apply(
        &self,
        plan: &Plan,
        leaves: &[Leaf<'_>],
        explanation: Explained,
    ) -> Result<(Message, Vec<FieldOrigin>), Vec<Fault>> {
        let sorted = plan.index.sort(leaves);
        let mut reading = Reading { adapter: self, plan, fields: Fields::new(), explanation, faults: Vec::new() };
        reading.apply_rules(&sorted);
        reading.account_for_the_rest(&sorted);
        reading.finish(&sorted)
    }

    /// The plan of the kind of message that this is: of those that fit, the one with the most conditions.
    fn plan_of(&self, leaves: &[Leaf<'_>]) -> Result<&Plan, Vec<Fault>> {
        let value = |source: &String| leaves.iter().find(|leaf| leaf.path == *source).map(|leaf| &leaf.value);
        let values: Vec<_> = self.mapping.kind_sources().iter().map(|source| (source, value(source))).collect();
        let holds = |condition: &Condition| {
            let value = values.iter().find(|(source, _)| **source == condition.source).and_then(|(_, value)| *value);
            condition.holds(value)
        };
        let fits = |plan: &&Plan| plan.when.iter().all(holds);
        if let Some(plan) = self.mapping.messages.iter().filter(fits).max_by_key(|plan| plan.when.len()) {
            return Ok(plan);
        }
        if let Some(known) = self.mapping.no_equivalents.iter().find(|known| holds(&known.when)) {
            let finding = Finding::CodeWithoutEquivalent { meaning: known.meaning.clone() };
            return Err(vec![Fault::at(self.mapping.wire.locate(&known.when.source), finding)]);
        }
        Err(vec![self.at_the_kind(Finding::UnknownKind { known: self.mapping.kinds_by_value() })])
    }

    /// A finding about the kind of message as a whole, at the value that tells it.
    fn at_the_kind(&self, finding: Finding) -> Fault {
        Fault::at(self.mapping.wire.locate(self.mapping.kind_source()), finding)
    }
}

/// Where each value came from; none where nobody asks.
type Explained = Option<Vec<FieldOrigin>>;

/// A message while it is read.
struct Reading<'a> {
    adapter: &'a Adapter,
    plan: &'a Plan,
    fields: Fields,
    explanation: Explained,
    faults: Vec<Fault>,
}

/// A value that a rule reads: where it stands, and the canonical field that it is.
struct Found<'v> {
    location: Arc<str>,
    field: FieldPath,
    value: Option<&'v Scalar<'v>>,
}

impl Reading<'_> {
    fn apply_rules(&mut self, sorted: &Sorted<'_>) {
        for (rule, place) in self.plan.rules.iter().zip(self.plan.index.place_of_rules()) {
            if !rule.field.is_in_list() {
                let (location, field) = (Arc::clone(&rule.location), FieldPath::of(rule.field));
                self.apply_rule(rule, &Found { location, field, value: sorted.value(place) });
                continue;
            }
            for (number, leaf) in sorted.elements(place) {
                let field = FieldPath::in_element(rule.field, number);
                let location = self.adapter.mapping.wire.locate(&leaf.path).into();
                self.apply_rule(rule, &Found { location, field, value: Some(&leaf.value) });
            }
        }
    }

    fn apply_rule(&mut self, rule: &Rule, found: &Found<'_>) {
        let mapping = &self.adapter.mapping;
        let converted = rule.value_in(found.value).and_then(|text| match text {
            Some(text) => (rule.transform.read)(text, rule, mapping).map(|canonical| Some((text, canonical))),
            None => Ok(None),
        });
        match converted {
            Ok(Some((text, canonical))) => {
                if let Some(explanation) = &mut self.explanation {
                    explanation.push(self.adapter.explain_reading(rule, found, text, &canonical));
                }
                self.fields.set_at(found.field, canonical.into_owned());
            }
            Ok(None) => {}
            Err(finding) => {
                let fault = Fault {
                    path: found.location.to_string(),
                    field: Some(found.field.to_string()),
                    value: found.value.map(|value| masked_in_message(rule.field.privacy, value.text())),
                    rule: Some(Arc::clone(&rule.place)),
                    finding,
                };
                // Two fields may come from one value; one word about it is enough.
                if !self.faults.iter().any(|known| known.path == fault.path && known.finding == fault.finding) {
                    self.faults.push(fault);
                }
            }
        }
    }

    /// What no rule reads is read past with a word about it, or refused: a misspelt optional field must not get lost.
    fn account_for_the_rest(&mut self, sorted: &Sorted<'_>) {
        let wire = &self.adapter.mapping.wire;
        for (word, leaf) in &sorted.rest {
            let Some(field) = word.and_then(|word| self.plan.not_carried.get(word)) else {
                // Nobody knows whether it is personal.
                let value = Some(masked_in_message(Privacy::Personal, leaf.value.text()));
                self.faults.push(Fault { value, ..Fault::at(wire.locate(&leaf.path), Finding::UnknownField) });
                continue;
            };
            if let Some(explanation) = &mut self.explanation {
                explanation.push(FieldOrigin {
                    field: None,
                    source_path: Some(wire.locate(&leaf.path).into()),
                    rule: Some(Arc::clone(&field.place)),
                    transform: None,
                    fidelity: Fidelity::NotCarried { original: (!field.secret).then(|| leaf.value.text().to_owned()) },
                    note: None,
                });
            }
        }
    }

    fn finish(mut self, sorted: &Sorted<'_>) -> Result<(Message, Vec<FieldOrigin>), Vec<Fault>> {
        let adapter = self.adapter;
        match Message::from_fields(self.plan.kind, self.fields, &adapter.catalogue, &adapter.divisions) {
            Ok(message) if self.faults.is_empty() => return Ok((message, self.explanation.unwrap_or_default())),
            Ok(_) => {}
            Err(refused) => {
                for fault in refused {
                    // A value that could not be read, or that is missing, has been reported where it stands.
                    let of_same_value = |known: &Fault| {
                        known.field.as_deref().is_some_and(|field| self.plan.share_a_source(field, fault.path()))
                    };
                    if !self.faults.iter().any(of_same_value) {
                        self.faults.push(adapter.refused(self.plan, sorted, &fault));
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
    fn explain_reading(&self, rule: &Rule, found: &Found<'_>, text: &str, canonical: &str) -> FieldOrigin {
        let back = (rule.transform.write)(canonical, rule, &self.mapping);
        let fidelity = match back {
            Some(back) if back == text => Fidelity::Lossless,
            Some(_) | None => Fidelity::Lossy { original: text.to_owned() },
        };
        FieldOrigin {
            field: Some(found.field),
            source_path: Some(Arc::clone(&found.location)),
            rule: Some(Arc::clone(&rule.place)),
            transform: Some(rule.transform.name),
            fidelity,
            note: if rule.field.path == path::DIVISION { self.superseded(canonical) } else { None },
        }
    }

    fn superseded(&self, division: &str) -> Option<Note> {
        let code: DivisionCode = division.parse().ok()?;
        let resolved = self.divisions.resolve(&code).ok()?;
        resolved.superseded.map(|_| Note::SupersededDivision { current: resolved.code, name: resolved.name })
    }

    /// A finding of the standard model, back at the place in the message that it came from.
    fn refused(&self, plan: &Plan, sorted: &Sorted<'_>, fault: &FieldFault) -> Fault {
        let path = fault.path();
        let is_personal = field::find(path).is_some_and(|field| field.privacy == Privacy::Personal);
        // Even a single character of an identity number is none of an error text's business.
        let hint = if is_personal { format!("{path}: the value does not hold") } else { fault.to_string() };
        let finding = match fault {
            FieldFault::Missing { .. } => Finding::MissingField,
            _ => Finding::Refused { code: fault.code(), hint },
        };
        let field = Some(path.to_owned());
        let Some((path, rule)) = FieldPath::named(path).and_then(|path| Some((path, plan.rule_of(path.field())?)))
        else {
            return Fault { field, ..Fault::at(String::new(), finding) };
        };
        let source = path.number().map_or_else(|| rule.source.clone(), |number| rule.source_in(number));
        Fault {
            path: self.mapping.wire.locate(&source),
            field,
            value: plan.index.value_of(path, sorted).map(|value| masked_in_message(rule.field.privacy, value.text())),
            rule: Some(Arc::clone(&rule.place)),
            finding,
        }
    }
}

impl Plan {
    fn share_a_source(&self, field: &str, other: &str) -> bool {
        let source = |path: &str| {
            let path = FieldPath::named(path)?;
            Some((path.number(), self.rule_of(path.field())?.source.as_str()))
        };
        field == other || source(field).is_some_and(|source_of_field| Some(source_of_field) == source(other))
    }
}

impl Rule {
    /// The text at the rule's source; `None` where the dialect says that there is no value.
    fn value_in<'v>(&self, value: Option<&'v Scalar<'_>>) -> Result<Option<&'v str>, Finding> {
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
