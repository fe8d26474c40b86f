//! Private keys: signers for SM2 and Ed25519, on OpenSSL and ring, and the maker of time stamps.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::{SignatureError, ed25519, sm2};

pub(crate) mod key;
mod time_stamp;

pub use time_stamp::TimeStampAuthority;

/// The most bytes that a file with one private key may have.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

/// What the `SubjectPublicKeyInfo` of an SM2 key begins with: id-ecPublicKey, the curve 1.2.156.10197.1.301, a BIT STRING of 65 bytes.
const SM2_SPKI_HEADER: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
];

/// What can be wrong with a private key.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// OpenSSL refused to make, read or use the key.
    #[error("OpenSSL refuses the private key")]
    Engine(#[from] ErrorStack),
    /// The file cannot be read or written.
    #[error("the key file {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is longer than any key.
    #[error("the key file {} is longer than {KEY_FILE_BYTES_MAX} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The key is of another kind than its use asks for.
    #[error("the private key is not of the kind {expected}")]
    Kind {
        /// The kind asked for.
        expected: &'static str,
    },
    /// The engine's own signature does not hold; it was thrown away.
    #[error("the engine made a signature that does not hold")]
    Faulty(#[from] SignatureError),
}

impl SigningError {
    /// The stable code of the finding; its texts are in `standards/problems/key.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine(_) => "key.engine",
            Self::File { .. } => "key.file",
            Self::TooLong { .. } => "key.file_too_long",
            Self::Kind { .. } => "key.kind",
            Self::Faulty(_) => "key.faulty_signature",
        }
    }
}

/// An SM2 private key in memory.
///
/// Signing goes by the one path of OpenSSL that every version agrees on: e is computed here, with the default identity, and
/// the engine signs e. Its high-level `Signer` and `Verifier` use an empty identity, which nobody else does.
pub struct Sm2Signer {
    key: PKey<Private>,
    public: sm2::PublicKey,
}

impl Sm2Signer {
    /// A fresh key.
    ///
    /// # Errors
    /// When the engine has no SM2 or no randomness.
    pub fn generate() -> Result<Self, SigningError> {
        Self::from_key(PKey::from_ec_key(EcKey::generate(&*EcGroup::from_curve_name(Nid::SM2)?)?)?)
    }

    /// The key in a PEM text (PKCS#8, or SEC 1 as `openssl ecparam -genkey` writes it).
    ///
    /// # Errors
    /// When the text holds no SM2 private key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SigningError> {
        Self::from_key(PKey::private_key_from_pem(pem)?)
    }

    /// The key in a PEM file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no SM2 private key.
    pub fn from_pem_file(path: &Path) -> Result<Self, SigningError> {
        Self::from_pem(&read_key_file(path)?)
    }

    fn from_key(key: PKey<Private>) -> Result<Self, SigningError> {
        // OpenSSL neither names the kind of such a key reliably nor gives out its point: its `SubjectPublicKeyInfo` does both.
        let spki = key.public_key_to_der()?;
        let point = spki.strip_prefix(SM2_SPKI_HEADER).ok_or(SigningError::Kind { expected: "SM2" })?;
        let public = sm2::PublicKey::from_sec1(point).map_err(|_| SigningError::Kind { expected: "SM2" })?;
        Ok(Self { key, public })
    }

    /// Signs a message with the default identity.
    ///
    /// # Errors
    /// When the engine fails; a signature that does not verify never leaves.
    pub fn sign(&self, message: &[u8]) -> Result<sm2::Signature, SigningError> {
        self.sign_digest(&self.public.digest(message))
    }

    /// Signs the digest e.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_digest(&self, e: &[u8; 32]) -> Result<sm2::Signature, SigningError> {
        let signature = self.sign_digest_unverified(e)?;
        // A faulty signature can give the key away, and a wrong one would be found only by its readers.
        self.public.verify_digest(e, &signature)?;
        Ok(signature)
    }

    /// Signs a message as [`Self::sign`] does, for whoever has something else to do before the signature leaves, and verifies
    /// it then: a faulty one can give the key away.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn sign_unverified(&self, message: &[u8]) -> Result<sm2::Signature, SigningError> {
        self.sign_digest_unverified(&self.public.digest(message))
    }

    fn sign_digest_unverified(&self, e: &[u8; 32]) -> Result<sm2::Signature, SigningError> {
        let mut context = PkeyCtx::new(&self.key)?;
        context.sign_init()?;
        let mut bytes = Vec::new();
        context.sign_to_vec(e, &mut bytes)?;
        Ok(sm2::Signature::from_der(&bytes)?)
    }

    /// The public half.
    pub fn public_key(&self) -> &sm2::PublicKey {
        &self.public
    }

    /// The key as PKCS#8 PEM: secret.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn to_pem(&self) -> Result<Vec<u8>, SigningError> {
        Ok(self.key.private_key_to_pem_pkcs8()?)
    }

    /// The public half as `SubjectPublicKeyInfo` DER.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn public_to_der(&self) -> Result<Vec<u8>, SigningError> {
        Ok(self.key.public_key_to_der()?)
    }

    /// The public half as `SubjectPublicKeyInfo` PEM.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn public_to_pem(&self) -> Result<Vec<u8>, SigningError> {
        Ok(self.key.public_key_to_pem()?)
    }
}

