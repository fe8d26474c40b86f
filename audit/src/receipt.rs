//! `tongbiao-audit receipt`: proves that an entry is in the log.

mod entry;
mod report;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ledger::LedgerError;
use ledger::proof::InclusionProof;
use ledger::tile::ENTRY_BYTES_MAX;
use standards::receipt::{RECEIPT_SIZE_BYTES_MAX, ReceiptFile, ReceiptFileError};

use self::report::Report;
use crate::answer::{self, Answer};
use crate::error::AuditError;
use crate::keys::{TrustArguments, Trusted};
use crate::read;
use crate::text::Style;

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao-audit receipt 回执.json --vkey ledger.vkey
      核对回执：条目在账本里，检查点由该公钥签名 / the entry is in the log whose key signed the checkpoint
  tongbiao-audit receipt 回执.tlog-proof --entry 条目.json --vkey ledger.vkey
      通用格式的证明不含条目，另外给出 / the public format does not hold the entry: name it";

/// What `receipt` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 回执（JSON）或 .tlog-proof / a receipt in JSON, or a c2sp.org/tlog-proof
    #[arg(value_name = "FILE")]
    receipt: PathBuf,
    /// 条目原文，一个字节也不能差 / the exact entry; of a receipt in JSON it replaces the one inside
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    #[command(flatten)]
    trusted: TrustArguments,
    /// 输出 JSON / print the report as JSON
    #[arg(long)]
    json: bool,
}

/// A receipt as read: the proof, and the entry where one is at hand.
struct Claim {
    proof: InclusionProof,
    entry: Option<Vec<u8>>,
}

/// Reads, judges, and writes the report.
///
/// # Errors
/// When the receipt, the entry or the key file cannot be read.
pub(crate) fn run(arguments: &Arguments, style: Style) -> Result<Answer, AuditError> {
    let trusted = Trusted::load(&arguments.trusted)?;
    // One byte above the limit is enough for the receipt to be refused as one.
    let bytes = read::beginning(&arguments.receipt, read::bytes(RECEIPT_SIZE_BYTES_MAX + 1))?;
    let entry = arguments.entry.as_deref().map(|path| read::file(path, read::bytes(ENTRY_BYTES_MAX))).transpose()?;

    let mut report = Report::of(arguments.receipt.display().to_string());
    match Claim::parse(&bytes) {
        Ok(mut claim) => {
            claim.entry = entry.or(claim.entry);
            report.judge(&claim, &trusted);
        }
        Err(fault) => report.unreadable(&fault),
    }

    let verdict = report.conclude();
    let report = if arguments.json { answer::json(&report) } else { report.write(style) };
    Ok(Answer { verdict: Some(verdict), report, warnings: String::new() })
}

impl Claim {
    /// Reads either form; they cannot be taken for each other.
    ///
    /// # Errors
    /// [`FormatFault`]: the receipt is INVALID.
    fn parse(bytes: &[u8]) -> Result<Self, FormatFault> {
        if bytes.starts_with(b"c2sp.org/") {
            let text = std::str::from_utf8(bytes).map_err(|_| LedgerError::NoteNotText)?;
            return Ok(Self { proof: InclusionProof::from_text(text)?, entry: None });
        }
        let receipt = ReceiptFile::from_json(bytes)?;
        let hashes = receipt.proof.iter().enumerate().map(|(position, hash)| {
            let bytes = BASE64.decode(hash).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.ok_or(FormatFault::ProofHash { position })
        });
        let hashes = hashes.collect::<Result<_, _>>()?;
        let proof = InclusionProof { index: receipt.index, hashes, checkpoint: receipt.checkpoint };
        Ok(Self { proof, entry: Some(receipt.entry.into_bytes()) })
    }
}

/// Why a receipt cannot be read as one.
#[derive(Debug, thiserror::Error)]
enum FormatFault {
    /// Not the JSON of a receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptFileError),
    /// A hash of its proof that is none.
    #[error("proof[{position}] is not 32 bytes in base64")]
    ProofHash {
        /// Its place, from 0.
        position: usize,
    },
    /// Not a tlog-proof.
    #[error(transparent)]
    Proof(#[from] LedgerError),
}

impl FormatFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Receipt(fault) => fault.code(),
            Self::ProofHash { .. } => "audit.receipt_proof_hash",
            Self::Proof(finding) => finding.code(),
        }
    }
}
