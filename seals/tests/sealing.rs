//! Sealing: what is refused, and packages of other products sealed by ours.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use std::path::Path;

use certs::{certificate::Certificate, signing::Sm2Signer};
use common::{Plan, World, at, facts, hours, issue};
use seals::{
    LicenseFacts, Limits, Policy, Step, StepOutcome,
    sealing::{self, Identity, SealPlan, Sealing, SealingError},
};

const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files");

/// A maker and a signer with their keys; nobody trusts them.
struct People {
    maker: (Certificate, Sm2Signer),
    signer: (Certificate, Sm2Signer),
}

fn people() -> People {
    let root = Sm2Signer::generate().unwrap();
    let person = |plan: &Plan| {
        let key = Sm2Signer::generate().unwrap();
        (issue(plan, &key, &root), key)
    };
    let World { maker, signer, .. } = World::default();
    People { maker: person(&maker), signer: person(&signer) }
}

fn identity((certificate, key): &(Certificate, Sm2Signer)) -> Identity<'_> {
    Identity { certificate, key }
}

impl People {
    fn seal(&self, id: &str) -> Result<Vec<u8>, SealingError> {
        let plan = SealPlan {
            id,
            name: "测试专用章(虚构)",
            signers: std::slice::from_ref(&self.signer.0),
            created_at: at("2025-01-01T00:00:00Z"),
            valid_from: at("2025-01-01T00:00:00Z"),
            valid_until: at("2029-01-01T00:00:00Z"),
            picture: b"picture",
            size_mm: 40,
        };
        sealing::make_seal(&plan, identity(&self.maker))
    }
}

fn code<T>(result: Result<T, SealingError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "")
}

#[test]
fn what_would_never_verify_is_not_sealed() {
    let people = people();
    let seal = people.seal("12000000000001").unwrap();
    let package = sealing::licence_package(&facts(), hours(0)).unwrap();
    let with = |seal: &[u8], signer| {
        let sealing = Sealing { seal, signer, signed_at: hours(-1) };
        code(sealing::seal_package(&package, &sealing, &Limits::DEFAULT))
    };
    assert_eq!(with(&seal, identity(&people.signer)), "");
    assert_eq!(with(&seal, identity(&people.maker)), "sealing.signer_not_listed");
    assert_eq!(with(&seal[..100], identity(&people.signer)), "format.der");
    let signature = common::files(&World::default().make().document);
    let (_, signature) = signature.iter().find(|(name, _)| name.ends_with("SignedValue.dat")).unwrap();
    assert_eq!(with(signature, identity(&people.signer)), "sealing.not_a_seal");
    assert_eq!(code(people.seal("印章")), "sealing.text");
    let control = LicenseFacts { number: String::from("1\u{1}"), ..facts() };
    assert_eq!(code(sealing::licence_package(&control, hours(0))), "sealing.text");
    let sealing = Sealing { seal: &seal, signer: identity(&people.signer), signed_at: hours(-1) };
    assert_eq!(code(sealing::seal_package(b"nothing", &sealing, &Limits::DEFAULT)), "container.unrecognised");
}

#[test]
fn the_same_licence_gives_the_same_unsealed_page() {
    let page = |number: &str| {
        let facts = LicenseFacts { number: number.to_owned(), ..facts() };
        sealing::licence_package(&facts, hours(0)).unwrap()
    };
    assert_eq!(page("1"), page("1"));
    assert_ne!(page("1"), page("2"));
}

#[test]
fn packages_of_other_products_can_be_sealed_too_unless_they_are_locked() {
    let people = people();
    let seal = people.seal("12000000000001").unwrap();
    let sealing = Sealing { seal: &seal, signer: identity(&people.signer), signed_at: hours(-1) };
    let files = Path::new(REAL).read_dir().into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut packages: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "ofd")).collect();
    packages.sort();
    if packages.is_empty() {
        eprintln!("skipped: {REAL} is absent");
    }
    for path in packages {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let document = std::fs::read(&path).unwrap();
        let sealed = sealing::seal_package(&document, &sealing, &Limits::DEFAULT);
        let mut signatures = common::files(&document).into_iter().filter(|(name, _)| name.ends_with("Signature.xml"));
        if signatures.any(|(_, xml)| String::from_utf8_lossy(&xml).contains("Signatures.xml\"")) {
            assert_eq!(code(sealed), "sealing.locked", "{name}");
            continue;
        }
        let trust = certs::trust::Trust::none();
        let sealed = sealed.unwrap_or_else(|error| panic!("{name}: {error}"));
        let report = common::judge(&sealed, &trust, Policy::Reading);
        let ours = report.signatures().last().unwrap();
        let steps = [
            Step::SealSignature,
            Step::SignatureValue,
            Step::SignerInSeal,
            Step::DocumentDigest,
            Step::References,
            Step::SealFile,
            Step::Coverage,
        ];
        for step in steps {
            let found = ours.step(step).unwrap();
            assert_eq!(found.outcome, StepOutcome::Pass, "{name} {step:?} {}", found.detail);
        }
        assert!(report.uncovered().is_empty(), "{name}");
    }
}
