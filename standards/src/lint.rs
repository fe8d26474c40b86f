//! 编码检查: the codes in other people's lists, judged so precisely that whoever sent them can correct them.
//!
//! The codes themselves are strict ([`crate::code`]); this is the tolerant edge. A value is never repaired for anybody: what it should
//! probably have been is a suggestion beside the finding. Which column holds which code is data (`data/lint.toml`), and what is known to
//! be wrong for a while is waived by rows that name a reason and an end.
//!
//! ```
//! use standards::lint::{ColumnKind, Linter};
//!
//! let linter = Linter::embedded()?;
//! assert_eq!(linter.kind_of("统一社会信用代码（必填）"), Some(ColumnKind::CreditCode));
//! let judged = linter.judge(ColumnKind::CreditCode, "1111000OFAKE00013R");
//! assert_eq!(judged.findings[0].code(), "lint.letter_outside_alphabet");
//! assert_eq!(judged.suggestion.as_deref(), Some("11110000FAKE00013R"));
//! # Ok::<(), standards::DataError>(())
//! ```

mod column;
mod detail;
mod diagnosis;
mod finding;
mod mask;
mod name;
mod repair;
mod task;
mod waiver;

use crate::DataError;
use crate::code::{CaseId, DivisionCode, ItemId, RegionCode};
use crate::division::Divisions;

pub use column::ColumnKind;
pub use detail::Detail;
pub use finding::{LintFinding, Severity};
pub use mask::{masked, masked_in_message};
pub use waiver::{Waiver, WaiverFault, Waivers};

use column::Table;
use repair::Cleaned;

/// 检查器: the table of columns and the divisions, ready to judge values.
#[derive(Debug, Clone)]
pub struct Linter {
    table: Table,
    divisions: Divisions,
}

/// 判断: what is wrong with one value, the most telling first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// Everything found; empty when the value holds, or is empty.
    pub findings: Vec<LintFinding>,
    /// What holds, and is probably meant. Personal where the value is.
    pub suggestion: Option<String>,
}

impl Linter {
    /// The linter of the data that is part of the program.
    ///
    /// # Errors
    /// A fault in the embedded files (a test holds that there is none).
    pub fn embedded() -> Result<Self, DataError> {
        Ok(Self { table: Table::embedded()?, divisions: Divisions::embedded()? })
    }

    /// Checks a further column; a name that is known already gets the new kind.
    pub fn add_column(&mut self, name: &str, kind: ColumnKind) {
        self.table.add(name, kind);
    }

    /// What a column, an element or a key of this name holds; `None` when it is not checked.
    pub fn kind_of(&self, name: &str) -> Option<ColumnKind> {
        self.table.kind_of(name)
    }

    /// Whether an attribute of this name holds the name of its element's value.
    pub fn is_key_attribute(&self, name: &str) -> bool {
        self.table.is_key_attribute(name)
    }

    /// Judges one value. An empty one is absent, and nothing is wrong with it.
    pub fn judge(&self, kind: ColumnKind, value: &str) -> Judgement {
        if kind == ColumnKind::ItemName {
            return Judgement { findings: name::findings(value.trim(), &self.table.name_levels), suggestion: None };
        }
        let Cleaned { text, mut findings } = repair::clean(kind, value);
        if text.is_empty() {
            return Judgement::default();
        }
        if self.table.is_null_word(&text) {
            return Judgement { findings: vec![LintFinding::NullText], suggestion: None };
        }
        if repair::is_placeholder(&text) || self.table.is_placeholder_word(&text) {
            return Judgement { findings: vec![LintFinding::Placeholder], suggestion: None };
        }
        if findings.contains(&LintFinding::ScientificNotation) {
            return Judgement { findings, suggestion: None };
        }
        let rest = self.findings(kind, &text);
        let suggestion = if rest.iter().any(LintFinding::is_fault) {
            self.suggestion(kind, &text, &rest)
        } else {
            (!findings.is_empty()).then_some(text)
        };
        findings.extend(rest);
        Judgement { findings, suggestion }
    }

