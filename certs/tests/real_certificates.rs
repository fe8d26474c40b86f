//! Certificates of real products and authorities are read, judged without surprise, and bound to nobody unknown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;

use certs::certificate::Certificate;
use certs::path::{PathError, verify_path};
use proptest::prelude::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/seals/files");

/// Every certificate that lies uncompressed in a file, wherever it begins.
fn certificates_in(bytes: &[u8]) -> Vec<Certificate> {
    let starts = (0..bytes.len()).filter(|start| matches!(bytes[*start..], [0x30, 0x82, _, _, 0x30, 0x82, ..]));
    let found = starts.filter_map(|start| {
        let length = 4 + usize::from(u16::from_be_bytes([bytes[start + 2], bytes[start + 3]]));
        Certificate::from_der(bytes.get(start..start + length)?.to_vec()).ok()
    });
    found.collect()
}

fn real() -> Option<Vec<(String, Certificate)>> {
    let Ok(entries) = fs::read_dir(FOLDER) else {
        println!("skipped: {FOLDER} is absent");
        return None;
    };
    let mut out = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "esl" || extension == "dat") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            out.extend(certificates_in(&fs::read(&path).unwrap()).into_iter().map(|found| (name.clone(), found)));
        }
    }
    Some(out)
}

#[test]
fn certificates_of_real_seals_are_read_and_have_no_path_without_an_anchor() {
    let Some(found) = real() else { return };
    assert!(found.len() >= 4, "{}", found.len());
    for (file, certificate) in found {
        assert!(certificate.public_key().is_ok(), "{file}: {certificate:?}");
        assert!(certificate.not_before() < certificate.not_after(), "{file}");
        let error = verify_path(&certificate, &[], &[], certificate.not_before()).unwrap_err();
        assert!(error.is_indeterminate(), "{file}: {error}");
    }
}

#[test]
fn the_test_root_of_a_product_that_is_no_authority_is_refused() {
    let Some(found) = real() else { return };
    // These certificates name an issuer; a certificate of that very name without basicConstraints must not do.
    let no_authorities: Vec<_> =
        found.iter().map(|(_, certificate)| certificate.clone()).filter(|c| !c.is_ca()).collect();
    for (file, certificate) in &found {
        match verify_path(certificate, &[], &no_authorities, certificate.not_before()) {
            Err(PathError::AnchorNotAuthority { .. } | PathError::IssuerUnknown { .. }) => {}
            other => panic!("{file}: {other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_certificate_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Certificate::from_der(bytes.clone());
        let _ = Certificate::all_from_pem(&bytes);
    }
}
