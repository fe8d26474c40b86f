//! What others send of a log and its witnesses: notes, proofs, policies, requests and answers.

use ::ledger::checkpoint::Checkpoint;
use ::ledger::note::{SignedNote, VerifierKey};
use ::ledger::policy::Policy;
use ::ledger::proof::InclusionProof;
use ::ledger::witness::{AddCheckpoint, Refused, line_of_answer};

/// A key that signed nothing here, and whose line is good.
const STRANGER: &str = "log.example/fuzz+66e95a40+AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";

/// A witness that saw nothing here.
const WITNESS: &str = "witness.example/fuzz+aecc7ddd+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";

/// Any bytes as a signed note: what is read is the beginning of the bytes, a checkpoint has one text, and no stranger signed it.
pub fn note(bytes: &[u8]) {
    let Ok(note) = SignedNote::parse(bytes) else {
        assert!(Checkpoint::from_unverified_note(bytes).is_err(), "a checkpoint in no note");
        return;
    };
    assert!(bytes.starts_with(note.unverified_text().as_bytes()), "the text is not what stands there");
    if let Ok(checkpoint) = Checkpoint::from_text(note.unverified_text()) {
        assert_eq!(checkpoint.to_text(), note.unverified_text(), "a checkpoint with two texts");
    }
    let keys = VerifierKey::all_from_text(STRANGER).expect("a good line");
    assert!(Checkpoint::from_note(bytes, &keys).is_err(), "signed by nobody");
}

/// Any text as a tlog-proof: what is read is written and read again as the same, and arithmetic never panics.
pub fn tlog_proof(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(proof) = InclusionProof::from_text(text) else { return };
    assert_eq!(InclusionProof::from_text(&proof.to_text()).as_ref(), Ok(&proof), "a proof is written as it is read");
    let _ = proof.verify_arithmetic(text.as_bytes());
}

/// Any text as a policy: what is read names a log, is the same twice, and believes no checkpoint that nobody signed.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(policy) = Policy::from_text(text) else { return };
    assert!(!policy.log_keys().is_empty(), "a policy without a log");
    assert!(policy.log_keys().iter().all(|key| !key.is_cosignature()), "a witness stands for the log");
    assert!(policy.witnesses().all(|(_, witness)| witness.key.is_cosignature()), "a log stands for a witness");
    assert_eq!(Policy::from_text(text).as_ref(), Ok(&policy), "the same text, the same policy");
    let note = "log.example/fuzz\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log.example/fuzz AAAAAAA=\n";
    assert!(policy.judge(note.as_bytes()).is_err(), "signed by nobody");
}

/// Any bytes as a request to a witness: what is read is written as it was; as an answer of a witness: nobody signed it.
pub fn add_checkpoint(bytes: &[u8]) {
    match AddCheckpoint::from_body(bytes) {
        Ok(request) => assert_eq!(request.to_body().as_bytes(), bytes, "a request with two texts"),
        Err(refused) => assert_eq!(refused, Refused::Malformed, "judged before it was read"),
    }
    let Ok(answer) = std::str::from_utf8(bytes) else { return };
    let witness = VerifierKey::all_from_text(WITNESS).expect("a good line").remove(0);
    let note = "log.example/fuzz\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log.example/fuzz AAAAAAA=\n";
    assert!(line_of_answer(note, answer, &witness).is_err(), "signed by nobody");
}
