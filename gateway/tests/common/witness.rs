//! A witness in process on a random port, and logs of one entry to be witnessed.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use certs::hierarchy::{self, RegionOrganisations};
use certs::signing::Ed25519Signer;
use gateway::server::{Server, open_acceptor};
use gateway::witness::config::WitnessConfig;
use gateway::witness::service::router;
use jiff::Timestamp;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::leaf_hash;
use ledger::note::VerifierKey;
use rustls::StreamOwned;

use super::{Answer, tls_client};

/// A folder with the keys of a hierarchy, for TLS.
pub fn hierarchy_at(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    hierarchy::init(&folder.join("keys"), Timestamp::now(), &RegionOrganisations::embedded().unwrap()).unwrap();
    folder
}

/// A log's key, and the line by which others know it.
pub fn log_key(_folder: &Path, origin: &str) -> (Ed25519Signer, String) {
    let signer = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
    let line = VerifierKey::ed25519(origin, signer.public_key()).unwrap().to_line();
    (signer, line)
}

/// The signed checkpoint of the log that holds one entry.
pub fn checkpoint((signer, line): &(Ed25519Signer, String), entry: &[u8]) -> String {
    let key = &VerifierKey::all_from_text(line).unwrap()[0];
    let text = Checkpoint { origin: key.name().to_owned(), size: 1, root: leaf_hash(entry) }.to_text();
    format!("{text}\n{}", key.signature_line(&signer.sign(text.as_bytes())))
}

/// A running witness.
pub struct WitnessSite {
    folder: PathBuf,
    name: String,
    pub address: SocketAddr,
    /// Its verifier key, a line.
    pub vkey: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WitnessSite {
    /// Begins a witness in a folder of this name beside `keys/`, for logs of these keys.
    pub fn start(folder: &Path, name: &str, logs: &[&str]) -> Self {
        let place = folder.join(name);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("witness.key"), Ed25519Signer::generate_pem().unwrap()).unwrap();
        std::fs::write(place.join("logs.vkey"), logs.join("\n")).unwrap();
        Self::start_on(folder, name, "127.0.0.1:0")
    }

    fn start_on(folder: &Path, name: &str, listen: &str) -> Self {
        let text = include_str!("../../config/witness.toml")
            .replace("127.0.0.1:8444", listen)
            .replace("body_seconds = 30", "body_seconds = 1")
            .replace("\"tls/", "\"../keys/tls/")
            .replace("witness.example", &format!("{name}.example"));
        let config = WitnessConfig::from_text(&text, &folder.join(name)).unwrap();
        let witness = Arc::new(config.open().unwrap());
        let vkey = witness.key().to_line();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let tls = open_acceptor(&config.certificate, &config.server_key).unwrap();
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let server = Server::bind(config.listen, config.limits.clone()).await.unwrap();
                tell.send(server.local_address().unwrap()).unwrap();
                let router = router(witness, Arc::new(Timestamp::now), &config.limits);
                server.run(tls, router, async { stopped.await.unwrap_or_default() }).await;
            });
        });
        let address = told.recv().unwrap();
        let (folder, name) = (folder.to_owned(), name.to_owned());
        Self { folder, name, address, vkey, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops; its address is free then.
    pub fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        self.thread.take().unwrap().join().unwrap();
    }

    /// Stops, and starts again on the same folder and address.
    pub fn restart(mut self) -> Self {
        self.stop();
        self.start_again()
    }

    /// Starts a stopped one again.
    pub fn start_again(self) -> Self {
        Self::start_on(&self.folder, &self.name, &self.address.to_string())
    }

    /// The line of a policy that names it.
    pub fn policy_line(&self) -> String {
        format!("witness {} {} https://localhost:{}\n", self.name, self.vkey, self.address.port())
    }

    pub fn raw(&self, request: &[u8]) -> Answer {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut stream = StreamOwned::new(tls_client(&self.folder.join("keys"), None), stream);
        stream.write_all(request).unwrap();
        stream.flush().unwrap();
        Answer::read(&mut stream)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        self.raw(&[head.as_bytes(), body].concat())
    }
}
