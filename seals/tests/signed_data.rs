//! `SignedData` in every form is judged by its own profile: what must hold holds, and what is about another document fails.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use common::{World, at, data::Form, file, hours, with_outcome};
use seals::{
    Kind, Policy, Step,
    StepOutcome::{Fail, Indeterminate, NotApplicable},
    Verdict,
};

fn world(form: Form) -> World {
    World { data: Some(form), ..World::default() }
}

#[test]
fn every_form_that_products_write_is_valid_and_needs_no_seal() {
    for form in [
        Form::Attributes,
        Form::AttributesOverDigest,
        Form::AttributesAndContent,
        Form::Content,
        Form::ContentDigest,
        Form::Detached,
        Form::DetachedDigest,
    ] {
        let report = world(form).make().judge(Policy::Recognition);
        assert_eq!(report.verdict(), Verdict::Valid, "{form:?}: {}", serde_json::to_string_pretty(&report).unwrap());
        let signature = &report.signatures()[0];
        assert_eq!((signature.kind, signature.signed_at), (Some(Kind::SignedData), Some(hours(-24))), "{form:?}");
        assert!(with_outcome(&report, NotApplicable).len() >= 10, "{form:?}");
        assert!(report.verified().is_none(), "without a seal, nobody's seal was verified");
    }
}

#[test]
fn what_is_about_another_document_fails_where_it_says_so() {
    let cases: [(Form, Step, &str); 5] = [
        (Form::AttributesAboutOther, Step::DocumentDigest, "seal.document_changed"),
        (Form::OtherContent, Step::DocumentDigest, "seal.document_changed"),
        (Form::DetachedOther, Step::SignatureValue, "seal.signature_wrong"),
        (Form::AttributesWithoutDigest, Step::Format, "format.attribute_missing"),
        (Form::Attributes, Step::DocumentDigest, "seal.document_changed"),
    ];
    for (form, step, code) in cases {
        let mut world = world(form);
        if form == Form::Attributes {
            // Sealed by attributes over what Signature.xml was before.
            world.data_over = |original| [original, b" "].concat();
        }
        let report = world.make().judge(Policy::Recognition);
        assert_eq!(with_outcome(&report, Fail), [(step, code)], "{form:?}");
        assert_eq!(report.verdict(), Verdict::Invalid, "{form:?}");
    }
}

#[test]
fn a_forged_signature_fails_in_every_form() {
    for form in [Form::Attributes, Form::AttributesAndContent, Form::Content, Form::ContentDigest, Form::Detached] {
        let report = World { signature_forged: true, ..world(form) }.make().judge(Policy::Recognition);
        assert_eq!(with_outcome(&report, Fail), [(Step::SignatureValue, "seal.signature_wrong")], "{form:?}");
    }
}

#[test]
fn without_the_attribute_signature_xml_says_when_and_the_period_is_judged_by_it() {
    let made = world(Form::AttributesWithoutTime).make();
    assert_eq!(made.judge(Policy::Recognition).signatures()[0].signed_at, Some(hours(-24)));
    let mut late = world(Form::AttributesWithoutTime);
    late.signer.not_after = hours(-25);
    assert_eq!(
        with_outcome(&late.make().judge(Policy::Recognition), Fail),
        [(Step::SignerPeriod, "seal.signed_outside_signer_period")]
    );
}

#[test]
fn what_cannot_be_attributed_to_one_signer_is_indeterminate() {
    for (form, code) in
        [(Form::TwoSigners, "format.signer_count"), (Form::WithoutCertificate, "seal.signer_certificate_absent")]
    {
        let report = world(form).make().judge(Policy::Recognition);
        assert_eq!(with_outcome(&report, Indeterminate)[0], (Step::Format, code));
        assert_eq!(report.verdict(), Verdict::Indeterminate, "{form:?}");
    }
}

#[test]
fn a_bare_signature_is_judged_as_far_as_the_document_is_not_needed() {
    let bare = |form| {
        let mut files = common::files(&world(form).make().document);
        let trust = certs::trust::Trust::none();
        common::judge(&file(&mut files, "SignedValue.dat").clone(), &trust, Policy::Reading)
    };
    let open = |report: &seals::VerificationReport, step| report.signatures()[0].step(step).unwrap().code;
    assert_eq!(open(&bare(Form::Attributes), Step::SignatureValue), None);
    assert_eq!(open(&bare(Form::Detached), Step::SignatureValue), Some("seal.document_absent"));
    assert_eq!(open(&bare(Form::Content), Step::DocumentDigest), Some("seal.document_absent"));
    // The content inside is not what the attributes are about: no document is needed to see that.
    let other = bare(Form::AttributesAboutOther);
    assert_eq!(with_outcome(&other, Fail), [(Step::DocumentDigest, "seal.document_changed")]);
}

#[test]
fn a_stamp_over_the_signature_proves_that_it_existed() {
    let revoked = vec![(common::SIGNER, hours(-10))];
    let stamped = World { stamped_at: Some(hours(-23)), revoked: revoked.clone(), ..world(Form::Attributes) }.make();
    assert_eq!(stamped.judge(Policy::Recognition).verdict(), Verdict::Valid);
    let unstamped = World { revoked, ..world(Form::Attributes) }.make();
    assert_eq!(
        with_outcome(&unstamped.judge(Policy::Recognition), Indeterminate),
        [(Step::SignerRevocation, "seal.no_proof_of_existence")]
    );
    assert!(at(common::NOW) > hours(-10));
}
