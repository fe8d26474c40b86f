//! The configuration: one TOML file, every fault reported at once.

pub(crate) mod reader;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use certs::sm2::engine::{Engine, TABLE_BYTES_MAX};
use ledger::IndexEngine;
use reader::{Reader, text};
use toml::Value;

/// 配置: what `tongbiao serve` needs to know. `config/sample.toml` explains every key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where and as whom to listen.
    pub server: ServerConfig,
    /// Whom to believe.
    pub trust: TrustConfig,
    /// Where the ledger lives.
    pub ledger: LedgerConfig,
    /// Who witnesses it; `None` for nobody.
    pub witnesses: Option<WitnessesConfig>,
    /// The regions folder; `None` for the edition that is part of the program.
    pub regions: Option<PathBuf>,
    /// How SM2 signatures are verified.
    pub sm2: Sm2Config,
    /// How much work anyone may cause.
    pub limits: Limits,
    /// How log lines are written.
    pub log_format: LogFormat,
}

/// The section `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Host names that are answered for, without port.
    pub names: Vec<String>,
    /// PEM certificate chain.
    pub certificate: PathBuf,
    /// PEM private key.
    pub key: PathBuf,
}

/// The section `[trust]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustConfig {
    /// Folder of the signed trust list.
    pub directory: PathBuf,
    /// The pinned SM2 public key, PEM.
    pub key: PathBuf,
}

/// The section `[ledger]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// Public files.
    pub public: PathBuf,
    /// Private files.
    pub state: PathBuf,
    /// Name of the log.
    pub origin: String,
    /// PEM key.
    pub ed25519_key: PathBuf,
    /// PEM key.
    pub sm2_key: PathBuf,
    /// Where the pages of the index lie.
    pub index: IndexEngine,
    /// Between one checkpoint of the companion (SM3) and the next, at least; without it there is no companion.
    pub companion: Option<Duration>,
    /// The shards that are closed, the oldest first: `[[ledger.closed]]`.
    pub closed: Vec<ClosedConfig>,
}

/// One table `[[ledger.closed]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedConfig {
    /// Public files.
    pub public: PathBuf,
    /// Private files.
    pub state: PathBuf,
    /// Verifier keys of its checkpoints; nobody needs the keys that signed them.
    pub vkey: PathBuf,
}

/// The section `[witnesses]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessesConfig {
    /// The policy file: their keys, their addresses, and how many of them must sign.
    pub policy: PathBuf,
    /// PEM certificates that their servers are certified by; `None` for the roots that browsers know.
    pub authorities: Option<PathBuf>,
    /// From one checkpoint that is handed round to the next, at least.
    pub interval: Duration,
    /// For the answer of a witness.
    pub deadline: Duration,
}

/// The section `[sm2]`: it changes no answer, only how fast it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sm2Config {
    /// Who computes.
    pub engine: Engine,
    /// Bytes that the tables of keys may take.
    pub table_bytes: usize,
}

/// The section `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Connections at one time from one address.
    pub connections_per_address: usize,
    /// Verifications at one time.
    pub verifications: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From the handshake to the end of the first request's head.
    pub first_request: Duration,
    /// For the head of each further request, idle time included.
    pub head: Duration,
    /// For a whole body.
    pub body: Duration,
    /// Without progress while writing.
    pub write_stall: Duration,
    /// That the inbox waits at most.
    pub inbox_wait: Duration,
    /// For running requests after SIGTERM.
    pub shutdown: Duration,
    /// Bytes of a message.
    pub message_bytes: usize,
    /// Bytes of a document.
    pub document_bytes: usize,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// 配置问题: one fault of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("{path}: cannot be read", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// The file is no TOML.
    #[error("not TOML: {reason}")]
    NotToml {
        /// Line and column, and what was expected there.
        reason: String,
    },
    /// A key or section that is not known.
    #[error("{key}: unknown")]
    UnknownKey {
        /// Its full name.
        key: String,
    },
    /// A required key is missing.
    #[error("{key}: missing")]
    Missing {
        /// Its full name.
        key: String,
    },
    /// A value that is not what the key asks for.
    #[error("{key}: expected {expected}")]
    Value {
        /// Its full name.
        key: String,
        /// What it asks for.
        expected: &'static str,
    },
    /// Something that the configuration names cannot be used.
    #[error("{key}: {finding}")]
    Unusable {
        /// The key that names it.
        key: &'static str,
        /// What the owner of the thing found, its code included.
        finding: String,
    },
}

