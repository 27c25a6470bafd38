//! How many servers a second can be registered, each acknowledged only when it is on disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use registry_core::Registry;
use registry_core::access::Caller;
use registry_core::model::role::Role;
use registry_core::model::server_input::ServerInput;
use registry_core::service::Registration;
use serde_json::{Value, json};
use storage_sled::SledStore;
use tokio::task::JoinSet;

use super::disk;
use super::postgres::{self, Database};
use crate::settings::Settings;
use crate::stats::{p50_p99_ms, round};
use crate::world::World;

pub(crate) async fn measure(settings: &Settings) -> Result<Value> {
    let round = settings.round();
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let mut figures = json!({ "sled_disk": disk::sync_rate(folder.path(), round)? });
    let world = World::on(Arc::new(SledStore::open(folder.path().join("store"))?)).await?;
    figures["sled"] = rates(&world, round).await?;
    world.registry.close().await?;

    if let Some(server) = &settings.postgres {
        figures["postgres_settings"] = postgres::about(server).await?;
        figures["postgres_disk"] = postgres_disk(settings.postgres_folder.as_deref(), round)?;
        let database = Database::create(server).await?;
        let world = World::on(Arc::new(database.store().await?)).await?;
        figures["postgres"] = rates(&world, round).await?;
        world.registry.close().await?;
        database.drop_it().await?;
    }
    Ok(figures)
}

/// Only known when the server was started for this run.
fn postgres_disk(folder: Option<&Path>, time: Duration) -> Result<Value> {
    let Some(folder) = folder else { return Ok(Value::Null) };
    disk::sync_rate(tempfile::tempdir_in(folder)?.path(), time)
}

async fn rates(world: &World, time: Duration) -> Result<Value> {
    let mut tenants = Vec::new();
    for number in 0..32 {
        let tenant = format!("bench {number}");
        tenants.push(world.registry.setup.operator(&tenant, "owner", Role::ServerOwner).await?);
    }
    // One tenant's registrations are links of one audit chain; those of different tenants are not.
    let one = world.caller.clone();
    Ok(json!({
        "writers_1": rate(&world.registry, std::slice::from_ref(&one), time).await?,
        "writers_32": rate(&world.registry, &vec![one; 32], time).await?,
        "writers_32_tenants_32": rate(&world.registry, &tenants, time).await?,
    }))
}

/// One writer for each caller.
async fn rate(registry: &Arc<Registry>, callers: &[Caller], time: Duration) -> Result<Value> {
    let (begun, mut writers) = (Instant::now(), JoinSet::new());
    for caller in callers {
        writers.spawn(write(registry.clone(), caller.clone(), begun + time));
    }
    let mut times = Vec::new();
    while let Some(ended) = writers.join_next().await {
        times.extend(ended??);
    }
    let rate = round(times.len() as f64 / begun.elapsed().as_secs_f64(), 0);
    let (p50_ms, p99_ms) = p50_p99_ms(&times);
    eprintln!("  {} writers: {rate} a second, p50 {p50_ms} ms, p99 {p99_ms} ms", callers.len());
    Ok(json!({ "per_second": rate, "p50_ms": p50_ms, "p99_ms": p99_ms }))
}

async fn write(registry: Arc<Registry>, caller: Caller, end: Instant) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while Instant::now() < end {
        let input = ServerInput {
            name: Some(format!("Server {}", registry.clock().new_id().simple())),
            version: Some("1.0.0".to_owned()),
            // Never connected to; an address, so that its check asks no name server.
            endpoint_url: Some("http://127.0.0.1:9/mcp".to_owned()),
            ..ServerInput::default()
        };
        let registration = Registration { input, skip_connection: true, ..Registration::default() };
        let begun = Instant::now();
        registry.servers.register(&caller, registration).await?;
        times.push(begun.elapsed());
    }
    Ok(times)
}
