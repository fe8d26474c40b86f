//! Signed notes of C2SP: a text, a blank line, and a signature line for each key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use certs::digest::sha256;
use certs::{ed25519, sm2};
use jiff::Timestamp;

use crate::LedgerError;
use crate::companion;

/// Bytes that a note may have; a checkpoint with all its cosignatures has a few thousand.
pub const NOTE_BYTES_MAX: usize = 1 << 16;
/// Signature lines that a note may have; the specification asks for at least 16.
const SIGNATURES_MAX: usize = 100;
/// Type of Ed25519 keys, assigned by C2SP.
const ED25519_TYPE: u8 = 0x01;
/// Type of SM2 keys, here SM2 with SM3 and the default user id (GB/T 32918.2): the byte for types without an assigned
/// one, and the longer identifier that C2SP recommends behind it. Other clients ignore such lines.
const SM2_TYPE: &[u8] = b"\xfftongbiao/sm2-with-sm3/v1";
/// Type of the Ed25519 keys of witnesses (C2SP tlog-cosignature).
const COSIGNATURE_TYPE: u8 = 0x04;

/// A public key under a name, as it stands in a line `name+id+base64(type ‖ key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: Key,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Ed25519(ed25519::PublicKey),
    Sm2(sm2::PublicKey),
    Cosignature(ed25519::PublicKey),
}

impl Key {
    /// Type and key, as they are hashed into the key id.
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => [&[ED25519_TYPE], key.as_bytes().as_slice()].concat(),
            Self::Sm2(key) => [SM2_TYPE, key.to_sec1().as_slice()].concat(),
            Self::Cosignature(key) => [&[COSIGNATURE_TYPE], key.as_bytes().as_slice()].concat(),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if let Some(point) = bytes.strip_prefix(SM2_TYPE) {
            return sm2::PublicKey::from_sec1(point).ok().map(Self::Sm2);
        }
        let (kind, key) = bytes.split_first()?;
        let key = ed25519::PublicKey::from_bytes(key.try_into().ok()?);
        match *kind {
            ED25519_TYPE => Some(Self::Ed25519(key)),
            COSIGNATURE_TYPE => Some(Self::Cosignature(key)),
            _ => None,
        }
    }
}

impl VerifierKey {
    /// The key of an Ed25519 line.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`]
    pub fn ed25519(name: &str, key: ed25519::PublicKey) -> Result<Self, LedgerError> {
        Self::new(name, Key::Ed25519(key))
    }

    /// The key of an SM2-with-SM3 line.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`]
    pub fn sm2(name: &str, key: sm2::PublicKey) -> Result<Self, LedgerError> {
        Self::new(name, Key::Sm2(key))
    }

    /// The key of a witness, whose lines carry the time at which it saw the checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`]
    pub fn cosignature(name: &str, key: ed25519::PublicKey) -> Result<Self, LedgerError> {
        Self::new(name, Key::Cosignature(key))
    }

