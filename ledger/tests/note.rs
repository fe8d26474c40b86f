//! Notes, checkpoints and proofs: what x/mod made is accepted, what is not exactly a note is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::note::{SignedNote, VerifierKey};
use ledger::proof::InclusionProof;

/// The key and the note of the documentation of `golang.org/x/mod/sumdb/note`: an oracle that is not ours.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn keys(text: &str) -> Vec<VerifierKey> {
    VerifierKey::all_from_text(text).unwrap()
}

#[test]
fn the_note_of_the_go_documentation_is_accepted() {
    let keys = keys(PETER);
    let note = SignedNote::parse(NOTE.as_bytes()).unwrap();
    let verified = note.verify(&keys).unwrap();
    assert_eq!(verified.signers(), [&keys[0]]);
    assert!(verified.text().ends_with("what your problem is.\n"));
    assert_eq!(keys[0].to_line(), PETER);
}

#[test]
fn every_changed_byte_of_a_note_is_noticed() {
    let keys = keys(PETER);
    for at in 0..NOTE.len() {
        let mut bytes = NOTE.as_bytes().to_vec();
        bytes[at] ^= 1;
        let verdict = SignedNote::parse(&bytes).and_then(|note| note.verify(&keys).map(|_| ()));
        assert!(verdict.is_err(), "byte {at}");
    }
}

#[test]
fn unknown_keys_are_ignored_and_a_wrong_known_one_rejects_the_note() {
    let stranger =
        "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
    let both = format!("{NOTE}{stranger}");
    let known = keys(PETER);
    assert_eq!(SignedNote::parse(both.as_bytes()).unwrap().verify(&known).unwrap().signers().len(), 1);
    let only_stranger = NOTE.replace("PeterNeumann", "PeterOldmann");
    assert_eq!(SignedNote::parse(only_stranger.as_bytes()).unwrap().verify(&known), Err(LedgerError::NoteNoKnownKey));
    // The good line first, then a wrong one of the same key.
    let wrong_line = NOTE.lines().last().unwrap().replace("nAM=", "nAQ=");
    let mixed = format!("{NOTE}{wrong_line}\n");
    let verdict = SignedNote::parse(mixed.as_bytes()).unwrap().verify(&known);
    assert_eq!(verdict.unwrap_err().code(), "note.signature_wrong");
}

#[test]
fn what_is_no_note_has_a_finding() {
    let line = NOTE.lines().last().unwrap();
    let many = format!("text\n\n{}", format!("{line}\n").repeat(101));
    let cases = [
        (String::new(), "note.not_text"),
        ("text\n".to_owned(), "note.without_signatures"),
        ("text\n\n".to_owned(), "note.without_signatures"),
        ("text\n\n— name\n".to_owned(), "note.signature_line"),
        ("text\n\n— name AAAA\n".to_owned(), "note.signature_line"),
        ("text\n\n- name AAAAAAAA\n".to_owned(), "note.signature_line"),
        ("text\n\n— na+me AAAAAAAA\n".to_owned(), "note.signature_line"),
        ("text\n\n— name AAAAAA==\n".to_owned(), "note.signature_line"),
        (format!("text\r\n\n{line}\n"), "note.not_text"),
        (format!("text\n\n{line}"), "note.not_text"),
        (many, "note.signature_line"),
        (format!("{}\n\n{line}\n", "x".repeat(1 << 16)), "note.too_long"),
    ];
    for (note, code) in cases {
        assert_eq!(SignedNote::parse(note.as_bytes()).unwrap_err().code(), code, "{note:.60}");
    }
    assert_eq!(SignedNote::parse(b"\xff\n\n\n"), Err(LedgerError::NoteNotText));
}

#[test]
fn verifier_keys_are_read_strictly() {
    assert_eq!(VerifierKey::all_from_text(&format!("\n{PETER}\n\n")).unwrap().len(), 1);
    let wrong = [
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("+AR", "+Ag"),
        PETER.replace("PeterNeumann", ""),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace('+', "-"),
        "PeterNeumann".to_owned(),
    ];
    for line in wrong {
        let text = format!("{PETER}\n{line}");
        assert_eq!(VerifierKey::all_from_text(&text), Err(LedgerError::VerifierKey { line: 2 }), "{line}");
    }
}

#[test]
fn checkpoints_are_read_strictly() {
    let text = "log.example/one\n20\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let checkpoint = Checkpoint::from_text(text).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root, checkpoint.to_text()), (20, [0; 32], text.to_owned()));
    let cases = [
        (text.replace("log.example/one", ""), 1),
        (text.replace("20", "020"), 2),
        (text.replace("20", "+20"), 2),
        (text.replace("20", "-1"), 2),
        (text.replace("20", "18446744073709551616"), 2),
        (text.replace("AAA=", "AAA"), 3),
        (text.replace("AAA=", "AAB="), 3),
        (text.replace("AAAA", ""), 3),
        (format!("{text}extension\n"), 4),
        (text.trim_end().to_owned(), 4),
        (format!("{text}\n"), 4),
    ];
    for (text, line) in cases {
        assert_eq!(Checkpoint::from_text(&text), Err(LedgerError::CheckpointLine { line }), "{text}");
    }
}

#[test]
fn a_checkpoint_counts_only_for_the_log_whose_key_signed_it() {
    // Signed by a good key, but its text is no checkpoint at all.
    let verdict = Checkpoint::from_note(NOTE.as_bytes(), &keys(PETER));
    assert_eq!(verdict, Err(LedgerError::CheckpointLine { line: 2 }));
}

#[test]
fn proofs_survive_their_text_and_malformed_ones_name_the_line() {
    let proof = InclusionProof { index: 7, hashes: vec![[1; 32], [2; 32]], checkpoint: NOTE.to_owned() };
    let text = proof.to_text();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 7\nAQEB"), "{text}");
    assert_eq!(InclusionProof::from_text(&text).unwrap(), proof);
    let with_extra = text.replace("index 7", "extra AAAA\nindex 7");
    assert_eq!(InclusionProof::from_text(&with_extra).unwrap(), proof);
    let none = InclusionProof { index: 0, hashes: vec![], ..proof };
    assert_eq!(InclusionProof::from_text(&none.to_text()).unwrap(), none);
    let cases = [
        (text.replace("@v1", "@v2"), 1),
        (text.replace("index 7", "index 07"), 2),
        (text.replace("index 7", "entry 7"), 2),
        (text.replace("AQEB", "AQE!"), 3),
        (
            text.replace("index 7", &format!("index 7{}", "\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".repeat(70))),
            68,
        ),
        ("c2sp.org/tlog-proof@v1\nindex 0".to_owned(), 1),
    ];
    for (text, line) in cases {
        assert_eq!(InclusionProof::from_text(&text), Err(LedgerError::ProofLine { line }), "{text:.80}");
    }
}
