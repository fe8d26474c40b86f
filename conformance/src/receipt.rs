//! A receipt as its holder checks it: arithmetic first, then the log's signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use ledger::proof::InclusionProof;
use standards::receipt::ReceiptFile;

/// Checks that the receipt's entry is in the tree that its checkpoint signs. Without keys the arithmetic alone is checked.
///
/// # Errors
/// The code of the first thing that does not hold.
pub fn check(receipt: &ReceiptFile, keys: &[VerifierKey]) -> Result<Checkpoint, &'static str> {
    let proof = proof(receipt)?;
    let entry = receipt.entry.as_bytes();
    let checked = if keys.is_empty() { proof.verify_arithmetic(entry) } else { proof.verify(entry, keys) };
    checked.map_err(|error| error.code())
}

/// The receipt's proof in the form that every C2SP tool reads.
///
/// # Errors
/// When a hash of it is not 32 bytes in base64.
pub fn proof(receipt: &ReceiptFile) -> Result<InclusionProof, &'static str> {
    let hash = |text: &String| STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or("receipt.hash");
    let hashes = receipt.proof.iter().map(hash).collect::<Result<_, _>>()?;
    Ok(InclusionProof { index: receipt.index, hashes, checkpoint: receipt.checkpoint.clone() })
}
