//! The totals of many documents: by verdict, and by what keeps documents from being VALID.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seals::Verdict;
use serde::Serialize;

use super::Form;
use super::batch::{Outcome, Told, unread};
use crate::answer;
use crate::text::{self, Style};

/// 合计. In JSON it is the last line, under the one member `totals`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Totals {
    /// Verified or not, each document once.
    documents: usize,
    valid: usize,
    invalid: usize,
    indeterminate: usize,
    /// Documents and folders that could not be read.
    unreadable: usize,
    /// Files that are no documents by their names, and symbolic links.
    passed_over: usize,
    /// Documents by each code that keeps them from being VALID, or from being read.
    codes: BTreeMap<&'static str, usize>,
}

impl Totals {
    pub(super) fn count(&mut self, told: &Told) {
        let (place, codes): (_, &[&'static str]) = match &told.outcome {
            Outcome::Passed => {
                self.passed_over += 1;
                return;
            }
            Outcome::Unreadable(code) => (&mut self.unreadable, std::slice::from_ref(code)),
            Outcome::Judged(Verdict::Valid, codes) => (&mut self.valid, codes),
            Outcome::Judged(Verdict::Invalid, codes) => (&mut self.invalid, codes),
            Outcome::Judged(Verdict::Indeterminate, codes) => (&mut self.indeterminate, codes),
        };
        *place += 1;
        self.documents += 1;
        for code in codes {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// The answer for all: the worst verdict. `None` where nothing is invalid and something could not be read: then nobody knows.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        match self {
            Totals { invalid: 1.., .. } => Some(Verdict::Invalid),
            Totals { unreadable: 1.., .. } => None,
            Totals { indeterminate: 1.., .. } => Some(Verdict::Indeterminate),
            Totals { .. } => Some(Verdict::Valid),
        }
    }

    pub(super) fn tell(&self, form: Form) -> String {
        /// Tells this line from a report, which has no such member.
        #[derive(Serialize)]
        struct Line<'a> {
            totals: &'a Totals,
        }

        match form {
            Form::Json => answer::json(&Line { totals: self }),
            Form::Text(style) => self.write(style),
        }
    }

    fn write(&self, style: Style) -> String {
        let mut out = format!("\n共 {0} 份 / {0} documents\n", self.documents);
        let rows = [
            (text::verdict(Verdict::Valid, style), self.valid),
            (text::verdict(Verdict::Invalid, style), self.invalid),
            (text::verdict(Verdict::Indeterminate, style), self.indeterminate),
            (unread(style), self.unreadable),
        ];
        for (name, count) in rows {
            let _ = writeln!(out, "{count:>8}  {name}");
        }
        if self.passed_over > 0 {
            let _ =
                writeln!(out, "{:>8}  {}", self.passed_over, style.quiet("其他文件，未打开 / other files, not opened"));
        }
        if !self.codes.is_empty() {
            out.push_str("\n原因 / Reasons\n");
        }
        let mut codes: Vec<_> = self.codes.iter().collect();
        // The sort is stable: of equals the codes stand in their order.
        codes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (code, count) in codes {
            let (chinese, english) = text::finding(code);
            let _ = writeln!(out, "{count:>8}  {chinese} / {english}  [{code}]");
        }
        out
    }
}
