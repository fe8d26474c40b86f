//! Fuzz targets: each takes any bytes, and panics where a promise does not hold.
//!
//! That no input panics is the least of them. The same bytes read the same way twice; nothing that was changed is VALID; what one
//! policy found another one weighs just as if it had looked itself; a message that was read is written and read again as the same.
mod document;
mod frames;
mod ledger;
mod message;
mod parsers;
mod signature;
mod stamp;

use std::time::Duration;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target. Each has a file of its name in `fuzz_targets/` and a folder of seeds in `seeds/`.
pub const TARGETS: &[Target] = &[
    ("add_checkpoint", ledger::add_checkpoint),
    ("archive", parsers::archive),
    ("certificate", parsers::certificate),
    ("crl", parsers::crl),
    ("document", document::document),
    ("frames", frames::frames),
    ("message_encoding", message::message_encoding),
    ("message_json", message::message_json),
    ("message_region", message::message_region),
    ("message_xml", message::message_xml),
    ("note", ledger::note),
    ("ocsp", parsers::ocsp),
    ("ofd_xml", parsers::ofd_xml),
    ("package", document::package),
    ("policy", ledger::policy),
    ("seal", parsers::seal),
    ("signed_data", parsers::signed_data),
    ("sm2", signature::sm2),
    ("time_stamp", stamp::time_stamp),
    ("tlog_proof", ledger::tlog_proof),
];

/// The most processor time that one input may take. By the clock it may be more: a machine can be busy.
const TIME_MAX: Duration = Duration::from_secs(2);

/// Runs the target of this name.
///
/// # Panics
/// Where the input breaks a promise or takes too long, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = found.unwrap_or_else(|| panic!("no target is called {name}"));
    let started = processor_time();
    target(bytes);
    let taken = processor_time().saturating_sub(started);
    assert!(taken <= TIME_MAX, "{name} takes {taken:?} for {} bytes", bytes.len());
}

/// How long this thread has been computing.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
