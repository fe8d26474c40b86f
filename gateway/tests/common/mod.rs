//! A gateway in process on a random port, and clients that speak to it byte by byte.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; not every file of tests uses every helper"
)]

pub mod witness;

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use adapters::{Adapters, Limits};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certs::certificate::Certificate;
use certs::hierarchy::{self, RegionOrganisations};
use certs::signing::{Ed25519Signer, Sm2Signer};
use gateway::Gateway;
use gateway::config::{Config, ConfigFault};
use gateway::exchange::router;
use gateway::server::Server;
use jiff::{SignedDuration, Timestamp};
use ledger::CheckpointSigner;
use ledger::note::VerifierKey;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use seals::LicenseFacts;
use seals::sealing::{Identity, SealPlan, Sealing, make_seal, round_seal, seal_document};
use standards::case::{Case, Validity};

pub const TIANJIN_MESSAGE: &str = include_str!("../../../adapters/regions/120000-tianjin/samples/granted.xml");
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Something never used before in this process.
pub fn token() -> String {
    format!("token-{:016}-{}", COUNTER.fetch_add(1, Ordering::Relaxed), std::process::id())
}

/// The client's side of a TLS connection, with the client certificate of a region or none.
pub fn tls_client(keys: &Path, region: Option<&str>) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(keys.join("tls/root.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match region {
        None => builder.with_no_client_auth(),
        Some(region) => {
            let path = keys.join(region).join("client.pem");
            let chain = CertificateDer::pem_file_iter(&path).unwrap().map(Result::unwrap).collect();
            let key = PrivateKeyDer::from_pem_file(path.with_extension("key")).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap()
}

/// A running gateway with a hierarchy of its own.
pub struct Site {
    pub folder: PathBuf,
    pub address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Begins afresh in a folder of this name.
    pub fn make(name: &str) -> Self {
        Self::made_at(name, Timestamp::now())
    }

    /// The same on keys, lists and a trust list made at another time.
    pub fn made_at(name: &str, at: Timestamp) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let regions = RegionOrganisations::embedded().unwrap();
        hierarchy::init(&folder.join("keys"), at, &regions).unwrap();
        Self::start(folder)
    }

    /// Starts on what is in the folder.
    pub fn start(folder: PathBuf) -> Self {
        Self::try_start(folder).unwrap()
    }

    /// Starts on what is in the folder, witnesses where there is a `policy.txt`, a companion that follows at once where there is a
    /// `companion`, the regions of a folder `regions`, and with what a `ledger.toml` says of the
    /// ledger, unless something there forbids it. The whole is its `gateway.toml`.
    pub fn try_start(folder: PathBuf) -> Result<Self, String> {
        let policy = if folder.join("policy.txt").exists() { "" } else { "# " };
        let companion = if folder.join("companion").exists() { "companion_seconds = 1" } else { "" };
        let regions = if folder.join("regions").exists() { "regions = \"regions\"" } else { "" };
        let text = include_str!("../../config/sample.toml")
            .replace("companion_seconds = 60", companion)
            .replace("# policy =", &format!("{policy}policy ="))
            .replace("# ca =", "ca =")
            .replace("# regions = \"adapters/regions\"", regions)
            .replace("timeout_seconds = 5", "timeout_seconds = 2")
            .replace("127.0.0.1:8443", "127.0.0.1:0")
            .replace("first_request_seconds = 10", "first_request_seconds = 1")
            .replace("body_seconds = 30", "body_seconds = 1");
        let text = with_ledger(&folder, &text);
        std::fs::write(folder.join("gateway.toml"), &text).unwrap();
        let told = |faults: Vec<ConfigFault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let config = Config::from_text(&text, &folder).map_err(told)?;
        let gateway = Gateway::open(config, Arc::new(Timestamp::now), "the boot of the test").map_err(told)?;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let config = gateway.config();
                let server = Server::bind(config.server.listen, config.limits.clone()).await.unwrap();
                tell.send(server.local_address().unwrap()).unwrap();
                let stop = async { stopped.await.unwrap_or_default() };
                tokio::select! {
                    () = server.run(gateway.tls(), router(&gateway), stop) => {}
                    () = gateway::witness::keep(&gateway) => {}
                    () = gateway::companion::keep(&gateway) => {}
                }
            });
            drop(runtime);
        });
        Ok(Self { folder, address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) })
    }

    /// What listens there, and serves what is in the folder, is run by somebody else.
    pub fn elsewhere(folder: PathBuf, address: SocketAddr) -> Self {
        Self { folder, address, stop: None, thread: None }
    }

    /// Stops, and starts again on the same folder.
    pub fn restart(self) -> Self {
        Self::start(self.stop())
    }

    /// Stops, and leaves the folder.
    pub fn stop(mut self) -> PathBuf {
        self.stop.take().unwrap().send(()).unwrap();
        self.thread.take().unwrap().join().unwrap();
        self.folder.clone()
    }

    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// A TLS connection, with the client certificate of a region or none.
    pub fn connect(&self, region: Option<&str>) -> StreamOwned<ClientConnection, TcpStream> {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        StreamOwned::new(tls_client(&self.keys(), region), stream)
    }

    /// Sends bytes and reads to the end of the connection.
    pub fn raw(&self, region: Option<&str>, request: &[u8]) -> Answer {
        let mut stream = self.connect(region);
        stream.write_all(request).unwrap();
        stream.flush().unwrap();
        Answer::read(&mut stream)
    }

    pub fn get(&self, region: Option<&str>, path: &str) -> Answer {
        self.raw(region, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
    }

    /// Sends an unsigned body.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.raw(None, &[head.as_bytes(), body].concat())
    }

    /// Submits a message and a document of Tianjin to Beijing under a key.
    pub fn submit(&self, message: &str, document: &[u8], key: &str) -> Answer {
        self.send(&Signed::submission(self, message, document, key))
    }

    pub fn send(&self, signed: &Signed) -> Answer {
        self.raw(signed.tls.as_deref(), &signed.bytes(self))
    }

    /// The certificate and the key of somebody of a region.
    fn identity(&self, region: &str, name: &str) -> (Certificate, Sm2Signer) {
        let path = self.keys().join(region).join(format!("{name}.pem"));
        let certificate = Certificate::from_pem(&std::fs::read(&path).unwrap()).unwrap();
        (certificate, Sm2Signer::from_pem_file(&path.with_extension("key")).unwrap())
    }

    /// A seal of the region for one of its signers.
    pub fn seal(&self, region: &str, signer: &str, made_at: Timestamp) -> Vec<u8> {
        let (maker, maker_key) = self.identity(region, "maker");
        let (certificate, _) = self.identity(region, signer);
        let plan = SealPlan {
            id: "test-seal",
            name: "测试印章",
            signers: std::slice::from_ref(&certificate),
            created_at: made_at,
            valid_from: made_at,
            valid_until: made_at + SignedDuration::from_hours(1000),
            picture: &round_seal().unwrap(),
            size_mm: 42,
        };
        make_seal(&plan, Identity { certificate: &maker, key: &maker_key }).unwrap()
    }

    /// A document about the licence of a message, sealed by one of the region's signers.
    pub fn sealed(&self, facts: &LicenseFacts, region: &str, signer: &str) -> Vec<u8> {
        let signed_at = Timestamp::now() - SignedDuration::from_hours(1);
        let seal = self.seal(region, signer, signed_at);
        let (certificate, key) = self.identity(region, signer);
        let signer = Identity { certificate: &certificate, key: &key };
        seal_document(facts, &Sealing { seal: &seal, signer, signed_at }).unwrap()
    }
}

