//! Words and colours: how a finding is told to a person.

use std::fmt::Write as _;
use std::io::IsTerminal;

use seals::{StepOutcome, Verdict};
use standards::problem;

/// Whether colours are used: only on a terminal, and never where `NO_COLOR` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// No escape sequences.
    Plain,
    /// ANSI colours.
    Coloured,
}

impl Style {
    /// The style that suits this stream.
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !refused { Style::Coloured } else { Style::Plain }
    }

    /// In the colour of a verdict or an outcome.
    fn paint(self, colour: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Coloured => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        }
    }

    /// For what matters to engineers more than to clerks.
    pub(crate) fn quiet(self, text: &str) -> String {
        self.paint("2", text)
    }
}

const RED: &str = "1;31";
const GREEN: &str = "1;32";
const YELLOW: &str = "1;33";

/// The sign of an outcome at the beginning of a line.
pub(crate) fn mark(outcome: StepOutcome, style: Style) -> String {
    match outcome {
        StepOutcome::Pass => style.paint(GREEN, "✓"),
        StepOutcome::Fail => style.paint(RED, "✗"),
        StepOutcome::Indeterminate => style.paint(YELLOW, "?"),
        StepOutcome::Hint => style.paint(YELLOW, "!"),
        StepOutcome::NotApplicable => style.quiet("-"),
    }
}

/// A verdict in a sentence, Chinese and English: `valid`, or what most keeps it from being VALID.
pub(crate) fn sentence(verdict: Verdict, valid: (&str, &str), reasons: &[&str]) -> (String, String) {
    let (chinese, english) =
        reasons.first().map_or(("没有可以判断的内容", "there is nothing to judge"), |code| finding(code));
    match verdict {
        Verdict::Valid => (valid.0.to_owned(), valid.1.to_owned()),
        Verdict::Invalid => (chinese.to_owned(), english.to_owned()),
        Verdict::Indeterminate => (
            format!("没有发现问题，但还不能断定：{chinese}"),
            format!("nothing wrong was found, but it is not decided: {english}"),
        ),
    }
}

/// What a code says, Chinese and English, without the full stop.
pub(crate) fn finding(code: &str) -> (&'static str, &'static str) {
    problem::text(code).map_or(("没有说明", "no description"), |text| {
        (text.zh.trim_end_matches('。'), text.en.trim_end_matches('.'))
    })
}

/// A code in words on lines of its own, under the sign of an outcome: what it says, the data, and what to do.
pub(crate) fn notice(outcome: StepOutcome, code: &str, detail: Option<&str>, style: Style) -> String {
    let (chinese, english) = finding(code);
    let mut out = format!("{} {chinese}\n  {english}  [{code}]\n", mark(outcome, style));
    if let Some(detail) = detail {
        let _ = writeln!(out, "  {}", printable(detail));
    }
    out + &advice([code].into_iter(), style)
}

/// The first lines of a report: what was judged, the verdict, and the verdict in a sentence, Chinese and English.
pub(crate) fn headline(verdict: Verdict, name: &str, (chinese, english): (&str, &str), style: Style) -> String {
    format!("{}  {}\n  {}\n  {}\n", self::verdict(verdict, style), printable(name), chinese, english)
}

/// A verdict in its colour, with its sign, in Chinese and English.
pub(crate) fn verdict(verdict: Verdict, style: Style) -> String {
    let (colour, text) = match verdict {
        Verdict::Valid => (GREEN, "✓ 有效 VALID"),
        Verdict::Invalid => (RED, "✗ 无效 INVALID"),
        Verdict::Indeterminate => (YELLOW, "? 不能断定 INDETERMINATE"),
    };
    style.paint(colour, text)
}

/// What to do now: the advice of each finding once, in the order of the findings.
pub(crate) fn advice<'code>(codes: impl Iterator<Item = &'code str>, style: Style) -> String {
    let mut told: Vec<&str> = Vec::new();
    let mut out = String::new();
    for text in codes.filter_map(problem::text) {
        if !text.advice_zh.is_empty() && !told.contains(&text.advice_zh.as_str()) {
            told.push(&text.advice_zh);
            let _ = writeln!(out, "  · {}\n    {}", text.advice_zh, style.quiet(&text.advice_en));
        }
    }
    if out.is_empty() { out } else { format!("\n怎么办 / What to do\n{out}") }
}

/// The text with nothing in it that steers a terminal or hides what it says: names and entries come from strangers.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if character.is_control() || is_invisible(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
        out
    })
}

/// Marks that reorder or hide the text around them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A label padded to `columns`: of its characters, the Chinese ones take two columns each, and those of ASCII one.
pub(crate) fn pad(label: &str, columns: usize) -> String {
    let width: usize = label.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    format!("{label}{}", " ".repeat(columns.saturating_sub(width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_wrote_steers_the_terminal() {
        for (given, shown) in [
            ("天津市 2025-06-30", "天津市 2025-06-30"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\nb\u{9b}31m", "a\\u{a}b\\u{9b}31m"),
            ("pdf\u{202e}dfo.exe", "pdf\\u{202e}dfo.exe"),
        ] {
            assert_eq!(printable(given), shown);
        }
    }

    #[test]
    fn labels_of_either_script_end_in_the_same_column() {
        for (label, padded) in [
            ("印章 seal", "印章 seal    |"),
            ("签章者 signer", "签章者 signer|"),
            ("ETSI", "ETSI         |"),
            ("签章时间 signed at", "签章时间 signed at|"),
        ] {
            assert_eq!(format!("{}|", pad(label, 13)), padded);
        }
    }

    #[test]
    fn a_plain_style_has_no_escape_sequences() {
        for outcome in [
            StepOutcome::Pass,
            StepOutcome::Fail,
            StepOutcome::Indeterminate,
            StepOutcome::Hint,
            StepOutcome::NotApplicable,
        ] {
            assert!(!mark(outcome, Style::Plain).contains('\u{1b}'));
            assert!(mark(outcome, Style::Coloured).contains('\u{1b}'));
        }
    }
}
