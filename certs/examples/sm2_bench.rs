//! SM2 verifications and SM3 digests a second, ours against other libraries, on one core in one run; medians of interleaved rounds.
//!
//! `taskset -c 1 cargo run --release -p certs --features signing --example sm2_bench`
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark fails by panicking and reports by printing"
)]

use std::hint::black_box;
use std::time::Instant;

use certs::digest::sm3_each;
use certs::signing::Sm2Signer;
use certs::sm2::engine::{self, Engine, TABLE_BYTES_MAX};
use certs::sm2::{Case, PublicKey, Signature, verify_many};
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use sm2::dsa::VerifyingKey;
use sm2::dsa::signature::hazmat::PrehashVerifier;

const ROUNDS: usize = 21;
const KEYS: usize = 1000;
const ROTATION_BYTES: usize = 128_000_000;
const PIECES: usize = 256;
const PIECE_BYTES: usize = 4096;

/// One signature, and its key as each library wants it.
struct Sample {
    ours: PublicKey,
    digest: [u8; 32],
    signature: Signature,
    openssl: PKey<Public>,
    der: Vec<u8>,
    rust_crypto: (VerifyingKey, sm2::dsa::Signature),
    efficient: (efficient_sm2::PublicKey, efficient_sm2::Signature),
}

impl Sample {
    fn new(group: &EcGroup, number: usize) -> Self {
        let signer = Sm2Signer::generate().expect("a key");
        let ours = signer.public_key().clone();
        let message = number.to_be_bytes();
        let (digest, signature) = (ours.digest(&message), signer.sign(&message).expect("a signature"));
        let sec1 = ours.to_sec1();
        let mut context = BigNumContext::new().expect("a context");
        let point = EcPoint::from_bytes(group, &sec1, &mut context).expect("a point");
        let key = EcKey::from_public_key(group, &point).expect("a key");
        let (r, s) = (signature.r(), signature.s());
        Self {
            openssl: PKey::from_ec_key(key).expect("a key"),
            der: signature.to_der(),
            rust_crypto: (
                VerifyingKey::from_sec1_bytes("1234567812345678", &sec1).expect("a key"),
                sm2::dsa::Signature::from_scalars(*r, *s).expect("a signature"),
            ),
            efficient: (
                efficient_sm2::PublicKey::new(&sec1[1..33], &sec1[33..]),
                efficient_sm2::Signature::new(r, s).expect("a signature"),
            ),
            ours,
            digest,
            signature,
        }
    }

    fn case(&self) -> Case<'_> {
        Case { key: &self.ours, digest: &self.digest, signature: self.signature }
    }

    fn ours(&self) -> bool {
        self.ours.verify_digest(black_box(&self.digest), &self.signature).is_ok()
    }

    fn openssl(&self) -> bool {
        let mut context = PkeyCtx::new(&self.openssl).expect("a context");
        context.verify_init().expect("ready to verify");
        context.verify(black_box(&self.digest), &self.der).expect("a verdict")
    }

    fn rust_crypto(&self) -> bool {
        let (key, signature) = &self.rust_crypto;
        key.verify_prehash(black_box(&self.digest), signature).is_ok()
    }

    fn efficient(&self) -> bool {
        let (key, signature) = &self.efficient;
        signature.verify_digest(key, black_box(&self.digest)).is_ok()
    }
}

/// Something to measure: what it is called, how many pieces of work one call does, and the call, which says how many were good.
struct Contender<'a> {
    name: &'static str,
    pieces: usize,
    run: Box<dyn Fn() -> usize + 'a>,
}

/// Pieces a second of each contender: the median of rounds in which all of them take their turn.
fn measure(contenders: &[Contender<'_>]) -> Vec<f64> {
    let mut rates = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, rates) in contenders.iter().zip(&mut rates) {
            let start = Instant::now();
            let good = black_box((contender.run)());
            let took = start.elapsed().as_secs_f64();
            assert_eq!(good, contender.pieces, "{}", contender.name);
            // The first round only warms up.
            if round > 0 {
                rates.push(contender.pieces as f64 / took);
            }
        }
    }
    let median = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    rates.into_iter().map(median).collect()
}

