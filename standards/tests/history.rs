//! The history of a case: the same for every order of arrival, with what is open, contradictory or odd named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use standards::division::Divisions;
use standards::field::{FIELDS, FieldKind, Fields, Presence, path};
use standards::history::History;
use standards::item::Catalogue;
use standards::message::{Message, MessageKind};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());
static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| Divisions::embedded().unwrap());

/// A message of a kind at a minute of 2026-11-20, with every field that the kind requires; `more` are fields to add or replace.
fn message(kind: &str, minute: u32, more: &[(&str, &str)]) -> Message {
    let kind = MessageKind::from_text(kind).unwrap_or_else(|| panic!("no kind {kind:?}"));
    let at = format!("2026-11-20T08:{minute:02}:00Z");
    let required =
        FIELDS.iter().filter(|field| field.list().is_none() && field.presence(kind) == Some(Presence::Required));
    let mut fields: Fields = required
        .map(|field| {
            let text = match (field.path, field.kind) {
                (path::FROM, _) => "130000",
                (path::ITEM, _) => "JJJ-033",
                (path::CASE_ID, _) => "FAKE-1",
                (path::DIVISION, _) => "130629",
                (path::APPLICANT_ID_NUMBER, _) => "11010519491231002X",
                (_, FieldKind::Code(_)) => "11130000FAKE0003XL",
                (_, FieldKind::Timestamp) => at.as_str(),
                (_, FieldKind::Choice(choices)) => choices[0],
                _ => "虚构",
            };
            (field.path, text)
        })
        .collect();
    for (path, text) in more {
        fields.set(path, *text);
    }
    Message::from_fields(kind, fields, &CATALOGUE, &DIVISIONS).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn sequence(kind: &str, minute: u32, number: &str) -> Message {
    message(kind, minute, &[(path::SEQUENCE, number)])
}

fn version(kind: &str, minute: u32, number: &str) -> Message {
    message(kind, minute, &[(path::VERSION, number)])
}

fn told(messages: &[Message]) -> History {
    let [history] = <[History; 1]>::try_from(History::of_cases(messages.to_vec())).unwrap();
    history
}

/// The events as `kind sequence version`, in the order in which they happened.
fn events(history: &History) -> Vec<String> {
    history.events.iter().map(|e| format!("{} {} {}", e.kind.as_str(), e.sequence, e.version)).collect()
}

/// The findings as `code kind sequence version`.
fn findings(history: &History) -> Vec<String> {
    let line = |f: &standards::history::HistoryFinding| {
        format!("{} {} {} {}", f.oddity.code(), f.kind.as_str(), f.sequence, f.version)
    };
    history.findings.iter().map(line).collect()
}

/// A case that took every turn that a case can take, in the order in which it happened.
fn whole_case() -> Vec<Message> {
    vec![
        message("application", 1, &[]),
        sequence("supplement_notice", 2, "1"),
        sequence("supplement_answer", 3, "1"),
        message("acceptance", 4, &[]),
        sequence("process_step", 5, "1"),
        sequence("special_procedure_start", 6, "1"),
        sequence("special_procedure_end", 7, "1"),
        sequence("process_step", 8, "2"),
        message("conclusion", 9, &[]),
        message("collection", 10, &[]),
        message("result_revocation", 11, &[]),
    ]
}

#[test]
fn a_whole_case_is_told_in_the_order_in_which_it_happened_and_has_nothing_odd() {
    let mut messages = whole_case();
    messages.reverse();
    let history = told(&messages);
    assert_eq!((history.from.as_str(), history.case_id.as_str()), ("130000", "FAKE-1"));
    assert_eq!(events(&history).len(), 11);
    assert!(history.events.is_sorted_by_key(|event| event.at));
    assert_eq!(events(&history)[..3], ["application 1 1", "supplement_notice 1 1", "supplement_answer 1 1"]);
    assert_eq!((findings(&history), &history.open), (Vec::new(), &Vec::new()));
    assert_eq!(history.ending().unwrap().kind, MessageKind::Conclusion);
}

#[test]
fn a_message_that_comes_twice_counts_once_whether_or_not_it_says_that_it_is_the_first() {
    let twice = [message("acceptance", 1, &[]), message("acceptance", 1, &[]), version("acceptance", 1, "1")];
    let history = told(&twice);
    assert_eq!(events(&history), ["acceptance 1 1"]);
    assert!(!history.has_conflict() && history.superseded.is_empty());
}

#[test]
fn the_highest_version_counts_and_the_others_are_kept_beside_it() {
    let history = told(&[version("acceptance", 5, "3"), version("acceptance", 1, "1"), version("acceptance", 9, "2")]);
    assert_eq!(events(&history), ["acceptance 1 3"]);
    let superseded: Vec<u32> = history.superseded.iter().map(|event| event.version).collect();
    assert_eq!((superseded, history.has_conflict()), (vec![1, 2], false));
}

#[test]
fn one_version_with_two_contents_is_a_conflict_and_neither_is_dropped() {
    let one = message("acceptance", 1, &[]);
    let other = message("acceptance", 1, &[(path::AUTHORITY_NAME, "别的名称")]);
    let history = told(&[other.clone(), one.clone()]);
    assert!(history.has_conflict());
    assert_eq!(findings(&history), ["history.conflict acceptance 1 1"]);
    assert_eq!(events(&history), ["acceptance 1 1", "acceptance 1 1"]);
    let settled = told(&[one, other, version("acceptance", 2, "2")]);
    assert_eq!(events(&settled), ["acceptance 1 2"]);
    assert_eq!((settled.superseded.len(), settled.has_conflict()), (2, true), "it stays on the record");
}

#[test]
fn what_waits_for_an_answer_is_open_until_it_comes_or_the_case_ends() {
    let due = [(path::DUE_ON, "2026-12-01"), (path::SEQUENCE, "2")];
    let mut messages = vec![
        sequence("supplement_notice", 1, "1"),
        sequence("supplement_answer", 2, "1"),
        message("supplement_notice", 3, &due),
        sequence("special_procedure_start", 4, "1"),
    ];
    let running = told(&messages);
    let open: Vec<_> = running.open.iter().map(|o| (o.kind.as_str(), o.sequence, o.due_on.as_deref())).collect();
    assert_eq!(open, [("supplement_notice", 2, Some("2026-12-01")), ("special_procedure_start", 1, None)]);
    assert!(running.is_paused());
    messages.push(sequence("special_procedure_end", 5, "1"));
    assert!(!told(&messages).is_paused());
    messages.push(message("withdrawal", 6, &[]));
    let ended = told(&messages);
    assert_eq!((ended.open.len(), findings(&ended)), (0, Vec::new()));
}

#[test]
fn what_cannot_be_so_is_found_and_named() {
    let table: &[(&[Message], &[&str])] = &[
        (
            &[message("acceptance", 5, &[]), message("conclusion", 4, &[])],
            &["history.concluded_before_acceptance conclusion 1 1", "history.after_the_end acceptance 1 1"],
        ),
        (&[sequence("supplement_answer", 1, "1")], &["history.nothing_opened supplement_answer 1 1"]),
        (
            &[sequence("supplement_notice", 1, "1"), sequence("supplement_answer", 2, "2")],
            &["history.nothing_opened supplement_answer 2 1"],
        ),
        (&[sequence("special_procedure_end", 1, "1")], &["history.nothing_opened special_procedure_end 1 1"]),
        (
            &[sequence("special_procedure_start", 2, "1"), sequence("special_procedure_end", 1, "1")],
            &["history.closed_before_opened special_procedure_end 1 1"],
        ),
        (&[message("collection", 1, &[])], &["history.without_conclusion collection 1 1"]),
        (
            &[message("conclusion", 3, &[]), message("result_revocation", 2, &[])],
            &["history.without_conclusion result_revocation 1 1"],
        ),
        (&[message("withdrawal", 1, &[]), message("conclusion", 2, &[])], &["history.after_the_end conclusion 1 1"]),
        (
            &[message("conclusion", 1, &[]), sequence("process_step", 2, "1")],
            &["history.after_the_end process_step 1 1"],
        ),
        (
            &[message("refusal", 1, &[]), message("collection", 2, &[])],
            &["history.without_conclusion collection 1 1", "history.after_the_end collection 1 1"],
        ),
    ];
    for (messages, expected) in table {
        let mut found = findings(&told(messages));
        found.sort_by_key(|line| expected.iter().position(|wanted| wanted == line));
        assert_eq!(found, *expected, "{messages:?}");
    }
}

#[test]
fn cases_are_kept_apart_by_region_and_number() {
    let tianjin = [(path::FROM, "120000"), (path::DIVISION, "120116")];
    let messages = [
        message("acceptance", 1, &[]),
        message("conclusion", 2, &[(path::CASE_ID, "FAKE-2")]),
        message("acceptance", 3, &tianjin),
    ];
    let cases: Vec<_> = History::of_cases(messages).into_iter().map(|h| (h.from, h.case_id, h.events.len())).collect();
    let expected = [("120000", "FAKE-1"), ("130000", "FAKE-1"), ("130000", "FAKE-2")];
    assert_eq!(cases, expected.map(|(from, case)| (from.to_owned(), case.to_owned(), 1)));
}

#[test]
fn a_history_is_shown_without_anything_personal() {
    let history = told(&whole_case());
    let shown = format!("{history:?} {}", serde_json::to_string(&history).unwrap());
    assert!(!shown.contains("虚构") && !shown.contains("11010519491231002X"), "{shown}");
    assert!(shown.contains(r#""kind":"acceptance","sequence":1,"version":1,"at":"2026-11-20T08:04:00Z""#), "{shown}");
}

/// Any handful of messages of one case, contradictory ones among them.
fn any_messages() -> impl Strategy<Value = Vec<Message>> {
    let any = (select(MessageKind::ALL), 0..6_u32, 1..3_u32, 1..3_u32, any::<bool>());
    let any = any.prop_map(|(kind, minute, number, version, other_name)| {
        let number = if kind.repeats() { number } else { 1 };
        let (number, version) = (number.to_string(), version.to_string());
        let name = if other_name { "甲" } else { "乙" };
        let more = [(path::SEQUENCE, number.as_str()), (path::VERSION, &version), (path::AUTHORITY_NAME, name)];
        message(kind.as_str(), minute, &more)
    });
    proptest::collection::vec(any, 1..12)
}

/// The same messages twice: in some order, and in any other with some of them repeated.
fn any_arrival() -> impl Strategy<Value = (Vec<Message>, Vec<Message>)> {
    (any_messages(), proptest::collection::vec(any::<Index>(), 0..8)).prop_flat_map(|(messages, again)| {
        let mut arrived = messages.clone();
        arrived.extend(again.iter().map(|index| index.get(&messages).clone()));
        (Just(messages), Just(arrived).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same_history((messages, arrived) in any_arrival()) {
        prop_assert_eq!(History::of_cases(arrived), History::of_cases(messages));
    }

    #[test]
    fn no_message_is_lost(messages in any_messages()) {
        let kept: Vec<Message> = History::of_cases(messages.clone())
            .into_iter()
            .flat_map(|history| history.events.into_iter().chain(history.superseded))
            .map(|event| event.message)
            .collect();
        prop_assert!(messages.iter().all(|message| kept.contains(message)));
    }
}
