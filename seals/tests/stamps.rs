//! Time stamps, proofs of existence, RSA, and algorithms that belong to no such key.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use certs::certificate::Certificate;
use certs::der::write as der;
use certs::key::PublicKey;
use common::{MAKER, Made, SIGNER, TSA, World, at, hours, with_outcome};
use jiff::Timestamp;
use seals::{
    Context, Limits, Policy, Step,
    StepOutcome::{Fail, Hint, Indeterminate, Pass},
    Verdict, VerificationReport,
};

fn stamped(at: Timestamp) -> World {
    World { stamped_at: Some(at), ..World::default() }
}

/// A version 5 seal, stamped when it was made.
fn seal_stamped(at: Timestamp) -> World {
    World { seal_version: 5, seal_stamped_at: Some(at), ..World::default() }
}

const MADE: &str = "2025-01-01T00:00:00Z";

/// Judged where something else proves since when the document exists.
fn proved(made: &Made, existed_at: Timestamp, policy: Policy) -> VerificationReport {
    let limits = Limits::DEFAULT;
    let context = Context::new(&made.trust, policy, at(common::NOW), &limits).existed_at(existed_at);
    seals::verify(&made.document, &context)
}

#[test]
fn a_stamp_that_holds_passes_and_says_who_made_it() {
    for world in
        [stamped(hours(-24)), stamped(hours(-1)), seal_stamped(at(MADE)), seal_stamped(at("2025-02-01T00:00:00Z"))]
    {
        let report = world.make().judge(Policy::Recognition);
        assert_eq!(report.verdict(), Verdict::Valid, "{}", serde_json::to_string_pretty(&report).unwrap());
        let step = report.signatures()[0].step(Step::Timestamp).unwrap();
        assert_eq!(step.outcome, Pass);
        assert!(step.detail.contains("Test Time Stamps"), "{}", step.detail);
    }
}

