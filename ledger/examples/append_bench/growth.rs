//! One log that grows: what an append, a proof and a start cost at each size, and the memory; as numbers and as curves.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use ledger::IndexEngine;
use ledger::audit::{Directory, Proven, audit_from};
use ledger::checkpoint::Checkpoint;

use crate::logged::{Kind, Logged};
use crate::percentile;

/// Short entries: the costs that grow are those of the number, and ten million of 1 KiB would fill a disk.
fn kind(index: IndexEngine) -> Kind {
    Kind { entry_bytes: 100, is_found: true, evidence_bytes: 0, index }
}

/// No divisor of a tile's width: at every size most batches end in another tile than they begin in, and proofs need both.
const IN_FLIGHT: usize = 250;
/// Appends and proofs that are measured at each size.
const SAMPLE: u64 = 20_000;
/// Sizes at which it is measured.
const POINTS: u64 = 10;

/// The columns: name and unit.
const COLUMNS: [&str; 7] = [
    "append p50, 64 in flight, ms",
    "append p99, 64 in flight, ms",
    "proof p50, ms",
    "proof p99, ms",
    "start until reads, ms",
    "start until changes, ms",
    "memory, MiB",
];

/// Grows a log to so many entries; the curves go into a file if one is named.
pub(crate) fn grow(folder: &Path, entries: u64, index: IndexEngine, svg: Option<&Path>) {
    let mut logged = Logged::open(folder, kind(index));
    println!("{:>10} {}", "entries", COLUMNS.map(|column| format!("{column:>29}")).concat());
    let first = 10_000.min(entries / POINTS);
    let mut points = Vec::new();
    for size in std::iter::once(first).chain((1..=POINTS).map(|point| entries * point / POINTS)) {
        let missing = size.saturating_sub(logged.log().size());
        let mut unused = Vec::new();
        logged.append_while(IN_FLIGHT, &mut unused, |sent| sent < missing);
        drop(unused);
        let start = logged.reopen();
        let opened = Instant::now();
        logged.log().receipt(size / 3).unwrap();
        let reads = start + opened.elapsed();
        logged.log().settle().unwrap();
        let values = measure(&mut logged, [reads, start + opened.elapsed()]);
        println!("{size:>10} {}", values.map(|value| format!("{value:>29.3}")).concat());
        points.push((size, values));
    }
    let (first, last) = (points[0], points[points.len() - 1]);
    println!(
        "{:>10} {}",
        "ratio",
        std::array::from_fn::<_, 7, _>(|at| format!("{:>29.2}", last.1[at] / first.1[at])).concat()
    );
    logged.close();
    for threads in [1, 2] {
        verify(&folder.join("public"), threads);
    }
    if let Some(path) = svg {
        std::fs::write(path, curves(&points)).unwrap();
    }
}

/// What the check of the whole log from its public files reaches.
fn verify(public: &Path, threads: usize) {
    let note = std::fs::read(public.join("checkpoint")).unwrap();
    let checkpoint = Checkpoint::from_unverified_note(&note).unwrap();
    let threads = NonZeroUsize::new(threads).unwrap();
    let start = Instant::now();
    let report = audit_from(&Directory::new(public), &checkpoint, Proven::default(), threads, &|_| {}).unwrap();
    assert_eq!((report.findings.len(), report.root), (0, Some(checkpoint.root)));
    let rate = checkpoint.size as f64 / start.elapsed().as_secs_f64();
    println!("verifying the whole log with {threads} thread(s): {rate:.0} entries/s");
}

fn measure(logged: &mut Logged, start: [Duration; 2]) -> [f64; 7] {
    let mut appends = Vec::new();
    logged.append_while(64, &mut appends, |sent| sent < SAMPLE);
    let size = logged.log().size();
    // Steps of a large odd number reach all of the log in no order.
    let mut proofs: Vec<Duration> = (0..SAMPLE)
        .map(|step| {
            let began = Instant::now();
            logged.log().receipt(step.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size).unwrap();
            began.elapsed()
        })
        .collect();
    [
        percentile(&mut appends, 50),
        percentile(&mut appends, 99),
        percentile(&mut proofs, 50),
        percentile(&mut proofs, 99),
        start[0].as_secs_f64() * 1000.0,
        start[1].as_secs_f64() * 1000.0,
        resident_mib(),
    ]
}

/// Memory of this process that is not backed by files.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// One small chart a column, one above the other.
fn curves(points: &[(u64, [f64; 7])]) -> String {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 120.0;
    let most = points.iter().map(|point| point.0).max().unwrap();
    let whole = HEIGHT * 7.0 + 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{whole}\" font-family=\"sans-serif\" font-size=\"12\">\n",
        WIDTH + 120.0
    );
    for (at, column) in COLUMNS.iter().enumerate() {
        let top = points.iter().map(|point| point.1[at]).fold(0.0, f64::max) * 1.25;
        let base = HEIGHT * f64::from(u32::try_from(at).unwrap() + 1);
        let place = |size: u64, value: f64| {
            let along = f64::from(u32::try_from(size * 10_000 / most).unwrap()) / 10_000.0;
            (10.0 + along * WIDTH, base - value / top * (HEIGHT - 25.0))
        };
        let mut line = String::new();
        for (x, y) in points.iter().map(|point| place(point.0, point.1[at])) {
            let _ = write!(line, "{x:.1},{y:.1} ");
        }
        let (x, y) = place(most, points[points.len() - 1].1[at]);
        let _ = writeln!(svg, "<line x1=\"10\" y1=\"{base}\" x2=\"{}\" y2=\"{base}\" stroke=\"#999\"/>", WIDTH + 10.0);
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"#06c\" stroke-width=\"2\" points=\"{}\"/>",
            line.trim_end()
        );
        let _ = writeln!(svg, "<text x=\"12\" y=\"{}\">{column}</text>", base - HEIGHT + 14.0);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{y:.1}\">{:.2}</text>", x + 6.0, points[points.len() - 1].1[at]);
    }
    let _ = writeln!(svg, "<text x=\"12\" y=\"{}\">0 … {most} entries</text>\n</svg>", whole - 5.0);
    svg
}
