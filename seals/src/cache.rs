//! What documents have in common: the signature of a seal and the paths of its certificates, kept under all that they depend on.
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use certs::{
    certificate::Certificate,
    digest,
    path::VerifiedPath,
    trust::{Purpose, Trust},
};
use jiff::Timestamp;

use crate::{finding::Finding, policy::PolicyEdition, report::Judgement};

/// Seals that are kept: a region has some hundreds.
const SEALS_MAX: usize = 4_096;
/// Certificates whose paths are kept: about two a seal.
const PATHS_MAX: usize = 8_192;

/// 验章缓存: one seal comes again in thousands of documents, and so do the certificates of its maker and its signer.
///
/// Kept are only facts that no signing time changes, under one trust (its whole identity, not only its edition) and one edition of the
/// policy; with another one everything is dropped. It may be shared by threads. What it holds never changes a report.
#[derive(Debug, Default)]
pub struct SealCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    under: Option<Under>,
    /// Whether the maker's signature holds, by the digest of the whole seal.
    seals: Bounded<[u8; 32], Judgement>,
    paths: Bounded<([u8; 32], Purpose), Path>,
}

/// What everything in the cache was judged under.
type Under = ([u8; 32], &'static str);

/// A path, and the time in which the search for it goes the very same way. That there is none is not kept: strangers can make as many
/// certificates as they like, and paths only authorities.
#[derive(Clone, Debug)]
struct Path {
    after: Timestamp,
    before: Timestamp,
    found: VerifiedPath,
}

impl SealCache {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the maker's signature over a seal holds.
    pub(crate) fn seal(
        &self,
        trust: &Trust,
        edition: &PolicyEdition,
        seal: &[u8],
        judge: impl FnOnce() -> Judgement,
    ) -> Judgement {
        let under = (trust.identity(), edition.name);
        let key = digest::sha256(&[seal]);
        if let Some(known) = self.kept(under).seals.get(&key) {
            return known.clone();
        }
        let judgement = judge();
        self.kept(under).seals.insert(key, judgement.clone(), SEALS_MAX);
        judgement
    }

    /// The path of a certificate that was used at a time.
    pub(crate) fn path(
        &self,
        trust: &Trust,
        edition: &PolicyEdition,
        certificate: &Certificate,
        purpose: Purpose,
        used_at: Timestamp,
        find: impl FnOnce() -> Result<VerifiedPath, Finding>,
    ) -> Result<VerifiedPath, Finding> {
        let under = (trust.identity(), edition.name);
        let key = (certificate.fingerprint(), purpose);
        let known = |path: &&Path| path.after < used_at && used_at < path.before;
        if let Some(path) = self.kept(under).paths.get(&key).filter(known) {
            return Ok(path.found.clone());
        }
        let found = find()?;
        if let Some((after, before)) = same_search(trust, certificate, purpose, used_at) {
            self.kept(under).paths.insert(key, Path { after, before, found: found.clone() }, PATHS_MAX);
        }
        Ok(found)
    }

    fn kept(&self, under: Under) -> MutexGuard<'_, Kept> {
        // Nobody panics with the lock held, and a half-made entry cannot be.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.under != Some(under) {
            *kept = Kept { under: Some(under), ..Kept::default() };
        }
        kept
    }
}

/// The time around `at` in which no candidate of a path begins or ends to count: there every search finds the same, or fails the same.
/// `None` on the very moment of such a change.
fn same_search(
    trust: &Trust,
    certificate: &Certificate,
    purpose: Purpose,
    at: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let anchors = trust.anchors(purpose);
    let candidates = anchors.iter().map(|anchor| &anchor.certificate).chain(trust.intermediates());
    let periods = candidates.chain([certificate]).flat_map(|it| [it.not_before(), it.not_after()]);
    let listed = anchors.iter().flat_map(|anchor| [anchor.not_before, anchor.not_after]).flatten();
    let (mut after, mut before) = (Timestamp::MIN, Timestamp::MAX);
    for change in periods.chain(listed) {
        match change.cmp(&at) {
            std::cmp::Ordering::Less => after = after.max(change),
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => before = before.min(change),
        }
    }
    Some((after, before))
}

/// A map that forgets its oldest entry when it is full.
#[derive(Debug)]
struct Bounded<K, V> {
    entries: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Bounded { entries: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash, V> Bounded<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    fn insert(&mut self, key: K, value: V, entries_max: usize) {
        if self.entries.insert(key, value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > entries_max
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_full_forgets_its_oldest_entry_alone() {
        let mut bounded = Bounded::default();
        for key in 0..5 {
            bounded.insert(key, key, 3);
            bounded.insert(key, key * 10, 3);
        }
        assert_eq!((bounded.entries.len(), bounded.order.len()), (3, 3));
        assert_eq!([0, 1, 2, 3, 4].map(|key| bounded.get(&key).copied()), [None, None, Some(20), Some(30), Some(40)]);
    }

    #[test]
    fn a_seal_is_judged_once_under_one_trust_and_again_under_another() {
        let (cache, edition) = (SealCache::new(), PolicyEdition::at(Timestamp::MAX));
        let trusts = [Trust::none(), Trust::none()];
        let mut judged = 0;
        let mut judge = |trust, edition, seal: &[u8]| {
            cache.seal(trust, edition, seal, || {
                judged += 1;
                Judgement::pass("")
            });
            judged
        };
        let other = PolicyEdition { name: "other", ..*edition };
        let counts = [
            judge(&trusts[0], edition, b"seal"),
            judge(&trusts[1], edition, b"seal"),
            judge(&trusts[0], edition, b"another"),
            judge(&trusts[0], &other, b"seal"),
            judge(&trusts[0], edition, b"seal"),
        ];
        assert_eq!(counts, [1, 1, 2, 3, 4], "the same trust is the same, another edition drops everything");
    }
}