/// The keys that the log of a gateway in this folder is known by.
pub fn log_keys(folder: &Path) -> Vec<VerifierKey> {
    log_keys_of(folder, "tongbiao.example/jjj")
}

/// The same under another origin.
pub fn log_keys_of(folder: &Path, origin: &str) -> Vec<VerifierKey> {
    let keys = folder.join("keys/ledger");
    let ed25519 = Ed25519Signer::from_pem_file(&keys.join("ed25519.key")).unwrap();
    let sm2 = Sm2Signer::from_pem_file(&keys.join("sm2.key")).unwrap();
    CheckpointSigner::new(origin, ed25519, sm2).unwrap().verifier_keys().to_vec()
}

/// A configuration with the `[ledger]` of `ledger.toml`, where there is one: its keys take the place of the others.
fn with_ledger(folder: &Path, text: &str) -> String {
    let Ok(ledger) = std::fs::read_to_string(folder.join("ledger.toml")) else { return text.to_owned() };
    let (mut config, ledger): (toml::Table, toml::Table) = (text.parse().unwrap(), ledger.parse().unwrap());
    config["ledger"].as_table_mut().unwrap().extend(ledger["ledger"].as_table().unwrap().clone());
    toml::to_string(&config).unwrap()
}

/// A message of Tianjin about a licence that is still good and has this number.
pub fn message(number: &str) -> String {
    TIANJIN_MESSAGE.replace("津劳派000001", number).replace("2025-11-08", "2095-11-08")
}

/// What the licence of a message says.
pub fn facts(message: &str) -> LicenseFacts {
    let adapters = Adapters::embedded().unwrap();
    let tianjin = adapters.adapter(&"120000".parse().unwrap()).unwrap();
    let case: Case = tianjin.read_conclusion(message.as_bytes(), &Limits::MESSAGE).unwrap().case;
    let license = case.outcome.license;
    LicenseFacts {
        name: license.name,
        number: license.number,
        license_id: license.id.map(|id| id.to_string()),
        license_type: None,
        issuer_name: license.issuer.name,
        issuer_code: license.issuer.code.to_string(),
        issued_on: license.issued_on,
        holder_name: license.holder_name,
        holder_id: license.holder_id,
        holder_id_type: None,
        valid_from: None,
        valid_until: match license.valid_until {
            Validity::Until(day) => Some(day),
            Validity::NoExpiry | Validity::Unstated => None,
        },
    }
}

