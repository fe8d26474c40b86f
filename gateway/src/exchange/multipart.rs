//! The two parts of a submission, read from multipart/form-data within limits.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use multer::{Constraints, Multipart, SizeLimit};

use crate::config::Limits;
use crate::problem::Problem;

/// One part that may come.
struct Expected {
    name: &'static str,
    media_types: &'static [&'static str],
    limit: fn(&Limits) -> usize,
}

const PARTS: [Expected; 2] = [
    Expected {
        name: "message",
        media_types: &["application/json", "application/xml", "text/xml"],
        limit: |limits| limits.message_bytes,
    },
    Expected {
        name: "document",
        media_types: &["application/ofd", "application/octet-stream"],
        limit: |limits| limits.document_bytes,
    },
];

/// Room for boundaries and part headers.
pub(crate) const FRAME_BYTES_MAX: usize = 16 * 1024;

/// 报文与文件: what a region sends for recognition.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// The message, in the region's own dialect.
    pub(crate) message: Part,
    /// The sealed document.
    pub(crate) document: Part,
}

/// One part.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Its media type, one of those that are taken.
    pub(crate) media_type: &'static str,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

/// Reads the body of a submission.
///
/// # Errors
/// What is wrong with it, naming the part.
pub(crate) async fn read(headers: &HeaderMap, body: Bytes, limits: &Limits) -> Result<Parts, Problem> {
    let boundary = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(|value| {
        // A boundary is at most 70 characters (RFC 2046 5.1.1).
        multer::parse_boundary(value).ok().filter(|boundary| (1..=70).contains(&boundary.len()))
    });
    let boundary = boundary.ok_or(Problem::MultipartMalformed)?;
    let whole = SizeLimit::new().whole_stream(body.len() as u64);
    let stream = http_body_util::BodyDataStream::new(axum::body::Body::from(body));
    let mut multipart = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(whole));
    let mut found: [Option<Part>; 2] = [None, None];
    while let Some(field) = multipart.next_field().await.map_err(|_| Problem::MultipartMalformed)? {
        let place = PARTS.iter().position(|part| Some(part.name) == field.name()).ok_or(Problem::PartUnknown)?;
        let (Some(expected), Some(slot)) = (PARTS.get(place), found.get_mut(place)) else {
            return Err(Problem::PartUnknown);
        };
        let name = expected.name;
        if slot.is_some() {
            return Err(Problem::PartRepeated { name });
        }
        let stated = field.content_type().map(|media_type| media_type.essence_str().to_owned());
        let media_type = expected.media_types.iter().find(|known| stated.as_deref() == Some(**known));
        let media_type = media_type.ok_or(Problem::PartType { name })?;
        let bytes = field.bytes().await.map_err(|_| Problem::MultipartMalformed)?;
        let limit_bytes = (expected.limit)(limits);
        if bytes.len() > limit_bytes {
            return Err(Problem::PartTooLong { name, limit_bytes });
        }
        *slot = Some(Part { media_type, bytes });
    }
    let [message, document] = found;
    Ok(Parts {
        message: message.ok_or(Problem::PartMissing { name: "message" })?,
        document: document.ok_or(Problem::PartMissing { name: "document" })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use axum::http::HeaderValue;

    fn part(name: &str, media_type: &str, bytes: &str) -> String {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n{bytes}\r\n"
        )
    }

    #[tokio::test]
    async fn two_parts_of_the_right_kind_are_taken_and_everything_else_is_named() {
        let sample = Config::from_text(include_str!("../../config/sample.toml"), std::path::Path::new("")).unwrap();
        let limits = Limits { message_bytes: 4, ..sample.limits };
        let message = part("message", "application/json", "{}");
        let document = part("document", "application/ofd", "PK");
        let rows = [
            (format!("{message}{document}--b--\r\n"), None),
            (format!("{document}{message}--b--\r\n"), None),
            (format!("{message}--b--\r\n"), Some(Problem::PartMissing { name: "document" })),
            (format!("{message}{message}{document}--b--\r\n"), Some(Problem::PartRepeated { name: "message" })),
            (format!("{message}{document}{}--b--\r\n", part("more", "text/plain", "x")), Some(Problem::PartUnknown)),
            (
                format!("{}{document}--b--\r\n", part("message", "text/plain", "{}")),
                Some(Problem::PartType { name: "message" }),
            ),
            (
                format!("{}{document}--b--\r\n", part("message", "application/json", "{    }")),
                Some(Problem::PartTooLong { name: "message", limit_bytes: 4 }),
            ),
            (format!("{message}{document}"), Some(Problem::MultipartMalformed)),
            ("nothing".to_owned(), Some(Problem::MultipartMalformed)),
        ];
        for (body, expected) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=b"));
            let read = read(&headers, body.clone().into(), &limits).await;
            assert_eq!(read.err(), expected, "{body}");
        }
    }
}
