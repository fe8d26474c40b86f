//! What an authority hands over: certificates, revocation lists and OCSP responses, in PEM, DER or PKCS #7.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificate::Certificate;
use crate::der::{Element, tag};
use crate::ocsp::OcspResponse;
use crate::revocation::{LIST_BYTES_MAX, RevocationList};
use crate::signed_data::{SignedData, SignedDataFault};
use crate::{Error, SignatureError};

mod assess;

pub use assess::{Assessed, Assessment, Remark, Role};

/// The most bytes of one file.
pub const FILE_BYTES_MAX: usize = LIST_BYTES_MAX;
/// The most things in one text file.
const BLOCKS_MAX: usize = 1024;

/// Everything that the files of an authority hold, each thing once.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    /// Certificates, in the order of the files.
    pub certificates: Vec<Certificate>,
    /// Revocation lists.
    pub lists: Vec<RevocationList>,
    /// OCSP responses.
    pub responses: Vec<OcspResponse>,
}

/// Why a file, or something in it, is not imported. Nothing else of the files is then, either.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// More bytes than any file of an authority has.
    #[error("{bytes} bytes are more than {FILE_BYTES_MAX}")]
    TooLong {
        /// Bytes received.
        bytes: usize,
    },
    /// Neither certificates nor revocation data, in no encoding that is known.
    #[error("no certificate, revocation list or OCSP response is in it")]
    UnknownContent,
    /// A private key: it was sent by mistake, and must not be passed on.
    #[error("a private key is in it")]
    PrivateKey,
    /// A part of the text between BEGIN and END is no base64, or has no END.
    #[error("the block {number} of the text is no base64, or breaks off")]
    NotBase64 {
        /// Its place, from 1.
        number: usize,
    },
    /// A certificate, list or response that cannot be read.
    #[error(transparent)]
    Content(#[from] Error),
    /// A PKCS #7 bundle that cannot be read.
    #[error(transparent)]
    SignedData(#[from] SignedDataFault),
    /// A key of a kind that nothing here can verify with.
    #[error("the key of {subject} is of a kind that is not supported")]
    KeyUnsupported {
        /// Whose.
        subject: String,
    },
    /// A key that is malformed, or no point of its curve: nobody can have its private key.
    #[error("the key of {subject} is malformed")]
    KeyMalformed {
        /// Whose.
        subject: String,
    },
    /// A certificate that its own key, or the authority beside it, did not sign.
    #[error("the certificate of {subject} is not signed by {issuer}: {source}")]
    NotSigned {
        /// Whose.
        subject: String,
        /// Who should have.
        issuer: String,
        /// What is wrong with the signature.
        source: SignatureError,
    },
    /// An authority whose keyUsage does not let it issue certificates.
    #[error("{subject} may not issue certificates")]
    MayNotIssue {
        /// Whose.
        subject: String,
    },
    /// A revocation list that bears the name and the key of an authority that did not sign it.
    #[error("the revocation list of {issuer} is not signed by it: {source}")]
    ListNotAuthentic {
        /// The issuer.
        issuer: String,
        /// What is wrong with the signature.
        source: SignatureError,
    },
}

impl ImportFault {
    /// The stable code of the finding; its texts are in `standards/problems/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "import.too_long",
            Self::UnknownContent => "import.unknown_content",
            Self::PrivateKey => "import.private_key",
            Self::NotBase64 { .. } => "import.not_base64",
            Self::Content(error) => error.code(),
            Self::SignedData(fault) => fault.code(),
            Self::KeyUnsupported { .. } => "import.key_unsupported",
            Self::KeyMalformed { .. } => "import.key_malformed",
            Self::NotSigned { .. } => "import.not_signed",
            Self::MayNotIssue { .. } => "import.may_not_issue",
            Self::ListNotAuthentic { .. } => "import.list_not_authentic",
        }
    }
}

