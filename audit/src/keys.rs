//! The verifier keys of `--vkey`, which are believed because the reader named them.

use std::path::Path;

use ledger::LedgerError;
use ledger::checkpoint::Checkpoint;
use ledger::note::{SignedNote, VerifierKey};

use crate::check::Step;
use crate::error::AuditError;
use crate::read;

/// Reads a file of verifier keys, one a line: Ed25519, SM2, or both. Without a file there are none.
///
/// # Errors
/// [`AuditError`] when the file cannot be read, holds a line that is no key, or no key at all.
pub(crate) fn load(path: Option<&Path>) -> Result<Vec<VerifierKey>, AuditError> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let name = || path.display().to_string();
    let text = String::from_utf8(read::file(path, read::KEY_SIZE_BYTES_MAX)?)
        .map_err(|_| AuditError::VerifierKey { name: name(), line: 1 })?;
    let keys = VerifierKey::all_from_text(&text).map_err(|error| match error {
        LedgerError::VerifierKey { line } => AuditError::VerifierKey { name: name(), line },
        _ => AuditError::NoVerifierKey { name: name() },
    })?;
    if keys.is_empty() { Err(AuditError::NoVerifierKey { name: name() }) } else { Ok(keys) }
}

/// What a signed note says, and how far it is believed: the steps `checkpoint` and `signature`.
pub(crate) struct Believed {
    /// The checkpoint, where the note holds one; signed by nobody in particular unless the signature step passes.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The two steps.
    pub(crate) steps: [Step; 2],
}

/// Reads a note and judges its signatures by the keys; without keys the second step stays undecided.
pub(crate) fn believe(note: &[u8], keys: &[VerifierKey]) -> Believed {
    let checkpoint = match Checkpoint::from_unverified_note(note) {
        Ok(checkpoint) => checkpoint,
        Err(finding) => {
            let steps = [Step::fail("checkpoint", &finding), Step::undecided("signature", "audit.not_judged")];
            return Believed { checkpoint: None, steps };
        }
    };
    let signature = if keys.is_empty() {
        Step::undecided("signature", "audit.no_vkey")
    } else {
        match Checkpoint::from_note(note, keys) {
            Ok(_) => Step { detail: signers(note, keys), ..Step::pass("signature") },
            Err(finding) => Step::fail("signature", &finding),
        }
    };
    Believed { checkpoint: Some(checkpoint), steps: [Step::pass("checkpoint"), signature] }
}

/// Which of the keys signed, and which did not: one good signature is enough, and the reader may have expected more.
fn signers(note: &[u8], keys: &[VerifierKey]) -> Option<String> {
    let note = SignedNote::parse(note).ok()?;
    let verified = note.verify(keys).ok()?;
    let named = |signed: bool| {
        let keys = keys.iter().filter(|key| verified.signers().contains(key) == signed);
        keys.map(|key| format!("{} ({})", key.name(), key.algorithm())).collect::<Vec<_>>().join(", ")
    };
    let (signed, silent) = (named(true), named(false));
    Some(if silent.is_empty() { format!("signed by {signed}") } else { format!("signed by {signed}; not by {silent}") })
}
