//! The two-part body of a submission (RFC 7578), byte for byte reproducible.

/// A part of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// `message` or `document`.
    pub name: &'a str,
    /// Its media type.
    pub content_type: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The header value and the body of `parts`. The boundary is chosen by the caller, and must occur in no part.
pub fn encode(boundary: &str, parts: &[Part<'_>]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for part in parts {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n",
            name = part.name,
            content_type = part.content_type
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_bytes_of_its_parts_between_boundaries() {
        let parts = [Part { name: "message", content_type: "application/json", bytes: b"{}" }];
        let (content_type, body) = encode("b", &parts);
        assert_eq!(content_type, "multipart/form-data; boundary=b");
        let expected = "--b\r\nContent-Disposition: form-data; name=\"message\"; filename=\"message\"\r\n\
                        Content-Type: application/json\r\n\r\n{}\r\n--b--\r\n";
        assert_eq!(body, expected.as_bytes());
    }
}
