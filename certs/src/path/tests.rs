//! Paths over certificates that the hierarchy issues, and over altered ones that are properly signed again.

use std::slice;

use super::*;
use crate::SignatureError;
use crate::der::write as der;
use crate::hierarchy::issue::{Identity, Profile};
use crate::signing::key::Key;
use crate::workshop::{NOW, days, extensions, period, root, signed_again, sm2, subject};

/// What callers see of a result: the length of the path, or the code.
fn code(result: Result<VerifiedPath, PathError>) -> Result<usize, &'static str> {
    result.map(|path| path.certificates().len()).map_err(|error| error.code())
}

fn altered(certificate: &Certificate, issuer: &Identity, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Certificate {
    Certificate::from_der(signed_again(certificate.der(), issuer, change)).unwrap()
}

#[test]
fn sm2_certificates_are_accepted_with_absent_and_with_null_parameters() {
    let root = root("根");
    let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let null = der::sequence(&[der::oid(&[1, 2, 156, 10197, 1, 501]), der::null()]);
    let with_null = altered(&leaf, &root, |body| body[2] = null);
    let anchors = [root.certificate.clone()];
    assert_eq!(code(verify_path(&leaf, &[], &anchors, NOW)), Ok(2));
    assert_eq!(code(verify_path(&with_null, &[], &anchors, NOW)), Ok(2));

    let other = der::sequence(&[der::oid(&[1, 2, 156, 10197, 1, 504])]);
    let unsupported = altered(&leaf, &root, |body| body[2] = other);
    assert_eq!(code(verify_path(&unsupported, &[], &anchors, NOW)), Err("path.algorithm"));
}

#[test]
fn a_path_through_an_intermediate_is_found_and_given_back_in_order() {
    let root = root("根");
    let middle = root.issue(Profile::Authority, &subject("中间"), sm2(), period(-50, 500)).unwrap();
    let leaf = middle.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let anchors = [root.certificate.clone()];
    let path = verify_path(&leaf, slice::from_ref(&middle.certificate), &anchors, NOW).unwrap();
    assert_eq!(path.certificates(), [leaf.clone(), middle.certificate.clone(), root.certificate.clone()]);
    let issued: Vec<_> = path.issued().map(|(certificate, _)| certificate.clone()).collect();
    assert_eq!(issued, [leaf.clone(), middle.certificate.clone()]);

    assert_eq!(code(verify_path(&leaf, &[], &anchors, NOW)), Err("path.issuer_unknown"), "without the intermediate");
    // The middle may issue end certificates only.
    let below = middle.issue(Profile::Authority, &subject("下级"), sm2(), period(-10, 10)).unwrap();
    let deep = below.issue(Profile::Signing, &subject("深"), sm2(), period(-10, 10)).unwrap().certificate;
    let intermediates = [middle.certificate, below.certificate];
    assert_eq!(code(verify_path(&deep, &intermediates, &anchors, NOW)), Err("path.too_long"));
}

#[test]
fn a_test_root_that_is_no_authority_is_refused() {
    let root = root("根");
    let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    // The extensions of a root: basicConstraints, keyUsage, subjectKeyIdentifier.
    let without_constraints = altered(&root.certificate, &root, |body| {
        extensions(body, |list| drop(list.remove(0)));
    });
    let without_cert_sign = altered(&root.certificate, &root, |body| {
        extensions(body, |list| {
            let usage = der::octets(&der::value(0x03, &[6, 0b1100_0000]));
            list[1] = der::sequence(&[der::oid(&[2, 5, 29, 15]), der::boolean(true), usage]);
        });
    });
    for anchor in [without_constraints, without_cert_sign] {
        assert_eq!(code(verify_path(&leaf, &[], slice::from_ref(&anchor), NOW)), Err("path.anchor_not_authority"));
        let anchors = [anchor.clone(), root.certificate.clone()];
        assert_eq!(code(verify_path(&leaf, &[], &anchors, NOW)), Ok(2), "a real one beside it counts");
        // As an intermediate it is no better.
        let known = [root.certificate.clone()];
        let end = Identity { certificate: anchor, key: sm2() };
        let forged = end.issue(Profile::Signing, &subject("伪"), sm2(), period(-10, 10)).unwrap().certificate;
        assert_eq!(code(verify_path(&forged, &[end.certificate], &known, NOW)), Err("path.issuer_unknown"));
    }
}

#[test]
fn an_end_certificate_cannot_issue() {
    let root = root("根");
    let signer = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 100)).unwrap();
    let forged = signer.issue(Profile::Signing, &subject("伪"), sm2(), period(-10, 10)).unwrap().certificate;
    let result = verify_path(&forged, &[signer.certificate], &[root.certificate], NOW);
    assert_eq!(code(result), Err("path.issuer_not_authority"));
}

