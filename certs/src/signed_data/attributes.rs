//! Attributes of a signer: kept as stored, because the signature is over exactly those bytes.

use jiff::Timestamp;

use super::ATTRIBUTES_MAX;
use super::fault::{Part, SignedDataFault, reading};
use crate::der::{DerFault, Element, Reader, tag};

/// PKCS #9 contentType.
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
/// PKCS #9 messageDigest.
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
/// PKCS #9 signingTime.
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// The attributes of one signer, in the order in which they are stored.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    raw: &'a [u8],
    all: Vec<Attribute<'a>>,
}

/// One attribute: its type, and a SET of values.
#[derive(Debug, Clone)]
pub struct Attribute<'a> {
    oid: String,
    values: Element<'a>,
}

impl<'a> Attribute<'a> {
    fn read(element: Element<'a>) -> Result<Self, DerFault> {
        let mut fields = element.reader_of(tag::SEQUENCE)?;
        let attribute = Attribute { oid: fields.object_identifier()?, values: fields.expect(tag::SET)? };
        fields.end()?;
        Ok(attribute)
    }

    /// The dotted type.
    pub fn oid(&self) -> &str {
        &self.oid
    }
}

impl<'a> Attributes<'a> {
    pub(super) fn read(set: Element<'a>) -> Result<Self, SignedDataFault> {
        let elements = reading(Part::Attributes, set.children(ATTRIBUTES_MAX))?;
        let all = elements.into_iter().map(|element| reading(Part::Attributes, Attribute::read(element)));
        Ok(Attributes { raw: set.raw, all: all.collect::<Result<_, _>>()? })
    }

    /// Tag, length and attributes, as stored.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Every attribute, in the order in which they are stored.
    pub fn all(&self) -> &[Attribute<'a>] {
        &self.all
    }

    /// What the signature is over: the stored bytes under the tag of SET (RFC 5652, 5.4). Products do not sort their attributes,
    /// so whoever encodes them again verifies other bytes.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = self.raw.to_vec();
        if let Some(first) = bytes.first_mut() {
            *first = tag::SET;
        }
        bytes
    }

    /// The value of the attribute with this dotted type, `None` where it is absent.
    ///
    /// # Errors
    /// [`SignedDataFault::AttributeNotSingle`].
    pub fn single(&self, oid: &str) -> Result<Option<Element<'a>>, SignedDataFault> {
        let mut found = self.all.iter().filter(|attribute| attribute.oid == oid);
        let Some(attribute) = found.next() else { return Ok(None) };
        let value = reading(Part::Attributes, attribute.values.children(ATTRIBUTES_MAX))?;
        match (value.as_slice(), found.next()) {
            ([value], None) => Ok(Some(*value)),
            _ => Err(SignedDataFault::AttributeNotSingle { attribute: oid.to_owned() }),
        }
    }

    /// contentType: the dotted type of what is signed, `None` where the attribute is absent.
    ///
    /// # Errors
    /// When the attribute is there twice or holds something else.
    pub fn content_type(&self) -> Result<Option<String>, SignedDataFault> {
        self.value(CONTENT_TYPE, Reader::object_identifier)
    }

    /// messageDigest: the digest of what is signed, `None` where the attribute is absent.
    ///
    /// # Errors
    /// As [`Self::content_type`].
    pub fn message_digest(&self) -> Result<Option<&'a [u8]>, SignedDataFault> {
        self.value(MESSAGE_DIGEST, Reader::octets)
    }

    /// signingTime: when the signer says that it signed, `None` where the attribute is absent.
    ///
    /// # Errors
    /// As [`Self::content_type`].
    pub fn signing_time(&self) -> Result<Option<Timestamp>, SignedDataFault> {
        self.value(SIGNING_TIME, Reader::time)
    }

    fn value<T>(
        &self,
        oid: &str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, DerFault>,
    ) -> Result<Option<T>, SignedDataFault> {
        let value = self.single(oid)?;
        value.map(|value| reading(Part::Attributes, read(&mut Reader::new(value.raw)))).transpose()
    }
}
