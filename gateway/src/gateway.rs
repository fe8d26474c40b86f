//! The gateway as a whole: what it believes, what it knows, its ledger; loaded from a configuration, every fault at once.

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adapters::Adapters;
use certs::key::PublicKey;
use certs::signing::{Ed25519Signer, SigningError, Sm2Signer};
use certs::sm2;
use certs::trust::{Trust, TrustList};
use jiff::Timestamp;
use ledger::shards::{Shard, Shards};
use ledger::{CheckpointSigner, LedgerError, Log};
use seals::SealCache;
use standards::division::Divisions;
use standards::item::Catalogue;
use standards::region::Regions;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::companion::Following;
use crate::config::{Config, ConfigFault};
use crate::exchange::nonces::{Nonces, Past};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::server;
use crate::shards;
use crate::trust_memory;
use crate::witness::{Cosigned, Witnesses};

/// How long work may wait for its turn: a burst is worked off, an overload is answered with 503.
const EXAMINE_WAIT: Duration = Duration::from_secs(5);

/// What the time is; an argument, so that tests can choose it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// 网关. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    config: Config,
    known: Known,
    ledger: Shards,
    companion: Option<Mutex<Following>>,
    nonces: Nonces,
    metrics: Metrics,
    seal_cache: SealCache,
    clock: Clock,
    verifications: Arc<Semaphore>,
    size: watch::Sender<u64>,
}

/// Everything that is read at the start and does not change while the gateway runs.
pub struct Known {
    trust: Trust,
    tls: TlsAcceptor,
    signer: Option<CheckpointSigner>,
    adapters: Adapters,
    catalogue: Catalogue,
    divisions: Divisions,
    regions: Regions,
    witnesses: Option<Witnesses>,
}

impl Known {
    /// Reads everything that a configuration names, but for the ledger itself.
    ///
    /// # Errors
    /// Everything that cannot be used, each under the key that names it.
    pub fn load(config: &Config, now: Timestamp) -> Result<Self, Vec<ConfigFault>> {
        let mut faults = Vec::new();
        let mut unusable = |key, finding: String| faults.push(ConfigFault::Unusable { key, finding });
        let trust = trust(config, now).map_err(|(key, finding)| unusable(key, finding)).ok();
        let tls = trust.as_ref().and_then(|trust| {
            server::acceptor(&config.server, trust).map_err(|fault| unusable(tls_key(&fault), fault.to_string())).ok()
        });
        let signer = signer(config).map_err(|found| {
            for (key, finding) in found {
                unusable(key, finding);
            }
        });
        let signer = signer.ok();
        let witnesses = config.witnesses.as_ref().zip(signer.as_ref()).map(|(witnesses, signer)| {
            Witnesses::load(witnesses, signer.verifier_keys(), now).map_err(|(key, finding)| unusable(key, finding))
        });
        let witnesses = witnesses.transpose().ok();
        let adapters = match &config.regions {
            Some(folder) => Adapters::load(folder),
            None => Adapters::embedded(),
        };
        let adapters = adapters
            .map_err(|found| found.0.iter().for_each(|fault| unusable("adapters.regions", fault.to_string())))
            .ok();
        let standards = standards().map_err(|finding| unusable("standards", finding)).ok();
        let closed = shards::check(config).map_err(|finding| unusable("ledger.closed", finding)).ok();
        match (trust, tls, signer, adapters, standards, witnesses, closed) {
            (
                Some(trust),
                Some(tls),
                Some(signer),
                Some(adapters),
                Some((catalogue, divisions, regions)),
                Some(witnesses),
                Some(()),
            ) => Ok(Self { trust, tls, signer: Some(signer), adapters, catalogue, divisions, regions, witnesses }),
            _ => Err(faults),
        }
    }
}

