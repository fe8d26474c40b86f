//! `tongbiao seal`: a sealed OFD licence from its facts, with the keys of a hierarchy.

use std::fs;
use std::path::{Path, PathBuf};

use certs::certificate::Certificate;
use certs::signing::Sm2Signer;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use seals::LicenseFacts;
use seals::sealing::{Identity, SealPlan, Sealing, make_seal, round_seal, seal_document};
use serde::Deserialize;
use standards::code::RegionCode;

use super::{Faults, line};

/// Size of the seal on paper. GB/T 33481 gives seals of organisations 42 mm.
const SEAL_SIZE_MM: u8 = 42;
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The facts of the licence, TOML; config/license.sample.toml shows every key.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// The folder that `tongbiao pki init` made.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// The region whose authority seals.
    #[arg(long)]
    region: RegionCode,
    /// Which of its signers: signer, signer-other or signer-revoked.
    #[arg(long, default_value = "signer")]
    signer: String,
    /// The signing time; now, when it is left out.
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// Where to write the document.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The facts as a person writes them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsFile {
    name: String,
    number: String,
    license_id: Option<String>,
    license_type: Option<String>,
    issuer_name: String,
    issuer_code: String,
    issued_on: Option<String>,
    holder_name: String,
    holder_id: String,
    holder_id_type: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Faults> {
    let facts = facts(&arguments.facts)?;
    let folder = arguments.keys.join(arguments.region.as_str());
    let (maker, maker_key) = identity(&folder, "maker")?;
    let (signer, signer_key) = identity(&folder, &arguments.signer)?;
    let signed_at = arguments.at.unwrap_or_else(Timestamp::now);
    let failed = |error: seals::sealing::SealingError| vec![line(&error, error.code())];
    let span = |time: Result<Timestamp, jiff::Error>| time.map_err(|_| vec!["--at: out of range".to_owned()]);
    let seal = make_seal(
        &SealPlan {
            id: &format!("{}-{}", arguments.region, arguments.signer),
            name: &format!("{}电子印章", facts.issuer_name),
            signers: std::slice::from_ref(&signer),
            created_at: signed_at,
            valid_from: signed_at,
            valid_until: span(signed_at.checked_add(YEAR))?,
            picture: &round_seal().map_err(failed)?,
            size_mm: SEAL_SIZE_MM,
        },
        Identity { certificate: &maker, key: &maker_key },
    )
    .map_err(failed)?;
    let signer = Identity { certificate: &signer, key: &signer_key };
    let document = seal_document(&facts, &Sealing { seal: &seal, signer, signed_at }).map_err(failed)?;
    fs::write(&arguments.out, document).map_err(|error| vec![format!("{}: {error}", arguments.out.display())])?;
    println!("{}: 已签章 sealed", arguments.out.display());
    Ok(())
}

fn facts(path: &Path) -> Result<LicenseFacts, Faults> {
    let text = fs::read_to_string(path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let file: FactsFile = toml::from_str(&text).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let mut faults = Vec::new();
    let mut day = |key: &str, text: Option<String>| -> Option<Date> {
        let text = text?;
        let day = text.parse().ok();
        if day.is_none() {
            faults.push(format!("{}: {key}: expected a day such as 2025-11-08", path.display()));
        }
        day
    };
    let facts = LicenseFacts {
        issued_on: day("issued_on", file.issued_on),
        valid_from: day("valid_from", file.valid_from),
        valid_until: day("valid_until", file.valid_until),
        name: file.name,
        number: file.number,
        license_id: file.license_id,
        license_type: file.license_type,
        issuer_name: file.issuer_name,
        issuer_code: file.issuer_code,
        holder_name: file.holder_name,
        holder_id: file.holder_id,
        holder_id_type: file.holder_id_type,
    };
    if faults.is_empty() { Ok(facts) } else { Err(faults) }
}

fn identity(folder: &Path, name: &str) -> Result<(Certificate, Sm2Signer), Faults> {
    let path = folder.join(format!("{name}.pem"));
    let pem = fs::read(&path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let certificate = Certificate::from_pem(&pem).map_err(|error| vec![line(&error, error.code())])?;
    let key =
        Sm2Signer::from_pem_file(&path.with_extension("key")).map_err(|error| vec![line(&error, error.code())])?;
    Ok((certificate, key))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_states_a_licence() {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/config/license.sample.toml");
        let facts = super::facts(sample.as_ref()).unwrap();
        assert_eq!(facts.valid_until, Some(jiff::civil::date(2029, 11, 8)));
    }
}
