//! 电子证照标识, the identifier that an electronic licence carries everywhere.

use super::{CodeError, CodeKind, check, code_type, show_in_debug};

/// The arc of electronic licences (GB/T 36904-2018).
const ROOT: &str = "1.2.156.3005.2.";
const SHAPE: &str = "1.2.156.3005.2.<type 21>.<issuer 18>.<serial 10-32>.<version 3>.<check 1>";

code_type! {
    /// 电子证照标识 (GB/T 36904-2018): `1.2.156.3005.2.⟨type 21⟩.⟨issuer 18⟩.⟨serial 10-32⟩.⟨version 3⟩.⟨check⟩`. The type is the
    /// credit code of the catalogue's owner and three digits; the check character is ISO 7064 MOD 37,36 over type, issuer, serial
    /// and version without the dots.
    LicenseId, check_license_id
}
show_in_debug!(LicenseId);

/// The credit code of the issuing authority in the text of an identifier.
pub(crate) fn issuer_in(text: &str) -> &str {
    part(text, 1)
}

fn part(text: &str, index: usize) -> &str {
    text.get(ROOT.len()..).unwrap_or_default().split('.').nth(index).unwrap_or_default()
}

impl LicenseId {
    fn part(&self, index: usize) -> &str {
        part(&self.0, index)
    }

    /// 证照类型代码: the 21 characters of the kind of licence.
    pub fn license_type(&self) -> &str {
        self.part(0)
    }

    /// The credit code of the issuing authority (its check holds).
    pub fn issuer(&self) -> &str {
        self.part(1)
    }

    /// The serial that the issuer gave.
    pub fn serial(&self) -> &str {
        self.part(2)
    }

    /// The version, counted up with each re-issue.
    pub fn version(&self) -> &str {
        self.part(3)
    }
}

/// ISO 7064 MOD 37,36, a hybrid system: the check character is itself one of the 36.
fn mod_37_36(characters: impl Iterator<Item = char>) -> char {
    let product = characters.filter_map(|character| character.to_digit(36)).fold(36, |product, value| {
        let sum = match (product + value) % 36 {
            0 => 36,
            rest => rest,
        };
        sum * 2 % 37
    });
    char::from_digit((37 - product) % 36, 36).unwrap_or_default().to_ascii_uppercase()
}

fn check_license_id(text: &str) -> Result<(), CodeError> {
    let kind = CodeKind::LicenseId;
    let shape = || CodeError::Shape { kind, expected: SHAPE };
    let parts: Vec<&str> = text.strip_prefix(ROOT).ok_or_else(shape)?.split('.').collect();
    let &[license_type, issuer, serial, version, check] = parts.as_slice() else { return Err(shape()) };
    check::characters(kind, text, |_, character| {
        character == '.' || character.is_ascii_digit() || character.is_ascii_uppercase()
    })?;
    check::length(kind, license_type, 21, "21 (type)")?;
    check::length(kind, issuer, 18, "18 (issuer)")?;
    if !(10..=32).contains(&serial.len()) {
        return Err(CodeError::Length { kind, expected: "10 to 32 (serial)", got: serial.len() });
    }
    check::length(kind, version, 3, "3 (version)")?;
    check::length(kind, check, 1, "1 (check)")?;
    let expected = mod_37_36([license_type, issuer, serial, version].iter().flat_map(|part| part.chars()));
    check::check_digit(kind, expected, check.chars().next().unwrap_or_default())?;
    check::credit_code_inside(kind, text, ROOT.len() + 1)?;
    check::credit_code_inside(kind, text, ROOT.len() + 21 + 2)
}
