//! Random and odd SM2 signatures through every way of ours, OpenSSL and `RustCrypto`; ends with totals, or with the first difference.
//!
//! `cargo run --release -p certs --features signing --example sm2_differential -- --cases 1000000 --seed 1`
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    reason = "a difference is a panic, totals are printed, letters are those of GB/T 32918.2"
)]

mod cases;
mod compare;
mod curve;

use compare::Totals;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        let value = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        value.map_or(default, |value| value.parse().expect("a whole number"))
    };
    let (cases, seed) = (number("--cases", 1_000_000), number("--seed", 1));
    let totals = Totals::of(cases, seed);
    println!("seed {seed}\n{totals}");
}
