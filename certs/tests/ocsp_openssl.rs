//! OCSP responses and revocation lists that OpenSSL makes say here what they say there, and nobody else can answer for an issuer.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use certs::Error;
use certs::certificate::Certificate;
use certs::ocsp::{OcspResponse, RESPONSE_BYTES_MAX};
use certs::revocation::{Reason, RevocationList, RevocationStatus, answer};
use common::{openssl, text};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const DAY: SignedDuration = SignedDuration::from_hours(24);

const CONFIG: &str = "[req]\ndistinguished_name=dn\n[dn]\n\
    [authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
    [end]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n\
    [responder]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\n\
    authorityKeyIdentifier=keyid\nnoCheck=ignored\n\
    [asked]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=OCSPSigning\nauthorityKeyIdentifier=keyid\n\
    [ca]\ndefault_ca=here\n[here]\ndatabase=index.txt\ndefault_md=sha256\ncrlnumber=number\ncrl_extensions=crl\n\
    [crl]\nauthorityKeyIdentifier=keyid\n";

/// An authority with its certificates, all made by OpenSSL.
struct Authority<'a> {
    dir: &'a Path,
    key_options: &'static [&'static str],
}

impl Authority<'_> {
    fn file(&self, name: &str) -> String {
        text(self.dir.join(name))
    }

    fn run(arguments: &[&str]) -> Option<()> {
        let output = openssl(arguments)?;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Some(())
    }

    fn make(&self) -> Option<()> {
        fs::write(
            self.dir.join("openssl.cnf"),
            CONFIG
                .replace("index.txt", &self.file("index.txt"))
                .replace("=number", &format!("={}", self.file("number"))),
        )
        .unwrap();
        self.key("root")?;
        let [config, key, certificate] = ["openssl.cnf", "root.key", "root.pem"].map(|name| self.file(name));
        Self::run(&[
            "req",
            "-x509",
            "-new",
            "-config",
            &config,
            "-extensions",
            "authority",
            "-key",
            &key,
            "-subj",
            "/CN=root",
            "-days",
            "90",
            "-sha256",
            "-out",
            &certificate,
        ])?;
        for (serial, (name, section)) in
            [("good", "end"), ("revoked", "end"), ("responder", "responder"), ("asked", "asked"), ("stranger", "end")]
                .into_iter()
                .enumerate()
        {
            self.issue(name, section, &(serial + 1).to_string())?;
        }
        // The database of `openssl ca`: state, expiry, revocation, serial number, file, subject.
        let index = "V\t990101000000Z\t\t01\tunknown\t/CN=good\n\
            R\t990101000000Z\t250102030405Z,keyCompromise\t02\tunknown\t/CN=revoked\n\
            V\t990101000000Z\t\t04\tunknown\t/CN=asked\n";
        fs::write(self.dir.join("index.txt"), index).unwrap();
        fs::write(self.dir.join("number"), "1001\n").unwrap();
        Some(())
    }

    fn key(&self, name: &str) -> Option<()> {
        let out = self.file(&format!("{name}.key"));
        Self::run(&[&["genpkey", "-out", &out], self.key_options].concat())
    }

    fn issue(&self, name: &str, section: &str, serial: &str) -> Option<()> {
        self.key(name)?;
        let [config, key, request, root, root_key, out] = [
            "openssl.cnf",
            &format!("{name}.key"),
            &format!("{name}.csr"),
            "root.pem",
            "root.key",
            &format!("{name}.pem"),
        ]
        .map(|name| self.file(name));
        let subject = format!("/CN={name}");
        Self::run(&["req", "-new", "-config", &config, "-key", &key, "-subj", &subject, "-out", &request])?;
        Self::run(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            &root,
            "-CAkey",
            &root_key,
            "-set_serial",
            serial,
            "-days",
            "30",
            "-sha256",
            "-extfile",
            &config,
            "-extensions",
            section,
            "-out",
            &out,
        ])
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_pem(&fs::read(self.dir.join(format!("{name}.pem"))).unwrap()).unwrap()
    }

    /// What `responder` answers about a certificate.
    fn response(&self, about: &str, responder: &str, options: &[&str]) -> Vec<u8> {
        let [index, root, signer, key, certificate, out] = [
            "index.txt",
            "root.pem",
            &format!("{responder}.pem"),
            &format!("{responder}.key"),
            &format!("{about}.pem"),
            "out.ocsp",
        ]
        .map(|name| self.file(name));
        let arguments = [
            "ocsp",
            "-index",
            &index,
            "-CA",
            &root,
            "-rsigner",
            &signer,
            "-rkey",
            &key,
            "-issuer",
            &root,
            "-noverify",
            "-respout",
            &out,
            "-ndays",
            "5",
        ];
        // The digest of the certID is chosen before the certificate.
        Self::run(&[&arguments[..], options, &["-cert", &certificate]].concat()).unwrap();
        fs::read(out).unwrap()
    }

    fn list(&self) -> RevocationList {
        let [config, root, key, out] = ["openssl.cnf", "root.pem", "root.key", "root.crl"].map(|name| self.file(name));
        Self::run(&[
            "ca", "-gencrl", "-config", &config, "-cert", &root, "-keyfile", &key, "-crldays", "5", "-out", &out,
        ])
        .unwrap();
        RevocationList::from_der_or_pem(&fs::read(out).unwrap()).unwrap()
    }

    fn judge(&self, name: &str, response: &OcspResponse, lists: &[RevocationList], at: Timestamp) -> String {
        let root = self.certificate("root");
        let answer = answer(&self.certificate(name), &root, lists, std::slice::from_ref(response), at);
        match answer.status {
            RevocationStatus::Good => "good".to_owned(),
            RevocationStatus::Revoked { at, reason, .. } => {
                assert_eq!(reason, Some(Reason::KeyCompromise));
                format!("revoked {at}")
            }
            RevocationStatus::Unknown { why } => why.code().to_owned(),
        }
    }
}