#[test]
fn only_the_real_issuers_key_counts_not_its_name() {
    let (root, impostor) = (root("根"), root("根"));
    let leaf = impostor.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let anchors = slice::from_ref(&root.certificate);
    // The certificate names another key than the anchor has: its issuer is somebody who is not known.
    let unknown = verify_path(&leaf, &[], anchors, NOW).unwrap_err();
    assert_eq!(unknown, PathError::IssuerUnknown { issuer: leaf.issuer().to_string() });
    assert!(unknown.is_indeterminate());
    assert_eq!(code(verify_path(&leaf, &[], &[], NOW)), Err("path.issuer_unknown"));
    // It names no key, or the anchor's, and the anchor did not sign it: it is broken.
    let nameless = altered(&leaf, &impostor, |body| extensions(body, |list| drop(list.pop())));
    assert_eq!(nameless.authority_key_identifier(), None);
    assert_eq!(code(verify_path(&nameless, &[], anchors, NOW)), Err("path.signature"));
    let good = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let forged = altered(&good, &impostor, |_| {});
    assert_eq!(code(verify_path(&forged, &[], anchors, NOW)), Err("path.signature"));
    // Two anchors of one name, as in a rotation: either may have issued.
    assert_eq!(code(verify_path(&leaf, &[], &[root.certificate, impostor.certificate], NOW)), Ok(2));
}

#[test]
fn an_intermediate_of_an_unknown_authority_leads_nowhere_and_the_authority_is_named() {
    let (root, impostor) = (root("根"), root("根"));
    let middle = impostor.issue(Profile::Authority, &subject("中间"), sm2(), period(-50, 500)).unwrap();
    let leaf = middle.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let error = verify_path(&leaf, &[middle.certificate], slice::from_ref(&root.certificate), NOW).unwrap_err();
    assert_eq!(error, PathError::IssuerUnknown { issuer: root.certificate.subject().to_string() });
}

#[test]
fn a_signature_algorithm_of_another_kind_of_key_is_refused() {
    let sm2_root = root("根");
    let p256_root = Identity::root(&subject("P-256"), Key::generate_p256().unwrap(), period(-100, 100)).unwrap();
    let ecdsa = der::sequence(&[der::oid(&[1, 2, 840, 10045, 4, 3, 2])]);
    let sm2_with_sm3 = der::sequence(&[der::oid(&[1, 2, 156, 10197, 1, 501])]);
    let rsa = der::sequence(&[der::oid(&[1, 2, 840, 113_549, 1, 1, 11]), der::null()]);
    for (root, others) in [(&sm2_root, [&ecdsa, &rsa]), (&p256_root, [&sm2_with_sm3, &rsa])] {
        let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
        let anchors = slice::from_ref(&root.certificate);
        assert_eq!(code(verify_path(&leaf, &[], anchors, NOW)), Ok(2));
        for other in others {
            let confused = altered(&leaf, root, |body| body[2].clone_from(other));
            assert_eq!(code(verify_path(&confused, &[], anchors, NOW)), Err("path.algorithm"));
            assert_eq!(confused.verify_signed_by(&root.certificate), Err(SignatureError::Algorithm));
        }
    }
}

#[test]
fn a_kept_path_says_when_it_holds() {
    let root = root("总根");
    let middle = root.issue(Profile::Authority, &subject("中间"), sm2(), period(-90, -20)).unwrap();
    let leaf = middle.issue(Profile::Signing, &subject("签章者"), sm2(), period(-80, 10)).unwrap().certificate;
    let (intermediates, anchors) = ([middle.certificate], [root.certificate]);
    let kept = verify_path(&leaf, &intermediates, &anchors, days(-30)).unwrap();
    for day in [-200, -95, -80, -30, -20, -19, 5, 50] {
        let again = verify_path(&leaf, &intermediates, &anchors, days(day)).is_ok();
        assert_eq!(kept.holds_at(days(day)), again, "{day}");
    }
}

