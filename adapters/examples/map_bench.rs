//! Mapping a concluding message of 2 KB from Tianjin's XML to Beijing's JSON: against Python with lxml and json, part by part, how the
//! time grows, and what it takes to load all standards and mappings.
//!
//! `cargo run --release -p adapters --example map_bench [PYTHON SCRIPT ROOT]`
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and reports by printing"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use adapters::{Adapter, Adapters, Fidelity, FieldOrigin, Limits};
use serde_json::{Value, json};

const ROUNDS: usize = 2_000;
const BATCH: Duration = Duration::from_micros(100);
/// How long Python may take: as many rounds, one at a time.
const PYTHON_ROUNDS: &str = "6000";

const TIANJIN: &str = "120000";
const BEIJING: &str = "110000";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == "load") {
        return load();
    }
    let adapters = Adapters::embedded().expect("the embedded folders");
    let adapter = |region: &str| adapters.adapter(&region.parse().expect("a region")).expect("an adapter");
    let (tianjin, beijing) = (adapter(TIANJIN), adapter(BEIJING));
    let message = message(0, 0);
    let whole = median(|| drop(black_box(map(tianjin, beijing, black_box(&message)))));
    let reading = median(|| drop(black_box(tianjin.read(black_box(&message), &Limits::MESSAGE))));
    let row = |name: &str, time: Duration| println!("{name:<50} {:>9.1} µs", time.as_secs_f64() * 1e6);
    println!("{:<50} {:>9} bytes", "concluding message of Tianjin", message.len());
    row("to Beijing's: validated, explained, read back", whole);
    row("part: reading and validating it, explained", reading);
    row("part: writing it, read back and explained", whole.saturating_sub(reading));
    if let [python, script, root, ..] = arguments.as_slice() {
        let theirs = peer(python, script, root, &message);
        let read = tianjin.read(&message, &Limits::MESSAGE).expect("a good message");
        let written = beijing.write(&read.message).expect("a good message");
        let ours: Value = serde_json::from_slice(&written.bytes).expect("JSON");
        assert_eq!(ours, theirs["message"], "both write the same message");
        assert_eq!(rows(&read.explanation), theirs["read"], "both explain the reading in the same way");
        assert_eq!(rows(&written.explanation), theirs["written"], "both explain the writing in the same way");
        let time = Duration::from_secs_f64(theirs["microseconds"].as_f64().expect("a time") / 1e6);
        row("Python with lxml and json: the same output", time);
        println!("{:<50} {:>9.1} ×", "Python / ours, one core (aim: 20)", time.as_secs_f64() / whole.as_secs_f64());
    }
    grow(tianjin, beijing);
    let own = std::env::current_exe().expect("this program");
    let output = Command::new(own).arg("load").output().expect("it runs again");
    print!("\n{}", String::from_utf8_lossy(&output.stdout));
}

/// The whole way of one message.
fn map(from: &Adapter, to: &Adapter, message: &[u8]) -> Vec<u8> {
    let read = from.read(message, &Limits::MESSAGE).expect("a good message");
    to.write(&read.message).expect("a good message").bytes
}

/// The sample with all that a full message has, `attachments` named beside it, and a number of its own.
fn message(number: usize, attachments: usize) -> Vec<u8> {
    let sample = include_str!("../regions/120000-tianjin/samples/granted.xml");
    let mut more = String::new();
    for (name, value) in [
        ("HJXH", "1"),
        ("VERSION", "1"),
        ("SLZTDM", "1"),
        ("ZZLXDM", "11100000FAKE00099G001"),
        ("ZZYXQQSRQ", "2022-11-09"),
        ("CZZTDMLXDM", "4"),
        (
            "ZFHTHYY",
            "本件为综合窗口统一受理、材料齐全、符合法定形式，经审查准予许可，电子证照与纸质证照具有同等效力，可在三地通用（虚构）",
        ),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(more, "<Field FieldName='{name}'>{value}</Field>");
    }
    more.push_str("</standardInfo>");
    if attachments > 0 {
        more.push_str("<attachInfo>");
        for number in 0..attachments {
            let _ = write!(more, "<attach><Field FieldName='FJMC'>附件{number}.ofd</Field>");
            let _ = write!(
                more,
                "<Field FieldName='FJLX'>ofd</Field><Field FieldName='FJID'>{number:032x}</Field></attach>"
            );
        }
        more.push_str("</attachInfo>");
    }
    let text = sample.replacen("</standardInfo>", &more, 1);
    text.replacen("2c9081a47f0000017f0000017f000001", &format!("{number:032x}"), 1).into_bytes()
}

