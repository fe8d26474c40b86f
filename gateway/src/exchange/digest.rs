//! Content-Digest (RFC 9530): sha-256 must be there and right, sm3 when it is there.

use axum::http::HeaderMap;
use sfv::{BareItem, Dictionary, ListEntry, Parser};

use crate::problem::Problem;

/// Judges the Content-Digest of a body.
///
/// # Errors
/// [`Problem::DigestMissing`], [`Problem::DigestMalformed`] or [`Problem::DigestWrong`]. Algorithms that are not known are passed over
/// (RFC 9530 2).
pub(crate) fn judge(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let digests = dictionary(headers, "content-digest", &Problem::DigestMalformed)?.ok_or(Problem::DigestMissing)?;
    let sha256 = bytes(&digests, "sha-256")?.ok_or(Problem::DigestMissing)?;
    let sm3 = bytes(&digests, "sm3")?;
    let right = sha256 == certs::digest::sha256(&[body]) && sm3.is_none_or(|sm3| sm3 == certs::digest::sm3(&[body]));
    if right { Ok(()) } else { Err(Problem::DigestWrong) }
}

fn bytes<'a>(digests: &'a Dictionary, algorithm: &str) -> Result<Option<&'a [u8]>, Problem> {
    match digests.get(algorithm) {
        None => Ok(None),
        Some(ListEntry::Item(item)) => match &item.bare_item {
            BareItem::ByteSequence(bytes) => Ok(Some(bytes)),
            _ => Err(Problem::DigestMalformed),
        },
        Some(ListEntry::InnerList(_)) => Err(Problem::DigestMalformed),
    }
}

/// A field that is a dictionary (RFC 9651 3.2); `None` where it is absent. It must come in one line: which of two lines was signed
/// would be a matter of taste.
pub(super) fn dictionary(headers: &HeaderMap, name: &str, malformed: &Problem) -> Result<Option<Dictionary>, Problem> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => Parser::new(line.as_bytes()).parse().map(Some).map_err(|_| malformed.clone()),
        (Some(_), Some(_)) => Err(malformed.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_digests_of_the_rfc_and_of_sm3_are_judged() {
        let body = b"{\"hello\": \"world\"}\n";
        let good = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        let sm3 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, certs::digest::sm3(&[body]));
        let rows = [
            (good.to_owned(), Ok(())),
            (format!("{good}, sm3=:{sm3}:"), Ok(())),
            (format!("{good}, sm3=:AAAA:"), Err(Problem::DigestWrong)),
            (format!("{good}, md5=:AAAA:"), Ok(())),
            (format!("sm3=:{sm3}:"), Err(Problem::DigestMissing)),
            ("sha-256=:AAAA:".to_owned(), Err(Problem::DigestWrong)),
            ("sha-256=RK".to_owned(), Err(Problem::DigestMalformed)),
            ("sha-256=:RK/0".to_owned(), Err(Problem::DigestMalformed)),
        ];
        for (field, expected) in rows {
            let mut headers = HeaderMap::new();
            headers.insert("content-digest", HeaderValue::from_str(&field).unwrap());
            assert_eq!(judge(&headers, body), expected, "{field}");
        }
        assert_eq!(judge(&HeaderMap::new(), body), Err(Problem::DigestMissing));
    }
}
