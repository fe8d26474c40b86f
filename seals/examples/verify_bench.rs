//! Whole verifications of a sealed document, against the sum of the parts that no verifier can do without: one SM2 verification, SM3 of
//! what is protected, inflating the archive. With a folder as argument it also leaves documents there, for measuring a whole folder.
//!
//! `cargo run --release -p seals --features signing --example verify_bench [FOLDER COUNT]`
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and reports by printing"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use certs::certificate::Certificate;
use certs::digest::sm3;
use certs::hierarchy::{self, RegionOrganisations};
use certs::key::PublicKey;
use certs::signing::Sm2Signer;
use certs::trust::Trust;
use jiff::{SignedDuration, Timestamp};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use rawzip::{CompressionMethod, ZipArchive};
use seals::sealing::{self, Identity, SealPlan, Sealing};
use seals::{Context, LicenseFacts, Limits, Policy, SealCache, Verdict, verify};

const ROUNDS: usize = 300;
const TIANJIN: &str = "120000";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pki = folder.path().join("pki");
    let now = Timestamp::now();
    hierarchy::init(&pki, now, &RegionOrganisations::embedded().expect("regions")).expect("a hierarchy");
    let document = sealed(&pki, now);
    let key = std::fs::read(pki.join("trust-key.pub.pem")).expect("the trust key");
    let PublicKey::Sm2(key) = PublicKey::from_pem(&key).expect("a key") else { panic!("not an SM2 key") };
    let trust = Trust::from_signed_dir(&pki.join("trust"), &key, now).expect("the trust list");
    let cold = Context::new(&trust, Policy::Recognition, now, &Limits::DEFAULT);
    let cache = SealCache::new();
    let warm = cold.with_cache(&cache);
    assert_eq!(verify(&document, &warm).verdict(), Verdict::Valid);
    if let (Some(folder), Some(count)) = (std::env::args().nth(1), std::env::args().nth(2)) {
        return leave(Path::new(&folder), count.parse().expect("a count"), &document, &pki);
    }

    let verify_cold = median(|| drop(black_box(verify(black_box(&document), &cold))));
    let verify_warm = median(|| drop(black_box(verify(black_box(&document), &warm))));
    let entries = inflate(&document);
    let inflating = median(|| drop(black_box(inflate(black_box(&document)))));
    let hashing = median(|| drop(black_box(entries.iter().map(|entry| sm3(&[entry])).collect::<Vec<_>>())));
    let (ours, openssl) = sm2();
    let parts = ours + hashing + inflating;

    let row = |name: &str, time: Duration| println!("{name:<42} {:>10.1} µs", time.as_secs_f64() * 1e6);
    let ratio = |name: &str, of: Duration, to: Duration| {
        println!("{name:<42} {:>10.2} ×", of.as_secs_f64() / to.as_secs_f64());
    };
    println!("{:<42} {:>10} bytes, {} files", "document, one v4 seal", document.len(), entries.len());
    row("whole verification, nothing known before", verify_cold);
    row("whole verification, seal seen before (warm)", verify_warm);
    row("part: one SM2 verification, ours", ours);
    row("part: SM3 of every file", hashing);
    row("part: inflating every file", inflating);
    row("one SM2 verification, OpenSSL", openssl);
    ratio("warm / its parts (aim: 1.5)", verify_warm, parts);
    ratio("OpenSSL's SM2 / ours", openssl, ours);
    ratio("warm / one SM2 by OpenSSL", verify_warm, openssl);
}

/// Our engine and OpenSSL over the same signature.
fn sm2() -> (Duration, Duration) {
    let signer = Sm2Signer::generate().expect("a key");
    let message = b"the bytes that a seal protects";
    let signature = signer.sign(message).expect("a signature");
    let public = signer.public_key();
    let digest = public.digest(message);
    let ours = median(|| public.verify_digest(black_box(&digest), &signature).expect("a good signature"));
    let other = openssl_key(&public.to_sec1());
    let der = signature.to_der();
    let openssl = median(|| {
        let mut context = PkeyCtx::new(&other).expect("a context");
        context.verify_init().expect("ready to verify");
        assert!(context.verify(black_box(&digest), &der).expect("a verdict"));
    });
    (ours, openssl)
}

