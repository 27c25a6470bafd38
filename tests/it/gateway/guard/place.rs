//! Places at a server: so many calls at once, so many that wait, so many streams.

use std::time::{Duration, Instant};

use black_box_tests::{Actor, eventually, within};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use registry_gateway::proxy::GuardLimits;
use serde_json::json;

use super::super::kit::{PATIENCE, call, echo, message, post};
use super::super::peer::{Peer, chunks, echo_of, events, json_reply};
use super::{assert_busy, gated, place_one, service};
use crate::support::server_path;

fn bounds(max_calls: usize, max_waiting: usize, max_wait: Duration) -> GuardLimits {
    GuardLimits { max_calls, max_waiting, max_wait, ..GuardLimits::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o3_calls_above_the_bound_wait_and_those_above_the_queue_are_refused() {
    let (service, owner) = service(bounds(2, 3, PATIENCE)).await;
    let (peer, gate) = gated().await;
    place_one(&owner, &peer.url, json!({})).await;
    let mut calls: FuturesUnordered<_> = (0..20).map(|_| call(&owner.client, "one")).collect();
    for _ in 0..15 {
        assert_busy(&within("a refusal", PATIENCE, calls.next()).await.unwrap());
    }
    let full = async || (peer.hits() == 2).then_some(());
    eventually("as many calls as the bound are at the server", PATIENCE, full).await;
    for admitted in 3..=5 {
        gate.add_permits(1);
        within("an answer", PATIENCE, calls.next()).await.unwrap().assert(200);
        assert!(peer.hits() <= admitted, "never more at once than the bound");
        let next = async || (peer.hits() == admitted).then_some(());
        eventually("the next in the queue has its turn", PATIENCE, next).await;
    }
    gate.add_permits(2);
    for answer in calls.collect::<Vec<_>>().await {
        answer.assert(200);
    }
    assert_eq!(peer.hits(), 5);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_waits_for_its_turn_no_longer_than_the_bound_also_after_the_server_was_changed() {
    let (service, owner) = service(bounds(1, 9, Duration::from_millis(300))).await;
    let (peer, gate) = gated().await;
    let made = place_one(&owner, &peer.url, json!({})).await;
    let mut first = Box::pin(call(&owner.client, "one"));
    let arrived = async || {
        let _ = futures::poll!(&mut first);
        (peer.hits() == 1).then_some(())
    };
    eventually("the first call is at the server", PATIENCE, arrived).await;
    owner.client.put(&server_path(&made), &json!({ "description": "other" })).await.assert(200);
    let start = Instant::now();
    assert_busy(&call(&owner.client, "one").await);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(3), "{took:?}");
    gate.add_permits(1);
    first.await.assert(200);
    service.stop().await;
}

/// P8: who goes away leaves its place, at the server and in the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p8_a_client_that_goes_away_leaves_its_place() {
    let (service, owner) = service(bounds(1, 1, PATIENCE)).await;
    let (peer, gate) = gated().await;
    place_one(&owner, &peer.url, json!({})).await;
    for round in 1..=3 {
        let client = owner.client.clone();
        let leaving = tokio::spawn(async move { call(&client, "one").await });
        let arrived = async || (peer.hits() == round).then_some(());
        eventually("the call is at the server", PATIENCE, arrived).await;
        leaving.abort();
    }
    gate.add_permits(9);
    within("the answer", PATIENCE, call(&owner.client, "one")).await.assert(200);
    service.stop().await;
}

/// Sends, and does not read the body.
async fn open(actor: &Actor, request: Request<Bytes>) -> Response<Incoming> {
    let client = legacy::Client::builder(TokioExecutor::new()).build_http();
    let (mut parts, body) = request.into_parts();
    parts.uri = format!("http://{}{}", actor.client.address(), parts.uri).parse().unwrap();
    parts.headers.insert("authorization", format!("Bearer {}", actor.secret()).parse().unwrap());
    let request = client.request(Request::from_parts(parts, Full::new(body)));
    within("the head of the answer", PATIENCE, request).await.expect("an answer")
}

fn listen() -> Request<Bytes> {
    Request::get("/mcp/one").header("accept", "text/event-stream").body(Bytes::new()).unwrap()
}

fn subscribe() -> Request<Bytes> {
    let head =
        post("one").header("mcp-method", "subscriptions/listen").header("mcp-protocol-version", "2026-07-28");
    message(head, &json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen" }))
}

/// Streams have places of their own: those of eras before 2026-07-28 and subscriptions alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_listened_on_take_no_call_its_place_and_are_bounded() {
    let guard = GuardLimits { max_streams: 2, ..bounds(1, 0, Duration::from_millis(300)) };
    let (service, owner) = service(guard).await;
    let held = std::sync::Arc::<std::sync::Mutex<Vec<_>>>::default();
    let streams = held.clone();
    let peer = Peer::start(move |seen| {
        let is_call = seen.method == http::Method::POST && !seen.headers.contains_key("mcp-method");
        let answer = match is_call {
            true => json_reply(&echo_of(&seen)),
            false => {
                let (sender, receiver) = chunks();
                streams.lock().unwrap().push(sender);
                events(receiver)
            }
        };
        std::future::ready(answer)
    })
    .await;
    place_one(&owner, &peer.url, json!({})).await;
    let (first, second) = (open(&owner, subscribe()).await, open(&owner, listen()).await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    call(&owner.client, "one").await.assert(200);
    for request in [listen(), subscribe()] {
        assert_busy(&owner.client.send(request).await);
    }
    call(&owner.client, "one").await.assert(200);
    drop(first);
    let again = async || Some(open(&owner, listen()).await).filter(|answer| answer.status() == 200);
    let third = eventually("the place is free again", PATIENCE, again).await;
    let more = message(post("one"), &echo(2, "hello"));
    owner.client.send(more).await.assert(200);
    drop((second, third));
    service.stop().await;
}
