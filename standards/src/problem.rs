//! What each finding code says to people, in Chinese and English, and what to do about it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::DataError;
use crate::data::from_toml;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/problems");

/// 问题说明: the texts of one code. They hold no data of the case at hand; that is beside them in the finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemText {
    /// What is wrong, in Chinese.
    pub zh: String,
    /// What is wrong, in English.
    pub en: String,
    /// What to do now, in Chinese.
    pub advice_zh: String,
    /// What to do now, in English.
    pub advice_en: String,
    /// The clause that asks for it.
    #[serde(default)]
    pub clause: Option<String>,
}

/// The texts of this code. `None` for a code that nobody wrote a text for; each crate holds by a test that its codes have one.
pub fn text(code: &str) -> Option<&'static ProblemText> {
    static TEXTS: OnceLock<BTreeMap<String, ProblemText>> = OnceLock::new();
    // A fault in a file is found by a test of this crate, and costs no more than the texts at run time.
    TEXTS.get_or_init(|| embedded().unwrap_or_default()).get(code)
}

/// All texts by code.
///
/// # Errors
/// The first fault of a file: bad TOML, a code under another file's prefix, an empty text.
pub fn embedded() -> Result<BTreeMap<String, ProblemText>, DataError> {
    let mut texts = BTreeMap::new();
    for file in FILES.files() {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().ok_or_else(|| DataError::NotUtf8 { file: name.clone() })?;
        texts.append(&mut from_file(&name, text)?);
    }
    Ok(texts)
}

/// Reads one file, `PREFIX.toml` with a table `["PREFIX.finding"]` a code.
///
/// # Errors
/// As [`embedded`].
pub fn from_file(file: &str, text: &str) -> Result<BTreeMap<String, ProblemText>, DataError> {
    let texts: BTreeMap<String, ProblemText> = from_toml(file, text)?;
    let prefix = file.strip_suffix(".toml").unwrap_or(file);
    for (code, text) in &texts {
        if code.split_once('.').is_none_or(|(first, rest)| first != prefix || rest.is_empty()) {
            return Err(DataError::ProblemPrefix { file: file.to_owned(), code: code.clone() });
        }
        let ProblemText { zh, en, advice_zh, advice_en, clause } = text;
        let clause_empty = clause.as_ref().is_some_and(String::is_empty);
        if clause_empty || [zh, en, advice_zh, advice_en].iter().any(|text| text.trim().is_empty()) {
            return Err(DataError::ProblemTextEmpty { file: file.to_owned(), code: code.clone() });
        }
    }
    Ok(texts)
}
