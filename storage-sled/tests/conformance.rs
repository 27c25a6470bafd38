//! The suite that every store must pass, on sled.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use registry_core::conformance::Fixture;
use registry_core::store::Store;
use storage_sled::SledStore;

struct SledFixture {
    folder: tempfile::TempDir,
    store: Arc<SledStore>,
}

#[async_trait]
impl Fixture for SledFixture {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(folder.path()).unwrap());
        Self { folder, store }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await.unwrap();
        let store = Arc::new(SledStore::open(self.folder.path()).unwrap());
        Some(Self { folder: self.folder, store })
    }
}

registry_core::conformance::suite!(SledFixture);
