//! The report of a receipt: what it claims, its steps, and how that is told.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ledger::merkle::TreeHash;
use seals::{StepOutcome, Verdict};
use serde::Serialize;

use super::{Claim, FormatFault, entry};
use crate::check::{self, Step};
use crate::keys::Trusted;
use crate::text::{self, Style, printable};

/// What became of a receipt. Serialises to the JSON of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    verdict: Verdict,
    /// The file as given.
    file: String,
    /// What the tree is made with; a companion's name says so.
    #[serde(skip)]
    tree: TreeHash,
    /// The log's name, from the checkpoint.
    origin: Option<String>,
    /// Entries of the checkpoint.
    size: Option<u64>,
    /// Root of the checkpoint, base64.
    root: Option<String>,
    /// Index of the entry, from 0.
    index: Option<u64>,
    /// Leaf hash of the entry, base64.
    leaf: Option<String>,
    /// The entry itself; what is not UTF-8 in it is replaced.
    entry: Option<String>,
    steps: Vec<Step>,
}

impl Report {
    /// An empty report about a file.
    pub(super) fn of(file: String) -> Self {
        Self {
            verdict: Verdict::Indeterminate,
            file,
            tree: TreeHash::default(),
            origin: None,
            size: None,
            root: None,
            index: None,
            leaf: None,
            entry: None,
            steps: Vec::new(),
        }
    }

    /// Judges the checkpoint by whom the reader trusts, and the proof by the checkpoint.
    pub(super) fn judge(&mut self, claim: &Claim, trusted: &Trusted) {
        self.index = Some(claim.proof.index);
        self.entry = claim.entry.as_ref().map(|entry| String::from_utf8_lossy(entry).into_owned());
        self.steps.push(Step::pass("format"));
        let believed = trusted.believe(claim.proof.checkpoint.as_bytes());
        self.tree = believed.tree;
        self.leaf = claim.entry.as_ref().map(|entry| BASE64.encode(self.tree.leaf(entry)));
        self.steps.extend(believed.steps);
        if let Some(checkpoint) = believed.checkpoint {
            self.root = Some(BASE64.encode(checkpoint.root));
            self.size = Some(checkpoint.size);
            self.origin = Some(checkpoint.origin);
        }
        self.steps.push(match &claim.entry {
            _ if self.size.is_none() => Step::undecided("inclusion", "audit.not_judged"),
            None => Step::undecided("inclusion", "audit.no_entry"),
            Some(entry) => match claim.proof.verify_arithmetic_of(self.tree, entry) {
                Ok(_) => Step::pass("inclusion"),
                Err(finding) => Step::fail("inclusion", &finding),
            },
        });
    }

    /// The file is no receipt.
    pub(super) fn unreadable(&mut self, fault: &FormatFault) {
        let detail = Some(fault.to_string());
        self.steps.push(Step { name: "format", outcome: StepOutcome::Fail, code: Some(fault.code()), detail });
        self.steps
            .extend(["checkpoint", "signature", "inclusion"].map(|step| Step::undecided(step, "audit.not_judged")));
    }

    /// Derives the verdict from the steps.
    pub(super) fn conclude(&mut self) -> Verdict {
        self.verdict = check::verdict(&self.steps);
        self.verdict
    }

    /// The report for a person.
    pub(super) fn write(&self, style: Style) -> String {
        let reasons = check::reasons(&self.steps);
        let valid = match self.tree {
            TreeHash::Sha256 => ("这个条目确在账本里", "this entry is in the log"),
            TreeHash::Sm3 => ("这个条目确在账本的国密副账里", "this entry is in the log's companion under SM3"),
        };
        let (chinese, english) = text::sentence(self.verdict, valid, &reasons);
        let mut out = text::headline(self.verdict, &self.file, (&chinese, &english), style);
        out.push('\n');
        if let (Some(origin), Some(size), Some(root)) = (&self.origin, self.size, &self.root) {
            let _ = writeln!(out, "  账本 log         {}", printable(origin));
            let _ = writeln!(out, "  检查点 checkpoint {size} 条 entries, {root}");
        }
        if let Some(index) = self.index {
            let _ = writeln!(out, "  序号 index       {index}");
        }
        if let Some(said) = self.entry.as_ref().and_then(|entry| entry::sentence(entry.as_bytes())) {
            let _ = writeln!(out, "  内容 content     {}", printable(&said));
        }
        if let Some(entry) = &self.entry {
            let _ = writeln!(out, "  条目 entry       {}", printable(entry));
        }
        let _ = writeln!(out, "\n步骤 / Steps");
        out.push_str(&check::table(&self.steps, style));
        out.push_str(&text::advice(reasons.into_iter(), style));
        out
    }
}