impl ConfigFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config.unreadable",
            Self::NotToml { .. } => "config.not_toml",
            Self::UnknownKey { .. } => "config.unknown_key",
            Self::Missing { .. } => "config.missing",
            Self::Value { .. } => "config.value",
            Self::Unusable { .. } => "config.unusable",
        }
    }

    /// Every code.
    pub const CODES: &'static [&'static str] = &[
        "config.unreadable",
        "config.not_toml",
        "config.unknown_key",
        "config.missing",
        "config.value",
        "config.unusable",
    ];
}

impl Config {
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
        Reader::read(text, folder, &SECTIONS, Self::take)
    }

    /// Every key is read before any is judged: `?` must not hide the faults of later keys.
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let listen = reader.listen();
        let names = reader.required("server.names", "a list of host names without port", names);
        let [certificate, key] = ["server.certificate", "server.key"].map(|key| reader.path(key));
        let [directory, trust_key] = ["trust.directory", "trust.key"].map(|key| reader.path(key));
        let [public, state] = ["ledger.public", "ledger.state"].map(|key| reader.path(key));
        let origin = reader.required("ledger.origin", "a name without spaces and plus signs", origin);
        let [ed25519_key, sm2_key] = ["ledger.ed25519_key", "ledger.sm2_key"].map(|key| reader.path(key));
        let index = reader.optional("ledger.index", "\"sled\" or \"files\"", |value| match value.as_str()? {
            "sled" => Some(IndexEngine::Sled),
            "files" => Some(IndexEngine::Files),
            _ => None,
        });
        let companion = reader.optional_seconds("ledger.companion_seconds");
        let closed = reader.tables_of_paths("ledger.closed", CLOSED, ["public", "state", "vkey"]);
        let witnesses = WitnessesConfig::take(reader);
        let regions = reader.optional_path("adapters.regions");
        let sm2 = Sm2Config::take(reader);
        let limits = Limits::take(reader);
        let log_format = LogFormat::take(reader);
        Some(Self {
            server: ServerConfig { listen: listen?, names: names?, certificate: certificate?, key: key? },
            trust: TrustConfig { directory: directory?, key: trust_key? },
            ledger: LedgerConfig {
                public: public?,
                state: state?,
                origin: origin?,
                ed25519_key: ed25519_key?,
                sm2_key: sm2_key?,
                index: index.unwrap_or_default(),
                companion,
                closed: closed.into_iter().map(|[public, state, vkey]| ClosedConfig { public, state, vkey }).collect(),
            },
            witnesses,
            regions,
            sm2,
            limits,
            log_format,
        })
    }
}

impl WitnessesConfig {
    /// The section `[witnesses]`; without a policy there are none.
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let [policy, authorities] = ["witnesses.policy", "witnesses.ca"].map(|key| reader.optional_path(key));
        let interval = reader.seconds("witnesses.interval_seconds", 1);
        let deadline = reader.seconds("witnesses.timeout_seconds", 5);
        Some(Self { policy: policy?, authorities, interval, deadline })
    }
}

