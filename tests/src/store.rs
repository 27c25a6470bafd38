//! The stores that the service runs on.

use std::sync::Arc;

use registry_core::memory::MemoryStore;
use registry_core::store::Store;
use storage_postgres::{PostgresOptions, PostgresStore};
use storage_sled::SledStore;
use tempfile::TempDir;

use crate::database::Database;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// In memory.
    Memory,
    /// sled, in a folder of its own.
    Sled,
    /// PostgreSQL, in a database of its own.
    Postgres,
}

/// Where a store keeps its data, for as long as it is held.
#[derive(Debug)]
pub(crate) enum Place {
    Nowhere,
    Folder(TempDir),
    Database(Database),
}

impl Place {
    pub(crate) async fn new(kind: StoreKind) -> Self {
        match kind {
            StoreKind::Memory => Self::Nowhere,
            StoreKind::Sled => Self::Folder(tempfile::tempdir().expect("a folder")),
            StoreKind::Postgres => Self::Database(Database::create().await),
        }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Nowhere => Arc::new(MemoryStore::new()),
            Self::Folder(folder) => {
                Arc::new(SledStore::open(folder.path().join("store")).expect("the store opens"))
            }
            Self::Database(database) => {
                let mut options = PostgresOptions::new(database.url());
                options.max_connections = 16;
                Arc::new(PostgresStore::connect(options).await.expect("the database answers"))
            }
        }
    }
}
