//! What is said of the files: a line a finding, and the totals.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use adapters::json::JsonError;
use adapters::xml::XmlError;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use serde::Serialize;
use standards::lint::{ColumnKind, Detail, Judgement, LintFinding, Severity, Waiver, Waivers, masked};
use standards::problem;

use super::super::CommandError;
use super::super::error::printable;
use super::exit_status;
use super::files::Found;

/// What is written out at once, in bytes.
const BATCH_BYTES: usize = 64 * 1024;
/// Characters of a value or a name that are shown: the longest code has 94.
const SHOWN_MAX: usize = 100;

/// How findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A line of text for people.
    Text,
    /// A line of JSON for programs.
    Json,
}

/// Where a value stands in its file.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The line, from 1.
    pub(super) line: Option<usize>,
    /// Where in the tree of XML or JSON.
    pub(super) path: Option<&'a str>,
    /// The name of the column, element or key, as it is written.
    pub(super) column: &'a str,
    /// Whether it is a number of JSON.
    pub(super) is_number: bool,
}

/// A finding of any reader, as it is told.
pub(super) struct Trouble {
    rule: &'static str,
    severity: Severity,
    detail: Option<Detail>,
}

impl From<&LintFinding> for Trouble {
    fn from(finding: &LintFinding) -> Self {
        Self { rule: finding.code(), severity: finding.severity(), detail: finding.detail() }
    }
}

/// What a strict reader refuses was not checked.
fn unread(rule: &'static str, error: &impl ToString) -> Trouble {
    let said = error.to_string();
    Trouble { rule, severity: Severity::Unread, detail: Some(Detail { zh: said.clone(), en: said }) }
}

impl From<&CommandError> for Trouble {
    fn from(error: &CommandError) -> Self {
        unread(error.code(), error)
    }
}

impl From<&XmlError> for Trouble {
    fn from(error: &XmlError) -> Self {
        unread(error.code(), error)
    }
}

impl From<&JsonError> for Trouble {
    fn from(error: &JsonError) -> Self {
        unread(error.code(), error)
    }
}

/// How often one rule found something.
#[derive(Clone, Copy, Default, Serialize)]
struct Counts {
    faults: u64,
    notes: u64,
    waived: u64,
    unread: u64,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Fault => self.faults += 1,
            Outcome::Note => self.notes += 1,
            Outcome::Waived => self.waived += 1,
            Outcome::Unread => self.unread += 1,
        }
    }
}

/// What became of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Fault,
    Note,
    Waived,
    Unread,
}

impl From<Severity> for Outcome {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Fault => Self::Fault,
            Severity::Note => Self::Note,
            Severity::Unread => Self::Unread,
        }
    }
}

impl Outcome {
    fn mark(self) -> &'static str {
        match self {
            Self::Fault => "✗",
            Self::Note => "· 提示 note",
            Self::Waived => "○ 豁免 waived",
            Self::Unread => "! 未检查 unread",
        }
    }
}

/// A finding as it is told; the keys of `--json` are the names of these fields.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<ColumnKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    rule: &'static str,
    outcome: Outcome,
    zh: &'a str,
    en: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_zh: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail_en: Option<&'a str>,
    advice_zh: &'a str,
    advice_en: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<WaiverUse<'a>>,
}

#[derive(Serialize)]
struct WaiverUse<'a> {
    row: usize,
    reason: &'a str,
    until: Date,
}

/// The totals of a run; the keys of the last line of `--json` are the names of these fields.
#[derive(Default, Serialize)]
struct Totals {
    files: u64,
    files_passed_over: u64,
    values: BTreeMap<ColumnKind, u64>,
    faults: u64,
    notes: u64,
    waived: u64,
    unread: u64,
    rules: BTreeMap<&'static str, Counts>,
}

/// What was found so far.
pub(super) struct Report {
    form: Form,
    waivers: Waivers,
    /// How often each waiver let something pass.
    used: Vec<u64>,
    on: Date,
    totals: Totals,
    out: String,
    progress: ProgressBar,
}

/// A value with its kind, as far as it may be shown.
struct Shown<'a> {
    place: Place<'a>,
    kind: ColumnKind,
    value: String,
    suggestion: Option<String>,
}

impl Report {
    /// A report without any finding; waivers are judged as of a day.
    pub(super) fn new(form: Form, waivers: Waivers, on: Date) -> Self {
        let used = vec![0; waivers.iter().len()];
        let (totals, out, progress) = (Totals::default(), String::new(), ProgressBar::hidden());
        Self { form, waivers, used, on, totals, out, progress }
    }

