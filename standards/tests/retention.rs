//! How long evidence is kept: a rule for every item, and the day on which it ends.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::civil::date;
use standards::item::Catalogue;
use standards::retention::Retention;

#[test]
fn every_item_has_a_rule() {
    let retention = Retention::embedded().unwrap();
    for item in Catalogue::embedded().unwrap().items() {
        let rule = retention.rule(item);
        assert!(rule.is_some_and(|rule| rule.years >= 10), "{}", item.id);
    }
}

#[test]
fn evidence_is_kept_for_whole_years_and_no_day_less() {
    let catalogue = Catalogue::embedded().unwrap();
    let item = catalogue.items().next().unwrap();
    let text = format!(
        "[[rule]]\nname = \"class\"\nclass = \"administrative_licence\"\nyears = 30\n\
         [[rule]]\nname = \"own\"\nitems = [\"{}\"]\nyears = 1\n",
        item.id
    );
    let retention = Retention::from_text(&text).unwrap();
    let rule = retention.rule(item).unwrap();
    assert_eq!(rule.name.as_str(), "own", "an item's own rule goes before its class's");
    for (decided, due) in [
        (date(2026, 11, 23), date(2027, 11, 24)),
        (date(2026, 12, 31), date(2028, 1, 1)),
        (date(2024, 2, 29), date(2025, 3, 1)),
    ] {
        assert_eq!(rule.due_on(decided), Some(due), "{decided}");
    }
    assert_eq!(rule.due_on(date(9999, 1, 1)), None);
}

#[test]
fn two_rules_for_the_same_are_refused() {
    for (one, other) in [
        ("class = \"public_service\"", "class = \"public_service\""),
        ("items = [\"JJJ-001\"]", "items = [\"JJJ-002\", \"JJJ-001\"]"),
    ] {
        let rule = |name: &str, what| format!("[[rule]]\nname = \"{name}\"\n{what}\nyears = 10\n");
        let error = Retention::from_text(&(rule("a", one) + &rule("b", other))).unwrap_err();
        assert_eq!(error.code(), "data.word_twice");
        assert_eq!(Retention::from_text(&(rule("a", one) + &rule("a", ""))).unwrap_err().code(), "data.word_twice");
        assert_eq!(Retention::from_text(&rule("two words", one)).unwrap_err().code(), "data.toml");
    }
}
