//! 国密副账 Keeps the companion of the ledger, and records in the ledger what it signed.

use certs::signing::Sm2Signer;
use ledger::companion::{Companion, SignedCheckpoint};
use ledger::{Draft, LedgerError, Log};
use standards::entry::{self, Digest, Entry, Label, VerifiedCheckpoint};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::{Config, ConfigFault};
use crate::gateway::Gateway;

/// The companion, and what it signed and the ledger has not recorded yet.
pub(crate) struct Following {
    companion: Companion,
    origin: Label,
    signed: Option<SignedCheckpoint>,
}

impl Following {
    /// Takes up the companion of a ledger, if the configuration wants one.
    ///
    /// # Errors
    /// What cannot be used, under the key that names it.
    pub(crate) fn open(config: &Config, log: &Log) -> Result<Option<Self>, ConfigFault> {
        if config.ledger.companion.is_none() {
            return Ok(None);
        }
        let unusable = |key, finding| ConfigFault::Unusable { key, finding };
        let signer = Sm2Signer::from_pem_file(&config.ledger.sm2_key)
            .map_err(|error| unusable("ledger.sm2_key", format!("{error} ({})", error.code())))?;
        let companion = Companion::open(log, &config.ledger.origin, &config.ledger.public, signer)
            .map_err(|error| unusable("ledger.public", format!("companion: {error} ({})", error.code())))?;
        let origin = companion.verifier_key().name().parse();
        let origin =
            origin.map_err(|_| unusable("ledger.origin", "too long for a companion, or not ASCII".to_owned()))?;
        Ok(Some(Self { companion, origin, signed: None }))
    }

    /// Brings the companion up to date, and records what it signed.
    ///
    /// # Errors
    /// Those of [`Companion::follow`] and [`Log::append`]; another call goes on.
    fn follow(&mut self, log: &Log) -> Result<(), LedgerError> {
        let is_own = |bytes: &[u8]| matches!(Entry::parse(bytes), Ok(Entry::Companion(companion)) if companion.origin == self.origin);
        let signed = self.companion.follow(log, is_own)?;
        // A newer checkpoint says all that an older one would.
        self.signed = signed.or(self.signed.take());
        if let Some(draft) = self.signed.as_ref().and_then(|signed| self.draft(signed)) {
            log.append(draft)?;
            self.signed = None;
        }
        Ok(())
    }

    /// Brings the companion up to date with all that is recorded, and records that.
    ///
    /// # Errors
    /// As [`Self::follow`], and those of [`Log::settle`].
    pub(crate) fn follow_all(&mut self, log: &Log) -> Result<(), LedgerError> {
        loop {
            log.settle()?;
            self.follow(log)?;
            if self.signed.is_none() && self.companion.size() == log.size() {
                return Ok(());
            }
        }
    }

    /// Brings the companion up to date with all that is recorded, and records nothing: the log is closed.
    ///
    /// # Errors
    /// Those of [`Companion::follow`].
    pub(crate) fn cover_all(&mut self, log: &Log) -> Result<(), LedgerError> {
        while self.companion.follow(log, |_| false)?.is_none() && self.companion.size() < log.size() {}
        Ok(())
    }

    fn draft(&self, signed: &SignedCheckpoint) -> Option<Draft> {
        let (origin, signature) = (self.origin.clone(), signed.signature.parse().ok()?);
        let checkpoint = VerifiedCheckpoint { size: signed.checkpoint.size, root: Digest(signed.checkpoint.root) };
        let entry =
            move |time| Entry::Companion(entry::Companion { time, origin, checkpoint, signature }).to_canonical();
        Some(Draft { entry: Box::new(entry), key: None, content: [0; 32], tags: Vec::new(), evidence: None })
    }
}

/// Follows the ledger for as long as it is polled; never done. Answers to partners do not wait for it.
pub async fn keep(gateway: &Gateway) {
    let Some(pause) = gateway.config().ledger.companion else { return std::future::pending().await };
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failure: Option<&str> = None;
    loop {
        ticks.tick().await;
        let code = follow(gateway).await.err();
        // Told once, not with every try.
        if let Some(code) = code.filter(|_| code != failure) {
            tracing::error!(code, "the companion of the ledger does not follow");
        }
        failure = code;
    }
}

/// Covers everything that is recorded, once nothing more comes.
pub async fn finish(gateway: &Gateway) {
    if gateway.config().ledger.companion.is_none() {
        return;
    }
    let settled = {
        let gateway = gateway.clone();
        spawn_blocking(move || gateway.log().settle())
    };
    if !matches!(settled.await, Ok(Ok(()))) || follow(gateway).await.is_err() {
        // The next start goes on.
        tracing::warn!("the companion of the ledger does not cover the newest entries");
    }
}

async fn follow(gateway: &Gateway) -> Result<(), &'static str> {
    let gateway = gateway.clone();
    let followed = spawn_blocking(move || match gateway.companion() {
        Some(mut following) => following.follow(gateway.log()),
        None => Ok(()),
    });
    followed.await.map_or(Ok(()), |followed| followed.map_err(|error| error.code()))
}