/// A world with something wrong about its stamp, and the finding.
type Case = (fn(&mut World), &'static str);

#[test]
fn a_stamp_that_is_wrong_fails_with_its_own_code() {
    let cases: [Case; 7] = [
        (|world| world.stamped_at = Some(hours(-25)), "timestamp.before_signing"),
        (|world| world.stamped_at = Some(hours(1)), "timestamp.from_future"),
        (
            |world| {
                world.stamped_at = Some(hours(-1));
                world.signer.not_after = hours(-2);
            },
            "timestamp.outside_signer_period",
        ),
        (
            |world| {
                (world.seal_version, world.seal_stamped_at) = (5, Some(at("2024-12-31T00:00:00Z")));
            },
            "timestamp.before_making",
        ),
        (
            |world| world.change_fields = |fields, _| fields.push(der::explicit(0, &der::bits(b"stamp"))),
            "timestamp.malformed",
        ),
        (
            |world| {
                world.stamped_at = Some(hours(-24));
                world.change_fields = |fields, twin| {
                    let other = common::token(
                        b"another signature",
                        hours(-24),
                        &certs::signing::Sm2Signer::generate().unwrap(),
                    );
                    assert!(!twin.der().is_empty());
                    fields[4] = der::explicit(0, &der::bits(&other));
                };
            },
            "timestamp.other_bytes",
        ),
        (
            |world| {
                world.stamped_at = Some(hours(-1));
                world.revoked = vec![(TSA, hours(-2))];
            },
            "timestamp.authority_revoked",
        ),
    ];
    for (change, code) in cases {
        let mut world = World::default();
        change(&mut world);
        let report = world.make().judge(Policy::Recognition);
        assert_eq!(with_outcome(&report, Fail), [(Step::Timestamp, code)]);
        assert_eq!(report.verdict(), Verdict::Invalid, "{code}");
    }
}

#[test]
fn a_stamp_of_an_unknown_authority_is_indeterminate() {
    let report = World { with_anchor: false, ..stamped(hours(-24)) }.make().judge(Policy::Recognition);
    let step = report.signatures()[0].step(Step::Timestamp).unwrap();
    assert_eq!((step.outcome, step.code), (Indeterminate, Some("timestamp.authority_unknown")));
    assert_eq!(with_outcome(&report, Fail), []);
}

#[test]
fn a_stamp_that_does_not_hold_proves_nothing() {
    let world = World { revoked: vec![(SIGNER, hours(-10)), (TSA, hours(-21))], ..stamped(hours(-20)) };
    let report = world.make().judge(Policy::Recognition);
    assert_eq!(with_outcome(&report, Indeterminate), [(Step::SignerRevocation, "seal.no_proof_of_existence")]);
    assert_eq!(with_outcome(&report, Fail), [(Step::Timestamp, "timestamp.authority_revoked")]);
}

#[test]
fn a_revocation_after_the_proof_does_no_harm_and_one_before_it_leaves_the_verdict_open() {
    for (revoked_at, verdict) in [(hours(-10), Verdict::Valid), (hours(-22), Verdict::Indeterminate)] {
        for serial in [MAKER, SIGNER] {
            let revoked = vec![(serial, revoked_at)];
            let by_stamp = World { revoked: revoked.clone(), ..stamped(hours(-20)) }.make();
            assert_eq!(by_stamp.judge(Policy::Recognition).verdict(), verdict, "stamp, {serial} at {revoked_at}");
            let by_ledger = World { revoked, ..World::default() }.make();
            assert_eq!(
                proved(&by_ledger, hours(-20), Policy::Recognition).verdict(),
                verdict,
                "{serial} at {revoked_at}"
            );
        }
    }
}

#[test]
fn no_proof_saves_a_signature_that_was_made_after_the_revocation() {
    let signer = World { revoked: vec![(SIGNER, hours(-30))], ..stamped(hours(-20)) }.make();
    let report = signer.judge(Policy::Reading);
    assert_eq!(with_outcome(&report, Fail), [(Step::SignerRevocation, "seal.signer_revoked")]);
    // A proof of a later time than that of judging is none.
    let later = World { revoked: vec![(SIGNER, hours(-10))], ..World::default() }.make();
    assert_eq!(proved(&later, hours(1), Policy::Reading).verdict(), Verdict::Indeterminate);
}

#[test]
fn a_proof_that_is_older_than_the_signing_time_hides_no_revocation_between_the_two() {
    for (serial, code) in [(SIGNER, "seal.signer_revoked"), (MAKER, "seal.maker_revoked")] {
        let step = if serial == SIGNER { Step::SignerRevocation } else { Step::MakerRevocation };
        // Signed 24 hours ago, it is said.
        let between = World { revoked: vec![(serial, hours(-27))], ..World::default() }.make();
        let report = proved(&between, hours(-30), Policy::Recognition);
        assert_eq!((with_outcome(&report, Fail), report.verified().is_none()), (vec![(step, code)], true));
        let after = World { revoked: vec![(serial, hours(-10))], ..World::default() }.make();
        assert_eq!(proved(&after, hours(-30), Policy::Recognition).verdict(), Verdict::Valid);
    }
}

#[test]
fn a_maker_who_was_revoked_before_the_signature_is_weighed_by_policy_and_saved_by_the_stamp_on_the_seal() {
    let revoked = vec![(MAKER, hours(-48))];
    let unstamped = World { seal_version: 5, revoked: revoked.clone(), ..World::default() }.make();
    let (reading, recognition) = (unstamped.judge(Policy::Reading), unstamped.judge(Policy::Recognition));
    assert_eq!(with_outcome(&reading, Indeterminate), [(Step::MakerRevocation, "seal.no_proof_of_existence")]);
    assert_eq!(with_outcome(&recognition, Fail), [(Step::MakerRevocation, "seal.maker_revoked")]);
    let stamped = World { revoked, ..seal_stamped(at(MADE)) }.make();
    assert_eq!(stamped.judge(Policy::Recognition).verdict(), Verdict::Valid);
}

#[test]
fn a_version_5_seal_that_its_maker_made_after_its_revocation_fails_for_every_reader() {
    let revoked = vec![(MAKER, at("2024-12-31T00:00:00Z"))];
    let report = World { seal_version: 5, revoked, ..World::default() }.make().judge(Policy::Reading);
    assert_eq!(with_outcome(&report, Fail), [(Step::MakerRevocation, "seal.created_after_revocation")]);
}

#[test]
fn the_stamp_of_a_seal_outside_its_makers_period_proves_nothing() {
    let mut world = seal_stamped(hours(-30));
    world.maker.not_after = hours(-40);
    let report = world.make().judge(Policy::Recognition);
    assert!(with_outcome(&report, Indeterminate).contains(&(Step::Timestamp, "timestamp.outside_maker_period")));
    assert_eq!(with_outcome(&report, Hint), [(Step::MakerPeriod, "seal.maker_expired")]);
}

#[test]
fn rsa_with_sha_256_seals_and_signs_alike() {
    for (maker_has_rsa, signer_has_rsa) in [(true, false), (false, true), (true, true)] {
        let world = World { maker_has_rsa, signer_has_rsa, ..World::default() };
        let report = world.make().judge(Policy::Recognition);
        assert_eq!(report.verdict(), Verdict::Valid, "{}", serde_json::to_string_pretty(&report).unwrap());
        let detail = |step| report.signatures()[0].step(step).unwrap().detail.clone();
        let name = |has_rsa| if has_rsa { "RSA with SHA-256" } else { "SM2 with SM3" };
        assert_eq!(detail(Step::SealSignature), name(maker_has_rsa));
        assert_eq!(detail(Step::SignatureValue), name(signer_has_rsa));
    }
    let changed: fn(&mut Vec<Vec<u8>>, &certs::certificate::Certificate) = |fields, _| {
        let last = fields[3].len() - 1;
        fields[3][last] ^= 1;
    };
    let broken = World { signer_has_rsa: true, change_fields: changed, ..World::default() };
    assert_eq!(
        with_outcome(&broken.make().judge(Policy::Recognition), Fail),
        [(Step::SignatureValue, "seal.signature_wrong")]
    );
}

#[test]
fn a_key_that_is_no_point_of_its_curve_fails() {
    let off_curve: fn(&mut Vec<Vec<u8>>, &Certificate) = |fields, twin| {
        let PublicKey::Sm2(key) = twin.public_key().unwrap() else { panic!("SM2") };
        let end = fields[1].windows(65).position(|bytes| bytes == key.to_sec1()).unwrap() + 64;
        fields[1][end] ^= 1;
    };
    let report = World { change_fields: off_curve, ..World::default() }.make().judge(Policy::Reading);
    let step = report.signatures()[0].step(Step::SignatureValue).unwrap();
    assert_eq!((step.outcome, step.code), (Fail, Some("seal.key_malformed")));
}

#[test]
fn an_algorithm_of_another_kind_than_the_key_fails_and_one_that_nobody_knows_is_indeterminate() {
    let of = |declared: &'static [u64], signer_has_rsa| {
        let report =
            World { declared: Some(declared), signer_has_rsa, ..World::default() }.make().judge(Policy::Recognition);
        let step = report.signatures()[0].step(Step::SignatureValue).unwrap();
        (step.outcome, step.code)
    };
    let mismatch = (Fail, Some("seal.signer_algorithm_mismatch"));
    assert_eq!(of(&common::ECDSA_WITH_SHA256, false), mismatch);
    assert_eq!(of(&common::RSA_WITH_SHA256, false), mismatch);
    assert_eq!(of(&common::ECDSA_WITH_SHA256, true), mismatch);
    let unsupported = (Indeterminate, Some("seal.algorithm_unsupported"));
    // Ed25519, and SHA-1 with RSA: the one is nobody's here, the other goes with the key.
    assert_eq!(of(&[1, 3, 101, 112], false), unsupported);
    assert_eq!(of(&[1, 2, 840, 113_549, 1, 1, 5], true), unsupported);
}
