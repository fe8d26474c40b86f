//! Submission to case: the sender's own dialect read into the standard model, for the sender's own region alone.

use adapters::{Adapter, Adapters, Concluded, FieldOrigin, Limits};
use jiff::civil::Date;
use standards::case::Case;
use standards::code::RegionCode;
use standards::field::path;
use standards::item::Catalogue;
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
/// Every fault of the message at once, an edition of the catalogue that is not taken last of all; [`Problem::OtherRegion`] when it speaks for a region that is not the partner's;
/// [`Problem::TargetUnknown`], [`Problem::TargetIsSender`].
pub(crate) fn map(
    submission: &Submission,
    parts: Parts,
    to: &RegionCode,
    adapters: &Adapters,
    catalogue: &Catalogue,
    regions: &Regions,
    today: Date,
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
    let mapped = adapter
        .read_conclusion(&parts.message.bytes, &Limits::MESSAGE)
        .map_err(|faults| Problem::Message(faults.iter().map(FieldFinding::of).collect()))?;
    if mapped.case.from != *partner {
        return Err(Problem::OtherRegion { path: path::FROM });
    }
    check_edition(adapter, &mapped.message, catalogue, today)?;
    Ok(MappedCase { mapped, parts, to: to.clone(), mapping_edition: adapter.mapping().edition.clone() })
}

/// Whether a message was built on an edition of the catalogue that is taken today.
///
/// # Errors
/// [`Problem::Message`] with the code of the edition's fault, at the place where the message names it.
pub(crate) fn check_edition(
    adapter: &Adapter,
    message: &Message,
    catalogue: &Catalogue,
    today: Date,
) -> Result<(), Problem> {
    message.check_edition(catalogue, today).map_err(|fault| {
        let place = adapter.place_of(message.kind(), path::CATALOGUE_EDITION);
        let path = place.unwrap_or_else(|| path::CATALOGUE_EDITION.to_owned());
        Problem::Message(vec![FieldFinding { path, code: fault.code(), value: None, hint: fault.to_string() }])
    })
}
