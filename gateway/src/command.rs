//! The subcommands, one file each: arguments, then one function that does the work or says everything that is wrong.

pub(crate) mod check;
pub(crate) mod pki;
pub(crate) mod seal;
pub(crate) mod serve;

use standards::problem;

/// What went wrong, each a line for people.
pub(crate) type Faults = Vec<String>;

/// One line for a fault with a code: what is wrong, and what to do, in both languages.
pub(crate) fn line(what: &dyn std::fmt::Display, code: &str) -> String {
    match problem::text(code) {
        Some(text) => {
            format!("{what} [{code}]\n    {} {}\n    {} {}", text.zh, text.advice_zh, text.en, text.advice_en)
        }
        None => format!("{what} [{code}]"),
    }
}
