//! Times as seals write them: `GeneralizedTime`, `UTCTime`, and the deviations of real products.
use certs::der::{DerFault, Element, Reader, tag};
use jiff::{Timestamp, civil, tz::Offset};

use crate::{
    finding::Finding,
    note::{Note, Notes},
};

/// Local time of China, which products mean when they leave the Z away.
const CHINA: Offset = Offset::constant(8);

/// The type of time that a layout has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `GeneralizedTime`: GB/T 38540-2020 and GM/T 0031-2025.
    Generalized,
    /// `UTCTime`: GM/T 0031-2014.
    Utc,
    /// The one or the other: attributes of GB/T 35275.
    Either,
}

/// Reads one time. The type that the layout does not have is read too, and noted.
pub(crate) fn read(reader: &mut Reader, form: Form, notes: &mut Notes) -> Result<Timestamp, Finding> {
    let element = reader.any()?;
    let (found, year) = match element.tag {
        tag::GENERALIZED_TIME => (Form::Generalized, Year::Four),
        tag::UTC_TIME => (Form::Utc, Year::Two),
        got => return Err(DerFault::Tag { expected: tag::GENERALIZED_TIME, got }.into()),
    };
    if form != found && form != Form::Either {
        notes.add(Note::OtherTimeType);
    }
    from_text(text(&element)?, year, notes)
}

/// How many digits the year of a form has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Year {
    Two,
    Four,
}

/// Reads `yyyyMMddHHmmss[.f…][Z]`, or with `Year::Two` `yyMMddHHmmss[Z]`.
pub(crate) fn from_text(text: &str, year: Year, notes: &mut Notes) -> Result<Timestamp, Finding> {
    let (local, text) = match text.strip_suffix('Z') {
        Some(text) => (false, text),
        None => (true, text),
    };
    let (digits, fraction) = text.split_once('.').map_or((text, None), |(digits, fraction)| (digits, Some(fraction)));
    let fraction_holds = fraction.is_none_or(|it| (1..=9).contains(&it.len()) && all_digits(it));
    if !all_digits(digits) || !fraction_holds {
        return Err(Finding::TimeUnreadable);
    }
    let short = match (digits.len(), year) {
        (14, Year::Four) => false,
        (12, Year::Four) => {
            notes.add(Note::ShortYear);
            true
        }
        (12, Year::Two) => true,
        _ => return Err(Finding::TimeUnreadable),
    };
    if local {
        notes.add(Note::LocalTime);
    }
    let moment = civil_time(digits, short).ok_or(Finding::TimeUnreadable)?;
    let offset = if local { CHINA } else { Offset::UTC };
    offset.to_timestamp(moment).map_err(|_| Finding::TimeUnreadable)
}

/// Reads a time as Signature.xml states it: as above, or with separators (`2020-06-20 17:18:49`), or as RFC 3339 has it.
pub(crate) fn from_written(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let separated = text.get(4..5) == Some("-");
    let compact: String = text.chars().filter(|it| !(separated && matches!(it, '-' | ':' | ' ' | 'T'))).collect();
    from_text(&compact, Year::Four, &mut Notes::default()).ok()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `digits` are ASCII digits, 12 of them with a short year, else 14. Fractions of a second are cut: no rule looks at them.
fn civil_time(digits: &str, short: bool) -> Option<civil::DateTime> {
    let (year, rest) = digits.split_at_checked(if short { 2 } else { 4 })?;
    let mut year: i16 = year.parse().ok()?;
    if short {
        // RFC 5280 4.1.2.5.1: years from 50 on belong to the last century.
        year += if year < 50 { 2000 } else { 1900 };
    }
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    civil::DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok()
}

fn text<'a>(element: &Element<'a>) -> Result<&'a str, Finding> {
    std::str::from_utf8(element.value).map_err(|_| Finding::TimeUnreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_real_products_are_read_and_each_deviation_is_noted() {
        let cases: [(&str, Year, &str, &[Note]); 6] = [
            ("20200422020900Z", Year::Four, "2020-04-22T02:09:00Z", &[]),
            ("20201004072855.302Z", Year::Four, "2020-10-04T07:28:55Z", &[]),
            ("20220318213217", Year::Four, "2022-03-18T13:32:17Z", &[Note::LocalTime]),
            ("200422021807Z", Year::Two, "2020-04-22T02:18:07Z", &[]),
            ("990422021807Z", Year::Two, "1999-04-22T02:18:07Z", &[]),
            ("220318213217", Year::Four, "2022-03-18T13:32:17Z", &[Note::ShortYear, Note::LocalTime]),
        ];
        for (text, year, expected, noted) in cases {
            let mut notes = Notes::default();
            assert_eq!(from_text(text, year, &mut notes).unwrap().to_string(), expected, "{text}");
            assert_eq!(notes.into_vec(), noted, "{text}");
        }
    }

    #[test]
    fn times_of_signature_xml_are_read_in_every_form_that_products_write() {
        for (text, expected) in [
            ("20220903054127Z", Some("2022-09-03T05:41:27Z")),
            ("2020-06-20 17:18:49", Some("2020-06-20T09:18:49Z")),
            ("2020-06-20T17:18:49", Some("2020-06-20T09:18:49Z")),
            ("2020-06-20T17:18:49+08:00", Some("2020-06-20T09:18:49Z")),
            ("2020-06-20", None),
            ("2020-06-20 17:18:99", None),
            ("17:18:49", None),
            ("", None),
        ] {
            assert_eq!(from_written(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let wrong = ["", "Z", "20200422", "20201322020900Z", "20200230020900Z", "2020042202090aZ", "+0200422020900Z"];
        for text in
            wrong.into_iter().chain(["20200422020900.Z", "20200422020900+0800", "20200422250900Z", "２0200422020900Z"])
        {
            assert!(from_text(text, Year::Four, &mut Notes::default()).is_err(), "{text}");
        }
        assert!(from_text("20200422020900Z", Year::Two, &mut Notes::default()).is_err());
    }
}