/// A signed request, before it is signed: each part can be made wrong.
#[derive(Debug, Clone)]
pub struct Signed {
    pub tls: Option<String>,
    pub signer: String,
    pub key_id: Option<String>,
    pub path: String,
    pub path_in_signature: Option<String>,
    pub content_type: String,
    pub body: Vec<u8>,
    pub digest: Option<String>,
    pub key: Option<String>,
    pub covered: Vec<&'static str>,
    pub created: i64,
    pub nonce: Option<String>,
    pub more_parameters: String,
    pub signature_bit: u8,
    pub without_signature: bool,
}

impl Signed {
    pub fn new(region: &str, path: &str, content_type: &str, body: Vec<u8>, key: &str) -> Self {
        Self {
            tls: Some(region.to_owned()),
            signer: region.to_owned(),
            key_id: None,
            path: path.to_owned(),
            path_in_signature: None,
            content_type: content_type.to_owned(),
            digest: Some(format!("sha-256=:{}:", STANDARD.encode(certs::digest::sha256(&[&body])))),
            body,
            key: Some(key.to_owned()),
            covered: vec!["@method", "@target-uri", "content-digest", "idempotency-key", "content-type"],
            created: Timestamp::now().as_second(),
            nonce: Some(token()),
            more_parameters: String::new(),
            signature_bit: 0,
            without_signature: false,
        }
    }

    pub fn submission(_site: &Site, message: &str, document: &[u8], key: &str) -> Self {
        let body = [
            b"--b\r\nContent-Disposition: form-data; name=\"message\"\r\nContent-Type: application/xml\r\n\r\n",
            message.as_bytes(),
            b"\r\n--b\r\nContent-Disposition: form-data; name=\"document\"\r\nContent-Type: application/ofd\r\n\r\n",
            document,
            b"\r\n--b--\r\n",
        ]
        .concat();
        Self::new("120000", "/v1/recognitions?to=110000", "multipart/form-data; boundary=b", body, key)
    }

    pub fn bytes(&self, site: &Site) -> Vec<u8> {
        let folder = site.keys().join(&self.signer);
        let key = Sm2Signer::from_pem_file(&folder.join("message.key")).unwrap();
        let certificate = Certificate::from_pem(&std::fs::read(folder.join("message.pem")).unwrap()).unwrap();
        let key_id = self.key_id.clone().unwrap_or_else(|| hex::encode(certificate.fingerprint()));
        let uri = format!("https://localhost{}", self.path_in_signature.as_ref().unwrap_or(&self.path));
        let mut fields = vec![("content-type", self.content_type.clone())];
        fields.extend(self.digest.clone().map(|digest| ("content-digest", digest)));
        fields.extend(self.key.clone().map(|key| ("idempotency-key", key)));
        let mut base = String::new();
        for name in &self.covered {
            let value = match *name {
                "@method" => "POST".to_owned(),
                "@target-uri" => uri.clone(),
                name => fields.iter().find(|field| field.0 == name).map(|field| field.1.clone()).unwrap_or_default(),
            };
            writeln!(base, "\"{name}\": {value}").unwrap();
        }
        let names: Vec<String> = self.covered.iter().map(|name| format!("\"{name}\"")).collect();
        let nonce = self.nonce.as_ref().map(|nonce| format!(";nonce=\"{nonce}\"")).unwrap_or_default();
        let more = &self.more_parameters;
        let input = format!("({});created={}{nonce};keyid=\"{key_id}\"{more}", names.join(" "), self.created);
        write!(base, "\"@signature-params\": {input}").unwrap();
        let mut signature = key.sign(base.as_bytes()).unwrap().to_raw();
        signature[63] ^= self.signature_bit;
        if !self.without_signature {
            fields.push(("signature-input", format!("sig={input}")));
            fields.push(("signature", format!("sig=:{}:", STANDARD.encode(signature))));
        }
        let mut head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", self.path);
        for (name, value) in fields {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        write!(head, "content-length: {}\r\n\r\n", self.body.len()).unwrap();
        [head.as_bytes(), &self.body].concat()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn read(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> Self {
        let mut bytes = Vec::new();
        // A server that closes without close_notify has still answered.
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Self { status, head, body: bytes[end..].to_vec() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.head, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and code of a problem document, whose members are all there.
    pub fn problem(&self) -> (u16, String) {
        let json = self.json();
        assert!(self.head.contains("application/problem+json"), "{}", self.head);
        for member in ["title", "title_zh", "message", "detail", "advice_zh", "advice_en", "trace_id"] {
            assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {json}");
        }
        (self.status, json["code"].as_str().unwrap().to_owned())
    }

    /// The decision and the codes of its reasons.
    pub fn decision(&self) -> (String, Vec<String>) {
        assert_eq!(self.status, 201, "{} {}", self.head, self.text());
        let json = self.json();
        let codes =
            json["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap().to_owned());
        (json["decision"].as_str().unwrap().to_owned(), codes.collect())
    }
}