/// Every file of the package, by the libraries alone.
fn inflate(document: &[u8]) -> Vec<Vec<u8>> {
    let archive = ZipArchive::from_slice(document).expect("an archive");
    let mut files = Vec::new();
    let mut entries = archive.entries();
    while let Some(record) = entries.next_entry().expect("an entry") {
        let data = archive.get_entry(record.wayfinder()).expect("its data").data();
        files.push(match record.compression_method() {
            CompressionMethod::STORE => data.to_vec(),
            _ => miniz_oxide::inflate::decompress_to_vec(data).expect("deflated"),
        });
    }
    files
}

/// Copies of the document in folders of a thousand, and beside them the trust that judges them.
fn leave(folder: &Path, count: usize, document: &[u8], pki: &Path) {
    for number in 0..count {
        let place = folder.join("documents").join(format!("{:03}", number / 1000));
        std::fs::create_dir_all(&place).expect("a folder");
        std::fs::write(place.join(format!("{number:06}.ofd")), document).expect("a document");
    }
    std::fs::create_dir_all(folder.join("anchors")).expect("a folder");
    for name in ["root.pem", "root.crl", "maker-ca.pem", "maker-ca.crl"] {
        std::fs::copy(pki.join(TIANJIN).join(name), folder.join("anchors").join(name)).expect("trust");
    }
}

fn sealed(pki: &Path, now: Timestamp) -> Vec<u8> {
    let read = |name: &str| {
        let pem = std::fs::read(pki.join(TIANJIN).join(name)).expect("a certificate");
        Certificate::from_pem(&pem).expect("a certificate")
    };
    let key = |name: &str| Sm2Signer::from_pem_file(&pki.join(TIANJIN).join(name)).expect("a key");
    let (maker, signer) = (read("maker.pem"), read("signer.pem"));
    let (maker_key, signer_key) = (key("maker.key"), key("signer.key"));
    let picture = sealing::round_seal().expect("a picture");
    let plan = SealPlan {
        id: "BENCH0001",
        name: "测速专用章",
        signers: std::slice::from_ref(&signer),
        created_at: now - SignedDuration::from_hours(24),
        valid_from: now - SignedDuration::from_hours(24),
        valid_until: now + SignedDuration::from_hours(24 * 365),
        picture: &picture,
        size_mm: 40,
    };
    let seal = sealing::make_seal(&plan, Identity { certificate: &maker, key: &maker_key }).expect("a seal");
    let facts = LicenseFacts {
        name: "劳务派遣经营许可证".into(),
        number: "津劳派000001".into(),
        license_id: None,
        license_type: None,
        issuer_name: "天津市测试审批局(虚构)".into(),
        issuer_code: "11120000FAKE00021Q".into(),
        issued_on: None,
        holder_name: "北京自贸测试企业(虚构)".into(),
        holder_id: "91110105FAKE100199".into(),
        holder_id_type: None,
        valid_from: None,
        valid_until: None,
    };
    let signer = Identity { certificate: &signer, key: &signer_key };
    sealing::seal_document(&facts, &Sealing { seal: &seal, signer, signed_at: now }).expect("a sealed document")
}

fn openssl_key(point: &[u8]) -> PKey<Public> {
    let group = EcGroup::from_curve_name(Nid::SM2).expect("the curve");
    let mut context = openssl::bn::BigNumContext::new().expect("a context");
    let point = EcPoint::from_bytes(&group, point, &mut context).expect("a point");
    PKey::from_ec_key(EcKey::from_public_key(&group, &point).expect("a key")).expect("a key")
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}