/// The keys that sign the ledger.
pub(crate) fn signer(config: &Config) -> Result<CheckpointSigner, Vec<(&'static str, String)>> {
    let unusable = |key| move |error: SigningError| (key, format!("{error} ({})", error.code()));
    let ed25519 = Ed25519Signer::from_pem_file(&config.ledger.ed25519_key).map_err(unusable("ledger.ed25519_key"));
    let sm2 = Sm2Signer::from_pem_file(&config.ledger.sm2_key).map_err(unusable("ledger.sm2_key"));
    match (ed25519, sm2) {
        (Ok(ed25519), Ok(sm2)) => CheckpointSigner::new(&config.ledger.origin, ed25519, sm2)
            .map_err(|error| vec![("ledger.origin", format!("{error} ({})", error.code()))]),
        (ed25519, sm2) => Err([ed25519.err(), sm2.err()].into_iter().flatten().collect()),
    }
}

fn trust_key(config: &Config) -> Result<Box<sm2::PublicKey>, (&'static str, String)> {
    let pem = fs::read(&config.trust.key).map_err(|error| ("trust.key", error.kind().to_string()))?;
    let key = PublicKey::from_pem(&pem).map_err(|error| ("trust.key", format!("{error} ({})", error.code())))?;
    let PublicKey::Sm2(key) = key else { return Err(("trust.key", "not an SM2 key".to_owned())) };
    Ok(key)
}

fn trust(config: &Config, now: Timestamp) -> Result<Trust, (&'static str, String)> {
    let key = trust_key(config)?;
    Trust::from_signed_dir(&config.trust.directory, &key, now)
        .map_err(|error| ("trust.directory", format!("{error} ({})", error.code())))
}

fn trust_list(config: &Config) -> Result<TrustList, (&'static str, String)> {
    let key = trust_key(config)?;
    Trust::signed_list(&config.trust.directory, &key)
        .map_err(|error| ("trust.directory", format!("{error} ({})", error.code())))
}

fn tls_key(fault: &server::TlsFault) -> &'static str {
    match fault {
        server::TlsFault::Certificate => "server.certificate",
        server::TlsFault::Key | server::TlsFault::Pair => "server.key",
        server::TlsFault::NoClientRoot | server::TlsFault::ClientRoot { .. } => "trust.directory",
    }
}

fn standards() -> Result<(Catalogue, Divisions, Regions), String> {
    let catalogue = Catalogue::embedded().map_err(|error| error.to_string())?;
    let divisions = Divisions::embedded().map_err(|error| error.to_string())?;
    Ok((catalogue, divisions, Regions::embedded().map_err(|error| error.to_string())?))
}

impl Gateway {
    /// Opens a gateway: reads what the configuration names and opens the ledger. `boot` is the system's name for the time since it
    /// was switched on.
    ///
    /// # Errors
    /// Everything that cannot be used.
    pub fn open(config: Config, clock: Clock, boot: &str) -> Result<Self, Vec<ConfigFault>> {
        let now = clock();
        let mut known = Known::load(&config, now)?;
        let unusable = |key, finding: String| vec![ConfigFault::Unusable { key, finding }];
        let signer = known.signer.take().ok_or_else(|| unusable("ledger.ed25519_key", "no signer".to_owned()))?;
        let ledger = shards::open(&config, signer, known.witnesses.as_ref(), &clock).map_err(|fault| vec![fault])?;
        let log = ledger.open().log();
        let companion = Following::open(&config, log).map_err(|fault| vec![fault])?.map(Mutex::new);
        // After the ledger's lock: two gateways cannot believe two lists in one folder.
        let list = trust_list(&config).map_err(|(key, finding)| unusable(key, finding))?;
        if known.trust.edition() != Some(list.edition()) {
            return Err(unusable("trust.directory", "the trust list changed while it was read".to_owned()));
        }
        trust_memory::advance(&config.ledger.state.join("trust-edition"), &list, &config.trust.directory)
            .map_err(|fault| unusable("trust.directory", fault.to_string()))?;
        trust_memory::advance_lists(&config.ledger.state.join("revocation-lists"), &known.trust)
            .map_err(|fault| unusable("trust.directory", fault.to_string()))?;
        let past = if ledger.size() == 0 { Past::None } else { Past::Some };
        let nonces = Nonces::open(&config.ledger.state.join("nonces"), boot, past, now)
            .map_err(|error| unusable("ledger.state", error.kind().to_string()))?;
        let verifications = Arc::new(Semaphore::new(config.limits.verifications));
        let size = watch::Sender::new(ledger.size());
        let (metrics, seal_cache) = (Metrics::new(), SealCache::new());
        Ok(Self(Arc::new(Inner {
            config,
            known,
            ledger,
            companion,
            nonces,
            metrics,
            seal_cache,
            clock,
            verifications,
            size,
        })))
    }

