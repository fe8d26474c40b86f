//! What one kind of message knows about places and fields, arranged when it is compiled: a message is not searched, it is sorted.

use std::collections::HashMap;

use standards::field::{Field, FieldPath};

use crate::leaf::{Leaf, Scalar};
use crate::mapping::{Condition, NotCarried, Rule};

/// The sources of one kind of message, and the rules at each.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_source: HashMap<String, Meaning>,
    /// The number of the rule of each row of the field table.
    by_row: HashMap<u8, usize>,
    /// The numbers of the rules at each place, in the order of the file.
    places: Vec<Vec<usize>>,
    /// The place of each rule.
    of_rules: Vec<usize>,
}

/// What a source is for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// Rules read it: the number of its place.
    Place(usize),
    /// It tells the kind of message and nothing else.
    Condition,
    /// It is read past: the number of the word about it.
    ReadPast(usize),
}

/// The leaves of a message by what they are for.
pub(crate) struct Sorted<'a> {
    /// By place.
    values: Vec<Option<&'a Leaf<'a>>>,
    /// Of elements of lists: place and number of the element.
    elements: Vec<(usize, u16, &'a Leaf<'a>)>,
    /// What no rule reads, in the order of the message, with the number of the word about it, where there is one.
    pub(crate) rest: Vec<(Option<usize>, &'a Leaf<'a>)>,
}

impl Index {
    pub(crate) fn new(rules: &[Rule], when: &[Condition], not_carried: &[NotCarried]) -> Self {
        let mut index = Self::default();
        for (number, field) in not_carried.iter().enumerate() {
            index.by_source.entry(field.source.clone()).or_insert(Meaning::ReadPast(number));
        }
        for (number, rule) in rules.iter().enumerate() {
            index.by_row.entry(rule.field.row).or_insert(number);
            let next = index.places.len();
            // A source that is read past as well is refused when the mapping is compiled.
            let place = match index.by_source.entry(rule.source.clone()).or_insert(Meaning::Place(next)) {
                Meaning::Place(place) => *place,
                Meaning::Condition | Meaning::ReadPast(_) => next,
            };
            match index.places.get_mut(place) {
                Some(rules) => rules.push(number),
                None => index.places.push(vec![number]),
            }
            index.of_rules.push(place);
        }
        for condition in when {
            index.by_source.entry(condition.source.clone()).or_insert(Meaning::Condition);
        }
        index
    }

    /// The numbers of the rules at each source, in the order of the file.
    pub(crate) fn places(&self) -> impl Iterator<Item = &[usize]> {
        self.places.iter().map(Vec::as_slice)
    }

    /// The place of each rule, in the order of the rules.
    pub(crate) fn place_of_rules(&self) -> impl Iterator<Item = usize> {
        self.of_rules.iter().copied()
    }

    /// The number of the rule of a canonical field; there is at most one.
    pub(crate) fn rule_of(&self, field: &Field) -> Option<usize> {
        self.by_row.get(&field.row).copied()
    }

    /// The value that the rule of a field reads.
    pub(crate) fn value_of<'a>(&self, path: FieldPath, sorted: &Sorted<'a>) -> Option<&'a Scalar<'a>> {
        let place = *self.of_rules.get(self.rule_of(path.field())?)?;
        match path.number() {
            None => sorted.value(place),
            Some(wanted) => sorted.elements(place).find(|(number, _)| *number == wanted).map(|(_, leaf)| &leaf.value),
        }
    }

    /// Sorts the leaves of a message.
    pub(crate) fn sort<'a>(&self, leaves: &'a [Leaf<'a>]) -> Sorted<'a> {
        let mut sorted = Sorted { values: vec![None; self.places.len()], elements: Vec::new(), rest: Vec::new() };
        for leaf in leaves {
            let (meaning, number) = match self.by_source.get(&*leaf.path) {
                Some(meaning) => (Some(*meaning), None),
                None => match element_of(&leaf.path) {
                    Some((pattern, number)) => (self.by_source.get(&pattern).copied(), Some(number)),
                    None => (None, None),
                },
            };
            match (meaning, number) {
                (Some(Meaning::Place(place)), None) => {
                    if let Some(value) = sorted.values.get_mut(place) {
                        *value = Some(leaf);
                    }
                }
                (Some(Meaning::Place(place)), Some(number)) => sorted.elements.push((place, number, leaf)),
                (Some(Meaning::Condition), _) => {}
                (Some(Meaning::ReadPast(word)), _) => sorted.rest.push((Some(word), leaf)),
                (None, _) => sorted.rest.push((None, leaf)),
            }
        }
        sorted
    }
}

impl<'a> Sorted<'a> {
    /// The value at a place outside of lists.
    pub(crate) fn value(&self, place: usize) -> Option<&'a Scalar<'a>> {
        self.values.get(place).copied().flatten().map(|leaf| &leaf.value)
    }

    /// The values at a place of a list, each with the number of its element, in the order of the message.
    pub(crate) fn elements(&self, place: usize) -> impl Iterator<Item = (u16, &'a Leaf<'a>)> {
        self.elements.iter().filter(move |(of, ..)| *of == place).map(|(_, number, leaf)| (*number, *leaf))
    }
}

/// The source of which a path is one element, with `*` for its number, and the number: `/attachments/3/name`.
fn element_of(path: &str) -> Option<(String, u16)> {
    let is_number =
        |token: &str| token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    let mut at = 0;
    for token in path.split('/') {
        if !token.is_empty() && is_number(token) {
            let (before, after) = (path.get(..at)?, path.get(at + token.len()..)?);
            return Some((format!("{before}*{after}"), token.parse().ok()?));
        }
        at += token.len() + 1;
    }
    None
}
