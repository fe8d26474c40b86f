//! The configuration of a witness: one TOML file, every fault reported at once.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use certs::signing::Ed25519Signer;
use ledger::note::VerifierKey;
use ledger::witness::{Cosigner, Witness};

use crate::config::reader::{self, Reader, text};
use crate::config::{ConfigFault, Limits, LogFormat};

/// 见证方配置: what `tongbiao witness serve` needs to know. `config/witness.toml` explains every key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// PEM certificate chain of the server.
    pub certificate: PathBuf,
    /// PEM private key of the server.
    pub server_key: PathBuf,
    /// Name of the witness.
    pub name: String,
    /// PEM key that cosigns.
    pub key: PathBuf,
    /// Verifier keys of the logs.
    pub logs: PathBuf,
    /// Where it remembers.
    pub state: PathBuf,
    /// How much work anyone may cause.
    pub limits: Limits,
    /// How log lines are written.
    pub log_format: LogFormat,
}

impl WitnessConfig {
    /// Reads a configuration file; relative paths start at its folder.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn load(path: &Path) -> Result<Self, Vec<ConfigFault>> {
        reader::load(path, Self::from_text)
    }

    /// Reads a configuration; relative paths start at `folder`.
    ///
    /// # Errors
    /// Every fault of the text, in reading order.
    pub fn from_text(text: &str, folder: &Path) -> Result<Self, Vec<ConfigFault>> {
        Reader::read(text, folder, &["server", "witness", "limits", "log"], Self::take)
    }

    /// Every key is read before any is judged: `?` must not hide the faults of later keys.
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let listen = reader.listen();
        let [certificate, server_key] = ["server.certificate", "server.key"].map(|key| reader.path(key));
        let name = reader.required("witness.name", "a name without spaces and plus signs", text);
        let [key, logs, state] = ["witness.key", "witness.logs", "witness.state"].map(|key| reader.path(key));
        let (limits, log_format) = (Limits::take(reader), LogFormat::take(reader));
        Some(Self {
            listen: listen?,
            certificate: certificate?,
            server_key: server_key?,
            name: name?,
            key: key?,
            logs: logs?,
            state: state?,
            limits,
            log_format,
        })
    }

    /// The witness that remembers in the configured folder.
    ///
    /// # Errors
    /// What cannot be used, under the key that names it.
    pub fn open(&self) -> Result<Witness, Vec<ConfigFault>> {
        let unusable = |key, finding: String| vec![ConfigFault::Unusable { key, finding }];
        let signer = Ed25519Signer::from_pem_file(&self.key)
            .map_err(|error| unusable("witness.key", format!("{error} ({})", error.code())))?;
        let cosigner = Cosigner::new(&self.name, signer)
            .map_err(|error| unusable("witness.name", format!("{error} ({})", error.code())))?;
        let lines =
            fs::read_to_string(&self.logs).map_err(|error| unusable("witness.logs", error.kind().to_string()))?;
        let keys = VerifierKey::all_from_text(&lines)
            .map_err(|error| unusable("witness.logs", format!("{error} ({})", error.code())))?;
        if let Some(key) = keys.iter().find(|key| key.is_cosignature()) {
            return Err(unusable("witness.logs", format!("{} is the key of a witness", key.name())));
        }
        Witness::open(cosigner, keys, &self.state)
            .map_err(|error| unusable("witness.state", format!("{error} ({})", error.code())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../config/witness.toml");

    #[test]
    fn the_sample_is_a_good_configuration_and_shows_the_defaults() {
        let config = WitnessConfig::from_text(SAMPLE, Path::new("/etc/witness")).unwrap();
        assert_eq!(config.state, Path::new("/etc/witness/state"));
        let without_limits = SAMPLE.split("[limits]").next().unwrap();
        assert_eq!(WitnessConfig::from_text(without_limits, Path::new("/etc/witness")).unwrap(), config);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let text = "[server]\nlisten = \"here\"\n[witness]\nname = 3\ncolour = 1\n[ledger]\nstate = \"a\"\n";
        let faults = WitnessConfig::from_text(text, Path::new("")).unwrap_err();
        let found: Vec<String> = faults.iter().map(|fault| format!("{} {fault}", fault.code())).collect();
        let expected = [
            "config.value server.listen: expected an address and port such as \"127.0.0.1:8443\"",
            "config.missing server.certificate: missing",
            "config.value witness.name: expected a name without spaces and plus signs",
            "config.missing witness.logs: missing",
            "config.unknown_key witness.colour: unknown",
            "config.unknown_key ledger: unknown",
        ];
        for line in expected {
            assert!(found.iter().any(|found| found == line), "{line} is not in {found:#?}");
        }
    }
}
