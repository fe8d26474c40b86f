//! One witness as its client sees it: a checkpoint is offered until it is signed, or it is known why not.

use std::time::Duration;

use ledger::checkpoint::Checkpoint;
use ledger::note::VerifierKey;
use ledger::witness::{ANSWER_BYTES_MAX, AddCheckpoint, line_of_answer};
use ledger::{LedgerError, Log};
use ureq::tls::{RootCerts, TlsConfig};

/// How often a checkpoint is offered with another old size, because the witness remembers another one.
const OFFERS_MAX: u32 = 3;
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// 见证方: where it is, and what its signatures are checked with.
pub(crate) struct Peer {
    name: String,
    key: VerifierKey,
    address: String,
    agent: ureq::Agent,
}

/// 见证故障: why a checkpoint was not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerFault {
    /// No answer.
    #[error("no answer: {reason}")]
    Unreachable {
        /// What the connection says.
        reason: String,
    },
    /// An answer with a status that the protocol does not foresee here, such as 403 or 404.
    #[error("answered with status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// An answer without a signature that holds, or a conflict without a size.
    #[error("the answer says nothing that holds")]
    Answer,
    /// It cosigned a larger tree than the log has: the log's data are old, or somebody else signs with its key.
    #[error("it cosigned {size} entries, more than the log has")]
    Ahead {
        /// The size that it cosigned.
        size: u64,
    },
    /// It cosigned another tree than the log's.
    #[error("it cosigned another tree of {size} entries")]
    OtherTree {
        /// The size that it cosigned.
        size: u64,
    },
    /// The log cannot prove what the witness asks for.
    #[error(transparent)]
    Proof(LedgerError),
}

impl PeerFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "witness.unreachable",
            Self::Status { .. } => "witness.status",
            Self::Answer => "witness.answer",
            Self::Ahead { .. } => "witness.ahead",
            Self::OtherTree { .. } => "witness.other_tree",
            Self::Proof(error) => error.code(),
        }
    }

    /// What a log must not be signed on with: it is behind what was cosigned, or at odds with it.
    pub(crate) fn forbids_signing(&self, entries: u64) -> Option<LedgerError> {
        match self {
            Self::Ahead { size } => Some(LedgerError::RolledBack { signed: *size, found: entries }),
            Self::OtherTree { size } => Some(LedgerError::HeadDiffers { size: *size }),
            Self::Unreachable { .. } | Self::Status { .. } | Self::Answer | Self::Proof(_) => None,
        }
    }
}

impl Peer {
    pub(crate) fn new(name: &str, key: &VerifierKey, url: &str, roots: &RootCerts, deadline: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots.clone()).build())
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_response_header_size(HEADER_BYTES_MAX)
            .timeout_global(Some(deadline))
            .user_agent(concat!("tongbiao/", env!("CARGO_PKG_VERSION")))
            .build();
        let address = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        Self { name: name.to_owned(), key: key.clone(), address, agent: config.into() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Offers a checkpoint of the log: the signature line. `known` is the size that the witness was seen to remember.
    ///
    /// Without it the checkpoint's own size is tried: a witness that remembers another one says so, and needs no proof for that.
    ///
    /// # Errors
    /// [`PeerFault`]
    pub(crate) fn offer(&self, log: &Log, note: &str, known: Option<u64>) -> Result<String, PeerFault> {
        let size = Checkpoint::from_unverified_note(note.as_bytes()).map_err(PeerFault::Proof)?.size;
        let mut old_size = known.filter(|known| *known <= size).unwrap_or(size);
        for _ in 0..OFFERS_MAX {
            let proof = log.consistency(old_size, size).map_err(PeerFault::Proof)?;
            let request = AddCheckpoint { old_size, proof, note: note.to_owned() };
            match self.send(&request.to_body())? {
                (200, answer) => return line_of_answer(note, &answer, &self.key).map_err(|_| PeerFault::Answer),
                (409, answer) => match parse_size(&answer).ok_or(PeerFault::Answer)? {
                    remembered if remembered > size => return Err(PeerFault::Ahead { size: remembered }),
                    // The size is right, so the tree is not.
                    remembered if remembered == old_size => return Err(PeerFault::OtherTree { size: remembered }),
                    remembered => old_size = remembered,
                },
                (422, _) => return Err(PeerFault::OtherTree { size: old_size }),
                (status, _) => return Err(PeerFault::Status { status }),
            }
        }
        // Somebody else hands in checkpoints of this log at the same time.
        Err(PeerFault::Answer)
    }

    fn send(&self, body: &str) -> Result<(u16, String), PeerFault> {
        let failed = |error: ureq::Error| match error {
            ureq::Error::BodyExceedsLimit(_) => PeerFault::Answer,
            error => PeerFault::Unreachable { reason: error.to_string() },
        };
        let request = self.agent.post(&self.address).header("content-type", "text/plain; charset=utf-8");
        let mut response = request.send(body).map_err(failed)?;
        let status = response.status().as_u16();
        let answer = response.body_mut().with_config().limit(ANSWER_BYTES_MAX as u64).read_to_vec().map_err(failed)?;
        String::from_utf8(answer).map(|answer| (status, answer)).map_err(|_| PeerFault::Answer)
    }
}

/// A size as the protocol writes it: a decimal without leading zeroes, and a line feed.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('\n')?;
    let size: u64 = digits.parse().ok()?;
    (size.to_string() == digits).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_protocol_writes_them() {
        let rows = [
            ("0\n", Some(0)),
            ("18446744073709551615\n", Some(u64::MAX)),
            ("18446744073709551616\n", None),
            ("7", None),
            ("07\n", None),
            ("+7\n", None),
            ("7\r\n", None),
            ("7\n\n", None),
            ("", None),
        ];
        for (text, size) in rows {
            assert_eq!(parse_size(text), size, "{text:?}");
        }
    }

    #[test]
    fn every_fault_has_a_text_and_only_what_others_saw_forbids_signing() {
        let rows = [
            (PeerFault::Unreachable { reason: String::new() }, None),
            (PeerFault::Status { status: 404 }, None),
            (PeerFault::Answer, None),
            (PeerFault::Proof(LedgerError::LogClosed), None),
            (PeerFault::Ahead { size: 9 }, Some("ledger.rolled_back")),
            (PeerFault::OtherTree { size: 9 }, Some("ledger.head_differs")),
        ];
        for (fault, forbidden) in rows {
            assert!(standards::problem::text(fault.code()).is_some(), "{fault}");
            assert_eq!(fault.forbids_signing(5).map(|error| error.code()), forbidden, "{fault}");
        }
    }
}
