//! A gateway of one's own on loopback: keys, configuration, start, and a stop that waits.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use certs::signing::{Ed25519Signer, Sm2Signer};
use ledger::note::VerifierKey;
use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;

use crate::client::Client;
use crate::error::SuiteError;
use crate::partner::KeyFolder;

/// A gateway that does not answer by then will not.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// A gateway that is still there by then is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// The file that tells a folder of ours from anyone else's, which is never deleted.
const CONFIGURATION: &str = "gateway.toml";

/// Why no gateway runs.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// A file or folder could not be read, made or removed.
    #[error("{path}: {cause}", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The folder holds something that this program did not make.
    #[error("{path} is not empty, and holds no {CONFIGURATION}: it is left alone", path = path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// A program is not there, or cannot be started.
    #[error("{program}: {cause}; build it with `cargo build --release --bins`", program = program.display())]
    Program {
        /// The program's file.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A program failed.
    #[error("{program} {arguments}: {said}", program = program.display())]
    Failed {
        /// The program's file.
        program: PathBuf,
        /// Its arguments.
        arguments: String,
        /// Its exit status and its last words.
        said: String,
    },
    /// The gateway did not answer in time, or ended instead.
    #[error("the gateway does not answer at {url}: {said}")]
    NoGateway {
        /// The address.
        url: String,
        /// What was seen last.
        said: String,
    },
    /// The keys that were made cannot be used.
    #[error(transparent)]
    Keys(#[from] SuiteError),
}

/// The programs under test, which are built beside this one.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs in the folder of the running program.
    ///
    /// # Errors
    /// When the system does not know where that is.
    pub fn beside_this_one() -> Result<Self, LaunchError> {
        let this = std::env::current_exe().map_err(|cause| LaunchError::File { path: "current_exe".into(), cause })?;
        Ok(Self { folder: this.parent().unwrap_or(Path::new(".")).to_owned() })
    }

    /// The programs in `folder`.
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// A program's file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a program to its end, whatever its exit status is.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Result<Output, LaunchError> {
        let program = self.file(name);
        Command::new(&program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|cause| LaunchError::Program { program, cause })
    }

    /// Runs a program that must succeed, and gives what it printed.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub fn succeed(&self, name: &str, arguments: &[&str]) -> Result<String, LaunchError> {
        let output = self.run(name, arguments)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        Err(LaunchError::Failed { program: self.file(name), arguments: arguments.join(" "), said })
    }
}

/// 场地: a folder with everything that a gateway needs, the secrets in `state/` alone.
#[derive(Debug, Clone)]
pub struct Site {
    root: PathBuf,
}

impl Site {
    /// Makes the folder afresh: keys, trust list, configuration. A folder that is not ours is left alone.
    ///
    /// # Errors
    /// When it is not ours, or something cannot be made.
    pub fn make(root: &Path, programs: &Programs, adapters: Option<&Path>) -> Result<Self, LaunchError> {
        let failed = |cause| LaunchError::File { path: root.to_owned(), cause };
        if root.join(CONFIGURATION).exists() {
            fs::remove_dir_all(root).map_err(failed)?;
        } else if root.exists() && fs::read_dir(root).map_err(failed)?.next().is_some() {
            return Err(LaunchError::NotOurs { path: root.to_owned() });
        }
        fs::create_dir_all(root).map_err(failed)?;
        DirBuilder::new().mode(0o700).create(root.join("state")).map_err(failed)?;
        let site = Self { root: fs::canonicalize(root).map_err(failed)? };
        site.configure(&free_address().map_err(failed)?, adapters)?;
        let keys = site.file("state/keys");
        programs.succeed("tongbiao", &["pki", "init", &keys.to_string_lossy()])?;
        copy_all(&keys.join("trust"), &site.file("trust"))?;
        copy_all(&keys.join("trust-key.pub.pem"), &site.file("trust-key.pub.pem"))?;
        site.publish_verifier_keys()?;
        Ok(site)
    }

    /// A file or folder of the site.
    pub fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The address that the gateway of this site will have.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub fn url(&self) -> Result<String, LaunchError> {
        let path = self.file(CONFIGURATION);
        let text = fs::read_to_string(&path).map_err(|cause| LaunchError::File { path, cause })?;
        Ok(format!("https://{}", listen_address(&text)))
    }

    /// Becomes the gateway of this site: signals reach it directly, and nothing of ours is left. Returns only on failure.
    pub fn become_gateway(&self, programs: &Programs) -> LaunchError {
        let program = programs.file("tongbiao");
        let cause = Command::new(&program).args(["serve", "--config"]).arg(self.file(CONFIGURATION)).exec();
        LaunchError::Program { program, cause }
    }

    /// The keys of every partner.
    pub fn keys(&self) -> KeyFolder {
        KeyFolder::new(&self.file("state/keys"))
    }

    fn configure(&self, address: &str, adapters: Option<&Path>) -> Result<(), LaunchError> {
        let section = |folder: &Path| {
            format!("\n[adapters]\nregions = {}\n", toml::Value::from(folder.to_string_lossy().as_ref()))
        };
        let adapters = adapters.map(section).unwrap_or_default();
        let text = TEMPLATE.replace("{address}", address).replace("{origin}", ORIGIN).replace("{adapters}", &adapters);
        let path = self.file(CONFIGURATION);
        fs::write(&path, text).map_err(|cause| LaunchError::File { path, cause })
    }

