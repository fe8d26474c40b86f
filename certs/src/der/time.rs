//! Times in DER: `UTCTime` and `GeneralizedTime`, always with Z, as X.690 11.7 and 11.8 and RFC 5280 4.1.2.5 have them.

use jiff::{Timestamp, civil, tz::Offset};

use super::{DerFault, Reader, tag};

/// The most digits of a fraction: jiff counts nanoseconds.
const FRACTION_DIGITS_MAX: usize = 9;

impl Reader<'_> {
    /// A `UTCTime` (yyMMddHHmmssZ, years 1950 to 2049) or a `GeneralizedTime` (yyyyMMddHHmmss\[.f…\]Z, the fraction without zeros at its end).
    ///
    /// # Errors
    /// As [`Self::any`], and [`DerFault::Time`].
    pub fn time(&mut self) -> Result<Timestamp, DerFault> {
        let element = self.any()?;
        let text = std::str::from_utf8(element.value).ok().and_then(|text| text.strip_suffix('Z'));
        let text = text.ok_or(DerFault::Time)?;
        match element.tag {
            tag::UTC_TIME if text.len() == 12 => {
                let century = if text < "5" { "20" } else { "19" };
                moment(&format!("{century}{text}"), 0)
            }
            tag::GENERALIZED_TIME => match text.split_once('.') {
                None => moment(text, 0),
                Some((text, fraction)) => moment(text, nanoseconds(fraction).ok_or(DerFault::Time)?),
            },
            _ => None,
        }
        .ok_or(DerFault::Time)
    }
}

/// The moment that 14 digits name, in UTC.
fn moment(digits: &str, nanoseconds: i32) -> Option<Timestamp> {
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    let year = digits.get(..4)?.parse().ok()?;
    let time = civil::DateTime::new(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?, nanoseconds).ok()?;
    Offset::UTC.to_timestamp(time).ok()
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || fraction.is_empty() || fraction.len() > FRACTION_DIGITS_MAX || fraction.ends_with('0') {
        return None;
    }
    format!("{fraction:0<FRACTION_DIGITS_MAX$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::write;

    fn read(tag: u8, text: &str) -> Result<String, DerFault> {
        Reader::new(&write::value(tag, text.as_bytes())).time().map(|time| time.to_string())
    }

    #[test]
    fn times_are_read_in_both_forms() {
        let cases = [
            (tag::UTC_TIME, "200422020900Z", "2020-04-22T02:09:00Z"),
            (tag::UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"),
            (tag::UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"),
            (tag::GENERALIZED_TIME, "20200422020900Z", "2020-04-22T02:09:00Z"),
            (tag::GENERALIZED_TIME, "20200422020900.5Z", "2020-04-22T02:09:00.5Z"),
            (tag::GENERALIZED_TIME, "20200422020900.000000001Z", "2020-04-22T02:09:00.000000001Z"),
        ];
        for (tag, text, expected) in cases {
            assert_eq!(read(tag, text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_in_der_is_refused() {
        let generalized = [
            "",
            "Z",
            "20200422020900",
            "202004220209Z",
            "20201322020900Z",
            "20200230020900Z",
            "20200422250900Z",
            "20200422020900.Z",
            "20200422020900.50Z",
            "20200422020900.0000000001Z",
            "20200422020900.-5Z",
            "20200422020900+0800",
            "20200422020900,5Z",
            "+0200422020900Z",
            "2020 422020900Z",
            "２0200422020900Z",
        ];
        for text in generalized {
            assert_eq!(read(tag::GENERALIZED_TIME, text), Err(DerFault::Time), "{text}");
        }
        for text in ["2004220209Z", "200422020900", "200422020900.5Z", "20200422020900Z", "200422020900+0800"] {
            assert_eq!(read(tag::UTC_TIME, text), Err(DerFault::Time), "{text}");
        }
        assert_eq!(read(tag::OCTET_STRING, "20200422020900Z"), Err(DerFault::Time));
    }
}
