//! A filter of keys in memory: it tells most that are not there from those that are.

/// Words of a bucket of the filter: one line of a processor's cache.
const BUCKET_WORDS: usize = 8;
/// With six bits a key among twelve for each, one key in about 150 that is not there seems to be.
const FILTER_BITS_PER_KEY: u64 = 12;
const FILTER_PROBES: u32 = 6;

/// See the module.
pub(crate) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// Bytes of a filter of so many keys; `None` where no memory has so many.
    pub(crate) fn bytes(keys: u64) -> Option<u64> {
        let bits = BUCKET_WORDS as u64 * 64;
        keys.checked_mul(FILTER_BITS_PER_KEY)?.div_ceil(bits).checked_mul(bits / 8)
    }

    /// An empty filter with room for so many keys.
    pub(crate) fn new(keys: u64) -> Option<Self> {
        Some(Self { words: vec![0; usize::try_from(Self::bytes(keys)? / 8).ok()?] })
    }

    pub(crate) fn from_words(words: Vec<u64>) -> Self {
        Self { words }
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words and bits of a hash; nothing where the filter is empty.
    fn probes(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let buckets = (self.words.len() / BUCKET_WORDS) as u64;
        // The high half says which bucket, a mix of all bits which of its bits.
        let bucket = usize::try_from(((hash >> 32) * buckets) >> 32).unwrap_or(0);
        let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let probes = if buckets == 0 { 0 } else { FILTER_PROBES };
        (0..probes).map(move |probe| {
            let bit = mixed >> (64 - 9 * (probe + 1)) & 511;
            (bucket * BUCKET_WORDS + (bit >> 6) as usize, 1 << (bit & 63))
        })
    }

    pub(crate) fn insert(&mut self, hash: u64) {
        for (word, bit) in self.probes(hash) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// False for a hash that was not inserted, mostly; never for one that was.
    pub(crate) fn may_contain(&self, hash: u64) -> bool {
        !self.words.is_empty()
            && self.probes(hash).all(|(word, bit)| self.words.get(word).is_some_and(|w| w & bit != 0))
    }
}