    fn new(name: &str, key: Key) -> Result<Self, LedgerError> {
        if !is_key_name(name) {
            return Err(LedgerError::KeyName { name: name.to_owned() });
        }
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &key.to_bytes()]);
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], key })
    }

    /// Reads the lines of a verifier key file; empty lines count for nothing.
    ///
    /// # Errors
    /// [`LedgerError::VerifierKey`] with the first line that is none.
    pub fn all_from_text(text: &str) -> Result<Vec<Self>, LedgerError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(at, line)| Self::from_line(line.trim()).ok_or(LedgerError::VerifierKey { line: at + 1 })).collect()
    }

    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once('+')?;
        let (id, key) = rest.split_once('+')?;
        let key = Self::new(name, Key::from_bytes(&BASE64.decode(key).ok()?)?).ok()?;
        (id.len() == 8 && hex::decode(id).ok()? == key.id).then_some(key)
    }

    /// The line `name+id+base64(type ‖ key)`, without line feed.
    pub fn to_line(&self) -> String {
        format!("{}+{}+{}", self.name, hex::encode(self.id), BASE64.encode(self.key.to_bytes()))
    }

    /// The name of the key; for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the signatures are made with, as people call it.
    pub fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Ed25519(_) => "Ed25519",
            Key::Sm2(_) => "SM2 with SM3",
            Key::Cosignature(_) => "Ed25519 cosignature",
        }
    }

    /// The key of the companion of this key's log: companions are signed with the SM2 key of their log, under a name of their own.
    pub fn of_companion(&self) -> Option<Self> {
        let Key::Sm2(key) = &self.key else { return None };
        Self::sm2(&companion::origin_of(&self.name), key.clone()).ok()
    }

    /// The same key under another name.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`]
    pub fn under_name(&self, name: &str) -> Result<Self, LedgerError> {
        Self::new(name, self.key.clone())
    }

    /// Whether both are one key, under whatever names.
    pub(crate) fn has_key_of(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether it is a witness's: such keys never stand for the log itself.
    pub fn is_cosignature(&self) -> bool {
        matches!(self.key, Key::Cosignature(_))
    }

    /// The signature line of this key, with its line feed.
    pub fn signature_line(&self, signature: &[u8]) -> String {
        format!("— {} {}\n", self.name, self.signature_text(signature))
    }

    /// Key id and signature in base64, as they stand in the line.
    pub(crate) fn signature_text(&self, signature: &[u8]) -> String {
        BASE64.encode([self.id.as_slice(), signature].concat())
    }

    /// Whether signatures hold, each of a text, in their order: those of SM2 are verified side by side. A signature is key id and
    /// signature in base64, as it stands in its line under the name `name`.
    pub(crate) fn verify_each(keys: &[Self], name: &str, signed: &[(&str, &str)]) -> Vec<Result<(), LedgerError>> {
        let read = |signature: &str| {
            let line = SignatureLine::parse(&format!("— {name} {signature}"));
            let line = line.ok_or(LedgerError::NoteSignatureLine { line: 1 })?;
            let known = |key: &&Self| key.name == line.name && key.id == line.id;
            let key = keys.iter().find(known).ok_or(LedgerError::NoteNoKnownKey)?;
            let wrong = LedgerError::NoteSignatureWrong { key: format!("{} ({})", key.name, key.algorithm()) };
            let Key::Sm2(sm2) = &key.key else { return Err(LedgerError::NoteNoKnownKey) };
            let signature = sm2::Signature::from_raw(&line.signature).map_err(|_| wrong.clone())?;
            Ok((sm2, signature, wrong))
        };
        let read: Vec<_> = signed.iter().map(|(_, signature)| read(signature)).collect();
        let digests = read.iter().zip(signed).map(|(read, (text, _))| match read {
            Ok((key, ..)) => key.digest(text.as_bytes()),
            Err(_) => [0; 32],
        });
        let digests: Vec<[u8; 32]> = digests.collect();
        let cases = read.iter().zip(&digests).filter_map(|(read, digest)| {
            let (key, signature, _) = read.as_ref().ok()?;
            Some(sm2::Case { key, digest, signature: *signature })
        });
        let mut judged = sm2::verify_many(&cases.collect::<Vec<_>>()).into_iter();
        read.into_iter()
            .map(|read| read.and_then(|(.., wrong)| judged.next().and_then(Result::ok).ok_or(wrong)))
            .collect()
    }

    /// What a signature says; none where it does not hold.
    fn verify(&self, text: &str, signature: &[u8]) -> Option<Said> {
        match &self.key {
            Key::Ed25519(key) => key.verify(text.as_bytes(), signature).ok().map(|()| Said::Signed),
            Key::Sm2(key) => {
                let signature = sm2::Signature::from_raw(signature).ok()?;
                key.verify(text.as_bytes(), &signature).ok().map(|()| Said::Signed)
            }
            Key::Cosignature(key) => {
                let (seconds, signature) = signature.split_first_chunk()?;
                let time =
                    Timestamp::from_second(i64::from_be_bytes(*seconds)).ok().filter(|at| at.as_second() >= 0)?;
                key.verify(cosigned_message(text, time.as_second()).as_bytes(), signature)
                    .ok()
                    .map(|()| Said::SeenAt(time))
            }
        }
    }
}

/// What a good signature says of its text.
enum Said {
    /// The key signed it.
    Signed,
    /// A witness saw it then.
    SeenAt(Timestamp),
}

/// What a witness signs (C2SP tlog-cosignature): that it saw this checkpoint at that time, in whole seconds.
pub(crate) fn cosigned_message(text: &str, seconds: i64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == '+' || c.is_whitespace() || c.is_control())
}

