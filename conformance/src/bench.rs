//! The whole exchange over TLS under load: sign, submit, be answered with a receipt.

use std::fmt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::SuiteError;
use crate::parcel::Parcel;
use crate::receipt;
use crate::run::Run;
use crate::scenario::{Action, Submission};
use crate::session::Session;
use crate::suite::Suite;
use crate::wire::Decided;

/// 测速的计划: how much is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Connections that send at the same time, each one request after the other.
    pub connections: usize,
    /// Exchanges on each connection.
    pub exchanges: usize,
}

/// 测速的结果: what was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The load.
    pub load: Load,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Each exchange, shortest first.
    pub latencies: Vec<Duration>,
}

/// Measures the suite's first submission that nothing is wrong with. Every exchange has a document of its own, sealed before
/// the clock starts, so that no cache of the gateway's answers from memory; signing the request is part of the exchange.
///
/// # Errors
/// When the gateway cannot be reached, or answers anything but a receipt that proves the record.
pub fn measure(run: &Run<'_>, suite: &Suite, load: Load) -> Result<Figures, SuiteError> {
    let submission = first_submission(suite)?;
    let mut lanes = Vec::new();
    for _ in 0..load.connections {
        let mut parcels = Vec::new();
        for _ in 0..load.exchanges {
            parcels.push(Parcel::make(
                &run.keys,
                suite,
                Path::new(&suite.name),
                &suite.region,
                submission,
                (run.clock)(),
            )?);
        }
        let session = Session::new(&run.url, &run.roots, run.keys.partner(&suite.region)?, run.clock);
        // The handshake is not what is measured.
        session.get("/health")?;
        lanes.push((session, parcels));
    }
    let start = Instant::now();
    let results: Vec<Result<Vec<Duration>, SuiteError>> = thread::scope(|scope| {
        let lanes: Vec<_> =
            lanes.iter().map(|(session, parcels)| scope.spawn(|| exchange_all(run, session, parcels))).collect();
        lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or(Err(SuiteError::NotRecorded { answer: "panic".to_owned() })))
            .collect()
    });
    let elapsed = start.elapsed();
    let mut latencies: Vec<Duration> = results.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    latencies.sort_unstable();
    Ok(Figures { load, elapsed, latencies })
}

fn first_submission(suite: &Suite) -> Result<&Submission, SuiteError> {
    let steps = suite.scenarios.iter().flat_map(|(_, scenario)| &scenario.steps);
    let submissions =
        steps.filter_map(|step| if let Action::Submit(submission) = &step.action { Some(submission) } else { None });
    let plain = submissions.into_iter().find(|submission| submission.is_plain());
    plain.ok_or_else(|| SuiteError::EmptySuite { folder: suite.name.clone().into() })
}

fn exchange_all(run: &Run<'_>, session: &Session, parcels: &[Parcel]) -> Result<Vec<Duration>, SuiteError> {
    let mut latencies = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        let start = Instant::now();
        let answer = session.submit(parcel, None)?;
        latencies.push(start.elapsed());
        // Checked outside of the time: a partner may check a receipt when it likes.
        let decided =
            serde_json::from_slice::<Decided>(&answer.body).ok().filter(|decided| decided.decision == "recognition");
        let proven = decided.is_some_and(|decided| receipt::check(&decided.receipt, &run.log_keys).is_ok());
        if !proven {
            return Err(SuiteError::NotRecorded { answer: answer.brief() });
        }
    }
    Ok(latencies)
}

impl Figures {
    /// The latency that `percent` of the exchanges do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
        self.latencies.get(rank - 1).copied().unwrap_or_default()
    }

    /// Exchanges a second, all connections together.
    pub fn throughput(&self) -> f64 {
        let count = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        f64::from(count) / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        write!(
            out,
            "整个交换 whole exchange over TLS: {count} 次 exchanges, {connections} 个连接 connections: \
             中位 median {median:.2} ms, p99 {p99:.2} ms, {throughput:.0}/s",
            count = self.latencies.len(),
            connections = self.load.connections,
            median = milliseconds(self.percentile(50)),
            p99 = milliseconds(self.percentile(99)),
            throughput = self.throughput()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let latencies = (1..=200).map(Duration::from_millis).collect();
        let figures =
            Figures { load: Load { connections: 2, exchanges: 100 }, elapsed: Duration::from_secs(4), latencies };
        assert_eq!(figures.percentile(50), Duration::from_millis(100));
        assert_eq!(figures.percentile(99), Duration::from_millis(198));
        assert!((figures.throughput() - 50.0).abs() < 1e-9);
    }
}
