//! 导出 The evidence of one entry as files, so that a court can look at it and recompute what the entry commits to.

use ledger::LedgerError;
use ledger::shards::Shards;
use standards::entry::Entry;

use super::review::RecordFault;
use super::{Evidence, Salt};

/// How a commitment is recomputed, for whoever opens the folder.
const HOW: &str = "\
承诺值的复算 How a commitment of entry.json is recomputed

    HMAC-SHA-256(key, message)
    key      salt.hex 的 32 字节 / the 32 bytes of salt.hex
    message  名称和每个值依次相接，每项之前是其字节长度（8 字节，小端）/ the name, then each value, each preceded by its length in bytes
             as eight bytes, little-endian

    message   名称 name \"message\"；值 value: 报文文件的全部字节 / the bytes of the file message.*
    document  名称 name \"document\"；值 value: document.ofd 的全部字节 / the bytes of document.ofd
    case      名称 name \"case\"；值 value: fields.json 的 case_id
    license   名称 name \"license\"；五个值 five values: fields.json 的 license.number, license.name, license.issuer.code,
              license.holder.name, license.holder.id

条目在账本中的证明见 entry.proof（c2sp.org/tlog-proof@v1）：用账本公钥即可离线核验，tongbiao-audit receipt 也能核验。
entry.proof shows that the entry is in the ledger; it can be checked offline with the ledger's public key.
";

/// A file of an export: its name and its bytes.
pub type ExportedFile = (&'static str, Vec<u8>);

/// The evidence of an entry, the entry itself and its proof, as files.
///
/// # Errors
/// Why there is nothing to export.
pub fn export(ledger: &Shards, index: u64) -> Result<Vec<ExportedFile>, RecordFault> {
    let receipt = ledger.receipt(index)?;
    let bytes = ledger.evidence(index)?;
    let mut files = vec![("entry.json", receipt.entry.clone()), ("entry.proof", receipt.proof.to_text().into_bytes())];
    match Entry::parse(&receipt.entry)? {
        Entry::Recognition(_) | Entry::Refusal(_) | Entry::ManualReview(_) => {
            let evidence = Evidence::from_bytes(&bytes).map_err(|_| RecordFault::Malformed)?;
            files.extend(evidence.files().ok_or(RecordFault::Malformed)?);
        }
        Entry::Delivery(_) => files.push(("signed-receipt.json", bytes)),
        Entry::Conflict(_) => {
            let salt = Salt::from_conflict(&bytes).ok_or(RecordFault::Malformed)?;
            files.push(("salt.hex", salt.to_hex().into_bytes()));
        }
        Entry::Erasure(_) | Entry::Companion(_) | Entry::Closing(_) | Entry::Predecessor(_) => {
            return Err(LedgerError::EvidenceMissing { index }.into());
        }
    }
    Ok(files)
}

impl Evidence {
    fn files(&self) -> Option<Vec<ExportedFile>> {
        let message = match self.message_type.as_str() {
            "application/json" => "message.json",
            _ => "message.xml",
        };
        Some(vec![
            (message, self.message().ok()?),
            ("document.ofd", self.document().ok()?),
            ("report.json", self.report.clone().into_bytes()),
            ("fields.json", serde_json::to_vec_pretty(&self.fields).ok()?),
            ("salt.hex", self.salt()?.to_hex().into_bytes()),
            ("README.txt", HOW.as_bytes().to_vec()),
        ])
    }
}