    /// Shows a bar for many files, where standard error is a terminal.
    pub(super) fn begin(&mut self, found: &[Found]) {
        let files = found.iter().filter(|found| matches!(found, Found::File(_))).count();
        if files > 1 {
            self.progress = ProgressBar::new(u64::try_from(files).unwrap_or(u64::MAX));
            if let Ok(style) = ProgressStyle::with_template("检查 {wide_bar} {human_pos}/{human_len} 个文件 {eta}")
            {
                self.progress.set_style(style);
            }
        }
    }

    /// A file of a folder was left alone.
    pub(super) fn pass_over(&mut self) {
        self.totals.files_passed_over += 1;
    }

    /// A file was read to its end.
    pub(super) fn count_file(&mut self) {
        self.totals.files += 1;
    }

    /// All of a file was told.
    pub(super) fn end_of_file(&mut self) {
        self.write_out();
        self.progress.inc(1);
    }

    /// Counts a value that is not empty, and tells what is wrong with it.
    pub(super) fn value(&mut self, file: &Path, place: Place<'_>, kind: ColumnKind, value: &str, judged: &Judgement) {
        if value.trim().is_empty() {
            return;
        }
        *self.totals.values.entry(kind).or_default() += 1;
        let mut suggestion = judged.suggestion.as_deref().map(|text| masked(kind, text));
        for finding in &judged.findings {
            let shown = Shown { place, kind, value: masked(kind, value), suggestion: suggestion.take() };
            let waiver = self.waiver(&file.to_string_lossy(), place.column, value, finding.code());
            self.tell(file, place.line, &finding.into(), Some(&shown), waiver.as_ref());
        }
        if place.is_number && kind != ColumnKind::ItemName {
            let shown = Shown { place, kind, value: masked(kind, value), suggestion: None };
            let number = LintFinding::NumberForText;
            let waiver = self.waiver(&file.to_string_lossy(), place.column, value, number.code());
            self.tell(file, place.line, &(&number).into(), Some(&shown), waiver.as_ref());
        }
    }

    /// Tells what is wrong with a file as a whole, or with a line of it. Only values can be waived.
    pub(super) fn trouble(&mut self, file: &Path, line: Option<usize>, trouble: &Trouble) {
        self.tell(file, line, trouble, None, None);
    }

    /// The waiver in force that lets this pass; it counts as used.
    fn waiver(&mut self, path: &str, column: &str, value: &str, rule: &str) -> Option<(usize, Waiver)> {
        let in_force =
            |index: &usize| self.waivers.iter().nth(*index).is_some_and(|waiver| waiver.is_in_force(self.on));
        let index = self.waivers.matching(path, column, value, rule).find(in_force)?;
        if let Some(count) = self.used.get_mut(index) {
            *count += 1;
        }
        self.waivers.iter().nth(index).map(|waiver| (index + 1, waiver.clone()))
    }

    fn tell(
        &mut self,
        file: &Path,
        line: Option<usize>,
        trouble: &Trouble,
        shown: Option<&Shown<'_>>,
        waiver: Option<&(usize, Waiver)>,
    ) {
        let outcome = if waiver.is_some() { Outcome::Waived } else { trouble.severity.into() };
        self.totals.rules.entry(trouble.rule).or_default().add(outcome);
        match outcome {
            Outcome::Fault => self.totals.faults += 1,
            Outcome::Note => self.totals.notes += 1,
            Outcome::Waived => self.totals.waived += 1,
            Outcome::Unread => self.totals.unread += 1,
        }
        let text = problem::text(trouble.rule);
        let row = Row {
            file: &file.to_string_lossy(),
            line,
            path: shown.and_then(|shown| shown.place.path),
            column: shown.map(|shown| shown.place.column),
            kind: shown.map(|shown| shown.kind),
            value: shown.map(|shown| shown.value.as_str()),
            rule: trouble.rule,
            outcome,
            zh: text.map_or("", |text| &text.zh),
            en: text.map_or("", |text| &text.en),
            detail_zh: trouble.detail.as_ref().map(|detail| detail.zh.as_str()),
            detail_en: trouble.detail.as_ref().map(|detail| detail.en.as_str()),
            advice_zh: text.map_or("", |text| &text.advice_zh),
            advice_en: text.map_or("", |text| &text.advice_en),
            suggestion: shown.and_then(|shown| shown.suggestion.as_deref()),
            waiver: waiver.map(|(row, Waiver { reason, until, .. })| WaiverUse { row: *row, reason, until: *until }),
        };
        match self.form {
            Form::Text => row.write_text(&mut self.out),
            // Plain data always has a JSON form.
            Form::Json => self.out.push_str(&serde_json::to_string(&row).unwrap_or_default()),
        }
        self.out.push('\n');
        if self.out.len() >= BATCH_BYTES {
            self.write_out();
        }
    }

