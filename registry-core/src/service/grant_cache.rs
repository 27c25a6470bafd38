//! Grants at hand, and credentials that are known to be none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::grant::{CredentialDigest, Grant};
use crate::cache::{EpochCache, LoadStart};
use crate::model::key::ApiKey;

/// How many grants are kept at hand.
const MAX_GRANTS: usize = 1_000_000;
/// How many grants of bearer tokens are kept at hand, with the tokens. New tokens come for as long as the service runs, and
/// each is of use for minutes.
const MAX_TOKEN_GRANTS: usize = 20_000;
/// How many refused credentials are remembered, so that a flood of them does not reach the store.
const MAX_REFUSALS: usize = 16_384;

/// Grants by digest, and digests that are refused.
pub(super) struct GrantCache {
    /// Of keys and sessions.
    grants: EpochCache<CredentialDigest, Arc<Grant>>,
    tokens: EpochCache<CredentialDigest, Arc<Grant>>,
    refusals: EpochCache<CredentialDigest, ()>,
    /// Grows whenever something ends.
    ended: AtomicU64,
}

/// When a look-up in the store began.
pub(super) struct Loading {
    grants: LoadStart,
    refusals: LoadStart,
}

impl GrantCache {
    pub(super) fn new(is_shared: bool) -> Self {
        Self {
            grants: EpochCache::new(MAX_GRANTS, is_shared),
            tokens: EpochCache::new(MAX_TOKEN_GRANTS, is_shared),
            refusals: EpochCache::new(MAX_REFUSALS, is_shared),
            ended: AtomicU64::new(0),
        }
    }

    pub(super) fn get(&self, digest: &CredentialDigest) -> Option<Arc<Grant>> {
        self.grants.get(digest)
    }

    pub(super) fn is_refused(&self, digest: &CredentialDigest) -> bool {
        self.refusals.get(digest).is_some()
    }

    /// To be called before the store is asked.
    pub(super) fn start(&self, digest: &CredentialDigest) -> Loading {
        Loading { grants: self.grants.start_load(digest), refusals: self.refusals.start_load(digest) }
    }

    pub(super) fn keep(&self, digest: CredentialDigest, grant: Arc<Grant>, loading: &Loading) {
        self.grants.insert(digest, grant, loading.grants);
    }

    pub(super) fn refuse(&self, digest: CredentialDigest, loading: &Loading) {
        self.refusals.insert(digest, (), loading.refusals);
    }

    pub(super) fn token(&self, digest: &CredentialDigest) -> Option<Arc<Grant>> {
        self.tokens.get(digest)
    }

    /// To be called before the token is checked.
    pub(super) fn start_token(&self, digest: &CredentialDigest) -> LoadStart {
        self.tokens.start_load(digest)
    }

    pub(super) fn keep_token(&self, digest: CredentialDigest, grant: Arc<Grant>, start: LoadStart) {
        self.tokens.insert(digest, grant, start);
    }

    /// Ends what is known of a key or session.
    pub(super) fn end(&self, digest: &CredentialDigest) {
        self.grants.end(digest);
        self.refusals.end(digest);
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends what is known of the digests that `key` has, or had until this change.
    pub(super) fn end_key(&self, key: &ApiKey) {
        let previous = key.previous.as_ref().map(|previous| &previous.digest);
        for digest in std::iter::once(&key.digest).chain(previous) {
            self.end(&digest.0);
        }
    }

    /// Ends all that is known: a user, a tenant or a server changed, and with it what many credentials may do.
    pub(super) fn end_all(&self) {
        self.grants.end_all();
        self.tokens.end_all();
        self.refusals.end_all();
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends what is known of refused credentials: one of them may be good now.
    pub(super) fn end_refusals(&self) {
        self.refusals.end_all();
    }

    /// Grows after anything was ended.
    pub(super) fn epoch(&self) -> u64 {
        self.ended.load(Ordering::SeqCst)
    }
}
