//! What a tolerant reading accepted although the standard says otherwise: each tolerance by name.
use serde::Serialize;

/// One deviation that was met and read all the same. A strict reading refuses those that [`Note::is_tolerance`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Note {
    /// An INTEGER of an SM2 signature lacks its leading zero, or has too many (GB/T 35276 asks for DER).
    NormalisedInteger,
    /// An SM2 signature as 64 bytes r ‖ s instead of SEQUENCE { r, s }.
    RawSignature,
    /// A BIT STRING whose trailing zero bits were stripped: padded to the length inside.
    PaddedBitString,
    /// A time without Z, read as local time of China (+08:00).
    LocalTime,
    /// A `GeneralizedTime` with a year of two digits.
    ShortYear,
    /// `certListType` 3, which no standard has, read as a list of certificates.
    CertListType3,
    /// Header version 2 with the layout of GM/T 0031-2014.
    HeaderVersion2,
    /// A time of another ASN.1 type than the layout has: `UTCTime` for `GeneralizedTime`, or the reverse.
    OtherTimeType,
    /// `timeInfo` of a v1 layout as text in a BIT STRING.
    TextTimeInfo,
    /// The name of a seal with NUL octets at its end, read without them.
    NulPaddedName,
    /// A certificate of X.509 version 1: it can say neither what it is for nor whether it is an authority.
    Version1Certificate,
    /// `propertyInfo` names something else than the Signature.xml that it came with.
    ForeignPropertyInfo,
    /// A location that holds only when read from the root of the package.
    RootRelativeLocation,
    /// The signature part of GM/T 0031-2025 was read with the layout of GB/T 38540-2020.
    UnconfirmedLayout,
}

impl Note {
    /// Every note.
    pub const ALL: [Note; 14] = [
        Note::NormalisedInteger,
        Note::RawSignature,
        Note::PaddedBitString,
        Note::LocalTime,
        Note::ShortYear,
        Note::CertListType3,
        Note::HeaderVersion2,
        Note::OtherTimeType,
        Note::TextTimeInfo,
        Note::NulPaddedName,
        Note::Version1Certificate,
        Note::ForeignPropertyInfo,
        Note::RootRelativeLocation,
        Note::UnconfirmedLayout,
    ];

    /// Stable code; its text is in `standards/problems/format.toml`.
    pub fn code(self) -> &'static str {
        match self {
            Note::NormalisedInteger => "format.normalised_integer",
            Note::RawSignature => "format.raw_signature",
            Note::PaddedBitString => "format.padded_bit_string",
            Note::LocalTime => "format.local_time",
            Note::ShortYear => "format.short_year",
            Note::CertListType3 => "format.cert_list_type_3",
            Note::HeaderVersion2 => "format.header_version_2",
            Note::OtherTimeType => "format.other_time_type",
            Note::TextTimeInfo => "format.text_time_info",
            Note::NulPaddedName => "format.nul_padded_name",
            Note::Version1Certificate => "format.version_1_certificate",
            Note::ForeignPropertyInfo => "format.foreign_property_info",
            Note::RootRelativeLocation => "format.root_relative_location",
            Note::UnconfirmedLayout => "format.unconfirmed_layout",
        }
    }

    /// Whether a strict reading refuses what this note names.
    pub fn is_tolerance(self) -> bool {
        match self {
            Note::NormalisedInteger
            | Note::RawSignature
            | Note::PaddedBitString
            | Note::LocalTime
            | Note::ShortYear
            | Note::CertListType3
            | Note::HeaderVersion2
            | Note::OtherTimeType
            | Note::TextTimeInfo
            | Note::NulPaddedName
            | Note::RootRelativeLocation => true,
            Note::Version1Certificate | Note::ForeignPropertyInfo | Note::UnconfirmedLayout => false,
        }
    }
}

/// The notes of one signature, each once, in the order in which they were met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Vec<Note>);

impl Notes {
    pub(crate) fn add(&mut self, note: Note) {
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    pub(crate) fn first_tolerance(&self) -> Option<Note> {
        self.0.iter().copied().find(|note| note.is_tolerance())
    }

    pub(crate) fn into_vec(self) -> Vec<Note> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_notes_is_that_of_the_enum() {
        for (place, note) in Note::ALL.into_iter().enumerate() {
            assert_eq!(note as usize, place, "{note:?}");
        }
    }
}
