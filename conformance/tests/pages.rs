//! Pages of `docs/` that are made from the tables of the code: what differs fails here, and `UPDATE=1` writes it again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use seals::{EntryKind, FindingRow, Note, Profile, Step, Weight};
use standards::problem::{self, ProblemText};

/// Compares a page with the file, or writes the file where `UPDATE` is set.
fn must_be(page: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/{page} is not what the code says: UPDATE=1 cargo test -p conformance --test pages");
}

/// A cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Fail => "不通过 fail",
        Weight::Indeterminate => "无从断定 undecided",
        Weight::Hint => "提示 hint",
    }
}

/// The name of an enum's variant in JSON.
fn json(value: impl serde::Serialize) -> String {
    serde_json::to_string(&value).unwrap().trim_matches('"').to_owned()
}

const CODES_HEAD: &str = "\
<!-- Made from standards/problems/ and the tables of seals/: UPDATE=1 cargo test -p conformance --test pages -->
# 代码一览 / Every code

每个错误和发现都有一个稳定的代码：程序按代码判断，人看文字。代码一旦公布，含义不变。验章的发现另有**权重**：同一个发现，阅览时可能只是提示，互认时就是不通过；以及它在 ETSI EN 319 102-1 里的名字。

Every error and finding has a stable code: programs match on the code, people read the text. Once published a code keeps its meaning. Findings of a seal verification also have a **weight**: what is a hint for a reader
may fail for a decision on mutual recognition; and their name in the terms of ETSI EN 319 102-1.
";

#[test]
fn the_page_of_codes_is_what_the_code_says() {
    let rows: BTreeMap<&str, &FindingRow> = seals::finding_table().iter().map(|row| (row.code, row)).collect();
    let mut page = String::from(CODES_HEAD);
    let mut chapter = String::new();
    for (code, text) in problem::embedded().unwrap() {
        let prefix = code.split('.').next().unwrap().to_owned();
        if prefix != chapter {
            let _ = writeln!(page, "\n## {prefix}");
            chapter = prefix;
        }
        page.push_str(&entry(&code, &text, rows.get(code.as_str()).copied()));
    }
    must_be("codes.md", &page);
}

fn entry(code: &str, text: &ProblemText, row: Option<&FindingRow>) -> String {
    let mut out = format!("\n**`{code}`** {}  \n{}  \n", text.zh, text.en);
    let _ = writeln!(out, "→ {}  \n→ {}", text.advice_zh, text.advice_en);
    let clause = text.clause.as_ref().map(|clause| format!("依据 clause: {clause}"));
    let weights = row.map(|row| {
        let (reading, recognition) = (weight(row.reading), weight(row.recognition));
        format!("阅览 reading: {reading} · 互认 recognition: {recognition} · ETSI: `{}`", json(row.sub_indication))
    });
    let facts: Vec<String> = clause.into_iter().chain(weights).collect();
    if !facts.is_empty() {
        let _ = writeln!(out, "\n{}", facts.join(" · "));
    }
    out
}

const SEALS_HEAD: &str = "\
<!-- Made from the tables of seals/: UPDATE=1 cargo test -p conformance --test pages -->
# 验章：判什么，依据什么 / What a seal verification judges, and by which clause

结论有三种：有一步不通过即**无效**；没有不通过、但有一步无从断定，就是**不能断定**；否则**有效**。提示不影响结论。每个签章按自己版本的标准判，不用别的版本的规则。发现的含义和处理办法见[代码一览](codes.md)。

Three verdicts: one failing step makes **INVALID**, otherwise one undecided step makes **INDETERMINATE**, otherwise **VALID**; hints never count. Each signature is judged by the profile of its own version. What each finding
means and what to do: [every code](codes.md).

## 步骤 / Steps

| 步骤 | step | GM/T 0031-2014 (v1, v2) | GB/T 38540-2020 (v4) | GM/T 0031-2025 (v5) | GB/T 35275 SignedData |
|---|---|---|---|---|---|
";

const FORMATS_HEAD: &str = "
## 格式 / Formats

| 标准 standard | 怎样辨认 told by |
|---|---|
";

const KINDS_HEAD: &str = "
## 文件种类 / Kinds of files

包内的每个文件都属于一种；不受任何签章保护的，按种类报告（签名自身文件本来就不在范围内）。Every file of a package is of one kind; what no signature protects is reported by kind (a signature's own files cannot be protected by it).

| 种类 | kind | name in JSON |
|---|---|---|
";

const NOTES_HEAD: &str = "
## 宽容 / Tolerances

真实产品的编码常有偏差。宽容读法（缺省）接受下列偏差，并逐条写进报告；严格读法（`--strict`）不接受标“严”的各条。

Real products deviate from the encoding rules. A tolerant reading (the default) accepts these and names each in the report; a strict one (`--strict`) refuses those marked 严.

| 代码 code | 严 | 含义 | meaning |
|---|---|---|---|
";

const LIMITS_HEAD: &str = "
## 上限 / Limits

解析之前先查上限。数值单位为字节或个数。Checked before the work that they bound; bytes or counts.

| limit | value | origin |
|---|---|---|
";

#[test]
fn the_page_of_steps_is_what_the_code_says() {
    let mut page = String::from(SEALS_HEAD);
    for step in Step::ALL {
        let clauses = [Profile::V1, Profile::V4, Profile::V5, Profile::SignedData].map(|profile| step.clause(profile));
        let _ = writeln!(page, "| {} | `{}` | {} |", step.label(), step.name(), clauses.join(" | "));
    }
    page.push_str(FORMATS_HEAD);
    for (standard, told_by) in seals::formats() {
        let _ = writeln!(page, "| {standard} | {told_by} |");
    }
    page.push_str(KINDS_HEAD);
    for (kind, chinese, english) in EntryKind::LABELS {
        let _ = writeln!(page, "| {chinese} | {english} | `{}` |", json(kind));
    }
    page.push_str(NOTES_HEAD);
    for note in Note::ALL {
        let text = problem::text(note.code()).unwrap();
        let strict = if note.is_tolerance() { "严" } else { "" };
        let _ = writeln!(page, "| `{}` | {strict} | {} | {} |", note.code(), cell(&text.zh), cell(&text.en));
    }
    page.push_str(LIMITS_HEAD);
    page.push_str(&limits());
    must_be("seals.md", &page);
}

/// The limits stand in the source with their origin as comment and their value further down; both are read from there.
fn limits() -> String {
    let source = include_str!("../../seals/src/limits.rs");
    let mut rows = String::new();
    let mut comment = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            comment.push(words);
        } else if let Some(name) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(':')).map(|(name, _)| name)
        {
            let value = source.split_once(&format!("        {name}: ")).and_then(|(_, rest)| rest.split_once(','));
            if let Some((value, _)) = value {
                let _ = writeln!(rows, "| `{name}` | {} | {} |", cell(value), cell(&comment.join(" ")));
            }
            comment.clear();
        } else {
            comment.clear();
        }
    }
    rows
}
