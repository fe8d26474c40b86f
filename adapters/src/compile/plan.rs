//! The kinds of messages of a region: for each its conditions and its own selection of the rules.

use std::collections::BTreeMap;

use standards::field::{FIELDS, Presence};
use standards::message::MessageKind;
use toml::Spanned;

use super::Source;
use crate::index::Index;
use crate::leaf::Scalar;
use crate::mapping::{Condition, NoEquivalent, NoMessage, NotCarried, Plan, Rule};
use crate::mapping_error::MappingError;
use crate::rows::{ConditionRow, ConditionValue, MappingFile, MessageRow};

/// Compiles every kind of message; `rules` are the file's own, one for each `[[field]]`, none where one is broken.
pub(super) fn compile(file: &MappingFile, rules: &[Option<Rule>], source: &mut Source<'_>) -> Vec<Plan> {
    check_kinds(file, source);
    let plans: Vec<Plan> = file.message.iter().map(|row| compile_plan(row, file, rules, source)).collect();
    check_uses(file, &plans, source);
    for (place, plan) in plans.iter().enumerate() {
        let rival = plans.iter().take(place).find(|other| !can_be_told_apart(plan, other));
        if let (Some(rival), Some(row)) = (rival, file.message.get(place)) {
            let error = MappingError::KindsAlike { kind: plan.kind.as_str(), other: rival.kind.as_str() };
            source.fault(&row.kind.span(), error);
        }
    }
    plans
}

/// The kinds that the dialect says it does not have.
pub(super) fn no_messages(file: &MappingFile) -> Vec<NoMessage> {
    file.no_message.iter().map(|row| NoMessage { kind: *row.kind.get_ref(), why: row.why.clone() }).collect()
}

/// The messages that the standard model does not have.
pub(super) fn no_equivalents(file: &MappingFile) -> Vec<NoEquivalent> {
    file.no_equivalent
        .iter()
        .map(|row| NoEquivalent { when: condition(&row.when), meaning: row.meaning.clone() })
        .collect()
}

/// Each source by which kinds are told apart, once.
pub(super) fn kind_sources(plans: &[Plan], no_equivalents: &[NoEquivalent]) -> Vec<String> {
    let conditions = plans.iter().flat_map(|plan| &plan.when).chain(no_equivalents.iter().map(|known| &known.when));
    let mut sources: Vec<String> = Vec::new();
    for condition in conditions {
        if !sources.contains(&condition.source) {
            sources.push(condition.source.clone());
        }
    }
    sources
}

/// Each kind is described once, or said not to exist: nothing is left out by mistake.
fn check_kinds(file: &MappingFile, source: &mut Source<'_>) {
    let mut seen: BTreeMap<MessageKind, usize> = BTreeMap::new();
    let named = file.message.iter().map(|row| &row.kind).chain(file.no_message.iter().map(|row| &row.kind));
    for kind in named {
        let line = source.line(&kind.span());
        if let Some(first) = seen.insert(*kind.get_ref(), line) {
            source.fault(&kind.span(), MappingError::KindTwice { kind: kind.get_ref().as_str(), first });
        }
    }
    for kind in MessageKind::ALL.iter().filter(|kind| !seen.contains_key(kind)) {
        source.fault_of_file(MappingError::KindMissing { kind: kind.as_str() });
    }
}

/// A row that no message uses is a mistake that nobody would find.
fn check_uses(file: &MappingFile, plans: &[Plan], source: &mut Source<'_>) {
    let used_rule = |place: &str| plans.iter().any(|plan| plan.rules.iter().any(|rule| *rule.place == *place));
    let used_past = |place: &str| plans.iter().any(|plan| plan.not_carried.iter().any(|past| *past.place == *place));
    for row in file.field.iter().filter(|row| standards::field::find(row.field.get_ref()).is_some()) {
        if !used_rule(&source.place(&row.field.span())) {
            source.fault(&row.source.span(), MappingError::UnusedSource { source_path: row.source.get_ref().clone() });
        }
    }
    for row in &file.not_carried {
        if !used_past(&source.place(&row.source.span())) {
            source.fault(&row.source.span(), MappingError::UnusedSource { source_path: row.source.get_ref().clone() });
        }
    }
}

fn compile_plan(row: &MessageRow, file: &MappingFile, rules: &[Option<Rule>], source: &mut Source<'_>) -> Plan {
    let kind = *row.kind.get_ref();
    check_sources(row, file, source);
    let mut plan_rules = Vec::new();
    let mut first_lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (field_row, rule) in file.field.iter().zip(rules) {
        let Some(rule) = rule else { continue };
        let presence = rule.field.presence(kind);
        let is_meant = field_row.kinds.as_ref().map_or(presence.is_some(), |kinds| kinds.contains(&kind));
        if !is_meant {
            continue;
        }
        let span = field_row.field.span();
        let field = rule.field.path;
        if presence.is_none() {
            source.fault(&span, MappingError::FieldOfOtherKind { field, kind: kind.as_str() });
        }
        if let Some(first) = first_lines.get(field).copied() {
            source.fault(&span, MappingError::FieldTwice { field: field.to_owned(), kind: kind.as_str(), first });
        }
        first_lines.entry(field).or_insert_with(|| source.line(&span));
        let required = field_row.required.unwrap_or(presence == Some(Presence::Required));
        plan_rules.push(Rule { required, ..rule.clone() });
    }
    let is_needed = |list: Option<&str>| match list {
        None => true,
        Some(list) => first_lines.keys().any(|path| path.split_once(".*.").is_some_and(|(of, _)| of == list)),
    };
    let required = FIELDS.iter().filter(|field| field.presence(kind) == Some(Presence::Required));
    for field in required.filter(|field| is_needed(field.list()) && !first_lines.contains_key(field.path)) {
        source.fault(&row.kind.span(), MappingError::FieldWithoutRule { field: field.path, kind: kind.as_str() });
    }
    let when = conditions(row, &plan_rules, source);
    let not_carried = not_carried(file, kind, source);
    Plan { kind, index: Index::new(&plan_rules, &when, &not_carried), when, rules: plan_rules, not_carried }
}

