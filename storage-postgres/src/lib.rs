//! The store traits of registry-core on PostgreSQL 15 and later.
//!
//! - Each mutating method is one transaction: the change, then the audit entry, whose number the tenant's row
//!   in `audit_head` hands out. `scope::Write` has no way to commit that forgets the entry.
//! - Row-level security is a second wall behind the `WHERE` clauses: every connection is taken for a
//!   `Scope`, and the database shows nothing outside it. The service connects as an ordinary role
//!   that owns its database; a superuser would walk through the wall, and [`PostgresStore::connect`] warns of
//!   one.
//! - What is filtered, sorted, unique, referenced or checked is a column; what is only carried along is
//!   `json`, which keeps text as it was written.
//! - A file of a noun has the trait of that noun, its statements and the decoding of its rows.

mod admin;
mod alert;
mod alert_list;
mod alert_row;
mod analytics;
mod audit;
mod backfill;
mod capability;
mod capability_row;
mod connect;
mod delivery;
mod dependency;
mod error;
mod event;
mod health;
mod health_job;
mod key;
mod key_link;
mod key_rollup;
mod key_row;
mod listen;
mod pool;
mod preference;
mod prune;
mod rollup;
mod row;
mod scope;
mod server;
mod server_count;
mod server_list;
mod server_row;
mod session;
mod status_change;
mod tenant;
mod tenant_row;
mod ticket;
mod tool_search;
mod usage;
mod usage_rollup;
mod user;
mod user_list;
mod user_row;
mod watch;
mod webhook;
mod webhook_row;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use registry_core::clock::{Clock, SystemClock};
use registry_core::store::{EventSignal, Store, StoreError};
use tokio_util::task::AbortOnDropHandle;

pub use connect::PostgresOptions;

use event::Node;
use scope::{Database, Scope};

/// The store on PostgreSQL. Any number of processes may share one database.
#[derive(Debug)]
pub struct PostgresStore {
    database: Database,
    options: PostgresOptions,
    /// The listening for other nodes' events, once somebody waits for them.
    listening: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl PostgresStore {
    /// Connects to the database, which [`migrate`](Self::migrate) must have prepared before anything is
    /// stored.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not answer within the time that `options` give;
    /// [`StoreError::Backend`] if it refuses, is older than PostgreSQL 15, or does not store text as UTF-8.
    pub async fn connect(options: PostgresOptions) -> Result<Self, StoreError> {
        let pool = connect::open_pool(&options).await?;
        let node = Node { id: SystemClock.new_id(), signal: EventSignal::default() };
        let database = Database::new(pool, options.operation_timeout, node);
        Ok(Self { database, options, listening: Mutex::default() })
    }

    /// Begins to listen for other nodes' events, unless it does already.
    fn listen(&self) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || listen::start(self.options.clone(), self.database.node().signal.clone());
        listening.get_or_insert_with(start);
    }

    /// Brings the tables up to date. Processes that start together wait for the first of them; tables that
    /// are up to date are left alone.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached or refuses, or was migrated by a newer version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        connect::migrate(&self.options).await
    }

    /// Takes migrations back, newest first, down to the one with this version, which stays; 0 takes back all,
    /// and with them all data.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached or refuses.
    pub async fn revert(&self, version: i64) -> Result<(), StoreError> {
        connect::revert(&self.options, version).await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn ping(&self) -> Result<(), StoreError> {
        // Taking a connection sets its scope, which takes the database to answer.
        self.database.reading(async { self.database.read(Scope::All).await.map(drop) }).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.database.close().await;
        Ok(())
    }
}
