//! Why the code of an item or a case does not hold: every fault of it, part by part.

use crate::code::{BasicCode, CaseNumber, CodeError, CodeKind, HandlingItemCode, ImplementationCode, day_holds};

use super::column::Table;
use super::{LintFinding, diagnosis};

/// Where the parts of the long codes begin, counted from 0.
const LEVEL: usize = 18;
const BASIC_CODE: usize = 19;
const BASIC_CODE_END: usize = 31;
const DAY_POSITION: usize = 32;
/// Digits of a basic code that may have lost its zeros: every national one begins with 00 and 01 to 20.
const ZEROS_LOST: std::ops::RangeInclusive<usize> = 9..=10;

pub(super) fn basic_code(text: &str, table: &Table) -> Vec<LintFinding> {
    match diagnosis::strict::<BasicCode>(text) {
        None => region(text, table).into_iter().collect(),
        Some(_) if ZEROS_LOST.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            vec![LintFinding::LeadingZeros { got: text.len() }]
        }
        Some(found) => vec![found],
    }
}

/// National items begin with 00; an item of a province is known there alone.
fn region(basic_code: &str, table: &Table) -> Option<LintFinding> {
    let region = basic_code.get(..2).unwrap_or_default().to_owned();
    match region.as_str() {
        "00" => None,
        _ if table.is_province(&region) => Some(LintFinding::LocalItem { region }),
        _ => Some(LintFinding::BasicCodeRegion { region }),
    }
}

pub(super) fn implementation_code(text: &str, table: &Table) -> Vec<LintFinding> {
    if let Some(local) = LocalCode::read(text) {
        let inner = local.credit_code_fault(&table.registrars);
        return std::iter::once(LintFinding::LocalCode).chain(inner).collect();
    }
    if text.len() == 33 {
        let parts = parts(CodeKind::HandlingItemCode, diagnosis::strict::<HandlingItemCode>(text), text, table);
        return std::iter::once(LintFinding::HandlingItemCode).chain(parts).collect();
    }
    parts(CodeKind::ImplementationCode, diagnosis::strict::<ImplementationCode>(text), text, table)
}

pub(super) fn handling_item_code(text: &str, table: &Table) -> Vec<LintFinding> {
    parts(CodeKind::HandlingItemCode, diagnosis::strict::<HandlingItemCode>(text), text, table)
}

pub(super) fn case_number(text: &str, table: &Table) -> Vec<LintFinding> {
    parts(CodeKind::CaseNumber, diagnosis::strict::<CaseNumber>(text), text, table)
}

/// Every part that does not hold. Without its length or with a character that belongs nowhere, a code has no parts to speak of.
fn parts(kind: CodeKind, strict: Option<LintFinding>, text: &str, table: &Table) -> Vec<LintFinding> {
    let whole = |error: &CodeError| {
        matches!(error, CodeError::CreditCodeInside { .. } | CodeError::Level { .. } | CodeError::Date { .. })
    };
    match strict {
        None => {}
        Some(LintFinding::Code(error)) if whole(&error) => {}
        Some(found) => return vec![found],
    }
    let mut found: Vec<_> = diagnosis::credit_code_inside(Some(kind), text, 1, &table.registrars).into_iter().collect();
    let level = text.chars().nth(LEVEL).unwrap_or_default();
    if !('1'..='6').contains(&level) {
        found.push(LintFinding::Code(CodeError::Level { kind, position: LEVEL + 1, got: level }));
    }
    found.extend(region(text.get(BASIC_CODE..BASIC_CODE_END).unwrap_or_default(), table));
    if kind == CodeKind::CaseNumber {
        found.extend(day_holds(kind, text, DAY_POSITION).err().map(LintFinding::Code));
    }
    found
}

/// 地方编码: `⟨catalogue code⟩-⟨division 12⟩-⟨3⟩-⟨credit code⟩-⟨1⟩-⟨2⟩`, as several provinces number their items.
pub(super) struct LocalCode<'a> {
    pub(super) division: &'a str,
    credit_code: &'a str,
    /// Where the credit code begins, counted from 1.
    position: usize,
}

impl<'a> LocalCode<'a> {
    /// Reads the parts from behind, because the catalogue code in front has hyphens of its own in places. The credit code may have any
    /// length: in real lists it is what does not hold.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.rsplitn(6, '-');
        let (two, one, credit_code) = (parts.next()?, parts.next()?, parts.next()?);
        let (three, division, catalogue_code) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        let shaped = digits(two, 2) && digits(one, 1) && digits(three, 3) && digits(division, 12);
        let position = catalogue_code.chars().count() + division.len() + three.len() + "---".len() + 1;
        (shaped && !catalogue_code.is_empty()).then_some(Self { division, credit_code, position })
    }

    /// What is wrong with the credit code inside.
    pub(super) fn credit_code_fault(&self, registrars: &str) -> Option<LintFinding> {
        let inner = Box::new(diagnosis::credit_code(self.credit_code, registrars)?);
        Some(LintFinding::CreditCodeInside { kind: None, position: self.position, inner })
    }
}