/// What the other program makes of the message.
fn peer(python: &str, script: &str, root: &str, message: &[u8]) -> Value {
    let mut child = Command::new(python)
        .args([script, root, PYTHON_ROUNDS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("a pipe").write_all(message).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the peer failed");
    serde_json::from_slice(&output.stdout).expect("its report")
}

/// An explanation in the peer's words.
fn rows(explanation: &[FieldOrigin]) -> Value {
    let original = |fidelity: &Fidelity| match fidelity {
        Fidelity::Lossless => None,
        Fidelity::Lossy { original } => Some(original.clone()),
        Fidelity::NotCarried { original } => original.clone(),
    };
    let row = |origin: &FieldOrigin| {
        json!({ "field": origin.field, "source_path": origin.source_path.as_deref(), "transform": origin.transform,
            "original": original(&origin.fidelity) })
    };
    explanation.iter().map(row).collect()
}

/// How the time grows with the fields of a message, and with messages.
fn grow(tianjin: &Adapter, beijing: &Adapter) {
    println!("\n{:<14} {:>7} {:>9} {:>11}", "attachments", "bytes", "µs", "ns a byte");
    for attachments in [0, 10, 20, 30, 40, 50] {
        let message = message(0, attachments);
        let time = median(|| drop(black_box(map(tianjin, beijing, black_box(&message)))));
        plot(attachments, message.len(), time, 10.0);
    }
    println!("\n{:<14} {:>7} {:>9} {:>11}", "messages", "bytes", "µs", "ns a byte");
    for count in [1_000, 2_000, 3_000, 4_000, 5_000] {
        let messages: Vec<Vec<u8>> = (0..count).map(|number| message(number, 0)).collect();
        let run = |_| {
            let started = Instant::now();
            for message in &messages {
                drop(black_box(map(tianjin, beijing, black_box(message))));
            }
            started.elapsed()
        };
        let time = (0..5).map(run).min().unwrap_or_default();
        plot(count, messages.iter().map(Vec::len).sum(), time, 10_000.0);
    }
}

/// One row, with a bar of one block for `block_us` microseconds: on a straight line, the bars end on one.
fn plot(count: usize, bytes: usize, time: Duration, block_us: f64) {
    let us = time.as_secs_f64() * 1e6;
    let mut bar = String::new();
    let mut left = us;
    while left > 0.0 {
        bar.push('█');
        left -= block_us;
    }
    let per_byte = us * 1e3 / f64::from(u32::try_from(bytes).expect("a few megabytes"));
    println!("{count:<14} {bytes:>7} {us:>9.1} {per_byte:>11.2}  {bar}");
}

/// Loads everything in a process of its own, so that its peak memory is that of loading.
fn load() {
    let peak_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default()
    };
    let before = peak_kib();
    let started = Instant::now();
    let adapters = Adapters::embedded().expect("the embedded folders");
    let texts = standards::problem::embedded().expect("the embedded texts");
    let time = started.elapsed();
    let after = peak_kib();
    println!("{:<50} {:>9.1} ms", "loading all standards, catalogues, mappings (50)", time.as_secs_f64() * 1e3);
    println!("{:<50} {:>9.1} MB", "peak memory of the process then (20)", after / 1024.0);
    println!("{:<50} {:>9.1} MB", "of which the program alone", before / 1024.0);
    drop(black_box((adapters, texts)));
}

/// The median of many batches, for one call. A batch is short, so that other programs on the machine fall into few of them.
fn median(mut work: impl FnMut()) -> Duration {
    let started = Instant::now();
    work();
    let batch = (BATCH.as_nanos() / started.elapsed().as_nanos().max(1)).clamp(1, 100);
    let batch = u32::try_from(batch).unwrap_or(1);
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            (0..batch).for_each(|_| work());
            started.elapsed() / batch
        })
        .collect();
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}
