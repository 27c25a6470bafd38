//! The suite that every store must pass.

use std::sync::Arc;

use async_trait::async_trait;
use registry_core::conformance::Fixture;
use registry_core::store::Store;
use storage_postgres::PostgresStore;

use crate::database::TestDatabase;

struct PostgresFixture {
    database: TestDatabase,
    store: Arc<PostgresStore>,
}

#[async_trait]
impl Fixture for PostgresFixture {
    async fn open() -> Self {
        let database = TestDatabase::create().await;
        let store = database.store().await;
        Self { database, store }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await.expect("the store closes");
        let store = self.database.store().await;
        Some(Self { database: self.database, store })
    }

    async fn finish(self) {
        self.store.close().await.expect("the store closes");
        self.database.remove().await;
    }
}

registry_core::conformance::suite!(PostgresFixture);
