//! Encryption of what is kept: AES-256-GCM.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::Error;

/// Bytes that sealing adds: the authentication tag.
pub const OVERHEAD_BYTES: usize = 16;

/// Encrypts and authenticates `plain`, and authenticates `context` with it.
///
/// A nonce must never come twice under one key: the caller uses a fresh key for each record, or a random nonce.
///
/// # Errors
/// When `plain` is longer than the cipher allows (64 GiB).
pub fn seal(key: &[u8; 32], nonce: &[u8; 12], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = plain.to_vec();
    let too_long = |_| Error::TooLongToSeal { bytes: plain.len() };
    cipher(key)
        .and_then(|cipher| {
            cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut bytes)
        })
        .map_err(too_long)?;
    Ok(bytes)
}

/// Decrypts what `seal` made with the same key, nonce and context.
///
/// # Errors
/// [`Error::DoesNotOpen`] when one bit of any of the four differs.
pub fn open(key: &[u8; 32], nonce: &[u8; 12], context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = sealed.to_vec();
    let length = cipher(key)
        .and_then(|cipher| {
            cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut bytes).map(|p| p.len())
        })
        .map_err(|_| Error::DoesNotOpen)?;
    bytes.truncate(length);
    Ok(bytes)
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, ring::error::Unspecified> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_nonce_context_and_bytes() {
        let (key, nonce) = ([7; 32], [9; 12]);
        let sealed = seal(&key, &nonce, b"record 5", b"secret").unwrap();
        assert_eq!(sealed.len(), 6 + OVERHEAD_BYTES);
        assert_eq!(open(&key, &nonce, b"record 5", &sealed).unwrap(), b"secret");

        let mut damaged = sealed.clone();
        damaged[0] ^= 1;
        let wrong = [
            open(&[8; 32], &nonce, b"record 5", &sealed),
            open(&key, &[8; 12], b"record 5", &sealed),
            open(&key, &nonce, b"record 6", &sealed),
            open(&key, &nonce, b"record 5", &damaged),
            open(&key, &nonce, b"record 5", &sealed[..3]),
        ];
        for result in wrong {
            assert!(matches!(result, Err(Error::DoesNotOpen)), "{result:?}");
        }
    }
}
