//! The sealed documents of scenarios: a licence page made and sealed for each submission, with the region's own keys.

use std::fs;
use std::path::Path;

use certs::certificate::Certificate;
use certs::signing::Sm2Signer;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use seals::LicenseFacts;
use seals::sealing::{Identity, SealPlan, Sealing, make_seal, round_seal, seal_document};
use serde::Deserialize;
use standards::code::RegionCode;

use crate::error::SuiteError;
use crate::partner::KeyFolder;
use crate::scenario::Submission;
use crate::suite::Suite;

/// The key that seals when a scenario names none.
const SIGNER: &str = "signer";

/// Seals of suites were made a day ago, and are good for a year.
const SEAL_AGE: SignedDuration = SignedDuration::from_hours(24);
const SEAL_LIFE: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Millimetres, as on paper.
const SEAL_SIZE_MM: u8 = 40;

/// The facts of a document as its file states them: keys of GB/T 36903.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
struct Facts {
    zzmc: String,
    zzbh: String,
    zzbs: Option<String>,
    zzlxdm: Option<String>,
    zzbfjg: String,
    zzbfjgdm: String,
    zzbfrq: Option<Date>,
    czzt: String,
    czztdm: String,
    czztdmlx: Option<String>,
    zzyxqqsrq: Option<Date>,
    zzyxqjzrq: Option<Date>,
}

impl From<Facts> for LicenseFacts {
    fn from(facts: Facts) -> Self {
        Self {
            name: facts.zzmc,
            number: facts.zzbh,
            license_id: facts.zzbs,
            license_type: facts.zzlxdm,
            issuer_name: facts.zzbfjg,
            issuer_code: facts.zzbfjgdm,
            issued_on: facts.zzbfrq,
            holder_name: facts.czzt,
            holder_id: facts.czztdm,
            holder_id_type: facts.czztdmlx,
            valid_from: facts.zzyxqqsrq,
            valid_until: facts.zzyxqjzrq,
        }
    }
}

/// The document of a submission: its facts, sealed by the submitter's signer, and spoilt where the scenario says so.
///
/// # Errors
/// When the facts or the keys cannot be used.
pub fn sealed(
    keys: &KeyFolder,
    suite: &Suite,
    from: &RegionCode,
    submission: &Submission,
    now: Timestamp,
) -> Result<Vec<u8>, SuiteError> {
    let (file, text) = suite.document(&submission.document)?;
    let facts = facts(&file, text, &submission.facts)?;
    let signer = submission.signer.as_deref().unwrap_or(SIGNER);
    let document = seal(keys, from, signer, submission.forger.as_deref(), &facts, now + submission.signed)?;
    match submission.tamper {
        None => Ok(document),
        Some(tamper) => tamper.spoil(&document).ok_or_else(|| SuiteError::Sealing { cause: "suite.tamper".to_owned() }),
    }
}

/// The facts of a file, with some of them said otherwise; an empty value leaves a fact out.
fn facts(file: &Path, text: &str, changes: &[(String, String)]) -> Result<LicenseFacts, SuiteError> {
    let failed = |cause| SuiteError::Facts { file: file.to_owned(), cause };
    let mut table: toml::Table = text.parse().map_err(failed)?;
    for (key, value) in changes {
        if value.is_empty() {
            table.remove(key);
        } else {
            table.insert(key.clone(), value.clone().into());
        }
    }
    table.try_into::<Facts>().map(LicenseFacts::from).map_err(failed)
}

/// Seals a licence page in the name of `signer`, by its own key or by a forger's.
///
/// # Errors
/// When the keys cannot be used.
pub fn seal(
    keys: &KeyFolder,
    region: &RegionCode,
    signer: &str,
    forger: Option<&str>,
    facts: &LicenseFacts,
    signed_at: Timestamp,
) -> Result<Vec<u8>, SuiteError> {
    let failed = |error: seals::sealing::SealingError| SuiteError::Sealing { cause: error.code().to_owned() };
    let (maker, maker_key) = identity(keys, region, "maker", None)?;
    let (certificate, key) = identity(keys, region, signer, forger)?;
    let signers = [certificate];
    let [certificate] = &signers;
    let plan = SealPlan {
        id: &format!("{region}-{signer}"),
        name: &facts.issuer_name,
        signers: &signers,
        created_at: signed_at - SEAL_AGE,
        valid_from: signed_at - SEAL_AGE,
        valid_until: signed_at + SEAL_LIFE,
        picture: &round_seal().map_err(failed)?,
        size_mm: SEAL_SIZE_MM,
    };
    let seal = make_seal(&plan, Identity { certificate: &maker, key: &maker_key }).map_err(failed)?;
    let sealing = Sealing { seal: &seal, signer: Identity { certificate, key: &key }, signed_at };
    seal_document(facts, &sealing).map_err(failed)
}

/// A certificate of the region's folder, with its own key or another's.
fn identity(
    keys: &KeyFolder,
    region: &RegionCode,
    name: &str,
    key: Option<&str>,
) -> Result<(Certificate, Sm2Signer), SuiteError> {
    let file = keys.file(region, &format!("{name}.pem"));
    let pem = fs::read(&file).map_err(|cause| SuiteError::Unreadable { path: file.clone(), cause })?;
    let unusable = |path: &Path, code: &str| SuiteError::Key { path: path.to_owned(), cause: code.to_owned() };
    let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(&file, error.code()))?;
    let file = keys.file(region, &format!("{}.key", key.unwrap_or(name)));
    let key = Sm2Signer::from_pem_file(&file).map_err(|error| unusable(&file, error.code()))?;
    Ok((certificate, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "ZZMC = '许可证'\nZZBH = '1'\nZZBFJG = '局'\nZZBFJGDM = '1'\nCZZT = '企业'\nCZZTDM = '2'\nZZYXQJZRQ = '2027-01-31'\n";

    #[test]
    fn facts_are_read_changed_and_left_out() {
        let change = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let facts = facts(Path::new("f"), TEXT, &[change("CZZT", "别家"), change("ZZYXQJZRQ", "")]).unwrap();
        assert_eq!((facts.holder_name.as_str(), facts.valid_until), ("别家", None));
    }

    #[test]
    fn a_fact_that_is_missing_unknown_or_no_date_is_refused() {
        for (key, value) in [("ZZMC", ""), ("ZZXX", "?"), ("ZZYXQJZRQ", "长期")] {
            let found = facts(Path::new("f"), TEXT, &[(key.to_owned(), value.to_owned())]);
            assert!(matches!(found, Err(SuiteError::Facts { .. })), "{key}");
        }
    }
}
