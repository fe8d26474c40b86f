//! Policies: how findings are weighed, as editions with the day from which they count.
use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::finding::{FINDINGS, FindingRow, SubIndication, Weight};

/// 口径: what a document is judged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// For a person who reads the document: gaps of coverage are hints.
    Reading,
    /// For a decision on mutual recognition: gaps of coverage fail, and so does a maker who was revoked at the signing time.
    Recognition,
}

impl Policy {
    /// Every policy.
    pub const ALL: [Policy; 2] = [Policy::Reading, Policy::Recognition];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Reading => "reading",
            Policy::Recognition => "recognition",
        }
    }

    /// What a finding weighs under this policy.
    pub(crate) fn weight(self, row: &FindingRow) -> Weight {
        match self {
            Policy::Reading => row.reading,
            Policy::Recognition => row.recognition,
        }
    }
}

/// 口径版本: the weights that count from some day on. An edition is never changed once it counted: a new one is added, so that a
/// document can be judged again as of any day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyEdition {
    /// Its name in reports.
    pub name: &'static str,
    /// From when on it counts.
    pub counts_from: Timestamp,
    /// What each finding weighs.
    pub rows: &'static [FindingRow],
}

/// 2020-10-01 in Beijing: GB/T 38540-2020 came into force.
const GB_T_38540_IN_FORCE: Timestamp = Timestamp::constant(1_601_481_600, 0);

/// The editions, the oldest first; that one counts for earlier days too, for nothing else is known of them.
const EDITIONS: &[PolicyEdition] = &[PolicyEdition { name: "1", counts_from: GB_T_38540_IN_FORCE, rows: FINDINGS }];

impl PolicyEdition {
    /// The edition that counts at a time.
    pub fn at(at: Timestamp) -> &'static PolicyEdition {
        Self::of(EDITIONS, at)
    }

    fn of(editions: &'static [PolicyEdition], at: Timestamp) -> &'static PolicyEdition {
        const NONE: PolicyEdition = PolicyEdition { name: "0", counts_from: Timestamp::MIN, rows: &[] };
        editions.iter().rfind(|edition| edition.counts_from <= at).or(editions.first()).unwrap_or(&NONE)
    }

    /// What is known of a code; a code that the edition does not know fails.
    pub(crate) fn row(&self, code: &str) -> &'static FindingRow {
        FindingRow::of(self.rows, code)
    }
}

/// 所用口径: under what a report was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedPolicy {
    /// What for.
    pub policy: Policy,
    /// The weights.
    pub edition: &'static PolicyEdition,
    /// Whether deviations of the encoding were refused instead of noted.
    pub strict: bool,
}

impl AppliedPolicy {
    pub(crate) fn weight(self, code: &str) -> Weight {
        self.policy.weight(self.edition.row(code))
    }

    pub(crate) fn sub_indication(self, code: &str) -> SubIndication {
        self.edition.row(code).sub_indication
    }
}

impl Serialize for AppliedPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("AppliedPolicy", 3)?;
        object.serialize_field("name", self.policy.name())?;
        object.serialize_field("edition", self.edition.name)?;
        object.serialize_field("strict", &self.strict)?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_edition_of_the_day_counts_and_the_first_one_before_it() {
        const TWO: &[PolicyEdition] = &[
            PolicyEdition { name: "1", counts_from: GB_T_38540_IN_FORCE, rows: FINDINGS },
            PolicyEdition { name: "2", counts_from: Timestamp::constant(1_800_000_000, 0), rows: &[] },
        ];
        assert_eq!(GB_T_38540_IN_FORCE, at("2020-10-01T00:00:00+08:00"));
        for (day, edition) in [
            ("2019-01-01T00:00:00Z", "1"),
            ("2020-09-30T16:00:00Z", "1"),
            ("2027-01-15T07:59:59Z", "1"),
            ("2027-01-15T08:00:00Z", "2"),
        ] {
            assert_eq!(PolicyEdition::of(TWO, at(day)).name, edition, "{day}");
        }
    }

    #[test]
    fn recognition_never_weighs_a_finding_lighter_than_reading() {
        for edition in EDITIONS {
            for row in edition.rows {
                assert!(row.reading <= row.recognition, "{}", row.code);
            }
        }
    }

    #[test]
    fn a_code_that_no_edition_knows_fails() {
        let row = PolicyEdition::at(Timestamp::MIN).row("seal.invented");
        assert_eq!(Policy::ALL.map(|policy| policy.weight(row)), [Weight::Fail; 2]);
    }
}
