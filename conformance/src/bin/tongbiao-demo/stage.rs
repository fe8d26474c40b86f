//! What the audience sees: numbered steps in Chinese with English beside it, and checks that stop the show when they fail.

use std::io::Write as _;
use std::path::Path;

use conformance::SuiteError;
use conformance::launch::LaunchError;
use thiserror::Error;

/// Why the demo ends early.
#[derive(Debug, Error)]
pub(crate) enum Wrong {
    /// Something came out other than it must.
    #[error("\n✗ 不正确 / wrong: {what}\n  {seen}")]
    Result {
        /// What was checked.
        what: String,
        /// What was seen.
        seen: String,
    },
    /// The gateway could not be started or stopped.
    #[error("{0}")]
    Launch(#[from] LaunchError),
    /// A request could not be made or was not answered.
    #[error("{0}")]
    Suite(#[from] SuiteError),
    /// The data of the contract cannot be read.
    #[error("{0}")]
    Contract(String),
}

/// 演示台: counts the steps.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    step: usize,
    checks: usize,
}

impl Stage {
    /// A new step.
    pub(crate) fn step(&mut self, zh: &str, en: &str) {
        self.step += 1;
        say(&format!("\n{}. {zh}\n   {en}", self.step));
    }

    /// A check that must hold; `seen` is told when it does not.
    ///
    /// # Errors
    /// When it does not hold.
    pub(crate) fn check(&mut self, what: &str, holds: bool, seen: impl FnOnce() -> String) -> Result<(), Wrong> {
        if !holds {
            return Err(Wrong::Result { what: what.to_owned(), seen: seen() });
        }
        self.checks += 1;
        say(&format!("   ✓ {what}"));
        Ok(())
    }

    /// The last lines.
    pub(crate) fn close(&self, folder: &Path) {
        let folder = folder.display();
        say(&format!(
            "\n{} 项检查全部正确，数据留在 {folder}/ / all {} checks hold, the data is in {folder}/",
            self.checks, self.checks
        ));
        say("demo ok");
    }
}

/// The title.
pub(crate) fn title(zh: &str, en: &str) {
    say(&format!("{zh}\n{en}"));
}

/// Something worth knowing.
pub(crate) fn note(text: &str) {
    say(&format!("   · {text}"));
}

/// Prints a line. Whoever reads us through a pipe may stop reading: that is no failure of the demo.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
