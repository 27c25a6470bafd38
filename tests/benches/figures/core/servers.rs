//! The servers of the large tenant.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use registry_core::clock::SystemClock;
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::server::{Server, ServerStatus};
use registry_core::model::text::{Description, Tags};
use tokio::task::JoinSet;

use crate::world::World;

/// How many servers are stored at the same time.
const WRITERS: usize = 64;
/// 2026-01-01T00:00:00Z, in microseconds since 1970.
const NEWEST_US: i64 = 1_767_225_600_000_000;

/// Stores `count` servers, each with its key and its audit entry, as registrations do. Returns how long it took.
pub(crate) async fn fill(world: &Arc<World>, count: usize) -> Result<Duration> {
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (world, next) = (world.clone(), next.clone());
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                store(&world, number, count).await?;
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        let ended: Result<()> = ended?;
        ended?;
    }
    Ok(begun.elapsed())
}

async fn store(world: &World, number: usize, count: usize) -> Result<()> {
    let key = sample::key(&SystemClock, &world.owner, "registration");
    let server = Server { api_key_id: Some(key.id), ..server(world, number, count)? };
    let key = registry_core::model::key::ApiKey { server_id: Some(server.id), ..key };
    let (tenant, id) = (world.owner.tenant_id, Some(server.id.0));
    let event = sample::event(&SystemClock, tenant, EventType::ServerRegistered, id);
    Ok(world.store.create_server(&server, Some(&key), event).await?)
}

/// Names, times, statuses, texts and tags follow from the number, and not from one another.
fn server(world: &World, number: usize, count: usize) -> Result<Server> {
    // Odd factors permute: every name and nearly every time is there once, in no order.
    let mixed = (number as u32).wrapping_mul(2_654_435_769);
    let age = (number * 7_919 % count) as i64;
    let text = if number.is_multiple_of(4) { "Weather" } else { "Traffic" };
    let status = match number / 4 % 10 {
        0..7 => ServerStatus::Active,
        7..9 => ServerStatus::Inactive,
        _ => ServerStatus::Maintenance,
    };
    let tags = [format!("some{}", mixed >> 30), format!("rare{}", number % 1_000)];
    let created = sample::at_us(NEWEST_US - age * 1_000_000);
    Ok(Server {
        description: Some(Description::parse(&format!("{text} for town {number}"))?),
        tags: Tags::parse(&tags)?,
        status,
        created_at: created,
        updated_at: created,
        ..sample::server(&SystemClock, &world.owner, &format!("Server {mixed:08x}"))
    })
}
