//! The configuration: one TOML file, every fault reported at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

/// 配置: what `tongbiao serve` needs to know. `config/sample.toml` explains every key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where and as whom to listen.
    pub server: ServerConfig,
    /// Whom to believe.
    pub trust: TrustConfig,
    /// Where the ledger lives.
    pub ledger: LedgerConfig,
    /// The regions folder; `None` for the edition that is part of the program.
    pub regions: Option<PathBuf>,
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
        let text =
            std::fs::read_to_string(path).map_err(|_| vec![ConfigFault::Unreadable { path: path.to_owned() }])?;
        Self::from_text(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a configuration; relative paths start at `folder`.
    ///
    /// # Errors
    /// Every fault of the text, in reading order.
    pub fn from_text(text: &str, folder: &Path) -> Result<Self, Vec<ConfigFault>> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            vec![ConfigFault::NotToml { reason: error.to_string().trim_end().replace('\n', " ") }]
        })?;
        let mut reader = Reader { sections: table, folder, faults: Vec::new() };
        let config = reader.config();
        reader.refuse_the_rest();
        match config {
            Some(config) if reader.faults.is_empty() => Ok(config),
            Some(_) | None => Err(reader.faults),
        }
    }
}

/// Takes keys out of the table one by one, so that what remains is unknown.
struct Reader<'a> {
    sections: Table,
    folder: &'a Path,
    faults: Vec<ConfigFault>,
}

impl Reader<'_> {
    /// Every key is read before any is judged: `?` must not hide the faults of later keys.
    fn config(&mut self) -> Option<Config> {
        let listen = self.required("server.listen", "an address and port such as \"127.0.0.1:8443\"", |value| {
            value.as_str()?.parse().ok()
        });
        let names = self.required("server.names", "a list of host names without port", names);
        let [certificate, key] = ["server.certificate", "server.key"].map(|key| self.path(key));
        let [directory, trust_key] = ["trust.directory", "trust.key"].map(|key| self.path(key));
        let [public, state] = ["ledger.public", "ledger.state"].map(|key| self.path(key));
        let origin = self.required("ledger.origin", "a name without spaces and plus signs", origin);
        let [ed25519_key, sm2_key] = ["ledger.ed25519_key", "ledger.sm2_key"].map(|key| self.path(key));
        let regions = self.optional("adapters.regions", PATH, text).map(|path| self.folder.join(path));
        let limits = self.limits();
        let log_format = self.optional("log.format", "\"text\" or \"json\"", |value| match value.as_str()? {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        });
        Some(Config {
            server: ServerConfig { listen: listen?, names: names?, certificate: certificate?, key: key? },
            trust: TrustConfig { directory: directory?, key: trust_key? },
            ledger: LedgerConfig {
                public: public?,
                state: state?,
                origin: origin?,
                ed25519_key: ed25519_key?,
                sm2_key: sm2_key?,
            },
            regions,
            limits,
            log_format: log_format.unwrap_or(LogFormat::Text),
        })
    }

    fn limits(&mut self) -> Limits {
        Limits {
            connections: self.number("limits.connections", 1024),
            connections_per_address: self.number("limits.connections_per_address", 256),
            verifications: self.number("limits.verifications", 8),
            handshake: self.seconds("limits.handshake_seconds", 5),
            first_request: self.seconds("limits.first_request_seconds", 10),
            head: self.seconds("limits.head_seconds", 10),
            body: self.seconds("limits.body_seconds", 30),
            write_stall: self.seconds("limits.write_stall_seconds", 30),
            inbox_wait: self.seconds("limits.inbox_wait_seconds", 30),
            shutdown: self.seconds("limits.shutdown_seconds", 10),
            message_bytes: self.number("limits.message_bytes", 262_144),
            document_bytes: self.number("limits.document_bytes", 33_554_432),
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        let (section, name) = key.split_once('.')?;
        self.sections.get_mut(section)?.as_table_mut()?.remove(name)
    }

    fn optional<T>(&mut self, key: &str, expected: &'static str, parse: fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.take(key)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.faults.push(ConfigFault::Value { key: key.to_owned(), expected });
        }
        parsed
    }

    fn required<T>(&mut self, key: &str, expected: &'static str, parse: fn(&Value) -> Option<T>) -> Option<T> {
        let faults = self.faults.len();
        let parsed = self.optional(key, expected, parse);
        if parsed.is_none() && self.faults.len() == faults {
            self.faults.push(ConfigFault::Missing { key: key.to_owned() });
        }
        parsed
    }

    fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.required(key, PATH, text).map(|path| self.folder.join(path))
    }

    fn number(&mut self, key: &str, default: usize) -> usize {
        self.optional(key, "a whole number from 1", |value| {
            usize::try_from(value.as_integer()?).ok().filter(|n| *n > 0)
        })
        .unwrap_or(default)
    }

    fn seconds(&mut self, key: &str, default: u64) -> Duration {
        let seconds = self.optional(key, "seconds from 1 to 3600", |value| {
            u64::try_from(value.as_integer()?).ok().filter(|seconds| (1..=3600).contains(seconds))
        });
        Duration::from_secs(seconds.unwrap_or(default))
    }

    fn refuse_the_rest(&mut self) {
        for (section, value) in &self.sections {
            let unknown: Vec<String> = match value {
                Value::Table(keys) if SECTIONS.contains(&section.as_str()) => {
                    keys.keys().map(|name| format!("{section}.{name}")).collect()
                }
                _ => vec![section.clone()],
            };
            self.faults.extend(unknown.into_iter().map(|key| ConfigFault::UnknownKey { key }));
        }
    }
}

const SECTIONS: [&str; 6] = ["server", "trust", "ledger", "adapters", "limits", "log"];
const PATH: &str = "a path";

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

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
        let without_limits = SAMPLE.split("[limits]").next().unwrap();
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
