//! The contract of storage: one small trait per noun, and [`Store`], their sum.
//!
//! # Rules of every store
//! - A mutating method takes the [`AuditEvent`](crate::model::audit::AuditEvent) of the change. The change and its
//!   entry, numbered and linked to the tenant's chain by [`chain::next`](crate::chain::next), are one atomic write. The
//!   [`LiveEvent`](crate::model::event::LiveEvent) of the entry is part of it.
//! - `Ok` from a mutating method means that both are on disk (for stores that have one).
//! - A method that fails leaves nothing behind: no record, no entry, no number used. (If the store itself fails, see
//!   [`StoreError`], the change is there as a whole or not at all.)
//! - `Ok(None)` is the answer for what is not there, or is outside the [`Reach`](crate::access::Reach).
//! - Names are unique by the keys that the model gives ([`name_key`](crate::model::text::name_key),
//!   [`slug`](crate::model::text::slug)), compared byte by byte: no collation.
//! - An update names the revision it was made from; the store compares, and stores the record as it is given, with
//!   the revision that is given (the service adds one).
//! - Lists are sorted as their query says, ties by id, and tell the number of all matches.
//!
//! `registry_core::conformance` (feature `conformance`) checks all of this.

mod alert;
mod analytics;
mod audit;
mod capability;
mod error;
mod event;
mod health;
mod health_job;
mod key;
mod meter;
mod preference;
mod server;
mod session;
mod tenant;
mod ticket;
mod usage;
mod user;
mod watch;
mod webhook;

use async_trait::async_trait;

pub use alert::AlertStore;
pub use analytics::AnalyticsStore;
pub use audit::AuditStore;
pub use capability::CapabilityStore;
pub use error::{StoreError, UniqueField};
pub use event::{EventSignal, EventStore};
pub use health::HealthStore;
pub use health_job::HealthJobStore;
pub use key::KeyStore;
pub use meter::{Operation, StoreMeter};
pub use preference::PreferenceStore;
pub use server::{DeletedServer, ServerStore};
pub use session::SessionStore;
pub use tenant::TenantStore;
pub use ticket::TicketStore;
pub use usage::UsageStore;
pub use user::{UserStore, UserUpdate};
pub use watch::WatchStore;
pub use webhook::WebhookStore;

/// All of storage.
#[async_trait]
pub trait Store:
    TenantStore
    + UserStore
    + SessionStore
    + TicketStore
    + PreferenceStore
    + ServerStore
    + KeyStore
    + HealthStore
    + HealthJobStore
    + CapabilityStore
    + AuditStore
    + AlertStore
    + WebhookStore
    + EventStore
    + UsageStore
    + AnalyticsStore
    + WatchStore
    + 'static
{
    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Whether other processes write to the same data, so that what is cached here may be old.
    fn is_shared(&self) -> bool;

    /// Writes what is pending and lets go of files and connections. The store is not used afterwards.
    ///
    /// # Errors
    /// [`StoreError`] if something could not be written.
    async fn close(&self) -> Result<(), StoreError>;
}