impl Bundle {
    /// Adds what a file holds.
    ///
    /// # Errors
    /// [`ImportFault`] for a file that cannot be read or holds nothing of use.
    pub fn add(&mut self, file: &[u8]) -> Result<(), ImportFault> {
        if file.len() > FILE_BYTES_MAX {
            return Err(ImportFault::TooLong { bytes: file.len() });
        }
        let mut alone = Self::default();
        if file.first() == Some(&tag::SEQUENCE) { alone.add_der(file) } else { alone.add_text(file) }?;
        if alone.certificates.is_empty() && alone.lists.is_empty() && alone.responses.is_empty() {
            return Err(ImportFault::UnknownContent);
        }
        alone.certificates.into_iter().for_each(|certificate| self.add_certificate(certificate));
        alone.lists.into_iter().for_each(|list| self.add_list(list));
        alone.responses.into_iter().for_each(|response| self.add_response(response));
        Ok(())
    }

    /// PEM: the blocks between BEGIN and END; what stands around them is for people.
    fn add_text(&mut self, file: &[u8]) -> Result<(), ImportFault> {
        let text = std::str::from_utf8(file).map_err(|_| ImportFault::UnknownContent)?;
        let mut block: Option<(&str, String)> = None;
        let mut number = 0;
        for line in text.lines().map(str::trim) {
            if let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
                if block.is_some() {
                    return Err(ImportFault::NotBase64 { number });
                }
                number += 1;
                if label.contains("PRIVATE KEY") {
                    return Err(ImportFault::PrivateKey);
                }
                if number > BLOCKS_MAX {
                    return Err(ImportFault::TooLong { bytes: file.len() });
                }
                block = Some((label, String::new()));
            } else if line.starts_with("-----END ") {
                if let Some((_, base64)) = block.take() {
                    let der = STANDARD.decode(base64).map_err(|_| ImportFault::NotBase64 { number })?;
                    self.add_der(&der)?;
                }
            } else if let Some((_, base64)) = &mut block {
                base64.push_str(line);
            }
        }
        if block.is_some() { Err(ImportFault::NotBase64 { number }) } else { Ok(()) }
    }

    /// One thing in DER, told by what its first part is.
    fn add_der(&mut self, der: &[u8]) -> Result<(), ImportFault> {
        let outer = Element::only(der).and_then(|it| it.reader_of(tag::SEQUENCE));
        let mut inside = outer.map_err(|_| ImportFault::UnknownContent)?;
        match inside.peek_tag() {
            Some(tag::OBJECT_IDENTIFIER) => {
                let bundle = SignedData::read(der)?;
                for certificate in bundle.certificates() {
                    self.add_certificate(Certificate::from_der(certificate.to_vec())?);
                }
                for list in bundle.lists() {
                    self.add_list(RevocationList::from_der(list.to_vec())?);
                }
            }
            Some(tag::ENUMERATED) => {
                self.add_response(OcspResponse::from_der(der)?);
            }
            // PKCS #8 and PKCS #1 begin with a version number, and a PKCS #12 file does as well.
            Some(tag::INTEGER) => return Err(ImportFault::PrivateKey),
            Some(tag::SEQUENCE) => {
                let body = inside.any().map_err(|_| ImportFault::UnknownContent)?;
                if is_list(&body) {
                    self.add_list(RevocationList::from_der(der.to_vec())?);
                } else {
                    self.add_certificate(Certificate::from_der(der.to_vec())?);
                }
            }
            _ => return Err(ImportFault::UnknownContent),
        }
        Ok(())
    }

    fn add_certificate(&mut self, certificate: Certificate) {
        if !self.certificates.contains(&certificate) {
            self.certificates.push(certificate);
        }
    }

    fn add_response(&mut self, response: OcspResponse) {
        if self.responses.iter().all(|known| known.digest() != response.digest()) {
            self.responses.push(response);
        }
    }

    fn add_list(&mut self, list: RevocationList) {
        if self.lists.iter().all(|known| known.digest() != list.digest()) {
            self.lists.push(list);
        }
    }
}

/// A list's body has a time where a certificate's has its period: after algorithm and issuer, which a version may precede.
fn is_list(body: &Element<'_>) -> bool {
    let mut reader = body.reader();
    let mut parts = Vec::new();
    while parts.len() < 4 {
        match reader.any() {
            Ok(part) => parts.push(part.tag),
            Err(_) => break,
        }
    }
    let after_version = parts.strip_prefix(&[tag::INTEGER]).unwrap_or(&parts);
    matches!(after_version, [tag::SEQUENCE, tag::SEQUENCE, tag::UTC_TIME | tag::GENERALIZED_TIME, ..])
}

#[cfg(test)]
#[cfg(feature = "signing")]
mod tests;