    /// What is wrong with a value that has no blanks, full-width characters or small letters any more.
    fn findings(&self, kind: ColumnKind, text: &str) -> Vec<LintFinding> {
        let registrars = &self.table.registrars;
        let found = match kind {
            ColumnKind::CreditCode => diagnosis::credit_code(text, registrars).into_iter().collect(),
            ColumnKind::CitizenId => diagnosis::citizen_id(text).into_iter().collect(),
            ColumnKind::HolderId => diagnosis::holder_id(text, registrars).into_iter().collect(),
            ColumnKind::BasicCode => task::basic_code(text, &self.table),
            ColumnKind::ImplementationCode => task::implementation_code(text, &self.table),
            ColumnKind::HandlingItemCode => task::handling_item_code(text, &self.table),
            ColumnKind::CaseNumber => task::case_number(text, &self.table),
            ColumnKind::ItemCode => self.item_code(text),
            ColumnKind::LicenseId => diagnosis::license_id(text, registrars),
            ColumnKind::DivisionCode => self.division_code(text),
            ColumnKind::RegionCode => diagnosis::strict::<RegionCode>(text).into_iter().collect(),
            ColumnKind::CaseId => diagnosis::strict::<CaseId>(text).into_iter().collect(),
            ColumnKind::ItemId => diagnosis::strict::<ItemId>(text).into_iter().collect(),
            ColumnKind::ItemName => Vec::new(),
        };
        let is_typical = found.contains(&LintFinding::HandlingItemCode);
        if is_typical || !found.iter().any(LintFinding::is_fault) {
            return found;
        }
        diagnosis::other_kind(kind, text).map_or(found, |other| vec![other])
    }

    /// 事项编码: an implementation code, or a local code with hyphens, which the dialect of a region may use instead.
    fn item_code(&self, text: &str) -> Vec<LintFinding> {
        match task::LocalCode::read(text) {
            Some(local) => {
                let mut found: Vec<_> = local.credit_code_fault(&self.table.registrars).into_iter().collect();
                found.extend(self.division_code(local.division));
                found
            }
            None => task::implementation_code(text, &self.table),
        }
    }

    fn division_code(&self, text: &str) -> Vec<LintFinding> {
        let code: DivisionCode = match text.parse() {
            Ok(code) => code,
            Err(error) => return vec![LintFinding::Code(error)],
        };
        match self.divisions.resolve(&code) {
            Ok(resolved) => resolved
                .superseded
                .map(|old| LintFinding::SupersededDivision {
                    name: old.name,
                    since: old.since,
                    current: resolved.code,
                    current_name: resolved.name,
                })
                .into_iter()
                .collect(),
            Err(unknown) => {
                let known = self.table.is_province(code.county()) && !self.knows_divisions_of(&code.region());
                if known { Vec::new() } else { vec![LintFinding::UnknownDivision(unknown)] }
            }
        }
    }

    /// Whether the divisions of this province are in the table, so that a code that is not there does not exist.
    fn knows_divisions_of(&self, region: &RegionCode) -> bool {
        region.as_str().parse().is_ok_and(|province| self.divisions.resolve(&province).is_ok())
    }

    /// A value near this one that holds, where there is an obvious one.
    fn suggestion(&self, kind: ColumnKind, text: &str, found: &[LintFinding]) -> Option<String> {
        let candidates = found.iter().filter_map(|finding| match finding {
            LintFinding::HandlingItemCode => text.get(..31).map(str::to_owned),
            LintFinding::LeadingZeros { .. } => Some(format!("{text:0>12}")),
            _ => Some(repair::without_look_alikes(text)),
        });
        let holds = |candidate: &String| !self.findings(kind, candidate).iter().any(LintFinding::is_fault);
        candidates.filter(|candidate| candidate != text).find(holds)
    }
}