/// A note as received: well formed, its signatures not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl SignedNote {
    /// Reads a note.
    ///
    /// # Errors
    /// [`LedgerError::NoteTooLong`], [`LedgerError::NoteNotText`], [`LedgerError::NoteWithoutSignatures`],
    /// [`LedgerError::NoteSignatureLine`]
    pub fn parse(note: &[u8]) -> Result<Self, LedgerError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(LedgerError::NoteTooLong { bytes: note.len(), limit: NOTE_BYTES_MAX });
        }
        let note = std::str::from_utf8(note).map_err(|_| LedgerError::NoteNotText)?;
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') || !note.ends_with('\n') {
            return Err(LedgerError::NoteNotText);
        }
        // The text may hold empty lines itself: the last one counts.
        let blank = note.rfind("\n\n").ok_or(LedgerError::NoteWithoutSignatures)?;
        let (text, lines) = (note.get(..=blank).unwrap_or_default(), note.get(blank + 2..).unwrap_or_default());
        let signatures = (1..).zip(lines.lines()).map(|(line, content)| {
            let parsed = (line <= SIGNATURES_MAX).then(|| SignatureLine::parse(content)).flatten();
            parsed.ok_or(LedgerError::NoteSignatureLine { line })
        });
        let signatures = signatures.collect::<Result<Vec<_>, _>>()?;
        if signatures.is_empty() {
            return Err(LedgerError::NoteWithoutSignatures);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, whose signatures nobody has judged.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// Key id and signature in base64 of the lines under a name, as they stand there; nobody has judged them.
    pub fn signatures_of(&self, name: &str) -> Vec<String> {
        let lines = self.signatures.iter().filter(|line| line.name == name);
        lines.map(|line| BASE64.encode([line.id.as_slice(), &line.signature].concat())).collect()
    }

    /// The lines of these keys, judged or not.
    #[cfg(feature = "witness")]
    pub(crate) fn lines_of(&self, keys: &[VerifierKey]) -> impl Iterator<Item = String> {
        let known = |line: &SignatureLine| keys.iter().find(|key| key.name == line.name && key.id == line.id);
        self.signatures.iter().filter_map(move |line| Some(known(line)?.signature_line(&line.signature)))
    }

    /// Judges the lines of the keys given; lines of other keys are ignored, as C2SP asks.
    ///
    /// # Errors
    /// [`LedgerError::NoteSignatureWrong`] when any line of a known key is wrong, whatever the others say;
    /// [`LedgerError::NoteNoKnownKey`] when there is none.
    pub fn verify<'keys>(&self, keys: &'keys [VerifierKey]) -> Result<VerifiedNote<'keys>, LedgerError> {
        let (mut signers, mut cosigners): (Vec<&VerifierKey>, Vec<(&VerifierKey, Timestamp)>) = <_>::default();
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name == line.name && key.id == line.id) else { continue };
            let wrong = || LedgerError::NoteSignatureWrong { key: format!("{} ({})", key.name, key.algorithm()) };
            match key.verify(&self.text, &line.signature).ok_or_else(wrong)? {
                Said::SeenAt(time) => cosigners.push((key, time)),
                Said::Signed if !signers.contains(&key) => signers.push(key),
                Said::Signed => {}
            }
        }
        if signers.is_empty() && cosigners.is_empty() {
            return Err(LedgerError::NoteNoKnownKey);
        }
        Ok(VerifiedNote { text: self.text.clone(), signers, cosigners })
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = BASE64.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let whole = is_key_name(name) && !signature.is_empty();
        whole.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
}

/// A note with at least one good signature of a known key, and none that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedNote<'keys> {
    text: String,
    signers: Vec<&'keys VerifierKey>,
    cosigners: Vec<(&'keys VerifierKey, Timestamp)>,
}

impl VerifiedNote<'_> {
    /// The signed text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The known keys that signed it, in the order of their lines; those of witnesses are apart.
    pub fn signers(&self) -> &[&VerifierKey] {
        &self.signers
    }

    /// The witnesses' keys that signed it, each with the time at which it saw the text; one line each.
    pub fn cosigners(&self) -> &[(&VerifierKey, Timestamp)] {
        &self.cosigners
    }
}
