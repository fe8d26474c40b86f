//! Whose certificate a token names, what it may be used for, and when it was revoked.

use super::*;

fn revoked(day: i32, reason: Option<Reason>) -> Revocation {
    Revocation { at: days(day), reason, invalidity_date: None }
}

#[test]
fn the_certificate_that_the_token_names_is_the_signers() {
    let scene = Scene::new();
    let own = scene.authority.certificate.clone();
    let other = Scene::new().authority.certificate;
    let v1 = |certificate: &Certificate, issued: Vec<Vec<u8>>| {
        let digest = der::octets(&digest::sha1_of_certificate(certificate.der()));
        let named = der::sequence(&[&[digest][..], &issued].concat());
        attribute(&[1, 2, 840, 113_549, 1, 9, 16, 2, 12], &der::sequence(&[der::sequence(&[named])]))
    };
    let v2 = |certificate: &Certificate, issued: Vec<Vec<u8>>| {
        // SHA-256 is the default, and left out.
        let digest = der::octets(&digest::sha256(&[certificate.der()]));
        let named = der::sequence(&[&[digest][..], &issued].concat());
        attribute(&SIGNING_CERTIFICATE_V2, &der::sequence(&[der::sequence(&[named])]))
    };
    let issued = |issuer: &Certificate, serial: &[u8]| {
        let names = der::sequence(&[der::explicit(4, issuer.subject().der())]);
        vec![der::sequence(&[names, der::unsigned(serial)])]
    };
    let mine = own.serial_magnitude();
    let no_digest =
        attribute(&SIGNING_CERTIFICATE_V2, &der::sequence(&[der::sequence(&[der::sequence(&[der::null()])])]));
    let nobody = attribute(&SIGNING_CERTIFICATE_V2, &der::sequence(&[der::sequence::<Vec<u8>>(&[])]));
    let cases = [
        ("good", vec![]),
        ("good", vec![v1(&own, vec![])]),
        ("good", vec![v2(&own, vec![])]),
        ("good", vec![v1(&own, issued(&scene.root.certificate, mine)), v2(&own, vec![])]),
        ("timestamp.other_certificate", vec![v1(&other, vec![])]),
        ("timestamp.other_certificate", vec![v2(&other, vec![])]),
        ("timestamp.other_certificate", vec![v1(&own, vec![]), v2(&other, vec![])]),
        ("timestamp.other_certificate", vec![v2(&own, issued(&scene.root.certificate, &[1]))]),
        ("timestamp.other_certificate", vec![v2(&own, issued(&own, mine))]),
        ("timestamp.info_malformed", vec![no_digest]),
        ("timestamp.info_malformed", vec![nobody]),
    ];
    for (number, (code, named)) in cases.into_iter().enumerate() {
        let token = scene.attributed(|attributes| {
            attributes.truncate(2);
            attributes.extend(named);
        });
        assert_eq!(scene.code(&token), code, "case {number}");
    }
}

