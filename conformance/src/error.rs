//! What can stop a run before, or instead of, a verdict.

use std::path::PathBuf;

use thiserror::Error;

/// 套件的错误: a suite, a key folder or a gateway that cannot be used at all. A gateway that answers wrongly is no error but a failed scenario.
#[derive(Debug, Error)]
pub enum SuiteError {
    /// A file or folder that the run needs cannot be read.
    #[error("{path}: {cause}", path = path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// No folder under the suites' folder begins with this region's code.
    #[error("{folder}: no suite for region {region}", folder = folder.display())]
    NoSuite {
        /// The folder that was searched.
        folder: PathBuf,
        /// Six digits.
        region: String,
    },
    /// A suite without a single scenario would pass for want of questions.
    #[error("{folder}: a suite without a scenario", folder = folder.display())]
    EmptySuite {
        /// The suite's folder.
        folder: PathBuf,
    },
    /// A line of a scenario cannot be understood.
    #[error("{file}:{line}: {fault}", file = file.display())]
    Scenario {
        /// The scenario's file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: ScenarioFault,
    },
    /// A document's facts cannot be understood.
    #[error("{file}: {cause}", file = file.display())]
    Facts {
        /// The file of facts.
        file: PathBuf,
        /// What the TOML reader said, with line and column.
        cause: toml::de::Error,
    },
    /// A scenario names a change to a text that does not occur exactly once.
    #[error("{file}:{line}: “{text}” occurs {times} times in the message, not once", file = file.display())]
    Change {
        /// The scenario's file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The text that was looked for.
        text: String,
        /// How often it was found.
        times: usize,
    },
    /// A certificate or key of the key folder is not what its name says.
    #[error("{path}: not a usable key or certificate: {cause}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The finding's code.
        cause: String,
    },
    /// The gateway could not be reached, or broke the connection.
    #[error("{url}: {cause}")]
    Unreachable {
        /// The address.
        url: String,
        /// What the connection said.
        cause: Box<ureq::Error>,
    },
    /// A document of a scenario could not be sealed.
    #[error("cannot seal a document: {cause}")]
    Sealing {
        /// The finding's code.
        cause: String,
    },
    /// A message key would not sign.
    #[error("cannot sign a request: {cause}")]
    Signing {
        /// The finding's code.
        cause: &'static str,
    },
    /// An exchange under load was not answered with a recognition and its proof.
    #[error("an exchange was not recorded: {answer}")]
    NotRecorded {
        /// What was answered.
        answer: String,
    },
    /// The manifest of a corpus cannot be understood.
    #[error("{file}: {cause}", file = file.display())]
    Vectors {
        /// The manifest.
        file: PathBuf,
        /// What the TOML reader said, with line and column.
        cause: Box<toml::de::Error>,
    },
    /// The report could not be written.
    #[error("{path}: {cause}", path = path.display())]
    Report {
        /// The report's file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// What is wrong with a line of a scenario.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ScenarioFault {
    /// The first two lines are the titles, each after a `#`.
    #[error("a scenario begins with its title in Chinese, then in English, each after “# ”")]
    NoTitle,
    /// A step's name that no row of the table knows.
    #[error("no such step: {0}")]
    UnknownStep(String),
    /// A detail that this step does not have.
    #[error("no such detail here: {0}")]
    UnknownDetail(String),
    /// A detail that was given twice where once is meant.
    #[error("given twice: {0}")]
    Twice(String),
    /// Something that the step cannot do without.
    #[error("missing: {0}")]
    Missing(&'static str),
    /// A value of the wrong shape.
    #[error("{what} cannot be “{got}”")]
    BadValue {
        /// The detail or argument.
        what: &'static str,
        /// What was written.
        got: String,
    },
    /// An indented line before any step.
    #[error("an indented line belongs to a step above it")]
    NoStep,
    /// A scenario that asks nothing would always pass.
    #[error("a scenario needs at least one step that expects something")]
    ExpectsNothing,
}

impl SuiteError {
    /// The stable code of the finding; its texts are in `standards/problems/suite.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "suite.unreadable",
            Self::NoSuite { .. } => "suite.none_for_region",
            Self::EmptySuite { .. } => "suite.empty",
            Self::Scenario { .. } => "suite.scenario",
            Self::Facts { .. } => "suite.facts",
            Self::Change { .. } => "suite.change",
            Self::Key { .. } => "suite.key",
            Self::Unreachable { .. } => "suite.unreachable",
            Self::Sealing { .. } => "suite.sealing",
            Self::Signing { .. } => "suite.signing",
            Self::NotRecorded { .. } => "suite.not_recorded",
            Self::Vectors { .. } => "suite.vectors",
            Self::Report { .. } => "suite.report",
        }
    }

    /// Every code, for the test that each has its texts.
    pub const CODES: [&'static str; 13] = [
        "suite.unreadable",
        "suite.none_for_region",
        "suite.empty",
        "suite.scenario",
        "suite.facts",
        "suite.change",
        "suite.key",
        "suite.unreachable",
        "suite.sealing",
        "suite.signing",
        "suite.not_recorded",
        "suite.vectors",
        "suite.report",
    ];
}
