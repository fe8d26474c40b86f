//! A submission as it is made for a scenario: the region's message, and a document sealed for it.

use std::path::Path;

use jiff::Timestamp;
use standards::code::RegionCode;

use crate::document;
use crate::error::SuiteError;
use crate::partner::KeyFolder;
use crate::scenario::Submission;
use crate::session::token;
use crate::suite::{Suite, changed};

/// 投递: what a partner submits, and under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Who is asked to recognise.
    pub to: RegionCode,
    /// The region's own message.
    pub message: Vec<u8>,
    /// Its media type.
    pub message_type: &'static str,
    /// The sealed document.
    pub document: Vec<u8>,
    /// The key under which a resend is recognised.
    pub idempotency_key: String,
}

impl Parcel {
    /// The parcel that `from` would submit; `file` is where the submission is written, and `now` dates the seal.
    ///
    /// # Errors
    /// When the suite or the keys cannot be used.
    pub fn make(
        keys: &KeyFolder,
        suite: &Suite,
        file: &Path,
        from: &RegionCode,
        submission: &Submission,
        now: Timestamp,
    ) -> Result<Self, SuiteError> {
        let (message, message_type) = suite.message(&submission.message)?;
        Ok(Self {
            to: submission.to.clone(),
            message: changed(file, message, &submission.changes)?.into_bytes(),
            message_type,
            document: document::sealed(keys, suite, from, submission, now)?,
            idempotency_key: token()?,
        })
    }
}