impl Sm2Config {
    /// The section `[sm2]`, each key optional.
    fn take(reader: &mut Reader<'_>) -> Self {
        let engine = reader.optional("sm2.engine", "\"tables\" or \"openssl\"", |value| match value.as_str()? {
            "tables" => Some(Engine::Tables),
            "openssl" => Some(Engine::OpenSsl),
            _ => None,
        });
        let table_bytes = reader.number("sm2.table_bytes", TABLE_BYTES_MAX);
        Self { engine: engine.unwrap_or_default(), table_bytes }
    }
}

impl Limits {
    /// The section `[limits]`, each key optional.
    pub(crate) fn take(reader: &mut Reader<'_>) -> Self {
        Self {
            connections: reader.number("limits.connections", 1024),
            connections_per_address: reader.number("limits.connections_per_address", 256),
            verifications: reader.number("limits.verifications", 8),
            handshake: reader.seconds("limits.handshake_seconds", 5),
            first_request: reader.seconds("limits.first_request_seconds", 10),
            head: reader.seconds("limits.head_seconds", 10),
            body: reader.seconds("limits.body_seconds", 30),
            write_stall: reader.seconds("limits.write_stall_seconds", 30),
            inbox_wait: reader.seconds("limits.inbox_wait_seconds", 30),
            shutdown: reader.seconds("limits.shutdown_seconds", 10),
            message_bytes: reader.number("limits.message_bytes", 262_144),
            document_bytes: reader.number("limits.document_bytes", 33_554_432),
        }
    }
}

impl LogFormat {
    /// `log.format`, for people where nothing is said.
    pub(crate) fn take(reader: &mut Reader<'_>) -> Self {
        let format = reader.optional("log.format", "\"text\" or \"json\"", |value| match value.as_str()? {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        });
        format.unwrap_or(Self::Text)
    }
}

const CLOSED: &str = "tables with the paths public, state and vkey";
const SECTIONS: [&str; 8] = ["server", "trust", "ledger", "witnesses", "adapters", "sm2", "limits", "log"];

fn names(value: &Value) -> Option<Vec<String>> {
    let names: Option<Vec<String>> =
        value.as_array()?.iter().map(|name| Some(text(name)?.to_ascii_lowercase())).collect();
    names.filter(|names| !names.is_empty())
}

fn origin(value: &Value) -> Option<String> {
    text(value).filter(|origin| !origin.contains(|c: char| c.is_whitespace() || c == '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../config/sample.toml");

    #[test]
    fn the_sample_is_a_good_configuration_and_shows_the_defaults() {
        let config = Config::from_text(SAMPLE, Path::new("/etc/tongbiao")).unwrap();
        assert_eq!(config.server.certificate, Path::new("/etc/tongbiao/keys/tls/server.pem"));
        let without_limits = SAMPLE.split("[sm2]").next().unwrap();
        assert_eq!(Config::from_text(without_limits, Path::new("/etc/tongbiao")).unwrap(), config);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let text = "[server]\nlisten = 7\nnames = []\nporrt = 1\n[limits]\nconnections = 0\n[colour]\nred = 1\n";
        let faults = Config::from_text(text, Path::new("")).unwrap_err();
        let found: Vec<String> = faults.iter().map(|fault| format!("{} {fault}", fault.code())).collect();
        let expected = [
            "config.value server.listen: expected an address and port such as \"127.0.0.1:8443\"",
            "config.value server.names: expected a list of host names without port",
            "config.missing server.certificate: missing",
            "config.missing trust.key: missing",
            "config.missing ledger.origin: missing",
            "config.value limits.connections: expected a whole number from 1",
            "config.unknown_key server.porrt: unknown",
            "config.unknown_key colour: unknown",
        ];
        for line in expected {
            assert!(found.iter().any(|found| found == line), "{line} is not in {found:#?}");
        }
    }

    #[test]
    fn what_is_no_toml_says_where() {
        let faults = Config::from_text("[server\n", Path::new("")).unwrap_err();
        assert_eq!(faults.first().unwrap().code(), "config.not_toml");
        assert!(faults.first().unwrap().to_string().contains("line 1"));
    }
}