/// The conditions of a kind; each must be written again by itself or by a rule.
fn conditions(row: &MessageRow, rules: &[Rule], source: &mut Source<'_>) -> Vec<Condition> {
    if row.when.is_empty() {
        source.fault(&row.kind.span(), MappingError::NoCondition);
    }
    let mut conditions = Vec::new();
    for written in &row.when {
        let condition = condition(written);
        let decides_itself = matches!(condition.one_of.as_deref(), Some([_]));
        let has_rule = rules.iter().any(|rule| rule.source == condition.source && rule.required);
        if !decides_itself && !has_rule {
            let source_path = condition.source.clone();
            source.fault(&written.source.span(), MappingError::ConditionNotWritten { source_path });
        }
        conditions.push(condition);
    }
    conditions
}

fn condition(row: &ConditionRow) -> Condition {
    let scalar = |value: &ConditionValue| match value {
        ConditionValue::Number(number) => Scalar::Number(number.to_string().into()),
        ConditionValue::Text(text) => Scalar::Text(text.clone().into()),
    };
    let one_of = row.one_of.as_ref().map(|values| values.iter().map(scalar).collect());
    Condition { source: row.source.get_ref().clone(), one_of }
}

/// Either no message fits both, or one of them asks for more than the other and is meant then.
fn can_be_told_apart(one: &Plan, other: &Plan) -> bool {
    let excludes = one.when.iter().any(|mine| other.when.iter().any(|theirs| mine.excludes(theirs)));
    excludes || one.when.len() != other.when.len()
}

fn not_carried(file: &MappingFile, kind: MessageKind, source: &Source<'_>) -> Vec<NotCarried> {
    let is_meant = |kinds: &Option<Vec<MessageKind>>| kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
    let rows = file.not_carried.iter().filter(|row| is_meant(&row.kinds));
    rows.map(|row| NotCarried {
        place: source.place(&row.source.span()).into(),
        source: row.source.get_ref().clone(),
        why: row.why.clone(),
        secret: row.secret,
    })
    .collect()
}

/// What a source is used for in one kind of message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A condition on its value.
    Condition,
    /// A rule that reads codes, and so can tell kinds of messages apart too.
    Codes,
    /// Any other rule.
    Values,
    /// Read past.
    Nothing,
}

impl Use {
    fn shares_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Nothing, _)
            | (_, Self::Nothing)
            | (Self::Condition, Self::Values)
            | (Self::Values, Self::Condition) => false,
            (Self::Condition | Self::Codes | Self::Values, _) => true,
        }
    }
}

/// In one kind of message no source is used for two things that exclude each other, and no JSON Pointer runs through another.
fn check_sources(message: &MessageRow, file: &MappingFile, source: &mut Source<'_>) {
    let kind = *message.kind.get_ref();
    let is_of = |kinds: &Option<Vec<MessageKind>>| kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
    let of_kind = |field: &str| standards::field::find(field).is_none_or(|field| field.presence(kind).is_some());
    let rules = file.field.iter().filter(|row| is_of(&row.kinds) && of_kind(row.field.get_ref()));
    let rules = rules.map(|row| (&row.source, if row.table.is_some() { Use::Codes } else { Use::Values }));
    // Whether there is a value at all can be asked of any rule's source.
    let conditions =
        message.when.iter().map(|row| (&row.source, if row.one_of.is_some() { Use::Condition } else { Use::Codes }));
    let past = file.not_carried.iter().filter(|row| is_of(&row.kinds)).map(|row| (&row.source, Use::Nothing));
    let mut seen: Vec<(&Spanned<String>, Use)> = Vec::new();
    for (new, used) in conditions.chain(rules).chain(past) {
        let path = new.get_ref();
        if !file.wire.accepts(path) {
            source.fault(&new.span(), MappingError::Source { source_path: path.clone() });
        }
        let conflict = seen.iter().find(|(old, old_use)| {
            let old = old.get_ref();
            let runs_through = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
            (path == old && !used.shares_with(*old_use)) || runs_through(path, old) || runs_through(old, path)
        });
        if let Some((old, _)) = conflict {
            let first = source.line(&old.span());
            source.fault(&new.span(), MappingError::SourceConflict { source_path: path.clone(), first });
        }
        seen.push((new, used));
    }
}
