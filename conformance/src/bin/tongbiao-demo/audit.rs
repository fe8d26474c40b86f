//! The part of the demo without the gateway: seals, receipts and the whole log, by the auditors' own program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use conformance::launch::{LaunchError, Programs, Site, copy_all};
use seals::Verdict;

use crate::exchange::Kept;
use crate::stage::{Stage, Wrong, note};

/// The auditors' program.
const AUDIT: &str = "tongbiao-audit";

/// Its exit statuses.
const VALID: i32 = 0;
const INVALID: i32 = 1;
const INDETERMINATE: i32 = 2;

/// Audits everything that the exchange left behind.
pub(crate) fn play(stage: &mut Stage, site: &Site, programs: &Programs, documents: &[Kept]) -> Result<(), Wrong> {
    let audit = Auditor { site, programs };
    audit.seals(stage, documents)?;
    audit.receipts(stage, documents)?;
    audit.log(stage)?;
    audit.layout(stage)
}

struct Auditor<'a> {
    site: &'a Site,
    programs: &'a Programs,
}

impl Auditor<'_> {
    fn seals(&self, stage: &mut Stage, documents: &[Kept]) -> Result<(), Wrong> {
        stage.step("审计：离线验章", "Audit: the seals, offline");
        let (trust, key) = (self.path("trust"), self.path("trust-key.pub.pem"));
        for Kept { name, verdict } in documents {
            let document = self.path(&format!("documents/{name}.ofd"));
            let arguments = ["seal", &document, "--trust", &trust, "--trust-key", &key, "--policy", "recognition"];
            let (expected, told) = match verdict {
                Verdict::Valid => (VALID, "有效 VALID"),
                Verdict::Invalid => (INVALID, "无效 INVALID"),
                Verdict::Indeterminate => (INDETERMINATE, "不能断定 INDETERMINATE"),
            };
            self.exits(stage, &format!("{told}: documents/{name}.ofd"), &arguments, expected)?;
        }
        note(
            "foreign-seal.ofd 的印章是真的；它不是发证机关的，所以网关不予互认 the foreign seal is genuine; recognition was refused because it is another authority's",
        );
        let document = self.path("documents/tianjin-good.ofd");
        let told = "没有信任列表则不能断定 without a trust list INDETERMINATE: documents/tianjin-good.ofd";
        self.exits(stage, told, &["seal", &document], INDETERMINATE)
    }

    fn receipts(&self, stage: &mut Stage, documents: &[Kept]) -> Result<(), Wrong> {
        stage.step("审计：离线核回执", "Audit: the receipts, offline");
        let key = self.path("ledger.vkey");
        for Kept { name, .. } in documents {
            let receipt = self.path(&format!("receipts/{name}.json"));
            self.exits(
                stage,
                &format!("有效 VALID: receipts/{name}.json"),
                &["receipt", &receipt, "--vkey", &key],
                VALID,
            )?;
        }
        Ok(())
    }

    fn log(&self, stage: &mut Stage) -> Result<(), Wrong> {
        stage.step("审计：重算整本账本", "Audit: the whole log is derived again");
        let (log, key) = (self.path("ledger"), self.path("ledger.vkey"));
        self.exits(stage, "有效 VALID: ledger/", &["log", &log, "--vkey", &key], VALID)?;
        let sm2 = self.path("ledger.sm2.vkey");
        let told = "只凭 SM2 公钥，连同国密副账 by the SM2 key alone, with the companion under SM3: VALID";
        self.exits(stage, told, &["log", &log, "--vkey", &sm2], VALID)?;
        // A copy with one byte of one entry changed: whoever forges an entry is found.
        let copy = self.site.file("state/forged-ledger");
        let bundle = forge(&self.site.file("ledger"), &copy)?;
        let forged = copy.to_string_lossy().into_owned();
        let told = format!("改动一个字节即无效 one byte changed in {bundle}: INVALID");
        self.exits(stage, &told, &["log", &forged, "--vkey", &key], INVALID)?;
        fs::remove_dir_all(&copy).map_err(|cause| file(&copy, cause))
    }

    fn layout(&self, stage: &mut Stage) -> Result<(), Wrong> {
        stage.step("公开的与私有的分开存放", "What is public and what is private lie apart");
        let private = self.site.file("state");
        let mode = fs::metadata(&private).map_err(|cause| file(&private, cause))?.permissions().mode() & 0o777;
        stage
            .check("state/ 只有所有者可进 is its owner's alone (0700)", mode == 0o700, || format!("{mode:o}"))?;
        let mut names = names(&self.site.file("ledger"))?;
        names.retain(|name| !["checkpoint", "tile", "sm3"].contains(&name.as_str()));
        stage.check(
            "ledger/ 只有检查点、分片和国密副账 holds checkpoint, tiles and companion alone",
            names.is_empty(),
            || names.join(" "),
        )
    }

    /// Runs the auditors' program, which must end with this exit status.
    fn exits(&self, stage: &mut Stage, told: &str, arguments: &[&str], status: i32) -> Result<(), Wrong> {
        let output = self.programs.run(AUDIT, arguments)?;
        let said = [output.stdout, output.stderr].concat();
        let seen =
            || format!("{AUDIT} {} → {}\n{}", arguments.join(" "), output.status, String::from_utf8_lossy(&said));
        stage.check(told, output.status.code() == Some(status), seen)
    }

    fn path(&self, name: &str) -> String {
        self.site.file(name).to_string_lossy().into_owned()
    }
}

/// Copies a log, and turns one bit in the middle of its first bundle of entries. Gives that bundle's path in the log.
fn forge(log: &Path, copy: &Path) -> Result<String, Wrong> {
    copy_all(log, copy)?;
    let bundle = first_file(&copy.join("tile/entries"))?;
    let mut bytes = fs::read(&bundle).map_err(|cause| file(&bundle, cause))?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    fs::write(&bundle, bytes).map_err(|cause| file(&bundle, cause))?;
    Ok(bundle.strip_prefix(copy).unwrap_or(&bundle).display().to_string())
}

fn first_file(folder: &Path) -> Result<PathBuf, Wrong> {
    let first = names(folder)?.into_iter().next();
    let path = folder.join(first.ok_or_else(|| file(folder, std::io::ErrorKind::NotFound.into()))?);
    if path.is_dir() { first_file(&path) } else { Ok(path) }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, Wrong> {
    let entries = fs::read_dir(folder).map_err(|cause| file(folder, cause))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<Result<Vec<_>, _>>().map_err(|cause| file(folder, cause))?;
    names.sort();
    Ok(names)
}

fn file(path: &Path, cause: std::io::Error) -> Wrong {
    Wrong::Launch(LaunchError::File { path: path.to_owned(), cause })
}
