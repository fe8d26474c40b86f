//! Sealing and verifying under the development hierarchy, as the binaries do it.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use std::path::Path;

use certs::{
    certificate::Certificate,
    hierarchy::{self, RegionOrganisations},
    key::PublicKey,
    signing::Sm2Signer,
    trust::Trust,
};
use common::{at, facts, hours, with_outcome};
use seals::{
    Context, Limits, Policy, Step,
    StepOutcome::{Fail, Indeterminate},
    Verdict, VerificationReport,
    sealing::{self, Identity, SealPlan, Sealing},
};

fn identity(folder: &Path, who: &str) -> (Certificate, Sm2Signer) {
    let file = |ending: &str| folder.join(format!("{who}.{ending}"));
    let certificate = Certificate::from_pem(&std::fs::read(file("pem")).unwrap()).unwrap();
    (certificate, Sm2Signer::from_pem_file(&file("key")).unwrap())
}

/// A licence sealed yesterday by one of the signers of a region.
fn sealed(folder: &Path, who: &str) -> Vec<u8> {
    let (maker, maker_key) = identity(folder, "maker");
    let (signer, signer_key) = identity(folder, who);
    let plan = SealPlan {
        id: "12000000000001",
        name: "测试专用章(虚构)",
        signers: std::slice::from_ref(&signer),
        created_at: hours(-100),
        valid_from: hours(-100),
        valid_until: hours(1000),
        picture: &sealing::round_seal().unwrap(),
        size_mm: 40,
    };
    let seal = sealing::make_seal(&plan, Identity { certificate: &maker, key: &maker_key }).unwrap();
    let signer = Identity { certificate: &signer, key: &signer_key };
    sealing::seal_document(&facts(), &Sealing { seal: &seal, signer, signed_at: hours(-24) }).unwrap()
}

fn judge(document: &[u8], trust: &Trust, now: &str) -> VerificationReport {
    let limits = Limits::DEFAULT;
    seals::verify(document, &Context::new(trust, Policy::Recognition, at(now), &limits).strict())
}

#[test]
fn each_signer_of_the_hierarchy_gets_the_verdict_that_it_is_made_for() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("pki");
    let now = at(common::NOW);
    hierarchy::init(&dir, now, &RegionOrganisations::embedded().unwrap()).unwrap();
    let key = std::fs::read(dir.join("trust-key.pub.pem")).unwrap();
    let PublicKey::Sm2(key) = PublicKey::from_pem(&key).unwrap() else { panic!("the trust list's key is SM2") };
    let trust = Trust::from_signed_dir(&dir.join("trust"), &key, now).unwrap();

    for region in ["110000", "120000", "130000"] {
        let folder = dir.join(region);
        let report = judge(&sealed(&folder, "signer"), &trust, common::NOW);
        assert_eq!(report.verdict(), Verdict::Valid, "{region}: {}", serde_json::to_string_pretty(&report).unwrap());
        let seal = report.verified().unwrap();
        let (own, row) = (seal.organisation().cloned(), seal.row().cloned().unwrap());
        assert_eq!((own.clone(), row.region.as_str()), (row.organisation, region));
        assert!(!row.items.is_empty(), "{region}");

        let other = judge(&sealed(&folder, "signer-other"), &trust, common::NOW);
        let seal = other.verified().unwrap();
        assert!(
            seal.organisation().is_some() && seal.organisation() != own.as_ref(),
            "genuine, and another authority's"
        );

        let revoked = judge(&sealed(&folder, "signer-revoked"), &trust, common::NOW);
        assert_eq!(with_outcome(&revoked, Fail), [(Step::SignerRevocation, "seal.signer_revoked")]);
    }

    let document = sealed(&dir.join("120000"), "signer");
    let stale = judge(&document, &trust, "2027-11-22T12:00:00Z");
    assert!(with_outcome(&stale, Indeterminate).contains(&(Step::SignerPath, "seal.trust_stale")));
    assert_ne!(stale.verdict(), Verdict::Valid);
}
