//! Every step fails just where it should, with its own code, and a document that nothing is wrong with is VALID.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use certs::der::write as der;
use common::{AUTHORITY, ENCIPHERMENT, MAKER, SIGNER, World, at, facts, file, hours, with_outcome};
use seals::{
    Kind, Policy, Step,
    StepOutcome::{Fail, Hint, Indeterminate, NotApplicable, Pass},
    Verdict,
};

#[test]
fn a_document_that_nothing_is_wrong_with_is_valid_under_both_policies() {
    let made = World::default().make();
    for policy in [Policy::Reading, Policy::Recognition] {
        let report = made.judge(policy);
        assert_eq!(report.verdict(), Verdict::Valid, "{}", serde_json::to_string_pretty(&report).unwrap());
        let signature = &report.signatures()[0];
        assert_eq!((signature.index, signature.kind, signature.version), (1, Some(Kind::Ses), Some(4)));
        assert_eq!(with_outcome(&report, Pass).len(), 18);
        assert_eq!(with_outcome(&report, NotApplicable), [(Step::Timestamp, "")]);
        assert_eq!((report.uncovered().len(), signature.notes.len()), (0, 0));
    }
}

#[test]
fn a_signer_listed_by_digest_and_a_clock_that_differs_a_little_are_no_failures() {
    let listed = World { listed_by_digest: true, ..World::default() }.make();
    assert_eq!(listed.judge(Policy::Recognition).verdict(), Verdict::Valid);
    let twin = |fields: &mut Vec<Vec<u8>>, twin: &certs::certificate::Certificate| fields[1] = der::octets(twin.der());
    let other = World { listed_by_digest: true, change_fields: twin, ..World::default() }.make();
    assert_eq!(
        with_outcome(&other.judge(Policy::Recognition), Fail),
        [(Step::SignerInSeal, "seal.signer_not_in_seal")]
    );

    for (seconds, verdict) in [(300, Verdict::Valid), (301, Verdict::Invalid)] {
        let signed_at = hours(0) + jiff::SignedDuration::from_secs(seconds);
        let ahead = World { signed_at, ..World::default() }.make();
        assert_eq!(ahead.judge(Policy::Recognition).verdict(), verdict, "{seconds} seconds ahead");
    }
}

#[test]
fn only_a_valid_document_under_the_recognition_policy_gives_a_verified_seal() {
    let made = World::default().make();
    let report = made.judge(Policy::Recognition);
    let seal = report.verified().unwrap();
    assert_eq!(seal.organisation().map(ToString::to_string).as_deref(), Some(AUTHORITY));
    assert_eq!(seal.licence_facts(), Some(&facts()));
    assert_eq!((seal.index(), seal.signed_at(), seal.seal_id()), (1, hours(-24), "12000000000001"));
    assert!(made.judge(Policy::Reading).verified().is_none(), "reading");

    let open = World { with_anchor: false, ..World::default() }.make().judge(Policy::Recognition);
    assert_eq!((open.verdict(), open.verified_seals().len()), (Verdict::Indeterminate, 0));
    let broken = World { signature_forged: true, ..World::default() }.make().judge(Policy::Recognition);
    assert_eq!((broken.verdict(), broken.verified_seals().len()), (Verdict::Invalid, 0));
}

/// Makes one thing wrong.
type Wrong = fn(&mut World);

