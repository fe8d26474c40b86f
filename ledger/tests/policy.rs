//! Policies: what they may say, and which checkpoints they believe.
#![cfg(feature = "log")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use certs::signing::Ed25519Signer;
use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use ledger::policy::Policy;

const ORIGIN: &str = "log.example/test";
const TIMES: [u64; 3] = [1_679_315_147, 1_679_315_148, 1_679_315_149];

/// A log and three witnesses.
struct World {
    log: (Ed25519Signer, VerifierKey),
    witnesses: [(Ed25519Signer, VerifierKey); 3],
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap()
}

impl World {
    fn new() -> Self {
        let log = signer();
        let key = VerifierKey::ed25519(ORIGIN, log.public_key()).unwrap();
        let witnesses = ["w1", "w2", "w3"].map(|name| {
            let signer = signer();
            let key = VerifierKey::cosignature(&format!("{name}.example"), signer.public_key()).unwrap();
            (signer, key)
        });
        Self { log: (log, key), witnesses }
    }

    fn text() -> String {
        Checkpoint { origin: ORIGIN.to_owned(), size: 7, root: [9; 32] }.to_text()
    }

    /// The note of the log alone.
    fn note(&self) -> String {
        let (signer, key) = &self.log;
        format!("{}\n{}", Self::text(), key.signature_line(&signer.sign(Self::text().as_bytes())))
    }

    /// The line of a witness (C2SP tlog-cosignature), made by the letter of the specification.
    fn line(&self, witness: usize, time: u64) -> String {
        let (signer, key) = &self.witnesses[witness];
        let signature = signer.sign(format!("cosignature/v1\ntime {time}\n{}", Self::text()).as_bytes());
        key.signature_line(&[time.to_be_bytes().as_slice(), &signature].concat())
    }

    fn policy(&self, rest: &str) -> String {
        let [w1, w2, w3] = self.witnesses.each_ref().map(|(_, key)| key.to_line());
        let log = self.log.1.to_line();
        format!(
            "log {log} https://log.example\nwitness w1 {w1} https://w1.example # 天津\nwitness w2 {w2}\n\nwitness w3 {w3}\n{rest}\n"
        )
    }
}

#[test]
fn as_many_witnesses_as_the_quorum_asks_for_must_have_seen_a_checkpoint() {
    let world = World::new();
    let rows: [(&str, &[usize], bool); 10] = [
        ("quorum none", &[], true),
        ("quorum none", &[1], true),
        ("quorum w1", &[1, 2], false),
        ("quorum w1", &[0], true),
        ("group g any w1 w2\nquorum g", &[2], false),
        ("group g any w1 w2\nquorum g", &[1], true),
        ("group g 2 w1 w2 w3\nquorum g", &[1], false),
        ("group g 2 w1 w2 w3\nquorum g", &[2, 0], true),
        ("group g any w1 w2\ngroup h all g w3\nquorum h", &[0, 1], false),
        ("group g any w1 w2\ngroup h all g w3\nquorum h", &[1, 2], true),
    ];
    for (quorum, signed, holds) in rows {
        let policy = Policy::from_text(&world.policy(quorum)).unwrap();
        let lines: String = signed.iter().map(|at| world.line(*at, TIMES[*at])).collect();
        let judged = policy.judge((world.note() + &lines).as_bytes());
        let mut expected: Vec<usize> = signed.to_vec();
        expected.sort_unstable();
        let names: Vec<String> = expected.iter().map(|at| format!("w{}", at + 1)).collect();
        match judged {
            Ok(cosigned) => {
                assert!(holds, "{quorum} {signed:?}");
                assert_eq!(cosigned.checkpoint.size, 7);
                assert_eq!(cosigned.witnesses.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), names);
            }
            Err(error) => {
                assert!(!holds, "{quorum} {signed:?}: {error}");
                assert_eq!(error, LedgerError::NoQuorum { seen_by: names });
            }
        }
    }
}

#[test]
fn of_two_lines_of_one_witness_the_later_time_counts() {
    let world = World::new();
    let policy = Policy::from_text(&world.policy("quorum w1")).unwrap();
    let note = world.note() + &world.line(0, TIMES[2]) + &world.line(0, TIMES[0]);
    let cosigned = policy.judge(note.as_bytes()).unwrap();
    assert_eq!(cosigned.witnesses[0].1.as_second(), i64::try_from(TIMES[2]).unwrap());
}

