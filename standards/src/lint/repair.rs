//! What happened to a value on its way: spreadsheets, blanks, full-width characters and small letters, taken off and told.

use super::{ColumnKind, LintFinding};

/// A value as it probably was, and what had to be taken off.
pub(super) struct Cleaned {
    pub(super) text: String,
    pub(super) findings: Vec<LintFinding>,
}

/// Characters that are seen differently from what they are: GB 32100 leaves these letters out for that reason.
const LOOK_ALIKES: [(char, char); 5] = [('O', '0'), ('I', '1'), ('Z', '2'), ('S', '5'), ('V', 'U')];

/// A placeholder is at least this long, so that a short code that happens to repeat is not taken for one.
const PLACEHOLDER_LENGTH_MIN: usize = 6;

/// Distance of a full-width character from its ASCII one.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// Takes off what copying, spreadsheets and keyboards add.
pub(super) fn clean(kind: ColumnKind, value: &str) -> Cleaned {
    let mut cleaned = Cleaned { text: value.to_owned(), findings: Vec::new() };
    cleaned.step(LintFinding::Blank, |text| text.chars().filter(|character| !is_blank(*character)).collect());
    cleaned.step(LintFinding::SpreadsheetMark, |text| without_spreadsheet_marks(text).to_owned());
    cleaned.step(LintFinding::FullWidth, |text| text.chars().map(half_width).collect());
    if is_scientific_notation(&cleaned.text) {
        return Cleaned { findings: vec![LintFinding::ScientificNotation], ..cleaned };
    }
    if !may_have_small_letters(kind, &cleaned.text) {
        cleaned.step(LintFinding::LowerCase, str::to_ascii_uppercase);
    }
    cleaned
}

impl Cleaned {
    fn step(&mut self, finding: LintFinding, change: impl FnOnce(&str) -> String) {
        let after = change(&self.text);
        if after != self.text {
            self.findings.push(finding);
            self.text = after;
        }
    }
}

/// Whether small letters are part of this kind of code. Of the documents that a person may have, only the two known ones are judged.
fn may_have_small_letters(kind: ColumnKind, text: &str) -> bool {
    match kind {
        ColumnKind::CaseId | ColumnKind::ItemName => true,
        ColumnKind::HolderId => text.len() != 18,
        _ => false,
    }
}

/// `="…"` and a leading apostrophe keep a spreadsheet from making a number of digits; neither belongs to the value.
fn without_spreadsheet_marks(value: &str) -> &str {
    let quoted = value.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    quoted.or_else(|| value.strip_prefix('\'')).unwrap_or(value)
}

/// Blanks of every width, and characters that show nothing at all.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - FULL_WIDTH_OFFSET).unwrap_or(character),
        _ => character,
    }
}

/// `1.10105E+17`: what a spreadsheet makes of eighteen digits. The digits behind are lost.
fn is_scientific_notation(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && exponent.len() <= 2 && digits(exponent)
}

/// One character over and over, or counting: `2222222222222`, `123456789012345678`.
pub(super) fn is_placeholder(text: &str) -> bool {
    let repeats = |pattern: &str| text.chars().zip(pattern.chars().cycle()).all(|(is, expected)| is == expected);
    let first = text.chars().take(1).collect::<String>();
    text.len() >= PLACEHOLDER_LENGTH_MIN && [first.as_str(), "1234567890", "0123456789"].into_iter().any(repeats)
}

/// The text with every letter that is left out of the alphabet of credit codes read as what it looks like.
pub(super) fn without_look_alikes(text: &str) -> String {
    let meant =
        |character| LOOK_ALIKES.iter().find(|(letter, _)| *letter == character).map_or(character, |(_, meant)| *meant);
    text.chars().map(meant).collect()
}

/// Whether a letter is one of those that the alphabet of credit codes leaves out.
pub(super) fn is_left_out(character: char) -> bool {
    LOOK_ALIKES.iter().any(|(letter, _)| *letter == character)
}
