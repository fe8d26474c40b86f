//! Submission to case: the sender's own dialect read into the standard model, for the sender's own region alone.

use adapters::{Adapters, Concluded, FieldOrigin, Limits};
use standards::case::Case;
use standards::code::RegionCode;
use standards::message::Message;
use standards::region::Regions;

use super::Submission;
use crate::exchange::multipart::Parts;
use crate::problem::{FieldFinding, Problem};

/// 已映射办件: the case of an authenticated message, and where it is to be recognised. Made by `map` alone.
#[derive(Debug)]
pub struct MappedCase {
    mapped: Concluded,
    parts: Parts,
    to: RegionCode,
    mapping_edition: String,
}

impl MappedCase {
    /// The case.
    pub fn case(&self) -> &Case {
        &self.mapped.case
    }

    /// The message that concludes it, as canonical fields.
    pub fn message(&self) -> &Message {
        &self.mapped.message
    }

    /// Where each of its fields came from.
    pub fn explanation(&self) -> &[FieldOrigin] {
        &self.mapped.explanation
    }

    /// The message and the document, as they came.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The region that is to recognise the result.
    pub fn to(&self) -> &RegionCode {
        &self.to
    }

    /// The edition of the mapping that read it.
    pub fn mapping_edition(&self) -> &str {
        &self.mapping_edition
    }
}

/// Reads a partner's message.
///
/// # Errors
/// Every fault of the message at once; [`Problem::OtherRegion`] when it speaks for a region that is not the partner's;
/// [`Problem::TargetUnknown`], [`Problem::TargetIsSender`].
pub(crate) fn map(
    submission: &Submission,
    parts: Parts,
    to: &RegionCode,
    adapters: &Adapters,
    regions: &Regions,
) -> Result<MappedCase, Problem> {
    let partner = submission.partner();
    if regions.get(to).is_none() {
        return Err(Problem::TargetUnknown);
    }
    if to == partner {
        return Err(Problem::TargetIsSender);
    }
    // A partner of the trust list whose dialect nobody has written cannot be read at all.
    let adapter = adapters.adapter(partner).ok_or_else(|| Problem::Message(Vec::new()))?;
    let mapped = adapter.read_conclusion(&parts.message.bytes, &Limits::MESSAGE).map_err(|faults| {
        let finding = |fault: adapters::Fault| FieldFinding { code: fault.code(), path: place(&fault) };
        Problem::Message(faults.into_iter().map(finding).collect())
    })?;
    if mapped.case.from != *partner {
        return Err(Problem::OtherRegion { path: standards::field::path::FROM });
    }
    Ok(MappedCase { mapped, parts, to: to.clone(), mapping_edition: adapter.mapping().edition.clone() })
}

fn place(fault: &adapters::Fault) -> String {
    match &fault.field {
        Some(field) if fault.path.is_empty() => field.clone(),
        _ => fault.path.clone(),
    }
}
