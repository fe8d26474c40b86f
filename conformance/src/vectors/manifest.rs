//! The manifest of a corpus: what each vector is, how it is judged, and exactly what must be found.
use std::fs;
use std::path::Path;

use certs::trust::Trust;
use jiff::Timestamp;
use seals::{Context, Finding, Limits, Policy, VerificationReport};
use serde::{Deserialize, Serialize};

use crate::error::SuiteError;

/// The manifest's name within the corpus.
pub const FILE: &str = "manifest.toml";

/// What follows from a format that could not be read, for every step behind it: it says nothing of its own.
const NOT_READ: &str = "format.not_read";

/// Every vector of a corpus.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// In the order of the table of scenes.
    #[serde(rename = "vector")]
    pub vectors: Vec<Vector>,
}

/// 语料 One document with what must be found in it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// The folder that holds the document and the trust that it is judged under.
    pub name: String,
    /// The document within the folder.
    pub file: String,
    /// What is wrong with it, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// `reading` or `recognition`.
    pub policy: PolicyName,
    /// Whether tolerances are refused.
    pub strict: bool,
    /// The time of judging.
    pub at: Timestamp,
    /// `VALID`, `INDETERMINATE` or `INVALID`: the document's.
    pub verdict: String,
    /// Everything that must be found, and nothing else: `<signature> <outcome> <step> <code>`, `<signature> note <code>`.
    pub finds: Vec<String>,
}

/// A policy as the manifest writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyName {
    /// For a person who reads the document.
    Reading,
    /// For a decision on mutual recognition.
    Recognition,
}

impl From<PolicyName> for Policy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::Reading => Policy::Reading,
            PolicyName::Recognition => Policy::Recognition,
        }
    }
}

impl Manifest {
    /// Reads the manifest of a corpus.
    ///
    /// # Errors
    /// [`SuiteError::Unreadable`], or [`SuiteError::Vectors`] where it is not as it should be.
    pub fn load(folder: &Path) -> Result<Self, SuiteError> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).map_err(|cause| SuiteError::Unreadable { path: path.clone(), cause })?;
        toml::from_str(&text).map_err(|cause| SuiteError::Vectors { file: path, cause: Box::new(cause) })
    }
}

impl Vector {
    /// Judges the document of this vector.
    ///
    /// # Errors
    /// [`SuiteError::Unreadable`] where a file is missing, [`SuiteError::Key`] where the trust cannot be used.
    pub fn judge(&self, corpus: &Path) -> Result<VerificationReport, SuiteError> {
        let folder = corpus.join(&self.name);
        let path = folder.join(&self.file);
        let document = fs::read(&path).map_err(|cause| SuiteError::Unreadable { path, cause })?;
        let trust = Trust::from_anchor_dir(&folder)
            .map_err(|error| SuiteError::Key { path: folder, cause: error.code().to_owned() })?;
        let limits = Limits::DEFAULT;
        let context = Context::new(&trust, self.policy.into(), self.at, &limits);
        let context = if self.strict { context.strict() } else { context };
        Ok(seals::verify(&document, &context))
    }

    /// What differs between a report and what must be found: `-` is missing, `+` is too much. Empty where all is as it must be.
    pub fn differences(&self, report: &VerificationReport) -> Vec<String> {
        let mut found = vec![format!("verdict {}", name_of(&report.verdict()))];
        found.extend(self.findings(report));
        let mut expected = vec![format!("verdict {}", self.verdict)];
        expected.extend(self.finds.iter().cloned());
        let missing = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}"));
        let more = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("+ {line}"));
        missing.chain(more).collect()
    }

    /// Every finding of a report, one a line, as the manifest writes them: what each weighs alone, not its step.
    fn findings(&self, report: &VerificationReport) -> Vec<String> {
        let mut lines = Vec::new();
        for signature in report.signatures() {
            let index = signature.index;
            for step in &signature.steps {
                for code in step.findings.iter().map(Finding::code).filter(|code| *code != NOT_READ) {
                    lines.push(format!("{index} {} {} {code}", self.weight(code), step.step.name()));
                }
            }
            lines.extend(signature.notes.iter().map(|note| format!("{index} note {}", note.code())));
        }
        lines
    }

    /// What a code weighs under the policy of this vector.
    fn weight(&self, code: &str) -> String {
        let row = seals::finding_table().iter().find(|row| row.code == code);
        row.map_or_else(String::new, |row| match self.policy {
            PolicyName::Reading => name_of(&row.reading),
            PolicyName::Recognition => name_of(&row.recognition),
        })
    }
}

/// The name that a report's JSON gives a value.
fn name_of(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