    fn write_out(&mut self) {
        let out = std::mem::take(&mut self.out);
        // A reader that went away (`| head`) changes neither what is found nor the exit status. The bar stands below the lines.
        self.progress.suspend(|| {
            let _ = std::io::stdout().lock().write_all(out.as_bytes());
        });
    }

    /// Tells what the waivers did, and the totals; gives the exit status.
    pub(super) fn finish(mut self, waivers: Option<&Path>) -> u8 {
        self.progress.finish_and_clear();
        let file = waivers.unwrap_or(Path::new(""));
        let rows: Vec<_> = self.waivers.iter().map(|waiver| (waiver.is_in_force(self.on), waiver.until)).collect();
        for ((index, (in_force, until)), used) in rows.into_iter().enumerate().zip(self.used.clone()) {
            let row = index + 1;
            if !in_force {
                self.trouble(file, None, &(&LintFinding::WaiverExpired { row, until }).into());
            } else if used == 0 {
                self.trouble(file, None, &(&LintFinding::WaiverUnused { row }).into());
            }
        }
        match self.form {
            Form::Text => self.totals.write_text(&mut self.out),
            Form::Json => {
                let totals = serde_json::json!({ "totals": self.totals });
                let _ = writeln!(self.out, "{totals}");
            }
        }
        self.write_out();
        exit_status(self.totals.faults, self.totals.unread)
    }
}

/// A text of a stranger: nothing in it steers a terminal or hides, and it ends somewhere.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars().take(SHOWN_MAX) {
        match character {
            '\'' | '"' => out.push(character),
            _ => out.extend(character.escape_debug()),
        }
    }
    let more = text.chars().count().saturating_sub(SHOWN_MAX);
    if more > 0 {
        let _ = write!(out, "…(+{more})");
    }
    out
}

impl Row<'_> {
    fn write_text(&self, out: &mut String) {
        let _ = write!(out, "{} {}", self.outcome.mark(), printable(self.file));
        if let Some(line) = self.line {
            let _ = write!(out, ":{line}");
        }
        if let (Some(kind), Some(column), Some(value)) = (self.kind, self.column, self.value) {
            // A column of a table is named by its heading; a value of a tree by its whole path.
            let place = self.path.unwrap_or(column);
            let _ = write!(out, " {} {} “{}”", kind.label(), shown(place), shown(value));
        }
        let _ = write!(out, " [{}] ", self.rule);
        let detail = |detail: Option<&str>, open, close| {
            detail.map_or(String::new(), |detail| format!("{open}{}{close}", printable(detail)))
        };
        let _ = write!(out, "{}{}：{}", self.zh, detail(self.detail_zh, "（", "）"), self.advice_zh);
        if let Some(suggestion) = self.suggestion {
            let _ = write!(out, "。可能应为 “{}”", shown(suggestion));
        }
        if let Some(WaiverUse { row, reason, until }) = &self.waiver {
            let _ = write!(out, "。豁免第 {row} 条，至 {until}：{}", shown(reason));
        }
        let _ = write!(out, " | {}{}: {}", self.en, detail(self.detail_en, " (", ")"), self.advice_en);
    }
}

impl Totals {
    fn write_text(&self, out: &mut String) {
        if !self.rules.is_empty() {
            out.push_str("\n按规则合计 / By rule\n");
        }
        for (rule, counts) in &self.rules {
            let Counts { faults, notes, waived, unread } = *counts;
            let waived_too = if waived > 0 { format!("（豁免 {waived} waived）") } else { String::new() };
            let (zh, en) = problem::text(rule).map_or(("", ""), |text| (&text.zh, &text.en));
            let _ = writeln!(out, "{:>8}  {rule}{waived_too}  {zh} / {en}", faults + notes + unread);
        }
        let values: Vec<String> = self.values.iter().map(|(kind, count)| format!("{} {count}", kind.label())).collect();
        let all: u64 = self.values.values().sum();
        let by_kind = if values.is_empty() { String::new() } else { format!("（{}）", values.join("、")) };
        let Self { files, files_passed_over, faults, notes, waived, unread, .. } = self;
        let _ = write!(
            out,
            "\n检查了 {files} 个文件、{all} 个值{by_kind}，跳过 {files_passed_over} 个文件。\n\
             错误 {faults}，提示 {notes}，豁免 {waived}，未检查 {unread}。\n\
             {files} files and {all} values checked, {files_passed_over} files passed over: \
             {faults} faults, {notes} notes, {waived} waived, {unread} unread.\n"
        );
    }
}