    /// Publishes the lines by which everyone can check the log's signatures: Ed25519 for every client, SM2 for those who ask for it.
    fn publish_verifier_keys(&self) -> Result<(), LaunchError> {
        let keys = self.file("state/keys/ledger");
        let unusable = |code: &str| SuiteError::Key { path: keys.clone(), cause: code.to_owned() };
        let ed25519 =
            Ed25519Signer::from_pem_file(&keys.join("ed25519.key")).map_err(|error| unusable(error.code()))?;
        let sm2 = Sm2Signer::from_pem_file(&keys.join("sm2.key")).map_err(|error| unusable(error.code()))?;
        let lines = [
            ("ledger.vkey", VerifierKey::ed25519(ORIGIN, ed25519.public_key())),
            ("ledger.sm2.vkey", VerifierKey::sm2(ORIGIN, sm2.public_key().clone())),
        ];
        for (name, key) in lines {
            let line = key.map_err(|error| unusable(error.code()))?.to_line();
            let path = self.file(name);
            fs::write(&path, line + "\n").map_err(|cause| LaunchError::File { path, cause })?;
        }
        Ok(())
    }

    /// The key by which the log's signatures are checked.
    ///
    /// # Errors
    /// When the published line cannot be read.
    pub fn verifier_keys(&self) -> Result<Vec<VerifierKey>, LaunchError> {
        let path = self.file("ledger.vkey");
        let text = fs::read_to_string(&path).map_err(|cause| LaunchError::File { path: path.clone(), cause })?;
        Ok(VerifierKey::all_from_text(&text)
            .map_err(|error| SuiteError::Key { path, cause: error.code().to_owned() })?)
    }
}

/// The name of the log.
const ORIGIN: &str = "tongbiao.example/demo";

const TEMPLATE: &str = include_str!("launch/gateway.toml");

/// 运行中的网关: a gateway as a child, stopped at the latest when this is dropped.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    /// Its address.
    pub url: String,
    /// From its start to its first answer.
    pub started_in: Duration,
}

impl Gateway {
    /// Starts the gateway of `site`, and waits until it answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn start(site: &Site, programs: &Programs) -> Result<Self, LaunchError> {
        let url = site.url()?;
        let log_path = site.file("state/gateway.log");
        let log = fs::File::create(&log_path).map_err(|cause| LaunchError::File { path: log_path.clone(), cause })?;
        let program = programs.file("tongbiao");
        let child = Command::new(&program)
            .args(["serve", "--config"])
            .arg(site.file(CONFIGURATION))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(|cause| LaunchError::File { path: log_path.clone(), cause })?)
            .stderr(log)
            .spawn()
            .map_err(|cause| LaunchError::Program { program, cause })?;
        let mut gateway = Self { child, url, started_in: Duration::ZERO };
        let start = Instant::now();
        gateway.wait_until_ready(&site.keys(), &log_path)?;
        gateway.started_in = start.elapsed();
        Ok(gateway)
    }

    fn wait_until_ready(&mut self, keys: &KeyFolder, log: &Path) -> Result<(), LaunchError> {
        let client = Client::new(&self.url, &keys.server_roots()?, None);
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            let said = match client.get("/health") {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) => answer.brief(),
                Err(error) => error.to_string(),
            };
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(log).unwrap_or_default();
                return Err(LaunchError::NoGateway { url: self.url.clone(), said: format!("{said}\n{}", log.trim()) });
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks the gateway to end, and waits until it has.
    ///
    /// # Errors
    /// When it had to be killed, or ended with a failure.
    pub fn stop(mut self) -> Result<(), LaunchError> {
        let failed = |said: String| LaunchError::NoGateway { url: String::new(), said };
        let asked =
            Pid::from_raw(self.child.id().cast_signed()).is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok());
        let deadline = Instant::now() + STOP_DEADLINE;
        while asked && Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(failed(status.to_string())),
                Ok(None) => thread::sleep(Duration::from_millis(20)),
                Err(error) => return Err(failed(error.to_string())),
            }
        }
        Err(failed("it did not stop when asked".to_owned()))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Nothing is left behind, whatever went wrong; a child that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody uses at this moment.
fn free_address() -> io::Result<String> {
    TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.to_string())
}

/// The address in the configuration that [`Site::make`] wrote.
fn listen_address(configuration: &str) -> String {
    let line = configuration.lines().find_map(|line| line.strip_prefix("listen = "));
    line.unwrap_or_default().trim_matches('"').to_owned()
}

/// Copies a file, or a folder with everything in it.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy_all(from: &Path, to: &Path) -> Result<(), LaunchError> {
    let failed = |cause| LaunchError::File { path: from.to_owned(), cause };
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ()).map_err(failed);
    }
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        copy_all(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("thesis.txt");
        fs::write(&theirs, "years of work").unwrap();
        let made = Site::make(folder.path(), &Programs::within(folder.path()), None);
        assert!(matches!(made, Err(LaunchError::NotOurs { .. })));
        assert!(theirs.exists());
    }

    #[test]
    fn a_program_that_is_not_built_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Programs::within(folder.path()).run("tongbiao", &[]);
        assert!(matches!(missing, Err(LaunchError::Program { program, .. }) if program.ends_with("tongbiao")));
    }

    #[test]
    fn the_address_is_read_back_from_the_configuration() {
        let text = TEMPLATE.replace("{address}", "127.0.0.1:8443");
        assert_eq!(listen_address(&text), "127.0.0.1:8443");
    }
}
