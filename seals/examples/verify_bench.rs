//! Whole verifications of a sealed document, against the SM2 arithmetic alone that they need, by our engine and by OpenSSL.
//!
//! `cargo run --release -p seals --features signing --example verify_bench`
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
use certs::hierarchy::{self, RegionOrganisations};
use certs::key::PublicKey;
use certs::signing::Sm2Signer;
use certs::trust::Trust;
use jiff::{SignedDuration, Timestamp};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use seals::sealing::{self, Identity, SealPlan, Sealing};
use seals::{Context, LicenseFacts, Limits, Policy, Verdict, verify};

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
    let context = Context::new(&trust, Policy::Recognition, now, &Limits::DEFAULT);
    assert_eq!(verify(&document, &context).verdict(), Verdict::Valid);

    let whole = median(|| {
        black_box(verify(black_box(&document), &context));
    });
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
    println!("document                         {:>10} bytes", document.len());
    println!("whole verification, median       {:>10.1} µs", micros(whole));
    println!("one SM2 verification, ours       {:>10.1} µs", micros(ours));
    println!("one SM2 verification, OpenSSL    {:>10.1} µs", micros(openssl));
    println!("SM2, OpenSSL / ours              {:>10.2} ×", openssl.as_secs_f64() / ours.as_secs_f64());
    println!("whole / one SM2 by OpenSSL       {:>10.2} ×", whole.as_secs_f64() / openssl.as_secs_f64());
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

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
