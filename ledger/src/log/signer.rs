//! The keys of a log, which sign its checkpoints: Ed25519 for every client, SM2 with SM3 beside it.

use std::sync::Arc;

use certs::signing::{Ed25519Signer, SigningError, Sm2Signer};

use crate::LedgerError;
use crate::checkpoint::Checkpoint;
use crate::note::{SignedNote, VerifierKey};

/// Who writes a log, and what its checkpoints are verified with.
pub(crate) struct Pen {
    /// The name of the log.
    pub(crate) origin: String,
    pub(crate) keys: Vec<VerifierKey>,
    /// Nobody, where the log is closed.
    pub(crate) signer: Option<Arc<CheckpointSigner>>,
}

impl Pen {
    /// The pen of a log that may be written.
    pub(crate) fn of(signer: CheckpointSigner) -> Self {
        let (origin, keys) = (signer.origin().to_owned(), signer.verifier_keys().to_vec());
        Self { origin, keys, signer: Some(Arc::new(signer)) }
    }

    /// The pen of a log that is only read.
    ///
    /// # Errors
    /// [`LedgerError::NoteNoKnownKey`] without a key, [`LedgerError::OriginDiffers`] with keys of two logs.
    pub(crate) fn laid_down(keys: &[VerifierKey]) -> Result<Self, LedgerError> {
        let origin = keys.first().ok_or(LedgerError::NoteNoKnownKey)?.name().to_owned();
        match keys.iter().find(|key| key.name() != origin) {
            Some(other) => Err(LedgerError::OriginDiffers { expected: origin, got: other.name().to_owned() }),
            None => Ok(Self { origin, keys: keys.to_vec(), signer: None }),
        }
    }
}

/// The key pair of a log, under its origin.
pub struct CheckpointSigner {
    ed25519: Ed25519Signer,
    sm2: Sm2Signer,
    keys: [VerifierKey; 2],
}

impl CheckpointSigner {
    /// The signer of the log called `origin`, for example `tongbiao.example/ledger`.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`] when the origin is empty or has a space or a plus sign.
    pub fn new(origin: &str, ed25519: Ed25519Signer, sm2: Sm2Signer) -> Result<Self, LedgerError> {
        let keys =
            [VerifierKey::ed25519(origin, ed25519.public_key())?, VerifierKey::sm2(origin, sm2.public_key().clone())?];
        Ok(Self { ed25519, sm2, keys })
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        let [ed25519, _] = &self.keys;
        ed25519.name()
    }

    /// What others check the checkpoints with: the Ed25519 key, then the SM2 key.
    pub fn verifier_keys(&self) -> &[VerifierKey; 2] {
        &self.keys
    }

    /// The signed note of a checkpoint: its text and one line a key. It must not leave before [`Self::check`] held; the
    /// disk may have it meanwhile.
    ///
    /// # Errors
    /// [`LedgerError::Crypto`] when the SM2 engine fails.
    pub(crate) fn sign(&self, checkpoint: &Checkpoint) -> Result<String, LedgerError> {
        let text = checkpoint.to_text();
        let failed = |error: SigningError| LedgerError::Crypto { code: error.code() };
        let [ed25519, sm2] = &self.keys;
        let first = ed25519.signature_line(&self.ed25519.sign(text.as_bytes()));
        let second = sm2.signature_line(&self.sm2.sign_unverified(text.as_bytes()).map_err(failed)?.to_raw());
        Ok(format!("{text}\n{first}{second}"))
    }

    /// Verifies a note that was just signed: a faulty signature can give the key away, and no reader would believe it.
    ///
    /// # Errors
    /// [`LedgerError::NoteSignatureWrong`]
    pub(crate) fn check(&self, note: &str) -> Result<(), LedgerError> {
        SignedNote::parse(note.as_bytes())?.verify(&self.keys).map(|_| ())
    }
}
