//! The time of judging: a moment, or a whole day as people write it.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// 判断时间 as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// RFC 3339.
    Moment(Timestamp),
    /// A date; its last second in Beijing counts, so that whatever was done on that day is seen.
    Date(Date),
}

impl std::str::FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(moment) => Ok(Day::Moment(moment)),
            Err(error) => text.parse().map(Day::Date).map_err(|_| error),
        }
    }
}

impl Day {
    /// The moment to judge at. A day that is not over yet is judged as of now.
    pub(super) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Day::Moment(moment) => moment,
            Day::Date(date) => end_of(date).map_or(now, |end| if contains(date, now) { now } else { end }),
        }
    }
}

fn beijing() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

fn contains(date: Date, moment: Timestamp) -> bool {
    moment.to_zoned(beijing()).date() == date
}

fn end_of(date: Date) -> Option<Timestamp> {
    let next = date.tomorrow().ok()?.to_zoned(beijing()).ok()?;
    next.timestamp().checked_sub(1.second()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    #[test]
    fn a_date_is_its_last_second_in_beijing_and_today_is_now() {
        for (written, judged) in [
            ("2025-06-30T00:00:00Z", "2025-06-30T00:00:00Z"),
            ("2025-06-30T08:00:00+08:00", "2025-06-30T00:00:00Z"),
            ("2025-06-30", "2025-06-30T15:59:59Z"),
            ("2026-11-22", NOW),
            ("2026-11-23", "2026-11-23T15:59:59Z"),
        ] {
            let day: Day = written.parse().unwrap();
            assert_eq!(day.moment(NOW.parse().unwrap()).to_string(), judged, "{written}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for written in ["", "yesterday", "2025-13-01", "2025-06-30T25:00:00Z", "20250630Z"] {
            assert!(written.parse::<Day>().is_err(), "{written}");
        }
    }
}
