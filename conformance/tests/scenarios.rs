//! Scenarios as people write them: what is understood, and what is refused with its line.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use conformance::error::ScenarioFault;
use conformance::misuse::Misuse;
use conformance::scenario::{Action, Presence, parse};
use conformance::tamper::Tamper;

const TITLES: &str = "# 标题\n# Title\n";

fn bad(what: &'static str, got: &str) -> ScenarioFault {
    ScenarioFault::BadValue { what, got: got.to_owned() }
}

#[test]
fn a_whole_scenario_is_understood() {
    let text = "# 标题\n# Title\ntrap: 7, 13\ndiverges: agreed\n\n\
                submit\n  from: 120000\n  to: 110000\n  message: granted\n  document: granted\n  replace: a b => c\n  remove: d\n\
                \x20 fact: CZZT = 别家\n  signer: signer-other\n  forger: signer\n  signed: 1h ago\n  tamper: page\n  misuse: no-nonce\n\
                answer 400|401\n  decision: refusal\n  reason: a.b\n  reason: c.d\n  fault: e.f at /g\n  body: same as before\n\
                means\n  license.number: 津 1\n  license.id: (absent)\n\
                read 110000\n  /result/no: 1\ninbox 110000 lacks\ndeliver 110000\nverify\nget 110000 /v1/items\n";
    let scenario = parse("name", text).unwrap();
    assert_eq!((scenario.title_zh.as_str(), scenario.title_en.as_str()), ("标题", "Title"));
    assert_eq!((scenario.traps.as_slice(), scenario.diverges.as_deref()), (&[7, 13][..], Some("agreed")));
    let Action::Submit(submission) = &scenario.steps[0].action else { panic!("{:?}", scenario.steps[0]) };
    assert_eq!((submission.changes[0].from.as_str(), submission.changes[0].to.as_str()), ("a b", "c"));
    assert_eq!((submission.changes[1].from.as_str(), submission.changes[1].to.as_str()), ("d", ""));
    assert_eq!(submission.facts, [("CZZT".to_owned(), "别家".to_owned())]);
    assert_eq!((submission.tamper, submission.misuse), (Some(Tamper::Page), Some(Misuse::NoNonce)));
    assert_eq!(submission.signed.as_hours(), -1);
    let Action::Answer(expected) = &scenario.steps[1].action else { panic!("{:?}", scenario.steps[1]) };
    assert_eq!((expected.status.as_slice(), expected.reasons.len(), expected.same), (&[400, 401][..], 2, true));
    let Action::Means(checks) = &scenario.steps[2].action else { panic!("{:?}", scenario.steps[2]) };
    assert_eq!((checks[0].value.as_deref(), checks[1].value.as_deref(), checks[1].line), (Some("津 1"), None, 27));
    assert!(matches!(scenario.steps[4].action, Action::Inbox(_, Presence::Lacks)));
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_line() {
    let cases = [
        ("submit\n  to: 110000\n  message: m\n", 3, ScenarioFault::Missing("document")),
        ("submit\n  message: m\n  document: d\n", 3, ScenarioFault::Missing("to")),
        ("submit\n  to: 110000\n  to: 120000\n", 5, ScenarioFault::Twice("to".to_owned())),
        ("submit\n  too: 110000\n", 4, ScenarioFault::UnknownDetail("too".to_owned())),
        ("submit\n  to: 110105\n  message: m\n  document: d\n", 3, bad("region", "110105")),
        ("submit\n  to: 110000\n  message: m\n  document: d\n  misuse: rudeness\n", 3, bad("misuse", "rudeness")),
        ("submit\n  to: 110000\n  message: m\n  document: d\n  tamper: all\n", 3, bad("tamper", "all")),
        ("submit\n  to: 110000\n  message: m\n  document: d\n  signed: soon\n", 3, bad("signed", "soon")),
        ("submit\n  replace: a to b\n", 4, bad("replace", "a to b")),
        ("answer ok\n", 3, bad("status", "ok")),
        ("answer 201\n  body: nice\n", 4, bad("body", "nice")),
        ("inbox 110000 has\n", 3, bad("presence", "has")),
        ("sumbit\n", 3, ScenarioFault::UnknownStep("sumbit".to_owned())),
        ("answer\n", 3, ScenarioFault::UnknownStep("answer".to_owned())),
        ("verify\n  verdict: VALID\n", 4, ScenarioFault::UnknownDetail("verdict".to_owned())),
        ("traps: 7\nanswer 201\n", 3, ScenarioFault::UnknownDetail("traps".to_owned())),
        ("trap: seven\nanswer 201\n", 3, bad("trap", "seven")),
        ("verify\n", 1, ScenarioFault::ExpectsNothing),
        ("", 1, ScenarioFault::ExpectsNothing),
    ];
    for (steps, line, fault) in cases {
        assert_eq!(parse("name", &format!("{TITLES}{steps}")), Err((line, fault)), "{steps}");
    }
}

#[test]
fn every_misuse_and_every_tampering_has_one_name() {
    for (name, misuse) in Misuse::NAMES {
        assert_eq!(Misuse::named(name), Some(misuse));
    }
    for (name, tamper) in Tamper::NAMES {
        assert_eq!(Tamper::named(name), Some(tamper));
    }
}
