//! Our arithmetic agrees with an independent implementation, where Python and that implementation are at hand.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use certs::trust::Trust;
use common::{Files, World, file};
use seals::{Kind, Policy, SignatureReport, Step, StepOutcome};

const ORACLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/tools/seal_oracle.py");
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files");

/// The steps that are compared, and whether each passes.
type Arithmetic = [(Step, bool); 5];

/// What the oracle prints of the seal signatures of one package; `None` where it cannot run.
fn oracle(document: &Path) -> Option<Vec<Arithmetic>> {
    let output = Command::new("python3").arg(ORACLE).arg(document).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || text.contains("unsupported hash type") {
        return None;
    }
    // Each signature begins with its own line.
    let signatures = text.split("  -- Signature ID=").skip(1).filter(|part| part.contains("SES_Signature fields"));
    let line = |part: &str, start: &str| {
        let lines = part.lines().filter(|line| line.trim_start().starts_with(start));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let read = |part: &str| {
        [
            (Step::SealSignature, line(part, "seal sigalg=").contains("'OK[")),
            (Step::SignatureValue, line(part, "signature =>").contains("=> OK[")),
            (Step::SignerInSeal, line(part, "signer cert in seal list:").contains("True")),
            (Step::DocumentDigest, line(part, "dataHash vs").contains("=> SM3")),
            (Step::References, line(part, "refs bad=").contains("bad=[] missing=[]")),
        ]
    };
    Some(signatures.map(read).collect())
}

fn ours(signature: &SignatureReport) -> Arithmetic {
    let steps = [Step::SealSignature, Step::SignatureValue, Step::SignerInSeal, Step::DocumentDigest, Step::References];
    steps.map(|step| (step, signature.step(step).unwrap().outcome == StepOutcome::Pass))
}

fn compare(path: &Path) -> usize {
    let document = std::fs::read(path).unwrap();
    let (trust, limits) = (Trust::none(), seals::Limits::DEFAULT);
    let at = common::at(common::NOW);
    let context = seals::Context::new(&trust, Policy::Reading, at, &limits);
    let report = seals::verify(&document, &context);
    let signatures: Vec<_> = report.signatures().iter().filter(|it| it.kind == Some(Kind::Ses)).map(ours).collect();
    let Some(expected) = oracle(path) else {
        eprintln!("skipped: python3 with SM3 is absent");
        return 0;
    };
    assert_eq!(signatures, expected, "{}", path.display());
    signatures.len()
}

#[test]
fn our_arithmetic_agrees_with_an_independent_implementation() {
    if !Path::new(ORACLE).exists() {
        eprintln!("skipped: {ORACLE} is absent");
        return;
    }
    let changes: [fn(&mut Files); 4] = [
        |_| {},
        |files| file(files, "Content.xml").push(b' '),
        |files| file(files, "Signature.xml").push(b' '),
        |files| files.retain(|(name, _)| !name.ends_with("PublicRes.xml")),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, change) in changes.into_iter().enumerate() {
        let forged = [World { change, ..World::default() }, World { change, seal_forged: true, ..World::default() }];
        let twin = World {
            change_fields: |fields, twin| fields[1] = certs::der::write::octets(twin.der()),
            ..World::default()
        };
        let broken = World { change, signature_forged: true, ..World::default() };
        for (kind, world) in forged.into_iter().chain([broken, twin]).enumerate() {
            let path = folder.path().join(format!("{number}-{kind}.ofd"));
            std::fs::write(&path, world.make().document).unwrap();
            paths.push(path);
        }
    }
    let real = Path::new(REAL).read_dir().into_iter().flatten().map(|entry| entry.unwrap().path());
    paths.extend(real.filter(|path| path.extension().is_some_and(|it| it == "ofd")));
    let compared: usize = paths.iter().map(|path| compare(path)).sum();
    println!("{compared} seal signatures agree");
}
