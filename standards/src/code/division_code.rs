//! 行政区划代码, where something happened.

use super::{CodeError, CodeKind, RegionCode, check, code_type, show_in_debug};

code_type! {
    /// 行政区划代码 (GB/T 2260, GB/T 10114): six digits down to the county, or twelve down to the village. Whether a code exists, and
    /// what supersedes it, is asked of [`crate::division::Divisions`].
    DivisionCode, check_division_code
}
show_in_debug!(DivisionCode);

impl DivisionCode {
    /// The first six digits, down to the county.
    pub fn county(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The province that the division lies in, by its code and never by its name: 天津市河北区 (120105) is not 河北省.
    pub fn region(&self) -> RegionCode {
        RegionCode::of_digits(self.0.get(..2).unwrap_or_default())
    }
}

fn check_division_code(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::DivisionCode;
    match text.chars().count() {
        6 | 12 => check::characters(kind, text, |_, character| character.is_ascii_digit()),
        got => Err(CodeError::Length { kind, expected: "6 or 12", got }),
    }
}
