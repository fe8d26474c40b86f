//! Ed25519 (RFC 8032), the signature that every client of a transparency log understands.

use ring::signature::{ED25519, UnparsedPublicKey};

use crate::SignatureError;

/// An Ed25519 public key: 32 bytes, judged when a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` (64 bytes) is of `message` by this key.
    ///
    /// # Errors
    /// When it is not, or is no signature at all.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        if signature.len() != 64 {
            return Err(SignatureError::Length { expected: 64, got: signature.len() });
        }
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).map_err(|_| SignatureError::Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_rfc_8032_holds_and_its_neighbours_do_not() {
        // RFC 8032, 7.1, test 2
        let key = hex::decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").unwrap();
        let signature = hex::decode(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        )
        .unwrap();
        let key = PublicKey::from_bytes(key.try_into().unwrap());
        assert_eq!(key.verify(&[0x72], &signature), Ok(()));
        assert_eq!(key.verify(&[0x73], &signature), Err(SignatureError::Mismatch));
        assert_eq!(key.verify(&[0x72], &signature[1..]), Err(SignatureError::Length { expected: 64, got: 63 }));
    }
}
