//! Every way of ours, OpenSSL and `RustCrypto` give the same answers: a short run of `make differential`.
#![cfg(feature = "signing")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    reason = "a test fails by panicking; letters are those of GB/T 32918.2"
)]

#[path = "../examples/sm2_differential/cases.rs"]
mod cases;
#[path = "../examples/sm2_differential/compare.rs"]
mod compare;
#[path = "../examples/sm2_differential/curve.rs"]
mod curve;

use cases::Kind;
use compare::Totals;

#[test]
fn random_and_odd_signatures_are_judged_alike_by_every_way_and_two_libraries() {
    let totals = Totals::of(8_000, 20_261_123);
    for kind in [Kind::Good, Kind::GoodHighDigest] {
        let [accepted, refused] = totals.kind(kind);
        assert!(accepted >= 30 && refused == 0, "{kind:?}: {accepted} accepted, {refused} refused");
    }
    for kind in [Kind::Infinity, Kind::OutOfRange, Kind::NoSum, Kind::Noise] {
        let [accepted, refused] = totals.kind(kind);
        assert!(accepted == 0 && refused >= 5, "{kind:?}: {accepted} accepted, {refused} refused");
    }
    assert!(totals.encodings().iter().all(|count| *count >= 1000));
}