fn each(samples: &[Sample], verify: fn(&Sample) -> bool) -> usize {
    samples.iter().filter(|sample| verify(sample)).count()
}

fn row(what: &str, rate: f64, (against, other): (&str, f64), aim: f64) {
    println!("| {what} | {rate:>9.0} | {against}: {other:.0} | {:.1} × | {aim} × |", rate / other);
}

fn main() {
    let group = EcGroup::from_curve_name(Nid::SM2).expect("the curve");
    let samples: Vec<Sample> = (0..KEYS).map(|number| Sample::new(&group, number)).collect();
    let few = &samples[..16];
    println!("| what | a second | against, a second | ratio | aim |\n|---|---|---|---|---|");

    let cold = measure(&[
        Contender { name: "OpenSSL", pieces: 16, run: Box::new(|| each(few, Sample::openssl)) },
        Contender { name: "RustCrypto sm2", pieces: 16, run: Box::new(|| each(few, Sample::rust_crypto)) },
        Contender { name: "efficient-sm2", pieces: 16, run: Box::new(|| each(few, Sample::efficient)) },
        Contender {
            name: "ours without tables",
            pieces: 16,
            run: Box::new(|| {
                engine::configure(Engine::Tables, 0);
                each(few, Sample::ours)
            }),
        },
    ]);
    let openssl = ("OpenSSL", cold[0]);

    engine::configure(Engine::Tables, TABLE_BYTES_MAX);
    (0..8).for_each(|_| assert!(each(few, Sample::ours) == few.len()));
    let cases: Vec<Case<'_>> = few.iter().cycle().take(512).map(Sample::case).collect();
    let good = |cases: &[Case<'_>]| verify_many(cases).iter().filter(|answer| answer.is_ok()).count();
    let warm = measure(&[
        Contender {
            name: "one at a time",
            pieces: 256,
            run: Box::new(|| (0..16).map(|_| each(few, Sample::ours)).sum()),
        },
        Contender { name: "side by side", pieces: 512, run: Box::new(|| good(&cases)) },
    ]);
    row("SM2, key seen before, one at a time", warm[0], openssl, 20.0);
    row("SM2, key seen before, in batches", warm[1], openssl, 60.0);
    for (name, other) in ["OpenSSL", "RustCrypto `sm2`", "`efficient-sm2`"].iter().zip(&cold) {
        row("SM2, new key", cold[3], (name, *other), 1.0);
    }

    engine::configure(Engine::Tables, ROTATION_BYTES);
    (0..8).for_each(|_| assert!(each(&samples, Sample::ours) == KEYS));
    let rotation =
        measure(&[Contender { name: "rotation", pieces: KEYS, run: Box::new(|| each(&samples, Sample::ours)) }]);
    row("SM2, 1,000 keys in rotation, 128 MB of tables", rotation[0], openssl, 10.0);

    let pieces: Vec<Vec<u8>> =
        (0..PIECES).map(|piece| (0..PIECE_BYTES).map(|at| (at * 31 + piece) as u8).collect()).collect();
    let views: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let by_openssl = |piece: &[u8]| openssl::hash::hash(MessageDigest::sm3(), piece).expect("a digest");
    assert!(sm3_each(&views).iter().zip(&pieces).all(|(ours, piece)| ours[..] == by_openssl(piece)[..]));
    let digests = measure(&[
        Contender {
            name: "SM3 OpenSSL",
            pieces: PIECES,
            run: Box::new(|| views.iter().filter(|piece| !by_openssl(piece).is_empty()).count()),
        },
        Contender { name: "SM3 side by side", pieces: PIECES, run: Box::new(|| sm3_each(black_box(&views)).len()) },
    ]);
    row("SM3, many pieces of 4 KB", digests[1], ("OpenSSL", digests[0]), 4.0);
    println!("\n{:?}", engine::counters());
}
