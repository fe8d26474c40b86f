//! 省级行政区划代码, which government speaks.

use super::{CodeError, CodeKind, check, code_type, show_in_debug};

code_type! {
    /// 省级行政区划代码 (GB/T 2260): six digits that end in 0000, such as 110000. Any province parses, so that a new region is data;
    /// which ones take part is asked of [`crate::region::Regions`].
    RegionCode, check_region_code
}
show_in_debug!(RegionCode);

impl RegionCode {
    /// The province of two digits that a division code begins with.
    pub(super) fn of_digits(two: &str) -> Self {
        Self(format!("{two}0000"))
    }
}

fn check_region_code(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::RegionCode;
    check::length(kind, text, 6, "6")?;
    check::characters(kind, text, |_, character| character.is_ascii_digit())?;
    if text.ends_with("0000") {
        Ok(())
    } else {
        Err(CodeError::Shape { kind, expected: "a province: six digits that end in 0000" })
    }
}
