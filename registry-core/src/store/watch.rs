//! The queue of servers that are to be checked.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::id::ServerId;
use crate::model::watch::{Claim, Lease};

/// The queue of servers that are to be checked: each watched server
/// ([`is_watched`](crate::model::server::Server::is_watched)) once, with the moment at which its next check is due.
///
/// The queue follows from the servers: what registers, changes or removes one brings it in step in the same write
/// ([`due_after_change`](crate::model::watch::due_after_change)). It is ordered by time, and read from its
/// beginning: no method looks at servers that are not due.
#[async_trait]
pub trait WatchStore: Send + Sync {
    /// Takes at most `limit` servers that are due at `now`, those that are due for longest first, each with its
    /// record as it is now. Until `until` nobody else gets them; from then on they are due again, unless the check was
    /// recorded ([`record_health`](super::HealthStore::record_health)). Of claims at the same time each server is in one.
    /// A claim tells when the check was due at first, also if somebody claimed it before and nothing came of it.
    ///
    /// A store of one process may keep claims in memory: whoever held them is gone when it is opened again.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    async fn claim_due(&self, now: Timestamp, until: Timestamp, limit: u32)
    -> Result<Vec<Claim>, StoreError>;

    /// Gives claims back: what is still held is due again, since when it was due.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    async fn release_claims(&self, claims: &[(ServerId, Lease)]) -> Result<(), StoreError>;

    /// When the first check is due, or due again; `None` if no server is watched.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    async fn earliest_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
