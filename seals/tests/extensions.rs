//! Extensions of seals and seal signatures: one that is critical and not known leaves the verdict open, wherever it stands.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod common;

use certs::{certificate::Certificate, der::write as der};
use common::{World, elements};
use seals::{
    Policy, Step,
    StepOutcome::{Indeterminate, Pass},
    Verdict,
};

/// Puts extensions into the fields of a seal signature.
type Put = fn(&mut Vec<Vec<u8>>, &Certificate);

fn extension(critical: Option<bool>) -> Vec<u8> {
    let flag = critical.map(der::boolean);
    der::sequence(
        &[Some(der::oid(&[1, 2, 3, 4])), flag, Some(der::octets(b"x"))].into_iter().flatten().collect::<Vec<_>>(),
    )
}

fn list(extensions: &[Option<bool>]) -> Vec<u8> {
    der::sequence(&extensions.iter().map(|critical| extension(*critical)).collect::<Vec<_>>())
}

/// Adds to `TBS_Sign`.
fn in_signature(fields: &mut [Vec<u8>], tagged: Vec<u8>) {
    let mut tbs = elements(&fields[0]);
    tbs.push(tagged);
    fields[0] = der::sequence(&tbs);
}

/// Adds to `SES_SealInfo`.
fn in_seal(fields: &mut [Vec<u8>], list: Vec<u8>) {
    let mut tbs = elements(&fields[0]);
    let mut seal = elements(&tbs[1]);
    let mut info = elements(&seal[0]);
    info.push(list);
    seal[0] = der::sequence(&info);
    tbs[1] = der::sequence(&seal);
    fields[0] = der::sequence(&tbs);
}

#[test]
fn a_critical_extension_is_found_wherever_it_stands_and_no_other_is() {
    // Who put it there, or nobody where nothing is critical.
    let cases: [(Put, &[&str]); 7] = [
        (|fields, _| in_seal(fields, list(&[Some(true)])), &["maker"]),
        (|fields, _| in_seal(fields, list(&[None, Some(false)])), &[]),
        (|fields, _| in_signature(fields, der::explicit(0, &list(&[None, Some(true), Some(true)]))), &["signer"]),
        // The tag takes the place of SEQUENCE.
        (|fields, _| in_signature(fields, der::explicit(0, &extension(Some(true)))), &["signer"]),
        (|fields, _| in_signature(fields, der::explicit(0, &list(&[]))), &[]),
        (|fields, _| in_signature(fields, der::explicit(0, &list(&[None]))), &[]),
        (
            |fields, _| {
                in_seal(fields, list(&[Some(true)]));
                in_signature(fields, der::explicit(0, &list(&[Some(true)])));
            },
            &["maker", "signer"],
        ),
    ];
    for (number, (change_fields, roles)) in cases.into_iter().enumerate() {
        // The change breaks the signatures, which is for other steps to find.
        let made = World { change_fields, ..World::default() }.make();
        for policy in [Policy::Reading, Policy::Recognition] {
            let report = made.judge(policy);
            let step = report.signatures()[0].step(Step::Format).unwrap();
            let expected =
                if roles.is_empty() { (Pass, None) } else { (Indeterminate, Some("format.critical_extension")) };
            assert_eq!((step.outcome, step.code), expected, "case {number}");
            let found = serde_json::to_value(&step.findings).unwrap();
            let found: Vec<_> = found.as_array().unwrap().iter().map(|it| it["data"].clone()).collect();
            let data = |role: &&str| serde_json::json!({ "role": role, "extension": "1.2.3.4" });
            assert_eq!(found, roles.iter().map(data).collect::<Vec<_>>(), "case {number}");
            assert_ne!(report.verdict(), Verdict::Valid);
        }
    }
}

#[test]
fn an_object_identifier_of_megabytes_is_none() {
    let arcs = |bytes: usize| der::sequence(&[der::value(0x06, &vec![1; bytes]), der::boolean(true), der::octets(b"")]);
    for (bytes, code) in [(64, "format.critical_extension"), (65, "format.der")] {
        let list = der::sequence(&[arcs(bytes)]);
        let report = seals::verify(
            &signature_with(&list),
            &seals::Context::new(
                &certs::trust::Trust::none(),
                Policy::Reading,
                common::at(common::NOW),
                &seals::Limits::DEFAULT,
            ),
        );
        assert_eq!(report.signatures()[0].step(Step::Format).unwrap().code, Some(code), "{bytes}");
    }
}

/// A bare seal signature with these extensions.
fn signature_with(list: &[u8]) -> Vec<u8> {
    let made = World::default().make();
    let mut fields = elements(common::file(&mut common::files(&made.document), "SignedValue.dat"));
    in_signature(&mut fields, der::explicit(0, list));
    der::sequence(&fields)
}
