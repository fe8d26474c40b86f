//! Time stamps against OpenSSL: its tokens hold here, ours hold there, and the hierarchy's authorities are believed for stamps alone.
#![cfg(feature = "signing")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use certs::certificate::Certificate;
use certs::digest::DigestAlgorithm;
use certs::hierarchy;
use certs::revocation::{Reason, RevocationList};
use certs::signed_data::SignedData;
use certs::signing::TimeStampAuthority;
use certs::time_stamp::{TimeStampFault, TimeStampToken, VerifiedTimeStamp};
use certs::trust::{ListedEntry, ListedRegion, Purpose, Trust, TrustList};
use common::{NOW, days, fresh, openssl, shared, text, trust, trust_key};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

const COVERED: &[u8] = b"the value of a signature";

/// Runs OpenSSL, which must succeed where there is one.
fn run(arguments: &[&str]) -> Option<()> {
    let output = openssl(arguments)?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

/// What OpenSSL's `ts` command reads. `@` stands for the folder.
const CONFIGURATION: &str = "\
[ca]
default_ca = authority
[authority]
database = @/index.txt
serial = @/serial
certificate = @/root.pem
private_key = @/root.key
default_md = sha256
default_crl_days = 30
[tsa]
default_tsa = stamps
[stamps]
dir = @
serial = @/tsa-serial
crypto_device = builtin
signer_cert = @/tsa.pem
certs = @/root.pem
signer_key = @/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5.6
digests = sha1, sha256, sha384
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa_extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
";

/// An authority that OpenSSL made and runs: `None` where there is no OpenSSL.
struct Foreign {
    dir: TempDir,
}

impl Foreign {
    fn new(kind: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let foreign = Foreign { dir };
        let configuration = CONFIGURATION.replace('@', foreign.dir.path().to_str().unwrap());
        fs::write(foreign.file("openssl.cnf"), configuration).unwrap();
        fs::write(foreign.file("index.txt"), "").unwrap();
        fs::write(foreign.file("serial"), "01").unwrap();
        let names = ["openssl.cnf", "root.key", "root.pem", "tsa.key", "tsa.csr", "tsa.pem"];
        let [configuration, root_key, root, key, request, certificate] = names.map(|name| text(foreign.file(name)));
        let common = ["-nodes", "-config", &configuration];
        let request_for = |name| ["req", "-subj", name, "-keyout"];
        let root_files = [&root_key, "-x509", "-days", "400", "-extensions", "root", "-out", &root];
        run(&[&request_for("/CN=Root")[..], &root_files, &common, kind].concat())?;
        let tsa_files = [key.as_str(), "-out", &request];
        run(&[&request_for("/CN=Time")[..], &tsa_files, &common, kind].concat())?;
        let issue =
            ["x509", "-req", "-in", &request, "-CA", &root, "-CAkey", &root_key, "-CAcreateserial", "-days", "300"];
        let extensions = ["-extfile", &configuration, "-extensions", "tsa_extensions", "-out", &certificate];
        run(&[&issue[..], &extensions].concat())?;
        run(&["ca", "-gencrl", "-config", &configuration, "-out", &text(foreign.file("root.crl"))])?;
        Some(foreign)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The response to a request for a stamp on [`COVERED`].
    fn stamp(&self, options: &[&str]) -> Vec<u8> {
        let [data, query, reply, configuration] =
            ["data", "query", "reply", "openssl.cnf"].map(|name| text(self.file(name)));
        fs::write(&data, COVERED).unwrap();
        run(&[&["ts", "-query", "-data", &data, "-out", &query], options].concat()).unwrap();
        run(&["ts", "-reply", "-config", &configuration, "-queryfile", &query, "-out", &reply]).unwrap();
        fs::read(reply).unwrap()
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_pem(&fs::read(self.file(name)).unwrap()).unwrap()
    }

    fn trust(&self, purpose: Purpose, certificates: &[&str]) -> Trust {
        let entry = |name: &&str| ListedEntry::new(Some(purpose), &self.certificate(name));
        let entries = certificates.iter().map(entry).collect();
        let regions = vec![ListedRegion { code: "120000".parse().unwrap(), entries }];
        let list = RevocationList::from_der_or_pem(&fs::read(self.file("root.crl")).unwrap()).unwrap();
        let (made, due) = (list.this_update(), list.next_update().unwrap());
        Trust::from_list(&TrustList::new(1, made, due, regions), vec![list]).unwrap()
    }
}

const RSA: &[&str] = &["-newkey", "rsa:2048"];
const P256: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

fn verify(bytes: &[u8], covered: &[u8], trust: &Trust) -> Result<VerifiedTimeStamp, TimeStampFault> {
    let token = TimeStampToken::read(bytes)?;
    // Judged a moment after it was made: no test here depends on the clock.
    token.verify(covered, trust, token.made_at() + SignedDuration::from_secs(60))
}

#[test]
fn stamps_of_openssl_hold_here_with_every_form_of_request() {
    for kind in [RSA, P256] {
        let Some(foreign) = Foreign::new(kind) else { return };
        let trust = foreign.trust(Purpose::TimeStamp, &["root.pem", "tsa.pem"]);
        for options in [&["-sha256", "-cert"][..], &["-sha256"], &["-sha256", "-cert", "-no_nonce"]] {
            let bytes = foreign.stamp(options);
            let token = TimeStampToken::read(&bytes).unwrap();
            assert_eq!(token.imprint(), (DigestAlgorithm::Sha256, &DigestAlgorithm::Sha256.digest(&[COVERED])[..]));
            assert_eq!(token.nonce().is_none(), options.contains(&"-no_nonce"));
            let stamp = verify(&bytes, COVERED, &trust).unwrap();
            assert_eq!(*stamp.authority(), foreign.certificate("tsa.pem"), "{options:?}");
            assert_eq!(stamp.path().certificates().len(), 2);
            assert_eq!(stamp.accuracy(), Some(SignedDuration::from_micros(1_500_100)));
            assert_eq!(verify(&bytes, b"other bytes", &trust).unwrap_err(), TimeStampFault::OtherBytes);
        }
        for (options, code) in [("-sha1", "timestamp.weak_digest"), ("-sha384", "timestamp.unknown_algorithm")] {
            let bytes = foreign.stamp(&[options, "-cert"]);
            assert_eq!(verify(&bytes, COVERED, &trust).unwrap_err().code(), code);
        }
        let elsewhere = foreign.trust(Purpose::SealSigner, &["root.pem"]);
        let fault = verify(&foreign.stamp(&["-sha256", "-cert"]), COVERED, &elsewhere).unwrap_err();
        assert_eq!(fault.code(), "timestamp.authority_unknown", "trusted for seals is not trusted for stamps");
    }
}

#[test]
fn a_stamp_of_openssl_with_its_signature_or_statement_changed_does_not_hold() {
    for kind in [RSA, P256] {
        let Some(foreign) = Foreign::new(kind) else { return };
        let trust = foreign.trust(Purpose::TimeStamp, &["root.pem"]);
        let bytes = foreign.stamp(&["-sha256", "-cert"]);
        assert!(verify(&bytes, COVERED, &trust).is_ok());
        let place = |part: &[u8]| bytes.windows(part.len()).position(|window| window == part).unwrap();
        // Where the token begins in its response: at the ContentInfo of SignedData.
        let token_at = place(&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]) - 4;
        let data = SignedData::read(&bytes[token_at..]).unwrap();
        let signer = &data.signers()[0];
        for part in [data.content().unwrap(), &signer.attributes().unwrap().raw()[1..], signer.signature()] {
            let start = place(part);
            for position in start..start + part.len() {
                let mut altered = bytes.clone();
                altered[position] ^= 1;
                assert!(verify(&altered, COVERED, &trust).is_err(), "byte {position}");
            }
        }
    }
}

#[test]
fn openssl_verifies_our_stamps_by_rsa_and_p256_and_no_changed_one() {
    for kind in [RSA, P256] {
        let Some(foreign) = Foreign::new(kind) else { return };
        let read = |name: &str| fs::read(foreign.file(name)).unwrap();
        let authority = TimeStampAuthority::from_pem(&read("tsa.pem"), &read("tsa.key")).unwrap();
        let made_at = authority.certificate().not_before() + SignedDuration::from_secs(1);
        let [data, token, root] = ["data", "token", "root.pem"].map(|name| text(foreign.file(name)));
        fs::write(&data, COVERED).unwrap();
        let accepted = |bytes: &[u8]| {
            fs::write(&token, bytes).unwrap();
            let output =
                openssl(&["ts", "-verify", "-token_in", "-in", &token, "-data", &data, "-CAfile", &root]).unwrap();
            (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let good = authority.stamp(COVERED, made_at, Some(&[7; 8])).unwrap();
        let (holds, why) = accepted(&good);
        assert!(holds, "{why}");
        assert!(!accepted(&authority.stamp(b"other bytes", made_at, None).unwrap()).0);
        let mut altered = good.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert!(!accepted(&altered).0);
    }
}

/// The authority of a region of a hierarchy.
fn authority(dir: &Path, region: &str) -> TimeStampAuthority {
    let read = |extension| fs::read(dir.join(region).join("tsa").with_extension(extension)).unwrap();
    TimeStampAuthority::from_pem(&read("pem"), &read("key")).unwrap()
}

#[test]
fn openssl_reads_our_sm2_stamps_and_verifies_their_signature() {
    let work = tempfile::tempdir().unwrap();
    let path = |name: &str| text(work.path().join(name));
    let (token, key, message, signature) = (path("token"), path("key"), path("message"), path("signature"));
    let bytes = authority(shared(), "120000").stamp(COVERED, NOW, Some(&[0x12, 0x34])).unwrap();
    fs::write(&token, &bytes).unwrap();
    let Some(output) = openssl(&["ts", "-reply", "-token_in", "-in", &token, "-text"]) else { return };
    let shown = String::from_utf8_lossy(&output.stdout);
    for line in ["Hash Algorithm: sm3", "Jun  1 08:00:00 2026 GMT", "Accuracy: 0x01 seconds", "Nonce: 0x1234"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    let data = SignedData::read(&bytes).unwrap();
    let signer = &data.signers()[0];
    fs::write(&message, signer.attributes().unwrap().signed_bytes()).unwrap();
    fs::write(&signature, signer.signature()).unwrap();
    let certificate = text(shared().join("120000/tsa.pem"));
    openssl(&["x509", "-in", &certificate, "-pubkey", "-noout", "-out", &key]).unwrap();
    let verified = |message: &str| {
        let options = ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"];
        let files = ["-inkey", &key, "-sigfile", &signature, "-in", message];
        openssl(&[&["pkeyutl", "-verify", "-pubin", "-rawin"], &options[..], &files].concat()).unwrap().status.success()
    };
    assert!(verified(&message));
    assert!(!verified(&token));
}

#[test]
fn the_authority_of_each_region_is_believed_for_stamps_and_nobody_else_is() {
    let trust = trust(shared());
    for region in ["110000", "120000", "130000"] {
        let token = authority(shared(), region).stamp(COVERED, NOW, None).unwrap();
        let stamp = TimeStampToken::read(&token).unwrap().verify(COVERED, &trust, NOW).unwrap();
        assert!(trust.row(Purpose::TimeStamp, stamp.authority()).is_some(), "{region}");
        // The region's seal signer has the same root, and may not.
        let read = |name: &str| fs::read(shared().join(region).join(name)).unwrap();
        let signer = TimeStampAuthority::from_pem(&read("signer.pem"), &read("signer.key")).unwrap();
        let token = signer.stamp(COVERED, NOW, None).unwrap();
        let fault = TimeStampToken::read(&token).unwrap().verify(COVERED, &trust, NOW).unwrap_err();
        assert_eq!(fault, TimeStampFault::AuthorityUsage);
    }
}

#[test]
fn an_authority_that_is_revoked_made_good_stamps_before() {
    let dir = fresh();
    let stamp = |at: Timestamp| authority(dir.path(), "120000").stamp(COVERED, at, None).unwrap();
    let (before, after) = (stamp(days(1)), stamp(days(4)));
    hierarchy::revoke(dir.path(), &"120000".parse().unwrap(), "tsa", days(3), Reason::Superseded).unwrap();
    let trust = Trust::from_signed_dir(&dir.path().join("trust"), &trust_key(dir.path()), days(5)).unwrap();
    let judge = |token: &[u8]| TimeStampToken::read(token).unwrap().verify(COVERED, &trust, days(5));
    assert_eq!(judge(&before).unwrap().made_at(), days(1));
    let revoked = TimeStampFault::AuthorityRevoked { revoked_at: days(3), made_at: days(4) };
    assert_eq!(judge(&after).unwrap_err(), revoked);
}
