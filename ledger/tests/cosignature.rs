//! Cosignatures against oracles that are not ours: those of public witnesses hold here, and ours hold for OpenSSL.
#![cfg(feature = "witness")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use certs::signing::Ed25519Signer;
use jiff::Timestamp;
use ledger::checkpoint::Checkpoint;
use ledger::merkle::leaf_hash;
use ledger::note::{SignedNote, VerifierKey};
use ledger::policy::Policy;
use ledger::witness::{AddCheckpoint, Cosigner, Witness};

/// A checkpoint of a public certificate log for tests, as its witnesses signed it in May 2026. The first of its lines is of a
/// type that is not ours to judge, the second the log's own.
const PUBLIC_NOTE: &str = "\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";
/// As their operators publish them.
const PUBLIC_POLICY: &str = "\
log arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f
witness garden transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM
witness smartit witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO
witness remora remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
witness stagemole witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv
group four all garden smartit remora stagemole
quorum four
";

#[test]
fn what_four_public_witnesses_signed_holds_here_to_the_last_bit() {
    let policy = Policy::from_text(PUBLIC_POLICY).unwrap();
    let cosigned = policy.judge(PUBLIC_NOTE.as_bytes()).unwrap();
    assert_eq!(cosigned.checkpoint.size, 1_432_088_532);
    let seen: Vec<(&str, i64)> =
        cosigned.witnesses.iter().map(|(name, time)| (name.as_str(), time.as_second())).collect();
    let time = i64::from(0x6a12_2120);
    assert_eq!(seen, [("garden", time), ("smartit", time), ("remora", time), ("stagemole", time)]);

    let keys: Vec<VerifierKey> = policy.witnesses().map(|(_, witness)| witness.key.clone()).collect();
    let signed_from = PUBLIC_NOTE.find("— transparency.dev").unwrap();
    for at in 0..PUBLIC_NOTE.len() {
        let mut bytes = PUBLIC_NOTE.as_bytes().to_vec();
        bytes[at] ^= 1;
        // The log's own lines are not among these keys.
        if at > PUBLIC_NOTE.find("\n\n").unwrap() && at < signed_from {
            continue;
        }
        let held = SignedNote::parse(&bytes).and_then(|note| note.verify(&keys).map(|it| it.cosigners().len()));
        assert!(held.is_err() || held == Ok(3), "byte {at}: {held:?}");
    }
}

fn tools_are_here() -> bool {
    let works = |program: &str, argument: &str| Command::new(program).arg(argument).output().is_ok();
    let are_here = works("python3", "--version") && works("openssl", "version");
    if !are_here {
        println!("skipped: there is no python3, or no openssl");
    }
    are_here
}

/// A checkpoint that a witness of ours signed, and the witness's key.
fn ours(folder: &Path) -> (String, String) {
    let signer = || Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
    let log = signer();
    let key = VerifierKey::ed25519("log.example/test", log.public_key()).unwrap();
    let text = Checkpoint { origin: "log.example/test".to_owned(), size: 1, root: leaf_hash(b"entry") }.to_text();
    let note = format!("{text}\n{}", key.signature_line(&log.sign(text.as_bytes())));
    let witness = Witness::open(Cosigner::new("见证.example/w1", signer()).unwrap(), [key], folder).unwrap();
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let line = witness.add(&AddCheckpoint { old_size: 0, proof: vec![], note: note.clone() }, now).unwrap();
    (note + &line, witness.key().to_line())
}

#[test]
fn what_a_witness_of_ours_signs_holds_for_openssl_and_a_changed_bit_does_not() {
    if !tools_are_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (note, vkey) = ours(&folder.path().join("state"));
    let path = folder.path().join("note");
    let referee = |note: &[u8]| -> Output {
        fs::write(&path, note).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/interop/cosignature.py");
        Command::new("python3").arg(script).arg(&path).arg(&vkey).env("PYTHONUTF8", "1").output().unwrap()
    };
    let accepted = referee(note.as_bytes());
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
    assert_eq!(String::from_utf8(accepted.stdout).unwrap(), "见证.example/w1 1790000000\n");
    let line = note.rfind("— ").unwrap() + "— 见证.example/w1 ".len();
    let root = note.find("\n1\n").unwrap() + 3;
    // The size, the root, and of the witness's line the key id, the time and the signature.
    for at in [root - 2, root, root + 40, line, line + 12, line + 15, line + 17, line + 60, line + 98] {
        let mut changed = note.clone().into_bytes();
        changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
        assert_eq!(referee(&changed).status.code(), Some(1), "{}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn the_referee_itself_accepts_what_public_witnesses_signed() {
    if Command::new("python3").arg("--version").output().is_err()
        || Command::new("openssl").arg("version").output().is_err()
    {
        println!("skipped: there is no python3, or no openssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("note");
    fs::write(&path, PUBLIC_NOTE).unwrap();
    let policy = Policy::from_text(PUBLIC_POLICY).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/interop/cosignature.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(&path).args(policy.witnesses().map(|(_, witness)| witness.key.to_line()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
