//! What all services share.

use std::sync::Arc;

use super::RegistryParts;
use super::key_auth::GrantCache;
use super::usage::UsageBook;
use crate::clock::Clock;
use crate::probe::Probe;
use crate::secret::Keyring;
use crate::store::Store;

/// What the operator decides.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Whether the role `server_owner` may remove its own servers.
    pub server_owner_may_delete: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { server_owner_may_delete: true }
    }
}

pub(super) struct Context {
    pub(super) store: Arc<dyn Store>,
    pub(super) probe: Arc<dyn Probe>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keyring: Keyring,
    pub(super) policy: Policy,
    pub(super) grants: GrantCache,
    pub(super) usage: UsageBook,
    /// Grows with every change of a server: whoever keeps routes compares it.
    pub(super) servers_epoch: std::sync::atomic::AtomicU64,
}

impl Context {
    pub(super) fn new(parts: RegistryParts) -> Self {
        let RegistryParts { store, probe, clock, keyring, policy } = parts;
        let grants = GrantCache::new(store.is_shared());
        let servers_epoch = std::sync::atomic::AtomicU64::new(0);
        Self { store, probe, clock, keyring, policy, grants, usage: UsageBook::default(), servers_epoch }
    }
}
