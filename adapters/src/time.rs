//! Times and dates as the three dialects write them: local ones are China Standard Time, +08:00.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use crate::fault::Finding;

/// China Standard Time: one offset, no summer time since 1991.
const EAST_8: Offset = Offset::constant(8);

/// One way of writing a time: a picture of the text, in which `9` stands for a digit, and the format behind it.
pub(crate) struct TimeForm {
    pictures: &'static [&'static str],
    written: &'static str,
    expected: &'static str,
}

/// RFC 3339 with milliseconds and the offset +08:00.
pub(crate) const RFC3339: TimeForm = TimeForm {
    pictures: &["9999-99-99T99:99:99.999+08:00", "9999-99-99T99:99:99+08:00"],
    written: "%Y-%m-%dT%H:%M:%S.%3f+08:00",
    expected: "a time as 2022-11-09T16:01:02.000+08:00",
};

/// Local time with blanks and colons; some senders add a fraction.
pub(crate) const LOCAL: TimeForm = TimeForm {
    pictures: &["9999-99-99 99:99:99", "9999-99-99 99:99:99.9", "9999-99-99 99:99:99.999"],
    written: "%Y-%m-%d %H:%M:%S",
    expected: "a local time as 2022-11-09 16:01:02",
};

/// Fourteen digits, local time.
pub(crate) const COMPACT: TimeForm = TimeForm {
    pictures: &["99999999999999"],
    written: "%Y%m%d%H%M%S",
    expected: "a local time of 14 digits, 20221109160102",
};

impl TimeForm {
    /// The canonical text (RFC 3339 in UTC) of a time written in this form.
    pub(crate) fn read(&self, text: &str) -> Result<String, Finding> {
        let wrong = Finding::WrongFormat { expected: self.expected };
        if !self.pictures.iter().any(|picture| looks_like(picture, text)) {
            return Err(wrong);
        }
        let local = text.strip_suffix("+08:00").unwrap_or(text);
        let (whole, fraction) = local.split_once('.').unwrap_or((local, "0"));
        let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
        DateTime::strptime("%Y%m%d%H%M%S", &digits)
            .ok()
            // jiff reads a leap second as second 59; these dialects have none.
            .filter(|_| !digits.ends_with("60"))
            .and_then(|time| time.with().millisecond(milliseconds(fraction)?).build().ok())
            .and_then(|time| EAST_8.to_timestamp(time).ok())
            .map(|time| time.to_string())
            .ok_or(wrong)
    }

    /// The text of a canonical time in this form.
    pub(crate) fn write(&self, canonical: &str) -> Option<String> {
        let time: Timestamp = canonical.parse().ok()?;
        Some(time.to_zoned(TimeZone::fixed(EAST_8)).strftime(self.written).to_string())
    }
}

/// A date as yyyy-MM-dd, exactly.
pub(crate) fn read_date(text: &str) -> Result<String, Finding> {
    let wrong = Finding::WrongFormat { expected: "a date as 2025-11-08" };
    if !looks_like("9999-99-99", text) {
        return Err(wrong);
    }
    text.parse::<Date>().map(|date| date.to_string()).map_err(|_| wrong)
}

fn milliseconds(fraction: &str) -> Option<i16> {
    format!("{fraction:0<3}").parse().ok()
}

fn looks_like(picture: &str, text: &str) -> bool {
    picture.len() == text.len()
        && picture.bytes().zip(text.bytes()).all(|(p, t)| if p == b'9' { t.is_ascii_digit() } else { p == t })
}
