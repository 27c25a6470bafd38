//! How long it takes to find out who a presented key stands for.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::Instant;

use anyhow::{Context, Result};
use registry_core::access::{Permission, Resource};
use registry_core::cache::EpochCache;
use registry_core::clock::{Clock, SystemClock};
use registry_core::conformance::sample;
use registry_core::memory::MemoryStore;
use registry_core::model::audit::Origin;
use registry_core::model::key::{KEY_LENGTH, KeyDigest};
use registry_core::model::server::Server;
use registry_core::model::usage::UsageSubject;
use registry_core::service::{UsageCell, Use};
use serde_json::{Value, json};

use crate::settings::Settings;
use crate::stats::{Dice, median, round};
use crate::world::{UNREACHED, World};

/// How often everything is measured.
const ROUNDS: usize = 15;
/// How many checks a round has at least.
const CHECKS: usize = 100_000;

pub(crate) fn measure(settings: &Settings) -> Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut sizes = Vec::new();
    for count in settings.keys() {
        let world = runtime.block_on(World::on(Arc::new(MemoryStore::new())))?;
        let keys = runtime.block_on(issue(&world, count))?;
        // The first pass fills the cache.
        pass(&world, &keys)?;
        eprintln!("{count} keys issued");
        sizes.push(json!({
            "keys": count,
            "authenticate_ns": summary(&mut rounds(&keys, |key| authenticate(&world, key))?),
            "admission_ns": summary(&mut admission(&world, &keys)?),
            "authenticate_2_threads_ns": summary(&mut in_two_threads(&world, &keys)?),
        }));
    }
    Ok(json!({ "sizes": sizes, "parts": parts()? }))
}

/// All keys in one text, one after the other, in random order: as in a request, the key itself is at hand, while what
/// is known of it is anywhere in memory.
struct Keys(String);

impl Keys {
    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.0.len() / KEY_LENGTH).map(|number| &self.0[number * KEY_LENGTH..(number + 1) * KEY_LENGTH])
    }
}

async fn issue(world: &World, count: usize) -> Result<Keys> {
    let mut keys = Vec::with_capacity(count);
    for _ in 0..count {
        keys.push(world.key(None, UNREACHED).await?.expose().to_owned());
    }
    Dice::new(1).shuffle(&mut keys);
    Ok(Keys(keys.concat()))
}

/// Nanoseconds a check, of each round.
fn rounds(keys: &Keys, mut check: impl FnMut(&str) -> Result<()>) -> Result<Vec<f64>> {
    let passes = CHECKS.div_ceil(keys.iter().count());
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let (begun, mut checks) = (Instant::now(), 0_u32);
        for _ in 0..passes {
            for key in keys.iter() {
                check(key)?;
                checks += 1;
            }
        }
        times.push(begun.elapsed().as_nanos() as f64 / f64::from(checks));
    }
    Ok(times)
}

fn summary(times: &mut [f64]) -> Value {
    let median = round(median(times), 0);
    json!({ "median": median, "min": times.first().map(|time| round(*time, 0)) })
}

/// With the cache warm the future is ready at once, so no runtime is in the figure.
fn authenticate(world: &World, key: &str) -> Result<()> {
    let grant = futures::FutureExt::now_or_never(world.registry.auth.authenticate(key));
    black_box(grant.context("the cache is warm")??);
    Ok(())
}

fn pass(world: &World, keys: &Keys) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        for key in keys.iter() {
            world.registry.auth.authenticate(key).await?;
        }
        Ok(())
    })
}

/// What the gateway does with each call before it sends anything, and the counting afterwards: authentication, the
/// cache of upstreams, visibility, scope, and both usage counters. Rebuilt here from public parts of registry-core,
/// for the gateway's own admission is private.
fn admission(world: &World, keys: &Keys) -> Result<Vec<f64>> {
    let server = Arc::new(sample::server(&SystemClock, &world.owner, "called"));
    let usage = Arc::new(UsageCell::new(UsageSubject::Server(server.id)));
    let upstreams: EpochCache<String, Arc<Server>> = EpochCache::new(1_000, false);
    upstreams.insert("called".to_owned(), server, upstreams.start_load("called"));
    rounds(keys, |key| {
        let began = Instant::now();
        let grant = futures::FutureExt::now_or_never(world.registry.auth.authenticate(key));
        let grant = grant.context("the cache is warm")??;
        let server = upstreams.get("called").context("it is cached")?;
        let seen = server.is_visible_to(&grant.caller(Origin::default()));
        black_box(seen && grant.allows(Permission::McpInvoke));
        let at = world.registry.clock().now();
        let latency = Some(began.elapsed());
        let used = Use { error: None, bytes_in: 200, bytes_out: 200, latency, at, ip_address: None };
        if let Some(key) = grant.usage() {
            world.registry.usage.count(key, &used);
        }
        world.registry.usage.count(&usage, &used);
        Ok(())
    })
}

/// Both threads at once, each through all keys. As long as one thread alone, if nothing is shared that can be waited
/// for; each then has a core of its own.
fn in_two_threads(world: &World, keys: &Keys) -> Result<Vec<f64>> {
    let barrier = Barrier::new(2);
    let work = || {
        barrier.wait();
        rounds(keys, |key| authenticate(world, key))
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??);
        }
        Ok(times)
    })
}

/// What no check can do without.
fn parts() -> Result<Value> {
    let key = "mcp_".to_owned() + &"k".repeat(KEY_LENGTH - 4);
    let keys = Keys(key.repeat(1_000));
    let mut digest = rounds(&keys, |key| {
        black_box(KeyDigest::of(black_box(key)));
        Ok(())
    })?;
    let mut clock = rounds(&keys, |_| {
        black_box(SystemClock.now());
        Ok(())
    })?;
    Ok(json!({ "digest_ns": summary(&mut digest), "clock_ns": summary(&mut clock) }))
}
