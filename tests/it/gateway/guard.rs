//! Upstreams that fail or are called too often: the circuit, the places, second tries.

mod circuit;
mod circuit_alert;
mod endless;
mod place;
mod retry;

use std::sync::Arc;
use std::time::Duration;

use black_box_tests::{Actor, Answer, Options, Service, StoreKind};
use registry_core::model::role::Role;
use registry_gateway::proxy::{GuardLimits, ProxyLimits};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::kit::{assert_failure, call, place as register};
use super::peer::{Peer, echo_of, json_reply};

/// A circuit that is open for a moment only.
fn quick() -> GuardLimits {
    let mut guard = GuardLimits::default();
    guard.breaker.open_time = Duration::from_millis(300);
    guard.breaker.max_open_time = Duration::from_millis(300);
    guard
}

/// One that stays open for longer than a test.
fn slow() -> GuardLimits {
    let mut guard = GuardLimits::default();
    guard.breaker.open_time = Duration::from_secs(60);
    guard
}

/// A service with these bounds, and who owns servers there.
async fn service(guard: GuardLimits) -> (Service, Actor) {
    let proxy = ProxyLimits { guard, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    (service, owner)
}

/// The server `one` at this URL. No connection is tried twice unless the test says so.
async fn place_one(owner: &Actor, url: &str, settings: Value) -> Value {
    let mut all = json!({ "maxRetries": 0 });
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    register(owner, "One", url, json!({ "settings": all })).await
}

/// A server that answers `echo` when it is let, one call for each permit.
async fn gated() -> (Peer, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let door = gate.clone();
    let peer = Peer::start(move |seen| {
        let door = door.clone();
        async move {
            door.acquire().await.expect("a door").forget();
            json_reply(&echo_of(&seen))
        }
    })
    .await;
    (peer, gate)
}

/// The circuit is open: the answer says so, and when to come back.
#[track_caller]
fn assert_open(answer: &Answer) {
    assert_failure(answer, 503, "SERVER_CIRCUIT_OPEN");
    assert_comes_back(answer);
}

/// There is no place at the server.
#[track_caller]
fn assert_busy(answer: &Answer) {
    assert_failure(answer, 503, "SERVER_BUSY");
    assert_comes_back(answer);
}

#[track_caller]
fn assert_comes_back(answer: &Answer) {
    assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
}

/// Five calls that fail with this code, all at once.
async fn fail_five_times(owner: &Actor, status: u16, code: &str) {
    for answer in futures::future::join_all((0..5).map(|_| call(&owner.client, "one"))).await {
        assert_failure(&answer, status, code);
    }
}
