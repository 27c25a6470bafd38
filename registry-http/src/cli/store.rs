//! Opening the store that the settings name.

use std::path::PathBuf;
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
    if let Some(folder) = sled_folder(settings) {
        return open_sled(folder).await;
    }
    match settings.store.as_deref() {
        Some("memory:") => Ok(Arc::new(MemoryStore::new())),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            open_postgres(url, settings.postgres_connections).await
        }
        _ => bail!("--store must be `memory:`, `sled:PATH` or `postgres://...`"),
    }
}

/// Opens a store that is there already, for commands that only read it.
pub(super) async fn open_existing(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(folder) = sled_folder(settings)
        && !folder.exists()
    {
        bail!("there is no store in {}; name it with --data-dir or --store", folder.display());
    }
    open(settings).await
}

/// The folder of the embedded store, if that is the one that is set.
fn sled_folder(settings: &Settings) -> Option<PathBuf> {
    match settings.store.as_deref() {
        None => Some(settings.data_dir.join(SLED_FOLDER)),
        Some(url) => url.strip_prefix("sled:").filter(|path| !path.is_empty()).map(PathBuf::from),
    }
}

async fn open_sled(path: PathBuf) -> anyhow::Result<Arc<dyn Store>> {
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
