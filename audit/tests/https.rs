//! A log over HTTPS: the server must be certified by the authority that the reader names. The server is OpenSSL's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::audit;
use common::log::TestLog;
use common::sealed::Sealed;

/// A server that ends with the test.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves a folder with the certificate of the hierarchy; `None` where this machine has no `openssl`.
fn serve(folder: &Path, pki: &str) -> Option<Server> {
    let started = Command::new("openssl")
        .args(["s_server", "-WWW", "-accept", "127.0.0.1:0", "-tls1_3"])
        .args(["-cert", &format!("{pki}/tls/server.pem"), "-key", &format!("{pki}/tls/server.key")])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut process) = started else {
        println!("skipped: openssl is absent");
        return None;
    };
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| line.ok()?.strip_prefix("ACCEPT 127.0.0.1:").map(str::to_owned));
    // Whatever else the server says is read away, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    let address = format!("https://127.0.0.1:{}", port.expect("openssl names its port"));
    Some(Server { process, address })
}

#[test]
fn only_a_server_that_the_named_authority_certified_is_listened_to() {
    let (log, sealed, other) = (TestLog::of_size(5), Sealed::new(), Sealed::new());
    let Some(server) = serve(&log.file("ledger"), &sealed.path("pki")) else { return };
    let vkey = log.path("both.vkey");
    let run = |ca: &[&str]| audit(&[&["log", &server.address, "--vkey", &vkey], ca].concat());
    let text = run(&["--ca", &sealed.path("pki/tls/root.pem")]).must_exit(0).stdout;
    assert!(text.contains("有效 VALID"), "{text}");
    for ca in [&[][..], &["--ca", &other.path("pki/tls/root.pem")]] {
        let ran = run(ca).must_exit(66);
        assert!(ran.stderr.contains("[audit.unreachable]") && ran.stderr.contains("certificate"), "{}", ran.stderr);
    }
}
