//! The plain text of a scenario, as titles and blocks of a step line with its indented details.

use crate::error::ScenarioFault;

/// The titles, the header and the steps of a scenario, not yet understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    /// The first line.
    pub(crate) title_zh: &'a str,
    /// The second line.
    pub(crate) title_en: &'a str,
    /// `key: value` lines before the first step.
    pub(crate) header: Vec<Detail<'a>>,
    /// The steps in their order.
    pub(crate) blocks: Vec<Block<'a>>,
}

/// A step: its line in words, and the indented lines below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// Counted from 1.
    pub(crate) line: usize,
    /// The step's name.
    pub(crate) name: &'a str,
    /// The rest of its line.
    pub(crate) arguments: Vec<&'a str>,
    /// Its details.
    pub(crate) details: Vec<Detail<'a>>,
}

/// A `key: value` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detail<'a> {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Before the first colon and blank.
    pub(crate) key: &'a str,
    /// After it, without blanks at either end.
    pub(crate) value: &'a str,
}

/// Where and what.
pub(crate) type Fault = (usize, ScenarioFault);

/// Splits the text of a scenario. Lines that begin with `#` after the titles are remarks.
///
/// # Errors
/// The number of the first line that has no place, and why.
pub(crate) fn split(text: &str) -> Result<Text<'_>, Fault> {
    let mut lines = text.lines();
    let mut title = |number| {
        let line = lines.next().and_then(|line| line.strip_prefix("# ")).map(str::trim);
        line.filter(|line| !line.is_empty()).ok_or((number, ScenarioFault::NoTitle))
    };
    let mut parsed = Text { title_zh: title(1)?, title_en: title(2)?, header: Vec::new(), blocks: Vec::new() };
    for (index, raw) in lines.enumerate() {
        let line = index + 3;
        let content = raw.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if raw.starts_with(' ') {
            let block = parsed.blocks.last_mut().ok_or((line, ScenarioFault::NoStep))?;
            block.details.push(detail(line, content)?);
        } else if parsed.blocks.is_empty() && content.contains(": ") {
            parsed.header.push(detail(line, content)?);
        } else {
            let mut words = content.split_whitespace();
            let name = words.next().unwrap_or_default();
            parsed.blocks.push(Block { line, name, arguments: words.collect(), details: Vec::new() });
        }
    }
    Ok(parsed)
}

fn detail(line: usize, content: &str) -> Result<Detail<'_>, Fault> {
    let (key, value) = content
        .split_once(": ")
        .or_else(|| content.strip_suffix(':').map(|key| (key, "")))
        .ok_or_else(|| (line, ScenarioFault::BadValue { what: "key: value", got: content.to_owned() }))?;
    Ok(Detail { line, key, value: value.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_two_titles_a_header_and_blocks() {
        let text = "# 标题\n# Title\ntrap: 7\n\n# remark\nsubmit now\n  to: 110000\n  note: a: b\nanswer 201\n";
        let parsed = split(text).unwrap();
        assert_eq!((parsed.title_zh, parsed.title_en), ("标题", "Title"));
        assert_eq!(parsed.header, [Detail { line: 3, key: "trap", value: "7" }]);
        let names: Vec<_> =
            parsed.blocks.iter().map(|block| (block.line, block.name, block.arguments.clone())).collect();
        assert_eq!(names, [(6, "submit", vec!["now"]), (9, "answer", vec!["201"])]);
        assert_eq!(
            parsed.blocks[0].details,
            [Detail { line: 7, key: "to", value: "110000" }, Detail { line: 8, key: "note", value: "a: b" }]
        );
    }

    #[test]
    fn a_line_without_a_place_is_named() {
        let cases = [
            ("no title", 1, ScenarioFault::NoTitle),
            ("# 只有中文\nsubmit", 2, ScenarioFault::NoTitle),
            ("# 题\n# t\n  to: 110000", 3, ScenarioFault::NoStep),
            (
                "# 题\n# t\nsubmit\n  to 110000",
                4,
                ScenarioFault::BadValue { what: "key: value", got: "to 110000".to_owned() },
            ),
        ];
        for (text, line, fault) in cases {
            assert_eq!(split(text), Err((line, fault)), "{text}");
        }
    }
}
