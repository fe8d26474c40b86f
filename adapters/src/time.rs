//! Times and dates as the three dialects write them: local ones are China Standard Time, +08:00.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::fault::Finding;

/// China Standard Time: one offset, no summer time since 1991.
const EAST_8: Offset = Offset::constant(8);

/// One way of writing a time, by pictures of the text, in which `9` stands for a digit.
pub(crate) struct TimeForm {
    /// What is read.
    pictures: &'static [&'static str],
    /// What is written.
    written: &'static str,
    expected: &'static str,
}

/// RFC 3339 with milliseconds and the offset +08:00.
pub(crate) const RFC3339: TimeForm = TimeForm {
    pictures: &["9999-99-99T99:99:99.999+08:00", "9999-99-99T99:99:99+08:00"],
    written: "9999-99-99T99:99:99.999+08:00",
    expected: "a time as 2022-11-09T16:01:02.000+08:00",
};

/// Local time with blanks and colons; some senders add a fraction.
pub(crate) const LOCAL: TimeForm = TimeForm {
    pictures: &["9999-99-99 99:99:99", "9999-99-99 99:99:99.9", "9999-99-99 99:99:99.999"],
    written: "9999-99-99 99:99:99",
    expected: "a local time as 2022-11-09 16:01:02",
};

/// Fourteen digits, local time.
pub(crate) const COMPACT: TimeForm = TimeForm {
    pictures: &["99999999999999"],
    written: "99999999999999",
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
        let (whole, fraction) = local.split_once('.').unwrap_or((local, ""));
        let mut digits = whole.bytes().filter(u8::is_ascii_digit);
        let mut number =
            |count: usize| digits.by_ref().take(count).fold(0_i16, |value, digit| value * 10 + i16::from(digit - b'0'));
        let year = number(4);
        let [month, day, hour, minute, second] = std::array::from_fn(|_| i8::try_from(number(2)).unwrap_or_default());
        // jiff's constructor, unlike its parsers, knows no leap second; these dialects have none.
        DateTime::new(year, month, day, hour, minute, second, nanoseconds(fraction))
            .and_then(|time| EAST_8.to_timestamp(time))
            .map(|time| time.to_string())
            .map_err(|_| wrong)
    }

    /// The text of a canonical time in this form.
    pub(crate) fn write(&self, canonical: &str) -> Option<String> {
        let time = EAST_8.to_datetime(canonical.parse::<Timestamp>().ok()?);
        let parts = [time.month(), time.day(), time.hour(), time.minute(), time.second()];
        // Before the year 0 the pictures have no room for the sign.
        let year = u64::try_from(time.year()).ok()?;
        let seconds = parts.iter().try_fold(year, |number, part| Some(number * 100 + u64::try_from(*part).ok()?))?;
        let digits = format!("{:017}", seconds * 1_000 + u64::try_from(time.millisecond()).ok()?);
        let mut digits = digits.chars();
        self.written.chars().map(|c| if c == '9' { digits.next() } else { Some(c) }).collect()
    }
}

/// A date as yyyy-MM-dd, exactly.
pub(crate) fn read_date(text: &str) -> Result<Cow<'_, str>, Finding> {
    let wrong = Finding::WrongFormat { expected: "a date as 2025-11-08" };
    if !looks_like("9999-99-99", text) {
        return Err(wrong);
    }
    text.parse::<Date>().map(|_| text.into()).map_err(|_| wrong)
}

/// One to three digits behind the point.
fn nanoseconds(fraction: &str) -> i32 {
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    digits.fold(0, |value, digit| value * 10 + i32::from(digit - b'0')) * 1_000_000
}

fn looks_like(picture: &str, text: &str) -> bool {
    picture.len() == text.len()
        && picture.bytes().zip(text.bytes()).all(|(p, t)| if p == b'9' { t.is_ascii_digit() } else { p == t })
}