/// A world with one thing wrong, and the one step that must fail with its code.
type Case = (Wrong, Step, &'static str);

const FAILURES: [Case; 22] = [
    (
        |world| world.change_fields = |fields, _| *fields = vec![der::oid(&[1, 2, 156, 10197, 6, 1, 4, 2, 2])],
        Step::Format,
        "signed_data.malformed",
    ),
    (|world| world.change = |files| file(files, "SignedValue.dat").truncate(900), Step::Format, "format.der"),
    (|world| world.seal_forged = true, Step::SealSignature, "seal.maker_signature_wrong"),
    (|world| world.maker.forged = true, Step::MakerPath, "seal.maker_path_broken"),
    (
        |world| {
            world.maker.not_before = hours(-12);
            world.seal_created_at = hours(-11);
        },
        Step::MakerPeriod,
        "seal.maker_not_yet_valid",
    ),
    (|world| world.revoked = vec![(MAKER, hours(-48))], Step::MakerRevocation, "seal.maker_revoked"),
    (|world| world.maker.usage = Some(ENCIPHERMENT), Step::MakerUsage, "seal.maker_usage_forbidden"),
    (
        |world| {
            world.seal_version = 5;
            world.seal_created_at = at("2023-06-01T00:00:00Z");
        },
        Step::SealCreated,
        "seal.created_outside_maker_period",
    ),
    (|world| world.seal_valid_until = hours(-25), Step::SealPeriod, "seal.outside_period"),
    (|world| world.signature_forged = true, Step::SignatureValue, "seal.signature_wrong"),
    (
        |world| world.change_fields = |fields, twin| fields[1] = der::octets(twin.der()),
        Step::SignerInSeal,
        "seal.signer_not_in_seal",
    ),
    (|world| world.signer.forged = true, Step::SignerPath, "seal.signer_path_broken"),
    (|world| world.signer.usage = Some(ENCIPHERMENT), Step::SignerUsage, "seal.signer_usage_forbidden"),
    (|world| world.signer.not_after = hours(-25), Step::SignerPeriod, "seal.signed_outside_signer_period"),
    (|world| world.signer.not_before = hours(-23), Step::SignerPeriod, "seal.signed_outside_signer_period"),
    (|world| world.signed_at = hours(1), Step::SignerPeriod, "seal.signed_in_future"),
    (|world| world.revoked = vec![(SIGNER, hours(-24))], Step::SignerRevocation, "seal.signer_revoked"),
    (
        |world| world.change = |files| file(files, "Signature.xml").push(b'\n'),
        Step::DocumentDigest,
        "seal.document_changed",
    ),
    (|world| world.change = |files| file(files, "Content.xml").push(b'\n'), Step::References, "reference.changed"),
    (
        |world| world.change = |files| files.retain(|(name, _)| !name.ends_with("PublicRes.xml")),
        Step::References,
        "reference.missing",
    ),
    (|world| world.change = |files| file(files, "Seal.esl").push(0), Step::SealFile, "seal.file_differs"),
    (
        |world| world.change = |files| files.push((String::from("Doc_0/Annots/Annotation.xml"), b"<a/>".to_vec())),
        Step::Coverage,
        "coverage.annotation",
    ),
];

#[test]
fn each_step_fails_alone_and_with_its_own_code() {
    for (number, (wrong, step, code)) in FAILURES.into_iter().enumerate() {
        let mut world = World::default();
        wrong(&mut world);
        let report = world.make().judge(Policy::Recognition);
        assert_eq!(with_outcome(&report, Fail), [(step, code)], "case {number}");
        assert_eq!((report.verdict(), report.verified().is_none()), (Verdict::Invalid, true), "{code}");
        assert_eq!(report.reasons()[0], code);
    }
}

#[test]
fn what_cannot_be_judged_is_indeterminate_and_never_valid() {
    let cases: [(Wrong, &[(Step, &str)]); 4] = [
        (
            |world| world.with_anchor = false,
            &[
                (Step::MakerPath, "seal.maker_unknown_issuer"),
                (Step::MakerRevocation, "seal.maker_revocation_without_path"),
                (Step::SignerPath, "seal.signer_unknown_issuer"),
                (Step::SignerRevocation, "seal.signer_revocation_without_path"),
            ],
        ),
        (
            |world| world.with_revocation_list = false,
            &[
                (Step::MakerRevocation, "seal.maker_revocation_unknown"),
                (Step::SignerRevocation, "seal.signer_revocation_unknown"),
            ],
        ),
        // Revoked after the claimed signing time: whoever stole the key could claim it too.
        (|world| world.revoked = vec![(SIGNER, hours(-23))], &[(Step::SignerRevocation, "seal.no_proof_of_existence")]),
        (|world| world.revoked = vec![(MAKER, hours(-23))], &[(Step::MakerRevocation, "seal.no_proof_of_existence")]),
    ];
    for (wrong, expected) in cases {
        let mut world = World::default();
        wrong(&mut world);
        let report = world.make().judge(Policy::Recognition);
        assert_eq!(report.verdict(), Verdict::Indeterminate, "{expected:?}");
        let mut found = with_outcome(&report, Indeterminate);
        found.retain(|(_, code)| *code != "format.not_read");
        assert_eq!(found, expected);
    }
}

#[test]
fn hints_never_count() {
    let cases: [(Wrong, Policy, Step, &str); 5] = [
        (|world| world.maker.usage = None, Policy::Recognition, Step::MakerUsage, "seal.maker_usage_unstated"),
        (|world| world.signer.usage = None, Policy::Recognition, Step::SignerUsage, "seal.signer_usage_unstated"),
        (
            |world| world.seal_created_at = at("2023-06-01T00:00:00Z"),
            Policy::Recognition,
            Step::SealCreated,
            "seal.created_outside_maker_period_unasked",
        ),
        (
            |world| world.change = |files| files.push((String::from("a.xml"), Vec::new())),
            Policy::Reading,
            Step::Coverage,
            "coverage.gap",
        ),
        (
            |world| world.change = |files| file(files, "Signatures.xml").push(b'\n'),
            Policy::Recognition,
            Step::Coverage,
            "",
        ),
    ];
    for (wrong, policy, step, code) in cases {
        let mut world = World::default();
        wrong(&mut world);
        let report = world.make().judge(policy);
        assert_eq!(report.verdict(), Verdict::Valid, "{step:?} {code}");
        let hints = if code.is_empty() { vec![] } else { vec![(step, code)] };
        assert_eq!(with_outcome(&report, Hint), hints);
    }
}

#[test]
fn an_expired_maker_is_a_hint_and_a_revoked_one_is_weighed_by_policy() {
    let expired = World { maker: common::Plan { not_after: hours(-25), ..World::default().maker }, ..World::default() };
    let report = expired.make().judge(Policy::Recognition);
    assert_eq!(with_outcome(&report, Hint), [(Step::MakerPeriod, "seal.maker_expired")]);
    assert_eq!(with_outcome(&report, Fail), []);

    let revoked = World { revoked: vec![(MAKER, hours(-48))], ..World::default() }.make();
    let reading = revoked.judge(Policy::Reading);
    assert_eq!(with_outcome(&reading, Indeterminate), [(Step::MakerRevocation, "seal.no_proof_of_existence")]);
    assert_eq!(revoked.judge(Policy::Recognition).verdict(), Verdict::Invalid);
    // A bare seal claims no signing time that could be earlier.
    let bare = common::judge(&revoked.seal, &revoked.trust, Policy::Reading);
    assert_eq!(with_outcome(&bare, Fail), [(Step::MakerRevocation, "seal.maker_revoked_now")]);
}

#[test]
fn a_bare_seal_has_no_signature_to_judge() {
    let made = World::default().make();
    let report = common::judge(&made.seal, &made.trust, Policy::Recognition);
    assert_eq!((report.verdict(), report.signatures()[0].kind), (Verdict::Valid, Some(Kind::Seal)));
    assert_eq!(with_outcome(&report, NotApplicable).len(), 11);
    assert!(report.verified().is_none(), "a seal proves nothing about any document");
}
