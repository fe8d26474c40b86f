//! What is counted, in the text format of Prometheus. Labels are names of operations and codes, never what anyone sent.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::http::StatusCode;
use certs::sm2::engine::{self, Counters};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::witness::Standing;

/// 指标: the counters of one gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<OperationLabel, Histogram, fn() -> Histogram>,
    decisions: Family<DecisionLabel, Counter>,
    ledger_size: Gauge,
    cosigned_size: Gauge,
    witness_signs: Family<WitnessLabel, Gauge>,
    witness_size: Family<WitnessLabel, Gauge>,
    sm2: Sm2Metrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabel {
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WitnessLabel {
    /// As the policy names it.
    witness: String,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let (decisions, ledger_size) = (Family::default(), Gauge::default());
        let mut registry = Registry::with_prefix("tongbiao");
        registry.register("requests", "Requests answered, by operation and status", requests.clone());
        registry.register("request_seconds", "Seconds from the head of a request to its answer", seconds.clone());
        registry.register("decisions", "Decisions recorded, by kind", decisions.clone());
        registry.register("ledger_entries", "Entries in the ledger", ledger_size.clone());
        let (cosigned_size, witness_signs, witness_size) = (Gauge::default(), Family::default(), Family::default());
        registry.register("cosigned_entries", "Entries that enough witnesses saw", cosigned_size.clone());
        registry.register("witness_signs", "1 when the witness signed what it was offered last", witness_signs.clone());
        registry.register("witness_entries", "Entries that the witness signed last", witness_size.clone());
        let sm2 = Sm2Metrics::new(&mut registry);
        Self { registry, requests, seconds, decisions, ledger_size, cosigned_size, witness_signs, witness_size, sm2 }
    }

    pub(crate) fn answered(&self, operation: &'static str, status: StatusCode, took: Duration) {
        self.requests.get_or_create(&RequestLabels { operation, status: status.as_u16() }).inc();
        self.seconds.get_or_create(&OperationLabel { operation }).observe(took.as_secs_f64());
    }

    pub(crate) fn decided(&self, decision: &'static str) {
        self.decisions.get_or_create(&DecisionLabel { decision }).inc();
    }

    /// How far the witnesses are, to be told with the next text.
    pub(crate) fn witnessed(&self, cosigned_size: u64, standings: &[Standing]) {
        let number = |size| i64::try_from(size).unwrap_or(i64::MAX);
        self.cosigned_size.set(number(cosigned_size));
        for standing in standings {
            let label = WitnessLabel { witness: standing.name.clone() };
            let signs = standing.size.is_some() && standing.fault.is_none();
            self.witness_signs.get_or_create(&label).set(i64::from(signs));
            self.witness_size.get_or_create(&label).set(number(standing.size.unwrap_or_default()));
        }
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self, ledger_size: u64) -> String {
        self.ledger_size.set(i64::try_from(ledger_size).unwrap_or(i64::MAX));
        self.sm2.take(engine::counters());
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a String does not fail.
            Err(std::fmt::Error) => String::new(),
        }
    }
}

/// What the process counts about SM2, taken over when somebody asks.
#[derive(Debug)]
struct Sm2Metrics {
    verifications: Family<WayLabel, Counter>,
    tables_built: Counter,
    tables_evicted: Counter,
    table_bytes: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WayLabel {
    way: &'static str,
}

impl Sm2Metrics {
    fn new(registry: &mut Registry) -> Self {
        let verifications = Family::default();
        let (tables_built, tables_evicted, table_bytes) = (Counter::default(), Counter::default(), Gauge::default());
        registry.register("sm2_verifications", "SM2 verifications, by the way they went", verifications.clone());
        registry.register("sm2_tables_built", "Tables made for keys that came again", tables_built.clone());
        registry.register("sm2_tables_evicted", "Tables that gave way to others", tables_evicted.clone());
        registry.register("sm2_table_bytes", "Bytes that tables of keys take", table_bytes.clone());
        Self { verifications, tables_built, tables_evicted, table_bytes }
    }

    fn take(&self, now: Counters) {
        let Counters { cold, by_table, side_by_side, by_openssl, tables_built, tables_evicted, table_bytes } = now;
        let ways = [("cold", cold), ("table", by_table), ("side_by_side", side_by_side), ("openssl", by_openssl)];
        for (way, count) in ways {
            raise(&self.verifications.get_or_create(&WayLabel { way }), count);
        }
        raise(&self.tables_built, tables_built);
        raise(&self.tables_evicted, tables_evicted);
        self.table_bytes.set(i64::try_from(table_bytes).unwrap_or(i64::MAX));
    }
}

/// Two who ask at the same time must not add the same difference twice.
fn raise(counter: &Counter, to: u64) {
    counter.inner().fetch_max(to, Relaxed);
}

/// From a millisecond to eight seconds.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 14))
}
