//! Query strings: each parameter known, at most once, without escapes, because nothing here needs one.

use axum::http::Uri;

use crate::problem::Problem;

/// The values of the parameters that an operation knows, in the order of `names`.
///
/// # Errors
/// [`Problem::QueryMalformed`].
pub(super) fn read<'a, const N: usize>(
    uri: &'a Uri,
    names: [&'static str; N],
) -> Result<[Option<&'a str>; N], Problem> {
    let mut values = [None; N];
    for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = names.iter().position(|known| *known == name).ok_or(Problem::QueryMalformed { name: "?" })?;
        let (Some(slot), Some(name)) = (values.get_mut(place), names.get(place)) else { continue };
        if slot.replace(value).is_some() {
            return Err(Problem::QueryMalformed { name });
        }
    }
    Ok(values)
}

/// A parameter that must be there and be a `T`.
pub(super) fn required<T: std::str::FromStr>(value: Option<&str>, name: &'static str) -> Result<T, Problem> {
    value.and_then(|value| value.parse().ok()).ok_or(Problem::QueryMalformed { name })
}

/// A parameter that may be absent.
pub(super) fn optional<T: std::str::FromStr>(value: Option<&str>, name: &'static str) -> Result<Option<T>, Problem> {
    value.map(|value| value.parse().map_err(|_| Problem::QueryMalformed { name })).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_known_and_come_once() {
        let rows = [
            ("/?a=1&b=2", Ok([Some("1"), Some("2")])),
            ("/", Ok([None, None])),
            ("/?b=", Ok([None, Some("")])),
            ("/?a=1&a=1", Err(Problem::QueryMalformed { name: "a" })),
            ("/?c=1", Err(Problem::QueryMalformed { name: "?" })),
            ("/?%61=1", Err(Problem::QueryMalformed { name: "?" })),
        ];
        for (uri, expected) in rows {
            assert_eq!(read(&uri.parse().unwrap(), ["a", "b"]), expected, "{uri}");
        }
    }
}