const REVOKED: &str = "revoked 2025-01-02T03:04:05Z";

#[test]
fn responses_of_openssl_say_here_what_they_say_there() {
    let kinds: [&[&str]; 2] = [
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    ];
    for key_options in kinds {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority { dir: dir.path(), key_options };
        let Some(()) = authority.make() else { return };
        let read = |about, responder, options: &[&str]| {
            OcspResponse::from_der(&authority.response(about, responder, options)).unwrap()
        };
        for responder in ["root", "responder"] {
            for options in [&["-sha1"], &["-sha256"]] {
                let (good, revoked) = (read("good", responder, options), read("revoked", responder, options));
                let now = good.produced_at();
                assert_eq!(authority.judge("good", &good, &[], now), "good", "{responder}");
                assert_eq!(authority.judge("revoked", &revoked, &[], now), REVOKED, "{responder}");
                // Each speaks about its own certificate alone, and not for ever.
                assert_eq!(authority.judge("revoked", &good, &[], now), "revocation.no_list");
                assert_eq!(authority.judge("good", &good, &[], now + DAY * 6), "revocation.stale");
                assert_eq!(
                    authority.judge("revoked", &revoked, &[], now + DAY * 6),
                    REVOKED,
                    "what is proven stays so"
                );
            }
        }
        let unknown = read("stranger", "root", &[]);
        let now = unknown.produced_at();
        assert_eq!(authority.judge("stranger", &unknown, &[], now), "revocation.unknown_to_responder");
        // Its issuer gave this one no right to answer, that one has to be looked up itself.
        assert_eq!(authority.judge("good", &read("good", "good", &[]), &[], now), "revocation.responder_not_entitled");
        let asked = read("good", "asked", &[]);
        assert_eq!(authority.judge("good", &asked, &[], now), "revocation.responder_not_entitled");
        let list = authority.list();
        assert_eq!(list.number().unwrap().as_u64(), Some(0x1001));
        let root = authority.certificate("root");
        let lists = [list.clone()];
        let evidence = answer(&authority.certificate("good"), &root, &lists, &[asked], now).evidence;
        assert!(!evidence.is_empty(), "the list vouches for the responder, and speaks for itself");
        let by_list = |name| answer(&authority.certificate(name), &root, &lists, &[], now).status;
        assert_eq!(by_list("good"), RevocationStatus::Good);
        assert!(matches!(by_list("revoked"), RevocationStatus::Revoked { reason: Some(Reason::KeyCompromise), .. }));
    }
}

#[test]
fn the_date_since_when_a_key_is_doubted_comes_through_openssls_lists_and_responses() {
    let dir = tempfile::tempdir().unwrap();
    let authority =
        Authority { dir: dir.path(), key_options: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] };
    let Some(()) = authority.make() else { return };
    let index = fs::read_to_string(dir.path().join("index.txt")).unwrap();
    fs::write(dir.path().join("index.txt"), index.replace("keyCompromise", "keyTime,20241201000000Z")).unwrap();
    let (root, revoked) = (authority.certificate("root"), authority.certificate("revoked"));
    let response = OcspResponse::from_der(&authority.response("revoked", "root", &[])).unwrap();
    let now = response.produced_at();
    let list = [authority.list()];
    let by_list = answer(&revoked, &root, &list, &[], now);
    let by_response = answer(&revoked, &root, &[], &[response], now);
    for found in [by_list, by_response] {
        let RevocationStatus::Revoked { at, reason, invalidity_date } = found.status else { panic!("{found:?}") };
        assert_eq!((at.to_string().as_str(), reason), ("2025-01-02T03:04:05Z", Some(Reason::KeyCompromise)));
        assert_eq!(invalidity_date.unwrap().to_string(), "2024-12-01T00:00:00Z");
    }
}

#[test]
fn no_altered_byte_of_a_response_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let authority =
        Authority { dir: dir.path(), key_options: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] };
    let Some(()) = authority.make() else { return };
    let bytes = authority.response("revoked", "root", &["-resp_no_certs"]);
    let now = OcspResponse::from_der(&bytes).unwrap().produced_at();
    assert_eq!(authority.judge("revoked", &OcspResponse::from_der(&bytes).unwrap(), &[], now), REVOKED);
    for position in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[position] ^= 1;
        if let Ok(response) = OcspResponse::from_der(&altered) {
            let found = authority.judge("revoked", &response, &[], now);
            assert!(found.starts_with("revocation."), "byte {position}: {found}");
        }
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    let try_later = [0x30, 3, 0x0a, 1, 3];
    assert!(matches!(OcspResponse::from_der(&try_later), Err(Error::ResponseUnsuccessful { status: 3 })));
    let too_long = OcspResponse::from_der(&vec![0x30; RESPONSE_BYTES_MAX + 1]);
    assert!(matches!(too_long, Err(Error::ResponseTooLong { .. })));
    for wrong in [&b""[..], &[0x30, 3, 0x0a, 1, 0], &[0x30, 0], &[0x30, 4, 0x0a, 2, 0, 0]] {
        assert!(matches!(OcspResponse::from_der(wrong), Err(Error::ResponseMalformed)), "{wrong:02x?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_response_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = OcspResponse::from_der(&bytes);
    }
}
