//! The facts of a licence as a person states them, on the command line or in a file, and their checks.

use std::path::Path;

use jiff::civil::Date;
use seals::LicenseFacts;
use serde::{Deserialize, Deserializer, de};
use standards::code::{CitizenId, CodeError, CreditCode, LicenseId};

use super::{CommandError, file};

/// Characters of a credit code and of a citizen's number alike.
const CODE_LENGTH: usize = 18;

/// Who issues the licence when nobody says otherwise.
pub(super) struct Issuer {
    /// The code that the signer's certificate carries.
    pub(super) code: Option<CreditCode>,
    /// The name of that organisation.
    pub(super) name: Option<String>,
}

/// 照面信息: what is stated of a licence, each fact or none. One name a fact: as option with hyphens, as key of a file with underscores.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[group(id = "stated_facts", multiple = true, conflicts_with = "ofd")]
#[serde(deny_unknown_fields, default)]
pub(super) struct StatedFacts {
    /// 证照名称 / the kind of licence
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// 证照编号 / the number of the licence
    #[arg(long, value_name = "TEXT")]
    number: Option<String>,
    /// 持证主体 / the holder's name
    #[arg(long, value_name = "TEXT")]
    holder_name: Option<String>,
    /// 持证主体代码 / the holder's credit code, citizen's number or other number
    #[arg(long, value_name = "CODE")]
    holder_id: Option<String>,
    /// 持证主体代码类型 / the kind of that code
    #[arg(long, value_name = "TEXT")]
    holder_id_type: Option<String>,
    /// 证照标识 / the licence identifier
    #[arg(long, value_name = "CODE")]
    license_id: Option<String>,
    /// 证照类型代码 / the code of the kind of licence
    #[arg(long, value_name = "CODE")]
    license_type: Option<String>,
    /// 证照颁发机构，缺省为签章者所属机关 / the issuer; default: the signer's organisation
    #[arg(long, value_name = "TEXT")]
    issuer_name: Option<String>,
    /// 证照颁发机构代码，缺省为签章者所属机关 / the issuer's credit code; default: the signer's organisation
    #[arg(long, value_name = "CODE")]
    issuer_code: Option<String>,
    /// 颁发日期 / the day of issue
    #[arg(long, value_name = "YYYY-MM-DD")]
    #[serde(deserialize_with = "date")]
    issued_on: Option<Date>,
    /// 有效期起始日期 / the first day of its period
    #[arg(long, value_name = "YYYY-MM-DD")]
    #[serde(deserialize_with = "date")]
    valid_from: Option<Date>,
    /// 有效期截止日期，9999-12-31 为长期 / the last day of its period, 9999-12-31 for none
    #[arg(long, value_name = "YYYY-MM-DD")]
    #[serde(deserialize_with = "date")]
    valid_until: Option<Date>,
}

impl StatedFacts {
    /// Reads a facts file.
    ///
    /// # Errors
    /// When it cannot be read, or at the first line that states no fact.
    pub(super) fn load(path: &Path) -> Result<Self, CommandError> {
        let text = file::read_text(path)?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            CommandError::FactsFile {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                expected: error.message().to_owned(),
            }
        })
    }

    /// These facts, and those of `other` that these do not state.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            number: self.number.or(other.number),
            holder_name: self.holder_name.or(other.holder_name),
            holder_id: self.holder_id.or(other.holder_id),
            holder_id_type: self.holder_id_type.or(other.holder_id_type),
            license_id: self.license_id.or(other.license_id),
            license_type: self.license_type.or(other.license_type),
            issuer_name: self.issuer_name.or(other.issuer_name),
            issuer_code: self.issuer_code.or(other.issuer_code),
            issued_on: self.issued_on.or(other.issued_on),
            valid_from: self.valid_from.or(other.valid_from),
            valid_until: self.valid_until.or(other.valid_until),
        }
    }

    /// The facts of a whole licence.
    ///
    /// # Errors
    /// Every fact that is missing at once; otherwise the first code that does not hold, or dates out of order.
    pub(super) fn into_licence(self, issuer: Issuer) -> Result<LicenseFacts, CommandError> {
        let mut missing = Vec::new();
        let mut needed = |option, fact: Option<String>| {
            stated(fact).unwrap_or_else(|| {
                missing.push(option);
                String::new()
            })
        };
        let facts = LicenseFacts {
            name: needed("name", self.name),
            number: needed("number", self.number),
            holder_name: needed("holder-name", self.holder_name),
            holder_id: needed("holder-id", self.holder_id),
            issuer_name: needed("issuer-name", self.issuer_name.or(issuer.name)),
            issuer_code: needed("issuer-code", self.issuer_code.or(issuer.code.map(|code| code.to_string()))),
            holder_id_type: stated(self.holder_id_type),
            license_id: stated(self.license_id),
            license_type: stated(self.license_type),
            issued_on: self.issued_on,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        };
        if !missing.is_empty() {
            return Err(CommandError::FactsMissing { options: missing });
        }
        check_codes(&facts)?;
        check_dates(&facts)?;
        Ok(facts)
    }
}

/// A fact without surrounding spaces; an empty one says nothing.
fn stated(fact: Option<String>) -> Option<String> {
    fact.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn check_codes(facts: &LicenseFacts) -> Result<(), CommandError> {
    let of = |option| move |source| CommandError::Code { option, source };
    facts.issuer_code.parse::<CreditCode>().map_err(of("issuer-code"))?;
    check_holder(&facts.holder_id).map_err(of("holder-id"))?;
    if let Some(id) = &facts.license_id {
        id.parse::<LicenseId>().map_err(of("license-id"))?;
    }
    Ok(())
}

/// A holder's code of 18 characters is a citizen's number or a credit code; others (passports) have no check.
fn check_holder(id: &str) -> Result<(), CodeError> {
    if id.chars().count() != CODE_LENGTH {
        return Ok(());
    }
    let (citizen, organisation) = (id.parse::<CitizenId>(), id.parse::<CreditCode>());
    match (citizen, organisation) {
        (Ok(_), _) | (_, Ok(_)) => Ok(()),
        // Of the two findings, the one that its writer most likely wants to know.
        (Err(finding), Err(_)) if id.bytes().take(CODE_LENGTH - 1).all(|byte| byte.is_ascii_digit()) => Err(finding),
        (Err(_), Err(finding)) => Err(finding),
    }
}

fn check_dates(facts: &LicenseFacts) -> Result<(), CommandError> {
    let orders = [
        ("valid-from", facts.valid_from, "valid-until", facts.valid_until),
        ("issued-on", facts.issued_on, "valid-until", facts.valid_until),
    ];
    for (earlier, from, later, until) in orders {
        match (from, until) {
            (Some(from), Some(until)) if from > until => {
                return Err(CommandError::Dates { earlier, from, later, until });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A day as TOML writes it, or as a text.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Day(toml::value::Datetime),
        Text(String),
    }
    let text = match Written::deserialize(deserializer) {
        Ok(Written::Day(day)) => day.to_string(),
        Ok(Written::Text(text)) => text,
        Err(_) => return Err(de::Error::custom("expected a day such as 2026-11-01")),
    };
    text.parse().map(Some).map_err(|_| de::Error::custom("expected a day such as 2026-11-01"))
}
