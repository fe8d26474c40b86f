//! HTTP message signatures (RFC 9421) and the content digest (RFC 9530), from the signing side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// The label of the one signature that a partner's request carries.
pub const LABEL: &str = "sig";

/// A covered component and its value, in the order in which they are signed (RFC 9421, 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component<'a> {
    /// Its identifier: a field name in lower case, or a derived component such as `@method`.
    pub name: &'a str,
    /// Its canonical value.
    pub value: &'a str,
}

/// The parameters of a signature (RFC 9421, 2.3). There is no `alg`: the key's row in the trust list decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Never used twice.
    pub nonce: Option<String>,
    /// The name of the key.
    pub keyid: String,
    /// Only to see it refused.
    pub alg: Option<String>,
}

/// The value of `@signature-params`, which is also the member of `Signature-Input`.
pub fn signature_params(components: &[Component<'_>], parameters: &Parameters) -> String {
    let names: Vec<String> = components.iter().map(|component| format!("\"{}\"", component.name)).collect();
    let mut text = format!("({});created={}", names.join(" "), parameters.created);
    for (name, value) in
        [("nonce", parameters.nonce.as_ref()), ("keyid", Some(&parameters.keyid)), ("alg", parameters.alg.as_ref())]
    {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(text, ";{name}=\"{value}\"");
        }
    }
    text
}

/// The signature base (RFC 9421, 2.5): the very bytes that are signed.
pub fn signature_base(components: &[Component<'_>], parameters: &Parameters) -> String {
    let mut base = String::new();
    for component in components {
        let _ = writeln!(base, "\"{}\": {}", component.name, component.value.trim());
    }
    let _ = write!(base, "\"@signature-params\": {}", signature_params(components, parameters));
    base
}

/// The two header fields `Signature-Input` and `Signature` of a signature's bytes.
pub fn signature_fields(
    components: &[Component<'_>],
    parameters: &Parameters,
    signature: &[u8],
) -> [(&'static str, String); 2] {
    [
        ("signature-input", format!("{LABEL}={}", signature_params(components, parameters))),
        ("signature", format!("{LABEL}=:{}:", STANDARD.encode(signature))),
    ]
}

/// The `Content-Digest` of a body: SHA-256, which every gateway must know (RFC 9530, 5).
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(certs::digest::sha256(&[body])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421, B.2.6: signing a request with ed25519. The signature only verifies if every byte of our base is right.
    #[test]
    fn the_base_of_the_rfc_verifies_under_the_key_of_the_rfc() {
        let components = [
            Component { name: "date", value: "Tue, 20 Apr 2021 02:07:55 GMT" },
            Component { name: "@method", value: "POST" },
            Component { name: "@path", value: "/foo" },
            Component { name: "@authority", value: "example.com" },
            Component { name: "content-type", value: "application/json" },
            Component { name: "content-length", value: "18" },
        ];
        let parameters =
            Parameters { created: 1_618_884_473, nonce: None, keyid: "test-key-ed25519".to_owned(), alg: None };
        let base = signature_base(&components, &parameters);
        let key = STANDARD.decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=").unwrap();
        let signature = STANDARD
            .decode("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
            .unwrap();
        let key = certs::ed25519::PublicKey::from_bytes(key.try_into().unwrap());
        assert!(key.verify(base.as_bytes(), &signature).is_ok());
        assert!(key.verify(base.replace("POST", "PUT").as_bytes(), &signature).is_err());
    }

    /// RFC 9421, 2.5: the base of the example, whose parameters come in the order created, keyid.
    #[test]
    fn the_parameters_come_in_one_order() {
        let parameters = Parameters {
            created: 1,
            nonce: Some("b3k2pp5k7z".to_owned()),
            keyid: "k".to_owned(),
            alg: Some("ed25519".to_owned()),
        };
        let components = [Component { name: "@method", value: "GET" }];
        let [input, signature] = signature_fields(&components, &parameters, b"\x01\x02");
        assert_eq!(input.1, r#"sig=("@method");created=1;nonce="b3k2pp5k7z";keyid="k";alg="ed25519""#);
        assert_eq!(signature.1, "sig=:AQI=:");
    }

    /// RFC 9530, Appendix D: the digest of `{"hello": "world"}` and a line feed.
    #[test]
    fn the_digest_of_the_rfc_is_ours() {
        assert_eq!(
            content_digest(b"{\"hello\": \"world\"}\n"),
            "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        );
    }
}
