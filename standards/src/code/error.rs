//! What can be wrong with a code, named precisely enough to correct it.

/// Which code a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeKind {
    /// 统一社会信用代码.
    CreditCode,
    /// 公民身份号码.
    CitizenId,
    /// 基本编码.
    BasicCode,
    /// 实施编码.
    ImplementationCode,
    /// 业务办理项编码.
    HandlingItemCode,
    /// 办件编号.
    CaseNumber,
    /// 电子证照标识.
    LicenseId,
    /// 行政区划代码.
    DivisionCode,
    /// 省级行政区划代码.
    RegionCode,
    /// 同事同标事项编号.
    ItemId,
    /// 地方办件编号.
    CaseId,
}

impl CodeKind {
    /// Whether a text is a code of this kind.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(self, text: &str) -> Result<(), CodeError> {
        match self {
            Self::CreditCode => super::CreditCode::check(text),
            Self::CitizenId => super::CitizenId::check(text),
            Self::BasicCode => super::BasicCode::check(text),
            Self::ImplementationCode => super::ImplementationCode::check(text),
            Self::HandlingItemCode => super::HandlingItemCode::check(text),
            Self::CaseNumber => super::CaseNumber::check(text),
            Self::LicenseId => super::LicenseId::check(text),
            Self::DivisionCode => super::DivisionCode::check(text),
            Self::RegionCode => super::RegionCode::check(text),
            Self::ItemId => super::ItemId::check(text),
            Self::CaseId => super::CaseId::check(text),
        }
    }
}

/// The finding codes of one kind of code.
struct Findings {
    length: &'static str,
    character: &'static str,
    check_digit: &'static str,
    date: &'static str,
    credit_code: &'static str,
    level: &'static str,
    shape: &'static str,
}

macro_rules! findings {
    ($name:literal) => {
        &Findings {
            length: concat!("code.", $name, ".length"),
            character: concat!("code.", $name, ".character"),
            check_digit: concat!("code.", $name, ".check_digit"),
            date: concat!("code.", $name, ".date"),
            credit_code: concat!("code.", $name, ".credit_code"),
            level: concat!("code.", $name, ".level"),
            shape: concat!("code.", $name, ".shape"),
        }
    };
}

impl CodeKind {
    fn findings(self) -> &'static Findings {
        match self {
            Self::CreditCode => findings!("credit_code"),
            Self::CitizenId => findings!("citizen_id"),
            Self::BasicCode => findings!("basic_code"),
            Self::ImplementationCode => findings!("implementation_code"),
            Self::HandlingItemCode => findings!("handling_item_code"),
            Self::CaseNumber => findings!("case_number"),
            Self::LicenseId => findings!("license_id"),
            Self::DivisionCode => findings!("division_code"),
            Self::RegionCode => findings!("region_code"),
            Self::ItemId => findings!("item_id"),
            Self::CaseId => findings!("case_id"),
        }
    }
}

impl CodeKind {
    /// The finding code of a credit code inside that does not hold.
    pub(crate) fn credit_code_finding(self) -> &'static str {
        self.findings().credit_code
    }
}

/// A finding about one code. It names positions and single characters, never the whole code, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The code has another number of characters than its standard says.
    #[error("{kind:?}: expected {expected} characters, got {got}")]
    Length {
        /// The code.
        kind: CodeKind,
        /// The lengths that are allowed, in words: `18`, `6 or 12`.
        expected: &'static str,
        /// Characters (not bytes) found.
        got: usize,
    },
    /// A character stands where its standard does not allow it.
    #[error("{kind:?}: character {got:?} at position {position} is not allowed there")]
    Character {
        /// The code.
        kind: CodeKind,
        /// Position, counted from 1.
        position: usize,
        /// The character found.
        got: char,
    },
    /// The check character does not follow from the characters before it.
    #[error("{kind:?}: check character must be {expected:?}, got {got:?}")]
    CheckDigit {
        /// The code.
        kind: CodeKind,
        /// The check character computed from the rest.
        expected: char,
        /// The check character found.
        got: char,
    },
    /// Positions 9 to 17 of a credit code are no organisation code (GB 11714): its own check character is wrong.
    #[error("CreditCode: the organisation code inside (positions 9-17) must end in {expected:?}, got {got:?}")]
    OrganisationCheckDigit {
        /// The check character computed from positions 9 to 16.
        expected: char,
        /// The character found at position 17.
        got: char,
    },
    /// Eight digits stand where a date (yyyyMMdd) belongs, and there is no such day.
    #[error("{kind:?}: positions {from}-{to} are no date")]
    Date {
        /// The code.
        kind: CodeKind,
        /// First position of the date, counted from 1.
        from: usize,
        /// Its last position.
        to: usize,
    },
    /// The credit code inside a longer code does not hold.
    #[error("{kind:?}: the credit code at position {position} does not hold: {source}")]
    CreditCodeInside {
        /// The outer code.
        kind: CodeKind,
        /// Where the credit code begins, counted from 1.
        position: usize,
        /// What is wrong with it.
        source: Box<CodeError>,
    },
    /// The level digit of an implementation code is not 1 (national) to 6 (village).
    #[error("{kind:?}: level digit at position {position} must be 1 to 6, got {got:?}")]
    Level {
        /// The code.
        kind: CodeKind,
        /// Position of the digit, counted from 1.
        position: usize,
        /// The character found.
        got: char,
    },
    /// The parts do not stand as the code's standard says.
    #[error("{kind:?}: expected the shape {expected}")]
    Shape {
        /// The code.
        kind: CodeKind,
        /// The shape in words.
        expected: &'static str,
    },
}

impl CodeError {
    /// The stable code of the finding, for example `code.credit_code.check_digit`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { kind, .. } => kind.findings().length,
            Self::Character { kind, .. } => kind.findings().character,
            Self::CheckDigit { kind, .. } => kind.findings().check_digit,
            Self::OrganisationCheckDigit { .. } => "code.credit_code.organisation_check_digit",
            Self::Date { kind, .. } => kind.findings().date,
            Self::CreditCodeInside { kind, .. } => kind.findings().credit_code,
            Self::Level { kind, .. } => kind.findings().level,
            Self::Shape { kind, .. } => kind.findings().shape,
        }
    }

    /// Every finding code that any code can give, so that a test can hold a text for each.
    pub const CODES: &'static [&'static str] = &[
        "code.credit_code.length",
        "code.credit_code.character",
        "code.credit_code.check_digit",
        "code.credit_code.organisation_check_digit",
        "code.citizen_id.length",
        "code.citizen_id.character",
        "code.citizen_id.check_digit",
        "code.citizen_id.date",
        "code.basic_code.length",
        "code.basic_code.character",
        "code.implementation_code.length",
        "code.implementation_code.character",
        "code.implementation_code.credit_code",
        "code.implementation_code.level",
        "code.handling_item_code.length",
        "code.handling_item_code.character",
        "code.handling_item_code.credit_code",
        "code.handling_item_code.level",
        "code.case_number.length",
        "code.case_number.character",
        "code.case_number.credit_code",
        "code.case_number.level",
        "code.case_number.date",
        "code.license_id.shape",
        "code.license_id.length",
        "code.license_id.character",
        "code.license_id.check_digit",
        "code.license_id.credit_code",
        "code.division_code.length",
        "code.division_code.character",
        "code.region_code.length",
        "code.region_code.character",
        "code.region_code.shape",
        "code.item_id.length",
        "code.item_id.shape",
        "code.case_id.length",
        "code.case_id.character",
    ];
}
