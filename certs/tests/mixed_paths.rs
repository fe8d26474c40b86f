//! Authorities and certificates that OpenSSL makes, with SM2, P-256 and RSA keys in every mixture, have paths.
#![cfg(feature = "signing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use certs::certificate::Certificate;
use certs::path::verify_path;
use common::{openssl, text};

/// A kind of key: its name, how OpenSSL makes it, and the options that sign with it.
const KINDS: [(&str, &[&str], &[&str]); 3] = [
    (
        "sm2",
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
        &["-sm3", "-sigopt", "distid:1234567812345678"],
    ),
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], &["-sha256"]),
    ("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], &["-sha256"]),
];

const EXTENSIONS: &str = "[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
    authorityKeyIdentifier=keyid\n[end]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n\
    authorityKeyIdentifier=keyid\n[req]\ndistinguished_name=dn\n[dn]\n";

/// Runs OpenSSL; without it, or with one that has no SM2, there is nothing to compare with.
fn run(arguments: &[&str]) -> Option<()> {
    let output = openssl(arguments)?;
    if !output.status.success() {
        println!("skipped: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success().then_some(())
}

struct Workshop<'a> {
    dir: &'a Path,
    serial: std::cell::Cell<u32>,
}

impl Workshop<'_> {
    fn path(&self, name: &str) -> String {
        text(self.dir.join(name))
    }

    /// A key with a request for a certificate.
    fn request(&self, kind: usize, name: &str) -> Option<()> {
        let (key, request) = (self.path(&format!("{name}.key")), self.path(&format!("{name}.csr")));
        run(&[&["genpkey", "-out", &key], KINDS[kind].1].concat())?;
        let subject = format!("/CN={name}");
        let config = self.path("extensions.cnf");
        run(&[&["req", "-new", "-config", &config, "-key", &key, "-subj", &subject, "-out", &request], KINDS[kind].2]
            .concat())
    }

    /// A certificate for the request of that name, signed by an authority of this kind, or by itself.
    fn certificate(&self, name: &str, section: &str, issuer: &str, kind: usize) -> Option<Certificate> {
        self.serial.set(self.serial.get() + 1);
        let (serial, out) = (self.serial.get().to_string(), self.path(&format!("{name}.pem")));
        let [request, config, authority, key] =
            [format!("{name}.csr"), "extensions.cnf".to_owned(), format!("{issuer}.pem"), format!("{issuer}.key")]
                .map(|file| self.path(&file));
        let mut arguments = vec!["x509", "-req", "-in", &request, "-extfile", &config, "-extensions", section];
        arguments.extend(["-days", "30", "-set_serial", &serial, "-out", &out]);
        if name == issuer {
            arguments.extend(["-signkey", &key]);
        } else {
            arguments.extend(["-CA", &authority, "-CAkey", &key]);
        }
        let verifying: &[&str] = &["-vfyopt", "distid:1234567812345678"];
        // A request is verified as its own key asks, whoever the authority is.
        let own_is_sm2 = name.split('-').nth(1) == Some("sm2");
        run(&[&arguments[..], KINDS[kind].2, if own_is_sm2 { verifying } else { &[] }].concat())?;
        Some(Certificate::from_pem(&fs::read(out).unwrap()).unwrap())
    }
}

#[test]
fn every_mixture_of_keys_has_a_path_and_no_other_authority_will_do() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("extensions.cnf"), EXTENSIONS).unwrap();
    let workshop = Workshop { dir: dir.path(), serial: std::cell::Cell::new(0) };
    let mut roots = Vec::new();
    for (kind, (name, ..)) in KINDS.iter().enumerate() {
        let name = format!("root-{name}");
        let Some(()) = workshop.request(kind, &name) else { return };
        let Some(root) = workshop.certificate(&name, "ca", &name, kind) else { return };
        roots.push(root);
    }
    let at = roots[0].not_before();
    for (of_root, (root, ..)) in KINDS.iter().enumerate() {
        for (of_middle, (middle, ..)) in KINDS.iter().enumerate() {
            let (below_root, middle_name) = (format!("root-{root}"), format!("middle-{middle}-{root}"));
            workshop.request(of_middle, &middle_name).unwrap();
            let authority = workshop.certificate(&middle_name, "ca", &below_root, of_root).unwrap();
            for (of_leaf, (leaf, ..)) in KINDS.iter().enumerate() {
                let name = format!("leaf-{leaf}-{middle}-{root}");
                workshop.request(of_leaf, &name).unwrap();
                let leaf = workshop.certificate(&name, "end", &middle_name, of_middle).unwrap();
                let at = leaf.not_before();
                let intermediates = [authority.clone()];
                let path = verify_path(&leaf, &intermediates, &roots, at).unwrap();
                assert_eq!(path.certificates(), [leaf.clone(), authority.clone(), roots[of_root].clone()], "{name}");
                let others: Vec<_> = roots.iter().filter(|other| **other != roots[of_root]).cloned().collect();
                let refused = verify_path(&leaf, &intermediates, &others, at).unwrap_err();
                assert_eq!(refused.code(), "path.issuer_unknown", "{name}");
            }
        }
    }
    assert!(verify_path(&roots[0], &[], &roots, at).is_err(), "a root is no end certificate");
}