#[test]
fn the_authoritys_certificate_is_for_time_stamps_alone_and_says_so_critically() {
    let purpose = |number| der::oid(&[1, 3, 6, 1, 5, 5, 7, 3, number]);
    let usage = |critical: bool, purposes: &[Vec<u8>]| {
        let critical = if critical { der::boolean(true) } else { Vec::new() };
        der::sequence(&[der::oid(&[2, 5, 29, 37]), critical, der::octets(&der::sequence(purposes))])
    };
    let only_lists = der::sequence(&[der::oid(&[2, 5, 29, 15]), der::boolean(true), der::octets(&[3, 2, 1, 6])]);
    // The extensions of the profile: basicConstraints, keyUsage, extKeyUsage, and the two identifiers.
    let wrong = "timestamp.authority_usage";
    let cases: [(&str, Change<'_>); 7] = [
        ("good", &|_| {}),
        ("good", &|list| drop(list.remove(1))),
        (wrong, &|list| drop(list.remove(2))),
        (wrong, &|list| list[2] = usage(true, &[purpose(8), purpose(2)])),
        (wrong, &|list| list[2] = usage(true, &[purpose(2)])),
        ("timestamp.authority_usage_not_critical", &|list| list[2] = usage(false, &[purpose(8)])),
        ("timestamp.authority_key_usage", &|list| list[1] = only_lists.clone()),
    ];
    for (number, (code, change)) in cases.into_iter().enumerate() {
        let scene = Scene::new().recertified(|body| extensions(body, |list| change(list)));
        assert_eq!(scene.code(&scene.authority.stamp(COVERED, NOW, None).unwrap()), code, "case {number}");
    }
}

#[test]
fn the_authority_must_be_known_and_in_its_period_when_it_made_the_token() {
    let scene = Scene::new();
    for (day, code) in [(-11, "timestamp.authority_period"), (-10, "good"), (101, "timestamp.authority_period")] {
        let token = scene.authority.stamp(COVERED, days(day), None).unwrap();
        let result = TimeStampToken::read(&token).unwrap();
        let trust = scene.trust(vec![scene.list(-1, 30, &[])]);
        let result = result.verify(COVERED, &trust, days(day.max(0)));
        assert_eq!(result.err().map_or("good", |fault| fault.code()), code, "day {day}");
    }
    let token = scene.authority.stamp(COVERED, NOW, None).unwrap();
    let token = TimeStampToken::read(&token).unwrap();
    let open = |trust: &Trust, at| {
        let fault = token.verify(COVERED, trust, at).unwrap_err();
        assert!(fault.is_indeterminate(), "{fault:?}");
        fault.code()
    };
    assert_eq!(open(&Trust::none(), NOW), "timestamp.authority_unknown");
    assert_eq!(open(&scene.trust(vec![]), NOW), "timestamp.authority_revocation_unknown");
    assert_eq!(open(&scene.trust(vec![scene.list(-1, 3, &[])]), days(4)), "timestamp.authority_revocation_unknown");
    assert_eq!(open(&scene.trust(vec![scene.list(-1, 99, &[])]), days(51)), "timestamp.trust_stale");
    let impostor = Scene::new();
    let fault = token.verify(COVERED, &impostor.trust(vec![impostor.list(-1, 30, &[])]), NOW).unwrap_err();
    assert!(!matches!(fault.code(), "good"), "{fault:?}");
}

#[test]
fn a_certificate_that_does_not_travel_along_is_looked_for_in_the_trust_list() {
    let scene = Scene::new();
    let bare = scene.authority.signed_data(&INFO, &scene.info(), &[], &[scene.signer()]);
    assert_eq!(scene.code(&bare), "good");
    let fault = TimeStampToken::read(&bare).unwrap().verify(COVERED, &Trust::none(), NOW).unwrap_err();
    assert_eq!((fault.code(), fault.is_indeterminate()), ("timestamp.authority_missing", true));
}

#[test]
fn an_intermediate_that_travels_along_is_no_anchor_but_part_of_a_path() {
    let root = root("总根");
    let middle = root.issue(Profile::Authority, &subject("中间"), sm2(), period(-50, 500)).unwrap();
    let tsa = middle.issue(Profile::TimeStamping, &subject("时间戳"), sm2(), period(-10, 100)).unwrap();
    let lists = vec![
        root.revocation_list(1, days(-1), days(30), &[]).unwrap(),
        middle.revocation_list(1, days(-1), days(30), &[]).unwrap(),
    ];
    let authority = TimeStampAuthority::new(tsa.certificate, tsa.key).unwrap();
    let scene = Scene { root, authority };
    let along = [scene.authority.certificate.der(), middle.certificate.der()].concat();
    let token = scene.authority.signed_data(&INFO, &scene.info(), &along, &[scene.signer()]);
    let token = TimeStampToken::read(&token).unwrap();
    assert_eq!(token.verify(COVERED, &scene.trust(lists.clone()), NOW).unwrap().path().certificates().len(), 3);
    let fault = token.verify(COVERED, &Trust::none(), NOW).unwrap_err();
    assert_eq!(fault.code(), "timestamp.authority_unknown");
    // The middle revoked in time takes everything below with it.
    let serial = middle.certificate.serial_magnitude().to_vec();
    let gone = scene.root.revocation_list(2, days(-1), days(30), &[(serial, revoked(-5, None))]).unwrap();
    let fault = token.verify(COVERED, &scene.trust(vec![gone, lists[1].clone()]), NOW).unwrap_err();
    assert_eq!(fault.code(), "timestamp.authority_revoked");
}

#[test]
fn a_revocation_counts_from_its_date_or_for_ever_by_its_reason() {
    let scene = Scene::new();
    let token = scene.authority.stamp(COVERED, NOW, None).unwrap();
    let token = TimeStampToken::read(&token).unwrap();
    let (before, compromised) = ("timestamp.authority_revoked", "timestamp.authority_compromised");
    let cases = [
        (-2, Some(Reason::Superseded), before),
        (0, Some(Reason::Superseded), before),
        (-2, None, before),
        (-2, Some(Reason::KeyCompromise), before),
        (2, Some(Reason::Unspecified), "good"),
        (2, Some(Reason::AffiliationChanged), "good"),
        (2, Some(Reason::Superseded), "good"),
        (2, Some(Reason::CessationOfOperation), "good"),
        (2, Some(Reason::KeyCompromise), compromised),
        (2, Some(Reason::AuthorityCompromise), compromised),
        (2, Some(Reason::Hold), compromised),
        (2, Some(Reason::PrivilegeWithdrawn), compromised),
        (2, None, compromised),
    ];
    for (day, reason, code) in cases {
        let trust = scene.trust(vec![scene.list(3, 30, &[revoked(day, reason)])]);
        let result = token.verify(COVERED, &trust, days(5));
        assert_eq!(result.err().map_or("good", |fault| fault.code()), code, "day {day}, {reason:?}");
    }
    // What was not known on the day of judging does not count on that day.
    let known = scene.trust(vec![scene.list(-1, 1, &[]), scene.list(3, 30, &[revoked(2, None)])]);
    assert!(token.verify(COVERED, &known, NOW).is_ok());
    // A key in wrong hands since before the token counts from then; one since after it, from the revocation.
    for (since, code) in [(-1, before), (0, before), (1, compromised), (3, compromised)] {
        let revoked = Revocation { invalidity_date: Some(days(since)), ..revoked(2, None) };
        let trust = scene.trust(vec![scene.list(3, 30, &[revoked])]);
        assert_eq!(token.verify(COVERED, &trust, days(5)).unwrap_err().code(), code, "since day {since}");
    }
}

#[test]
fn of_an_expired_authority_the_last_answer_of_its_issuer_counts() {
    let root = root("根");
    let tsa = root.issue(Profile::TimeStamping, &subject("时间戳"), sm2(), period(-10, -3)).unwrap();
    let scene = Scene { root, authority: TimeStampAuthority::new(tsa.certificate, tsa.key).unwrap() };
    let token = scene.authority.stamp(COVERED, days(-5), None).unwrap();
    let token = TimeStampToken::read(&token).unwrap();
    let later = || scene.list(-1, 30, &[]);
    assert!(token.verify(COVERED, &scene.trust(vec![scene.list(-6, -2, &[]), later()]), NOW).is_ok());
    for lists in [vec![later()], vec![scene.list(-6, -4, &[]), later()]] {
        let fault = token.verify(COVERED, &scene.trust(lists), NOW).unwrap_err();
        assert_eq!((fault.code(), fault.is_indeterminate()), ("timestamp.authority_revocation_unknown", true));
    }
    let compromised = scene.list(-1, 30, &[revoked(-2, Some(Reason::KeyCompromise))]);
    let fault = token.verify(COVERED, &scene.trust(vec![scene.list(-6, -2, &[]), compromised]), NOW).unwrap_err();
    assert_eq!(fault.code(), "timestamp.authority_compromised", "even when that came out after it had expired");
}
