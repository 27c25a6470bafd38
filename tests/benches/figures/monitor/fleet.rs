//! The servers that are watched.

use std::sync::Arc;

use anyhow::Result;
use registry_core::clock::SystemClock;
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::id::ServerId;
use registry_core::model::server::Server;
use registry_core::model::settings::{HealthPolicy, ServerSettings};
use registry_core::store::Store;
use tokio::task::JoinSet;

use super::INTERVAL;
use crate::upstream::WATCHED;
use crate::world::{HIGHEST, UNREACHED, World};

/// How many hosts the servers are spread over. All of 127.0.0.0/8 are this machine's.
const HOSTS: usize = 1_000;
/// How many servers are stored at the same time.
const WRITERS: usize = 64;

/// The servers, and a key that sees and calls them.
pub(super) struct Fleet {
    pub(super) servers: Vec<ServerId>,
    pub(super) key: String,
}

/// Stores `count` servers, which are due within one and a half intervals from now.
pub(super) async fn fill(store: Arc<dyn Store>, count: usize, port: u16) -> Result<Fleet> {
    let world = Arc::new(World::on(store).await?);
    let (mut writers, mut servers) = (JoinSet::new(), Vec::new());
    for number in 0..count {
        if writers.len() >= WRITERS
            && let Some(stored) = writers.join_next().await
        {
            servers.push(stored??);
        }
        writers.spawn(put(world.clone(), number, port));
    }
    while let Some(stored) = writers.join_next().await {
        servers.push(stored??);
    }
    let key = world.key(None, HIGHEST).await?.expose().to_owned();
    world.registry.close().await?;
    Ok(Fleet { servers, key })
}

async fn put(world: Arc<World>, number: usize, port: u16) -> Result<ServerId> {
    let host = number % HOSTS;
    let url = format!("http://127.0.{}.{}:{port}{WATCHED}{number}", host / 250, host % 250 + 2);
    let interval_seconds = u32::try_from(INTERVAL.as_secs())?;
    let server = Server {
        endpoint: Endpoint::parse(Transport::Http, &url)?,
        settings: ServerSettings { rate_limit: Some(UNREACHED), ..ServerSettings::default() },
        health_policy: HealthPolicy { interval_seconds, ..HealthPolicy::default() },
        ..sample::server(&SystemClock, &world.owner, &format!("Watched {number}"))
    };
    let (tenant, id) = (world.owner.tenant_id, server.id);
    let event = sample::event(&SystemClock, tenant, EventType::ServerRegistered, Some(id.0));
    world.store.create_server(&server, None, event).await?;
    Ok(id)
}
