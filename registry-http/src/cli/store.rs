//! Opening the store that the settings name.

use std::sync::Arc;

use anyhow::{Context, bail};
use registry_core::memory::MemoryStore;
use registry_core::store::Store;
use storage_postgres::{PostgresOptions, PostgresStore};
use storage_sled::SledStore;

use super::Settings;

/// The folder of the embedded store inside the data folder.
const SLED_FOLDER: &str = "store";

/// Opens the store and brings it to the form that this version wants.
pub(super) async fn open(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    match settings.store.as_deref() {
        None => open_sled(settings.data_dir.join(SLED_FOLDER)).await,
        Some("memory:") => Ok(Arc::new(MemoryStore::new())),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            open_postgres(url, settings.postgres_connections).await
        }
        Some(url) => match url.strip_prefix("sled:") {
            Some(path) if !path.is_empty() => open_sled(path.into()).await,
            _ => bail!("--store must be `memory:`, `sled:PATH` or `postgres://...`"),
        },
    }
}

async fn open_sled(path: std::path::PathBuf) -> anyhow::Result<Arc<dyn Store>> {
    let shown = path.display().to_string();
    // Opening reads files, and may replay what a crash left.
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&path)).await?;
    Ok(Arc::new(opened.with_context(|| format!("the store in {shown} cannot be opened"))?))
}

async fn open_postgres(url: &str, connections: u32) -> anyhow::Result<Arc<dyn Store>> {
    let mut options = PostgresOptions::new(url);
    options.max_connections = connections;
    let store = PostgresStore::connect(options).await.context("PostgreSQL cannot be reached")?;
    store.migrate().await.context("the database cannot be migrated")?;
    Ok(Arc::new(store))
}
