//! The development hierarchy: what is there, who may read it, and that OpenSSL agrees with every signature.
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
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use certs::SignatureError;
use certs::certificate::{UsageVerdict, Use};
use certs::hierarchy::{self, HierarchyError, RegionOrganisations};
use certs::revocation::{Reason, RevocationList, RevocationStatus, status};
use certs::signing::{Ed25519Signer, Sm2Signer};
use certs::trust::{Purpose, Trust};
use common::{NOW, certificate, days, fresh, openssl, shared, text, trust, trust_key};

const REGIONS: [&str; 3] = ["110000", "120000", "130000"];
/// Each certificate of a region with the authority that issued it.
const ISSUED: [(&str, &str); 8] = [
    ("maker-ca", "root"),
    ("maker", "maker-ca"),
    ("signer", "root"),
    ("signer-revoked", "root"),
    ("signer-other", "root"),
    ("tsa", "root"),
    ("message", "root"),
    ("client", "../tls/root"),
];

fn walk(dir: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        visit(&path);
        if path.is_dir() {
            walk(&path, visit);
        }
    }
}

#[test]
fn every_key_is_its_owners_alone_and_every_folder_too() {
    let (mut keys, mut folders) = (0, 0);
    walk(shared(), &mut |path| {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            folders += 1;
            assert_eq!(mode, 0o700, "{}", path.display());
        } else if path.extension().is_some_and(|extension| extension == "key") {
            keys += 1;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    });
    // Per region root and eight others, TLS root and server, the trust key, two of the ledger.
    assert_eq!((keys, folders), (3 * 9 + 5, 8));
}

#[test]
fn a_hierarchy_is_never_overwritten() {
    let dir = fresh();
    let before = fs::read(dir.path().join("trust-key.key")).unwrap();
    let again = hierarchy::init(dir.path(), NOW, &RegionOrganisations::embedded().unwrap());
    assert!(matches!(again, Err(HierarchyError::Exists { .. })), "{again:?}");
    assert_eq!(fs::read(dir.path().join("trust-key.key")).unwrap(), before);
}

#[test]
fn every_certificate_belongs_to_the_key_beside_it() {
    for region in REGIONS {
        for (name, _) in ISSUED.iter().filter(|(name, _)| *name != "client") {
            let certificate = certificate(&shared().join(region), name);
            let signer = Sm2Signer::from_pem_file(&shared().join(region).join(name).with_extension("key")).unwrap();
            let signature = signer.sign(b"whose?").unwrap().to_der();
            let key = certificate.public_key().unwrap();
            assert_eq!(key.verify(certs::key::SM2_WITH_SM3, b"whose?", &signature), Ok(()), "{region}/{name}");
            assert_eq!(
                key.verify(certs::key::ECDSA_WITH_SHA256, b"whose?", &signature),
                Err(SignatureError::Algorithm)
            );
        }
    }
    Sm2Signer::from_pem_file(&shared().join("ledger/sm2.key")).unwrap();
    Ed25519Signer::from_pem_file(&shared().join("ledger/ed25519.key")).unwrap();
}

