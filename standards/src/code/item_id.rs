//! The numbers of a same-standard item and of a case as its own region counts it.

use super::{CodeError, CodeKind, check, code_type, show_in_debug};

/// Characters that a region's own case number may have at most.
const CASE_ID_LENGTH_MAX: usize = 64;

code_type! {
    /// 同事同标事项编号: `JJJ-` and three digits, the number of an item in the common catalogue.
    ItemId, check_item_id
}

code_type! {
    /// 地方办件编号: the number of a case in its own region, 1 to 64 of `0-9 A-Z a-z . _ -`. The three regions number their cases
    /// differently (43 characters, 32 hexadecimal, 20 digits); it is compared, never taken apart.
    CaseId, check_case_id
}

show_in_debug!(ItemId, CaseId);

fn check_item_id(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::ItemId;
    check::length(kind, text, 7, "7")?;
    match text.strip_prefix("JJJ-") {
        Some(number) if number.chars().all(|character| character.is_ascii_digit()) => Ok(()),
        _ => Err(CodeError::Shape { kind, expected: "JJJ- and three digits" }),
    }
}

fn check_case_id(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::CaseId;
    match text.chars().count() {
        1..=CASE_ID_LENGTH_MAX => {
            check::characters(kind, text, |_, character| character.is_ascii_alphanumeric() || "._-".contains(character))
        }
        got => Err(CodeError::Length { kind, expected: "1 to 64", got }),
    }
}
