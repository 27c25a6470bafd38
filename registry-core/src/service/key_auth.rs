//! Key authentication: who a presented key stands for.

use std::sync::Arc;

use super::context::Context;
use super::usage::UsageCell;
use crate::access::{Caller, Permission};
use crate::cache::EpochCache;
use crate::clock::Timestamp;
use crate::error::{AuthError, Error};
use crate::model::audit::Origin;
use crate::model::key::{ApiKey, KEY_LENGTH, KEY_PREFIX, KeyDigest, KeyHolder, KeyStatus};
use crate::model::usage::UsageSubject;

/// How many keys are kept at hand.
const MAX_GRANTS: usize = 1_000_000;
/// How many refused keys are remembered, so that a flood of them does not reach the store.
const MAX_REFUSALS: usize = 16_384;

/// A key that was found, with whom it stands for. Whether it is accepted is asked at each use.
#[derive(Debug)]
pub struct Grant {
    digest: KeyDigest,
    holder: KeyHolder,
    valid_until: Timestamp,
    usage: Arc<UsageCell>,
}

impl Grant {
    /// The key, its owner and tenant.
    pub fn holder(&self) -> &KeyHolder {
        &self.holder
    }

    /// Where its use is counted.
    pub fn usage(&self) -> &Arc<UsageCell> {
        &self.usage
    }

    /// The caller that it makes of a request from `origin`.
    pub fn caller(&self, origin: Origin) -> Caller {
        Caller::of_key(&self.holder, origin)
    }

    /// Whether the key's scopes and its owner's role give `permission` at all.
    pub fn allows(&self, permission: Permission) -> bool {
        self.holder.key.scopes.contains(permission.scope())
            && permission.extent(self.holder.owner.role) != crate::access::Extent::None
    }

    fn is_accepted(&self, now: Timestamp) -> bool {
        now < self.valid_until
            && self.holder.key.status(now) == KeyStatus::Active
            && !self.holder.owner.disabled
    }
}

/// Grants by digest, and digests that are refused.
pub(super) struct GrantCache {
    grants: EpochCache<KeyDigest, Arc<Grant>>,
    refusals: EpochCache<KeyDigest, ()>,
}

impl GrantCache {
    pub(super) fn new(is_shared: bool) -> Self {
        let grants = EpochCache::new(MAX_GRANTS, is_shared);
        Self { grants, refusals: EpochCache::new(MAX_REFUSALS, is_shared) }
    }

    /// Ends what is known of the digests that `key` has, or had until this change.
    pub(super) fn end(&self, key: &ApiKey) {
        for digest in
            std::iter::once(&key.digest).chain(key.previous.as_ref().map(|previous| &previous.digest))
        {
            self.grants.end(digest);
            self.refusals.end(digest);
        }
    }

    /// Ends all that is known.
    pub(super) fn end_all(&self) {
        self.grants.end_all();
        self.refusals.end_all();
    }
}

/// Finds out who a presented key stands for.
pub struct KeyAuth {
    context: Arc<Context>,
}

impl KeyAuth {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The grant of the key that was presented. Unknown, revoked and expired keys are refused alike.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Unavailable`] if the store does not answer: never a way in.
    pub async fn authenticate(&self, presented: &str) -> Result<Arc<Grant>, Error> {
        if !presented.starts_with(KEY_PREFIX) {
            return Err(AuthError::Format.into());
        }
        if presented.len() != KEY_LENGTH {
            return Err(AuthError::Refused.into());
        }
        self.authenticate_digest(KeyDigest::of(presented)).await
    }

    /// Whether the key of `grant` is accepted still, as it is now: its grant of today.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn renew(&self, grant: &Grant) -> Result<Arc<Grant>, Error> {
        self.authenticate_digest(grant.digest).await
    }

    async fn authenticate_digest(&self, digest: KeyDigest) -> Result<Arc<Grant>, Error> {
        let grant = match self.context.grants.grants.get(&digest) {
            Some(grant) => grant,
            None => self.load(digest).await?,
        };
        if !grant.is_accepted(self.context.clock.now()) {
            return Err(AuthError::Refused.into());
        }
        Ok(grant)
    }

    async fn load(&self, digest: KeyDigest) -> Result<Arc<Grant>, Error> {
        let cache = &self.context.grants;
        if cache.refusals.get(&digest).is_some() {
            return Err(AuthError::Refused.into());
        }
        let (grant_start, refusal_start) =
            (cache.grants.start_load(&digest), cache.refusals.start_load(&digest));
        let holder = self.context.store.key_by_digest(&digest).await?;
        let found = holder.and_then(|holder| Some((holder.key.valid_until(&digest)?, holder)));
        let Some((valid_until, holder)) = found else {
            cache.refusals.insert(digest, (), refusal_start);
            return Err(AuthError::Refused.into());
        };
        let usage = Arc::new(UsageCell::new(UsageSubject::Key(holder.key.id)));
        let grant = Arc::new(Grant { digest, holder, valid_until, usage });
        cache.grants.insert(digest, grant.clone(), grant_start);
        Ok(grant)
    }
}
