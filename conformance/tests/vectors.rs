//! The hostile corpus: scenes, files and verifier agree, and so does an independent implementation.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::vectors::{
    self,
    manifest::{self, Manifest},
};
use seals::{Kind, SignatureReport, Step, StepOutcome};

/// Limits of the committed corpus.
const FILE_BYTES_MAX: u64 = 10 * 1024;
const CORPUS_BYTES_MAX: u64 = 1024 * 1024;

const ORACLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/tools/seal_oracle.py");

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Fails with every difference of every vector, so that one run tells all.
fn assert_holds(corpus: &Path) {
    let manifest = Manifest::load(corpus).unwrap();
    let mut wrong = Vec::new();
    for vector in &manifest.vectors {
        let differences = vector.differences(&vector.judge(corpus).unwrap());
        if !differences.is_empty() {
            wrong.push(format!("{}\n    {}", vector.name, differences.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_corpus_made_anew_holds() {
    let folder = tempfile::tempdir().unwrap();
    let made = vectors::write(folder.path()).unwrap();
    assert_eq!(made.len(), vectors::manifest().vectors.len());
    assert_holds(folder.path());
    assert_eq!(vectors::write(folder.path()).unwrap(), [""; 0], "what is there is kept");
}

#[test]
fn the_committed_corpus_holds() {
    assert_holds(&committed());
}

#[test]
fn the_committed_manifest_is_that_of_the_scenes_and_every_folder_is_in_it() {
    let manifest = Manifest::load(&committed()).unwrap();
    assert_eq!(manifest, vectors::manifest(), "run `make vectors`");
    let named: BTreeSet<&str> = manifest.vectors.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(named.len(), manifest.vectors.len(), "a name stands twice");
    for entry in fs::read_dir(committed()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(path.is_file() || named.contains(name), "{name} is in no scene");
    }
}

#[test]
fn the_committed_corpus_is_small() {
    let mut total = 0;
    let mut folders = vec![committed()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::metadata(&path).unwrap().len();
            assert!(path.ends_with(manifest::FILE) || bytes <= FILE_BYTES_MAX, "{}: {bytes} bytes", path.display());
            total += bytes;
        }
    }
    assert!(total <= CORPUS_BYTES_MAX, "{total} bytes");
}

#[test]
fn every_step_fails_alone_in_some_vector() {
    let manifest = vectors::manifest();
    let alone: BTreeSet<&str> = manifest
        .vectors
        .iter()
        .filter_map(|vector| {
            let mut fails = vector.finds.iter().filter(|line| line.contains(" fail "));
            let only = fails.next().filter(|_| fails.next().is_none())?;
            only.split(' ').nth(2)
        })
        .collect();
    let good = manifest.vectors.iter().find(|vector| vector.name == "good").unwrap();
    let report = good.judge(&committed()).unwrap();
    for step in &report.signatures()[0].steps {
        let name = serde_json::to_value(step.step).unwrap();
        assert!(alone.contains(name.as_str().unwrap()), "no vector fails at {name} alone");
    }
}

/// The steps that are compared, and whether each passes.
type Arithmetic = [(Step, bool); 5];

/// What the oracle prints of the seal signatures of each package; `None` where it cannot run.
fn oracle(documents: &[PathBuf]) -> Option<Vec<Vec<Arithmetic>>> {
    let output = Command::new("python3").arg(ORACLE).args(documents).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || text.contains("unsupported hash type") {
        return None;
    }
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
    let signatures = |text: &str| text.split("  -- Signature ID=").skip(1).map(read).collect();
    Some(text.split("===== ").skip(1).map(signatures).collect())
}

/// Vectors about which the two differ, and why ours is right.
const DIFFERENT: [(&str, &str); 10] = [
    ("confusion-ecdsa-signature", "it does not look at the algorithm beside a signature"),
    ("confusion-ecdsa-seal", "the same"),
    ("confusion-unknown-algorithm", "the same"),
    ("user-id-empty-signature", "it tries the empty identity as well, to say so; GB/T 35276 has one identity"),
    ("user-id-empty-seal", "the same"),
    ("list-type-1-with-digests", "it goes by the shape of the list; GB/T 38540-2020 goes by certListType alone"),
    ("bits-stripped", "it does not put stripped bits back"),
    ("bits-stripped-tolerant", "the same"),
    ("reference-none", "no digest is wrong where there is none, and nothing is protected either"),
    ("reference-not-base64", "Python's base64 passes over characters that are none"),
];

fn ours(signature: &SignatureReport) -> Arithmetic {
    let steps = [Step::SealSignature, Step::SignatureValue, Step::SignerInSeal, Step::DocumentDigest, Step::References];
    steps.map(|step| (step, signature.step(step).unwrap().outcome == StepOutcome::Pass))
}

#[test]
fn the_arithmetic_of_an_independent_implementation_agrees() {
    if !Path::new(ORACLE).exists() {
        eprintln!("skipped: {ORACLE} is absent");
        return;
    }
    let corpus = committed();
    let (mut names, mut documents, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for vector in Manifest::load(&corpus).unwrap().vectors {
        let report = vector.judge(&corpus).unwrap();
        // What we refuse to read there is nothing to compare of.
        let all_read = report.signatures().iter().all(|it| it.kind == Some(Kind::Ses) && it.seal.is_some());
        let path = corpus.join(&vector.name).join(&vector.file);
        if all_read && path.extension().is_some_and(|extension| extension == "ofd") {
            expected.push(report.signatures().iter().map(ours).collect::<Vec<_>>());
            documents.push(path);
            names.push(vector.name);
        }
    }
    let Some(theirs) = oracle(&documents) else {
        eprintln!("skipped: python3 with SM3 is absent");
        return;
    };
    assert_eq!(theirs.len(), expected.len());
    let mut wrong = Vec::new();
    for (name, (ours, theirs)) in names.iter().zip(expected.iter().zip(&theirs)) {
        let may_differ = DIFFERENT.iter().any(|(different, _)| different == name);
        if (ours == theirs) == may_differ {
            wrong.push(format!("{name}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    println!("{} documents agree", names.len());
}
