//! Caches that are never wrong for longer than their store allows.
//!
//! An entry remembers the epoch in which its loading began. Whoever changes what was loaded ends the epoch, after the
//! change is on disk and before it is acknowledged. An entry of an earlier epoch is not used, even one that is put in
//! later by a loader that had read the old state: so on this node nothing revoked is accepted once the revocation is
//! acknowledged. Where other nodes write to the same store, an entry is also old after [`SHARED_MAX_AGE`].

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, UnitWeighter};

/// How long an entry lives when other nodes write to the same store.
pub const SHARED_MAX_AGE: Duration = Duration::from_millis(900);
/// How many epochs there are; a change ends the one that its key hashes to.
const EPOCHS: usize = 1024;
/// For how many entries room is made at the start.
const INITIAL_ENTRIES: usize = 1_024;

struct Entry<V> {
    epoch: u64,
    loaded_at: Instant,
    value: V,
}

impl<V: Clone> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { epoch: self.epoch, loaded_at: self.loaded_at, value: self.value.clone() }
    }
}

/// Marks when a load began; see [`EpochCache::insert`].
#[derive(Debug, Clone, Copy)]
pub struct LoadStart(u64);

/// A bounded concurrent cache whose entries end with their epoch. Reading takes one shard's read lock and two atomic
/// loads.
pub struct EpochCache<K, V> {
    entries: Cache<K, Entry<V>>,
    epochs: Box<[AtomicU64]>,
    all: AtomicU64,
    hasher: RandomState,
    max_age: Option<Duration>,
}

impl<K: Hash + Eq + Clone, V: Clone> EpochCache<K, V> {
    /// A cache of at most `capacity` entries, for a store that `is_shared` or not.
    pub fn new(capacity: usize, is_shared: bool) -> Self {
        Self::with_max_age(capacity, is_shared.then_some(SHARED_MAX_AGE))
    }

    /// A cache of at most `capacity` entries that end after `max_age` at the latest.
    pub fn with_max_age(capacity: usize, max_age: Option<Duration>) -> Self {
        Self {
            entries: Cache::with_weighter(INITIAL_ENTRIES.min(capacity), capacity as u64, UnitWeighter),
            epochs: (0..EPOCHS).map(|_| AtomicU64::new(0)).collect(),
            all: AtomicU64::new(0),
            hasher: RandomState::new(),
            max_age,
        }
    }

    /// The value for `key`, unless it ended.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        let entry = self.entries.get(key)?;
        let fresh = self.max_age.is_none_or(|max| entry.loaded_at.elapsed() < max);
        (fresh && entry.epoch == self.epoch(key)).then_some(entry.value)
    }

    /// To be called before reading from the store what will be inserted for `key`.
    pub fn start_load<Q: Hash + ?Sized>(&self, key: &Q) -> LoadStart {
        LoadStart(self.epoch(key))
    }

    /// Puts in what was loaded since `start`.
    pub fn insert(&self, key: K, value: V, start: LoadStart) {
        self.entries.insert(key, Entry { epoch: start.0, loaded_at: Instant::now(), value });
    }

    /// Ends the entry for `key`, present or being loaded (and those that share its epoch).
    pub fn end<Q: Hash + ?Sized>(&self, key: &Q) {
        self.epochs[self.slot(key)].fetch_add(1, Ordering::SeqCst);
    }

    /// Ends every entry.
    pub fn end_all(&self) {
        self.all.fetch_add(1, Ordering::SeqCst);
    }

    /// Both counters only grow, so their sum changes whenever one does.
    fn epoch<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.epochs[self.slot(key)].load(Ordering::SeqCst) + self.all.load(Ordering::SeqCst)
    }

    fn slot<Q: Hash + ?Sized>(&self, key: &Q) -> usize {
        usize::try_from(self.hasher.hash_one(key) % EPOCHS as u64).unwrap_or_default()
    }
}

impl<K, V> std::fmt::Debug for EpochCache<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EpochCache")
    }
}
