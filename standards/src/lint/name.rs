//! Names of items: what makes two spellings of one name differ. Nothing is ever matched by them.

use super::LintFinding;

/// Everything that a name should not carry.
pub(super) fn findings(name: &str, levels: &[String]) -> Vec<LintFinding> {
    let mut found = Vec::new();
    if !is_balanced(name) {
        found.push(LintFinding::NameBracketsUnbalanced);
    }
    let (narrow, wide) = (name.contains(['(', ')']), name.contains(['（', '）']));
    if narrow && wide {
        found.push(LintFinding::NameBracketsMixed);
    }
    found.extend(level(name, levels).map(|level| LintFinding::NameLevel { level }));
    found
}

/// Whether every bracket has its partner; the two widths may be partners here, for being mixed is told by itself.
fn is_balanced(name: &str) -> bool {
    let mut open = 0_usize;
    for character in name.chars() {
        match character {
            '(' | '（' => open += 1,
            ')' | '）' => match open.checked_sub(1) {
                Some(rest) => open = rest,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0
}

/// The bracketed remark that begins with a level of government: （县级）, (市级权限).
fn level(name: &str, levels: &[String]) -> Option<String> {
    let remarks = name.split(['(', '（']).skip(1).map(|rest| rest.split([')', '）']).next().unwrap_or(rest));
    let mut remarks = remarks.map(str::trim);
    remarks.find(|remark| levels.iter().any(|level| remark.starts_with(level.as_str()))).map(str::to_owned)
}
