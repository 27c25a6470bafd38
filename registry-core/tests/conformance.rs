//! The conformance suite on the store in memory.

use std::sync::Arc;

use async_trait::async_trait;
use registry_core::conformance::Fixture;
use registry_core::memory::MemoryStore;
use registry_core::store::Store;

struct MemoryFixture(Arc<MemoryStore>);

#[async_trait]
impl Fixture for MemoryFixture {
    async fn open() -> Self {
        Self(Arc::new(MemoryStore::new()))
    }

    fn store(&self) -> Arc<dyn Store> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        None
    }
}

registry_core::conformance::suite!(MemoryFixture, forgets: "the store in memory ends with its process");