/// An Ed25519 private key in memory.
pub struct Ed25519Signer {
    pair: Ed25519KeyPair,
}

impl Ed25519Signer {
    /// A fresh key as PKCS#8 PEM: secret. [`Self::from_pem`] reads it, and so does OpenSSL.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn generate_pem() -> Result<Vec<u8>, SigningError> {
        Ok(PKey::generate_ed25519()?.private_key_to_pem_pkcs8()?)
    }

    /// The key in a PKCS#8 PEM text.
    ///
    /// # Errors
    /// When the text holds no Ed25519 private key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, SigningError> {
        let der = PKey::private_key_from_pem(pem)?.private_key_to_pkcs8()?;
        // "Maybe unchecked": version 1 of PKCS#8 holds no public key that could be compared.
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| SigningError::Kind { expected: "Ed25519" })?;
        Ok(Self { pair })
    }

    /// The key in a PKCS#8 PEM file.
    ///
    /// # Errors
    /// When the file cannot be read or holds no Ed25519 private key.
    pub fn from_pem_file(path: &Path) -> Result<Self, SigningError> {
        Self::from_pem(&read_key_file(path)?)
    }

    /// Signs a message: 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        for (to, from) in out.iter_mut().zip(self.pair.sign(message).as_ref()) {
            *to = *from;
        }
        out
    }

    /// The public half.
    pub fn public_key(&self) -> ed25519::PublicKey {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(self.pair.public_key().as_ref()) {
            *to = *from;
        }
        ed25519::PublicKey::from_bytes(bytes)
    }
}

fn read_key_file(path: &Path) -> Result<Vec<u8>, SigningError> {
    let failed = |source| SigningError::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.len() > KEY_FILE_BYTES_MAX {
        return Err(SigningError::TooLong { path: path.to_owned() });
    }
    fs::read(path).map_err(failed)
}

/// Writes a secret to a new file that only its owner may read (0600).
///
/// # Errors
/// When the file exists already or cannot be written.
pub fn write_secret_file(path: &Path, secret: &[u8]) -> Result<(), SigningError> {
    let failed = |source| SigningError::File { path: path.to_owned(), source };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(secret).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sm2_key_signs_what_its_public_half_verifies() {
        let signer = Sm2Signer::generate().unwrap();
        let again = Sm2Signer::from_pem(&signer.to_pem().unwrap()).unwrap();
        assert_eq!(again.public_key(), signer.public_key());
        let signature = again.sign(b"message").unwrap();
        assert_eq!(signer.public_key().verify(b"message", &signature), Ok(()));
        assert_eq!(signer.public_key().verify(b"massage", &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn an_ed25519_key_signs_what_its_public_half_verifies() {
        let signer = Ed25519Signer::from_pem(&Ed25519Signer::generate_pem().unwrap()).unwrap();
        let signature = signer.sign(b"message");
        assert_eq!(signer.public_key().verify(b"message", &signature), Ok(()));
        assert_eq!(signer.public_key().verify(b"massage", &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let p256 = EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap();
        let pem = PKey::from_ec_key(p256).unwrap().private_key_to_pem_pkcs8().unwrap();
        assert!(matches!(Sm2Signer::from_pem(&pem), Err(SigningError::Kind { expected: "SM2" })));
        assert!(matches!(Ed25519Signer::from_pem(&pem), Err(SigningError::Kind { expected: "Ed25519" })));
        assert!(matches!(Sm2Signer::from_pem(b"no key"), Err(SigningError::Engine(_))));
    }

    #[test]
    fn a_secret_file_is_its_owners_alone_and_never_overwritten() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sm2.key");
        write_secret_file(&path, &Sm2Signer::generate().unwrap().to_pem().unwrap()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(write_secret_file(&path, b"other"), Err(SigningError::File { .. })));
        assert!(Sm2Signer::from_pem_file(&path).is_ok());
    }
}