    /// What accepts TLS connections.
    pub fn tls(&self) -> TlsAcceptor {
        self.0.known.tls.clone()
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The ledger, all its shards.
    pub fn ledger(&self) -> &Shards {
        &self.0.ledger
    }

    /// The log that grows.
    pub fn log(&self) -> &Log {
        self.0.ledger.open().log()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    /// Whom to believe, whatever its age: enough to tell partners apart who only read.
    pub(crate) fn trust(&self) -> &Trust {
        &self.0.known.trust
    }

    /// Whom to believe, for deciding on results: a stale list decides nothing.
    pub(crate) fn fresh_trust(&self) -> Result<&Trust, Problem> {
        match self.trust().stale_since(self.now()) {
            None => Ok(self.trust()),
            Some(since) => Err(Problem::TrustStale { since }),
        }
    }

    pub(crate) fn adapters(&self) -> &Adapters {
        &self.0.known.adapters
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.0.known.catalogue
    }

    pub(crate) fn divisions(&self) -> &Divisions {
        &self.0.known.divisions
    }

    pub(crate) fn regions(&self) -> &Regions {
        &self.0.known.regions
    }

    /// The witnesses of the ledger, where it has some.
    pub(crate) fn witnesses(&self) -> Option<&Witnesses> {
        self.0.known.witnesses.as_ref()
    }

    /// The newest checkpoint of a shard that enough witnesses saw.
    pub(crate) fn cosigned(&self, shard: &Shard) -> Option<Cosigned> {
        let witnesses = self.witnesses()?;
        let is_open = std::ptr::eq(shard, self.ledger().open());
        if is_open { witnesses.cosigned() } else { witnesses.kept(shard.log()) }
    }

    /// The companion of the ledger, where it has one.
    pub(crate) fn companion(&self) -> Option<MutexGuard<'_, Following>> {
        self.0.companion.as_ref().map(|companion| companion.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the documents of a day have in common: their seals.
    pub(crate) fn seal_cache(&self) -> &SealCache {
        &self.0.seal_cache
    }

    /// Tells those who wait that the ledger may have grown.
    pub(crate) fn announce(&self) {
        self.0.size.send_replace(self.ledger().size());
    }

    /// The size of the ledger, to wait for its growth.
    pub(crate) fn growth(&self) -> watch::Receiver<u64> {
        self.0.size.subscribe()
    }

    /// Reads public files of a shard, the open one or a closed one by its place, beside the threads that answer; `None` for no such
    /// shard.
    pub(crate) async fn read_public<T: Send + 'static>(
        &self,
        closed: Option<usize>,
        read: impl FnOnce(&Self, &Shard) -> Result<Option<T>, LedgerError> + Send + 'static,
    ) -> Result<Option<T>, LedgerError> {
        let gateway = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let shard = closed.map_or(Some(gateway.ledger().open()), |place| gateway.ledger().closed().get(place));
            shard.map_or(Ok(None), |shard| read(&gateway, shard))
        });
        reading.await.map_err(|_| LedgerError::LogClosed)?
    }

    /// Runs work that takes the processor for long beside the threads that answer, never more of it than configured.
    pub(crate) async fn examine<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.0.verifications).acquire_owned();
        let permit = timeout(EXAMINE_WAIT, place).await.map_err(|_| Problem::Busy)?.map_err(|_| Problem::Busy)?;
        let gateway = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&gateway)
        });
        done.await.map_err(|_| Problem::Busy)
    }
}
