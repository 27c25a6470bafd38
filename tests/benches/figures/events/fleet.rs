//! The servers whose health changes, and who is told of it.

use std::sync::Arc;

use anyhow::Result;
use registry_core::clock::SystemClock;
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::id::ServerId;
use registry_core::model::server::Server;
use registry_core::model::settings::HealthPolicy;
use registry_core::store::Store;

use crate::upstream::UNSTEADY;
use crate::world::World;

/// How many servers there are. Each changes in turn, so that the event of one change is there before the next.
const SERVERS: usize = 64;
/// How many streams a user has. One may have a hundred.
pub(super) const STREAMS_OF_USER: usize = 50;

/// A server, and the name under which its upstream is turned.
pub(super) struct Unsteady {
    pub(super) id: ServerId,
    pub(super) name: String,
}

pub(super) struct Fleet {
    pub(super) servers: Vec<Unsteady>,
    /// Where the upstream is.
    pub(super) port: u16,
    /// The key of who has servers checked.
    pub(super) owner: String,
    /// The keys of those who are told, each of a user of its own. They see the servers, and own none.
    pub(super) readers: Vec<String>,
}

/// Stores servers, of which the first failed check is a change of health, and users for so many subscribers.
pub(super) async fn fill(store: Arc<dyn Store>, subscribers: usize, port: u16) -> Result<Fleet> {
    let world = World::on(store).await?;
    let (mut servers, mut readers) = (Vec::new(), Vec::new());
    for number in 0..SERVERS {
        servers.push(put(&world, number, port).await?);
    }
    for number in 0..subscribers.div_ceil(STREAMS_OF_USER) {
        readers.push(world.reading_key(&format!("reader{number}")).await?.expose().to_owned());
    }
    let owner = world.full_key().await?.expose().to_owned();
    world.registry.close().await?;
    Ok(Fleet { servers, port, owner, readers })
}

async fn put(world: &World, number: usize, port: u16) -> Result<Unsteady> {
    let name = number.to_string();
    let url = format!("http://127.0.1.{}:{port}{UNSTEADY}{name}", number + 1);
    let server = Server {
        endpoint: Endpoint::parse(Transport::Http, &url)?,
        health_policy: HealthPolicy { alert_threshold: 1, ..HealthPolicy::default() },
        ..sample::server(&SystemClock, &world.owner, &format!("Unsteady {number}"))
    };
    let (tenant, id) = (world.owner.tenant_id, server.id);
    let event = sample::event(&SystemClock, tenant, EventType::ServerRegistered, Some(id.0));
    world.store.create_server(&server, None, event).await?;
    Ok(Unsteady { id, name })
}