/// Asks OpenSSL about one certificate and its issuer, `None` where it is missing.
fn openssl_verify(folder: &Path, issuer: &str, leaf: &str, options: &[&str]) -> Option<bool> {
    let file = |name: &str| text(folder.join(name).with_extension("pem"));
    let (at, issuer, leaf) = (NOW.as_second().to_string(), file(issuer), file(leaf));
    let general = ["verify", "-x509_strict", "-partial_chain", "-attime", &at];
    let output = openssl(&[&general, options, &["-CAfile", &issuer, &leaf]].concat())?;
    println!("{leaf}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.status.success())
}

#[test]
fn openssl_verifies_every_certificate_with_its_issuer_and_no_other() {
    let sm2 = ["-vfyopt", "distid:1234567812345678"];
    for (number, region) in REGIONS.into_iter().enumerate() {
        let folder = shared().join(region);
        for (name, issuer) in ISSUED {
            let options = if name == "client" { &[][..] } else { &sm2 };
            let Some(accepted) = openssl_verify(&folder, issuer, name, options) else { return };
            assert!(accepted, "{region}/{name}");
        }
        let foreign = format!("../{}/root", REGIONS[(number + 1) % REGIONS.len()]);
        assert_eq!(openssl_verify(&folder, &foreign, "signer", &sm2), Some(false));
    }
    let stamps = [&sm2[..], &["-purpose", "timestampsign"]].concat();
    for (name, accepted) in [("tsa", true), ("signer", false)] {
        assert_eq!(openssl_verify(&shared().join("120000"), "root", name, &stamps), Some(accepted), "{name}");
    }
    let server = ["-purpose", "sslserver", "-verify_hostname", "localhost"];
    assert_eq!(openssl_verify(&shared().join("tls"), "root", "server", &server), Some(true));
    let elsewhere = ["-purpose", "sslserver", "-verify_hostname", "example.org"];
    assert_eq!(openssl_verify(&shared().join("tls"), "root", "server", &elsewhere), Some(false));
}

#[test]
fn openssl_accepts_the_signature_of_every_revocation_list() {
    let work = tempfile::tempdir().unwrap();
    let path = |name: &str| text(work.path().join(name));
    let (key, body, signature) = (path("key.pem"), path("body"), path("signature"));
    let authorities = REGIONS.iter().flat_map(|region| [(*region, "root"), (*region, "maker-ca")]);
    for (folder, authority) in authorities.chain([("tls", "root")]) {
        let file = shared().join(folder).join(authority);
        let list = RevocationList::from_der_or_pem(&fs::read(file.with_extension("crl")).unwrap()).unwrap();
        let (_, parsed) = x509_parser::parse_x509_crl(list.der()).unwrap();
        fs::write(&body, parsed.tbs_cert_list.as_ref()).unwrap();
        fs::write(&signature, &parsed.signature_value.data).unwrap();
        let certificate = text(file.with_extension("pem"));
        let Some(_) = openssl(&["x509", "-in", &certificate, "-pubkey", "-noout", "-out", &key]) else { return };
        let algorithm = if folder == "tls" { &["sha256"][..] } else { &["sm3", "-pkeyopt", "distid:1234567812345678"] };
        let files = ["-inkey", &key, "-sigfile", &signature, "-in", &body];
        let general = ["pkeyutl", "-verify", "-pubin", "-rawin", "-digest"];
        let output = openssl(&[&general, algorithm, &files].concat()).unwrap();
        assert!(output.status.success(), "{folder}/{authority}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn openssl_accepts_the_signature_of_the_trust_list_and_no_other() {
    let file = |name: &str| text(shared().join("trust").join(name));
    let (key, signature) = (file("trust-list.pub.pem"), file("trust-list.sig"));
    for (signed, accepted) in [(file("trust-list.json"), true), (text(shared().join("tls/root.pem")), false)] {
        let options =
            ["pkeyutl", "-verify", "-pubin", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"];
        let files = ["-inkey", &key, "-sigfile", &signature, "-in", &signed];
        let Some(output) = openssl(&[&options[..], &files].concat()) else { return };
        assert_eq!(output.status.success(), accepted, "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_certificate_has_a_path_for_its_purpose_and_for_no_other() {
    let trust = trust(shared());
    for region in REGIONS {
        let names = [
            ("client", Purpose::TlsClient),
            ("message", Purpose::PartnerMessage),
            ("maker", Purpose::SealMaker),
            ("signer", Purpose::SealSigner),
            ("tsa", Purpose::TimeStamp),
        ];
        for (name, purpose) in names {
            let leaf = certificate(&shared().join(region), name);
            let path = trust.path(&leaf, purpose, NOW).unwrap();
            assert_eq!(path.certificates().len(), 2, "{region}/{name}");
            assert_eq!(path.issued().count(), 1);
            assert_eq!(leaf.judge_usage(Use::Signing), UsageVerdict::Allowed);
            assert_eq!(leaf.judge_usage(Use::IssuingCertificates), UsageVerdict::Forbidden);
            assert!(leaf.is_in_period(days(-1)) && !leaf.is_in_period(days(-31)), "sealing yesterday is possible");
        }
        let signer = certificate(&shared().join(region), "signer");
        let error = trust.path(&signer, Purpose::SealMaker, NOW).unwrap_err();
        assert_eq!(error.code(), "path.issuer_unknown", "whoever seals documents may not make seals");
        let maker = certificate(&shared().join(region), "maker");
        assert!(trust.path(&maker, Purpose::SealSigner, NOW).is_err());
    }
}

#[test]
fn the_trust_list_says_whose_each_key_is() {
    let trust = trust(shared());
    for region in RegionOrganisations::embedded().unwrap() {
        let folder = shared().join(region.code.as_str());
        for (name, organisation) in [
            ("signer", &region.authority),
            ("signer-revoked", &region.authority),
            ("signer-other", &region.other_authority),
        ] {
            let leaf = certificate(&folder, name);
            let row = trust.signer_row(&leaf).unwrap();
            assert_eq!((row.organisation.as_ref(), &row.items), (Some(&organisation.code), &organisation.items));
            assert_eq!(leaf.organisation_code().as_ref(), Some(&organisation.code));
            assert_eq!(row.region, region.code);
        }
        let message = certificate(&folder, "message");
        let row = trust.message_key(&hex::encode(message.fingerprint())).unwrap();
        assert_eq!((&row.region, &row.certificate), (&region.code, &message));
        assert!(trust.row(Purpose::TlsClient, &certificate(&folder, "client")).is_some());
        let tsa = trust.row(Purpose::TimeStamp, &certificate(&folder, "tsa")).unwrap();
        assert_eq!(tsa.organisation.as_ref(), Some(&region.partner.code));
        assert!(trust.signer_row(&message).is_none(), "a message key is no seal signer");
    }
    assert!(trust.message_key("no-such-key").is_none());
    assert_eq!(trust.anchors(Purpose::TlsClient).len(), 1, "three regions name the one TLS root");
    assert_eq!(trust.anchors(Purpose::TimeStamp).len(), 3);
}

#[test]
fn one_signer_of_each_region_is_revoked_since_two_days() {
    let trust = trust(shared());
    for region in REGIONS {
        let root = certificate(&shared().join(region), "root");
        let judge =
            |name: &str| status(&certificate(&shared().join(region), name), &root, trust.revocation_lists(), NOW);
        assert_eq!(judge("signer"), RevocationStatus::Good);
        assert_eq!(
            judge("signer-revoked"),
            RevocationStatus::Revoked { at: days(-2), reason: Some(Reason::KeyCompromise), invalidity_date: None }
        );
    }
}

#[test]
fn a_certificate_can_be_revoked_later() {
    let dir = fresh();
    let region = "120000".parse().unwrap();
    let folder = dir.path().join("120000");
    for (who, issuer) in [("signer", "root"), ("maker", "maker-ca"), ("client", "../tls/root")] {
        hierarchy::revoke(dir.path(), &region, who, days(3), Reason::Superseded).unwrap();
        let trust = Trust::from_signed_dir(&dir.path().join("trust"), &trust_key(dir.path()), days(3)).unwrap();
        let judge =
            |at| status(&certificate(&folder, who), &certificate(&folder, issuer), trust.revocation_lists(), at);
        let revoked =
            RevocationStatus::Revoked { at: days(3), reason: Some(Reason::Superseded), invalidity_date: None };
        assert_eq!(judge(days(3)), revoked, "{who}");
        assert_eq!(judge(days(1)), RevocationStatus::Good, "{who}: as of an earlier day");
        let before = status(
            &certificate(&folder, "signer-revoked"),
            &certificate(&folder, "root"),
            trust.revocation_lists(),
            days(3),
        );
        assert!(matches!(before, RevocationStatus::Revoked { .. }), "earlier revocations stay");
    }
    let nobody = hierarchy::revoke(dir.path(), &region, "nobody", days(3), Reason::Superseded);
    assert!(matches!(nobody, Err(HierarchyError::File { .. })), "{nobody:?}");
}
