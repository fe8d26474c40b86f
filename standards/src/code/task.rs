//! The codes of service items and of the cases under them, each built on the one before.

use super::{CodeError, CodeKind, check, code_type, show_in_debug};

code_type! {
    /// 基本编码: twelve digits, region 2 (00 = national) + type 2 + department 2 + main item 3 + sub item 3. It has no check digit.
    BasicCode, check_basic_code
}

code_type! {
    /// 实施编码: 31 characters, the credit code of the implementing authority + one level digit + the basic code.
    ImplementationCode, check_implementation_code
}

code_type! {
    /// 业务办理项编码: 33 characters, the implementation code + two digits.
    HandlingItemCode, check_handling_item_code
}

code_type! {
    /// 办件编号: 43 characters, the implementation code + yyyyMMdd + four digits of the day's sequence.
    CaseNumber, check_case_number
}

show_in_debug!(BasicCode, ImplementationCode, HandlingItemCode, CaseNumber);

impl BasicCode {
    /// The two digits of the region: `00` is national, `11`, `12` and `13` are the three of this exchange.
    pub fn region(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// Whether the item is defined nationally, and so has the same basic code everywhere.
    pub fn is_national(&self) -> bool {
        self.region() == "00"
    }

    /// The two digits of the type of power: `01` is an administrative licence (行政许可).
    pub fn item_type(&self) -> &str {
        self.0.get(2..4).unwrap_or_default()
    }

    /// The two digits of the department.
    pub fn department(&self) -> &str {
        self.0.get(4..6).unwrap_or_default()
    }
}

/// The basic code inside the longer codes: positions 20 to 31, digits by the outer check.
fn basic_code_inside(text: &str) -> BasicCode {
    BasicCode(text.get(19..31).unwrap_or_default().to_owned())
}

impl ImplementationCode {
    /// The credit code of the implementing authority (its check holds).
    pub fn authority(&self) -> &str {
        self.0.get(..18).unwrap_or_default()
    }

    /// The level digit: 1 national, 2 province, 3 city, 4 county, 5 town, 6 village.
    pub fn level(&self) -> u8 {
        self.0.as_bytes().get(18).map_or(0, |digit| digit - b'0')
    }

    /// The basic code inside.
    pub fn basic_code(&self) -> BasicCode {
        basic_code_inside(&self.0)
    }
}

impl HandlingItemCode {
    /// The implementation code that this one divides.
    pub fn implementation_code(&self) -> ImplementationCode {
        ImplementationCode(self.0.get(..31).unwrap_or_default().to_owned())
    }
}

impl CaseNumber {
    /// The implementation code of the item that the case is about.
    pub fn implementation_code(&self) -> ImplementationCode {
        ImplementationCode(self.0.get(..31).unwrap_or_default().to_owned())
    }

    /// The eight digits of the day, `yyyyMMdd`.
    pub fn day(&self) -> &str {
        self.0.get(31..39).unwrap_or_default()
    }
}

fn check_basic_code(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::BasicCode;
    check::length(kind, text, 12, "12")?;
    check::characters(kind, text, |_, character| character.is_ascii_digit())
}

/// What the three longer codes share: the credit code, the level digit, and digits from there on.
fn check_from_credit_code(kind: CodeKind, text: &str) -> Result<(), CodeError> {
    const LEVEL_POSITION: usize = 19;
    check::characters(kind, text, |position, character| {
        character.is_ascii_digit() || (position < LEVEL_POSITION && character.is_ascii_uppercase())
    })?;
    check::credit_code_inside(kind, text, 1)?;
    match text.chars().nth(LEVEL_POSITION - 1) {
        Some('1'..='6') => Ok(()),
        got => Err(CodeError::Level { kind, position: LEVEL_POSITION, got: got.unwrap_or_default() }),
    }
}

fn check_implementation_code(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::ImplementationCode;
    check::length(kind, text, 31, "31")?;
    check_from_credit_code(kind, text)
}

fn check_handling_item_code(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::HandlingItemCode;
    check::length(kind, text, 33, "33")?;
    check_from_credit_code(kind, text)
}

fn check_case_number(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::CaseNumber;
    check::length(kind, text, 43, "43")?;
    check_from_credit_code(kind, text)?;
    check::date(kind, text, 32).map(drop)
}