#[test]
fn a_witness_cannot_stand_for_the_log_and_a_stranger_is_passed_over() {
    let world = World::new();
    let policy = Policy::from_text(&world.policy("quorum w1")).unwrap();
    let only_witness = format!("{}\n{}", World::text(), world.line(0, TIMES[0]));
    assert_eq!(policy.judge(only_witness.as_bytes()), Err(LedgerError::NoteNoKnownKey));
    let stranger = World::new().line(1, TIMES[1]);
    let note = world.note() + &world.line(0, TIMES[0]) + &stranger;
    assert_eq!(policy.judge(note.as_bytes()).unwrap().witnesses.len(), 1);
    // A key of a log that signs as one: its line says nothing about when anything was seen.
    let (signer, key) = &world.log;
    assert!(!key.is_cosignature());
    let as_witness = VerifierKey::cosignature(ORIGIN, signer.public_key()).unwrap();
    assert_ne!(key.to_line(), as_witness.to_line());
}

#[test]
fn a_line_of_a_known_witness_that_does_not_hold_refuses_the_note() {
    let world = World::new();
    let policy = Policy::from_text(&world.policy("quorum none")).unwrap();
    let good = world.line(0, TIMES[0]);
    let (signer, key) = &world.witnesses[0];
    let sign = |message: String| signer.sign(message.as_bytes());
    let text = World::text();
    let wrong = [
        // The time that was signed is another one than the line states.
        key.signature_line(
            &[TIMES[1].to_be_bytes().as_slice(), &sign(format!("cosignature/v1\ntime {}\n{text}", TIMES[0]))].concat(),
        ),
        // Signed as a log signs.
        key.signature_line(&[TIMES[0].to_be_bytes().as_slice(), &sign(text.clone())].concat()),
        // Without a time.
        key.signature_line(&sign(format!("cosignature/v1\ntime {}\n{text}", TIMES[0]))),
        // A time beyond 2^63 - 1.
        key.signature_line(
            &[u64::MAX.to_be_bytes().as_slice(), &sign(format!("cosignature/v1\ntime {}\n{text}", u64::MAX))].concat(),
        ),
        key.signature_line(&[1, 2, 3]),
    ];
    for line in wrong {
        let note = world.note() + &good + &line;
        assert!(matches!(policy.judge(note.as_bytes()), Err(LedgerError::NoteSignatureWrong { .. })), "{line}");
    }
}

#[test]
fn a_policy_that_cannot_be_followed_is_refused_at_its_line() {
    let world = World::new();
    let [w1, ..] = world.witnesses.each_ref().map(|(_, key)| key.to_line());
    let log = world.log.1.to_line();
    for rest in [
        "witnes w4",
        "quorum nobody",
        "quorum none none",
        "quorum none\nquorum w1",
        "group g 2 w1\nquorum g",
        "group g 0 w1\nquorum g",
        "group g any\nquorum g",
        "group g any w1 w1\nquorum g",
        "group g any w1 later\nquorum g",
        "group w1 any w2\nquorum w1",
        "group none any w2\nquorum none",
        &format!("witness w4 {w1}\nquorum w4"),
        &format!("witness w4 {log}\nquorum w4"),
        &format!("log {w1}\nquorum w1"),
        "log nonsense",
        "witness w4",
    ] {
        let error = Policy::from_text(&world.policy(rest)).unwrap_err();
        let line = if rest == "quorum none\nquorum w1" { 7 } else { 6 };
        assert_eq!(error, LedgerError::PolicyLine { line }, "{rest}");
    }
    assert_eq!(Policy::from_text(&world.policy("")), Err(LedgerError::PolicyIncomplete));
    assert_eq!(Policy::from_text("quorum none"), Err(LedgerError::PolicyIncomplete));
    let endless = "\n".repeat(2_000) + &world.policy("quorum none");
    assert!(matches!(Policy::from_text(&endless), Err(LedgerError::PolicyLine { .. })));
}