#[test]
fn periods_of_issuers_are_judged_within_the_period_of_the_certificate() {
    let old_root = Identity::root(&subject("根"), sm2(), period(-1000, -100)).unwrap();
    let expired = old_root.issue(Profile::Signing, &subject("旧"), sm2(), period(-500, -200)).unwrap().certificate;
    let anchors = [old_root.certificate.clone()];
    assert_eq!(code(verify_path(&expired, &[], &anchors, NOW)), Ok(2), "it was good in its own time");
    let outlives = old_root.issue(Profile::Signing, &subject("新"), sm2(), period(-50, 50)).unwrap().certificate;
    assert_eq!(code(verify_path(&outlives, &[], &anchors, NOW)), Err("path.issuer_expired"));
    let early = old_root.issue(Profile::Signing, &subject("早"), sm2(), period(-2000, -900)).unwrap().certificate;
    assert_eq!(code(verify_path(&early, &[], &anchors, days(-1500))), Err("path.issuer_not_yet_valid"));

    let root = root("总根");
    let middle = root.issue(Profile::Authority, &subject("中间"), sm2(), period(-90, -20)).unwrap();
    let leaf = middle.issue(Profile::Signing, &subject("签章者"), sm2(), period(-80, 10)).unwrap().certificate;
    let intermediates = [middle.certificate];
    assert_eq!(
        code(verify_path(&leaf, &intermediates, slice::from_ref(&root.certificate), NOW)),
        Err("path.issuer_expired")
    );
    assert_eq!(code(verify_path(&leaf, &intermediates, &[root.certificate], days(-30))), Ok(3));
}

#[test]
fn old_versions_are_indeterminate_and_odd_certificates_fail() {
    let root = root("根");
    let anchors = [root.certificate.clone()];
    let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let altered = |change: &dyn Fn(&mut Vec<Vec<u8>>)| altered(&leaf, &root, change);

    let version_1 = altered(&|body| {
        body.remove(0);
        body.pop();
    });
    assert_eq!(version_1.version(), 1);
    let error = verify_path(&version_1, &[], &anchors, NOW).unwrap_err();
    assert_eq!(error, PathError::Version { version: 1 });
    assert!(error.is_indeterminate());

    let critical = altered(&|body| {
        let unknown = der::sequence(&[der::oid(&[1, 2, 3, 4]), der::boolean(true), der::octets(&der::null())]);
        extensions(body, |list| list.push(unknown));
    });
    assert_eq!(code(verify_path(&critical, &[], &anchors, NOW)), Err("path.critical_extension"));

    let authority = root.issue(Profile::Authority, &subject("机构"), sm2(), period(-10, 10)).unwrap().certificate;
    assert_eq!(code(verify_path(&authority, &[], &anchors, NOW)), Err("path.authority_as_signer"));

    let unjudged = altered(&|body| {
        let purpose = der::octets(&der::sequence(&[der::oid(&[1, 2, 156, 1, 2])]));
        extensions(body, |list| list.push(der::sequence(&[der::oid(&[2, 5, 29, 37]), purpose])));
    });
    assert_eq!(code(verify_path(&unjudged, &[], &anchors, NOW)), Ok(2), "extended key usage is not judged");
}

#[test]
fn other_algorithms_than_sm2_have_paths_too() {
    let root = Identity::root(&subject("P-256"), Key::generate_p256().unwrap(), period(-100, 100)).unwrap();
    let leaf = root.issue(Profile::Signing, &subject("混合"), sm2(), period(-10, 10)).unwrap().certificate;
    assert_eq!(code(verify_path(&leaf, &[], &[root.certificate], NOW)), Ok(2));
}

#[test]
fn too_many_candidates_are_refused_before_any_work() {
    let root = root("根");
    let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let crowd = vec![root.certificate.clone(); CANDIDATES_MAX + 1];
    assert_eq!(code(verify_path(&leaf, &crowd, &[root.certificate], NOW)), Err("path.budget"));
}

#[test]
fn signatures_are_not_tried_for_ever() {
    let (root, impostor) = (root("根"), root("根"));
    let leaf = impostor.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let nameless = altered(&leaf, &impostor, |body| extensions(body, |list| drop(list.pop())));
    let namesake = |number: u8| {
        altered(&root.certificate, &root, |body| {
            body[1] = der::unsigned(&[1, number]);
            extensions(body, |list| drop(list.pop()));
        })
    };
    let crowd: Vec<_> = (0..120).map(namesake).collect();
    assert_eq!(code(verify_path(&nameless, &[], &crowd[..3], NOW)), Err("path.signature"));
    assert_eq!(code(verify_path(&nameless, &[], &crowd, NOW)), Err("path.budget"));
}

#[test]
fn no_altered_byte_of_a_certificate_leaves_it_a_path() {
    let root = root("根");
    let leaf = root.issue(Profile::Signing, &subject("签章者"), sm2(), period(-10, 10)).unwrap().certificate;
    let anchors = [root.certificate];
    for position in 0..leaf.der().len() {
        for bit in [0x01, 0x80] {
            let mut der = leaf.der().to_vec();
            der[position] ^= bit;
            let accepted = Certificate::from_der(der).is_ok_and(|leaf| verify_path(&leaf, &[], &anchors, NOW).is_ok());
            assert!(!accepted, "byte {position}, bit {bit:#x}");
        }
    }
}
