//! Second tries: only of what the upstream has not seen.

use std::time::{Duration, Instant};

use serde_json::json;

use super::super::canary::Canary;
use super::super::kit::{assert_failure, call};
use super::super::peer::Peer;
use super::super::raw::{After, Raw};
use super::{assert_open, place_one, service, slow};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_cannot_be_made_is_tried_again_with_the_whole_body() {
    let (service, owner) = service(slow()).await;
    let closed = Canary::everywhere().url();
    place_one(&owner, &closed, json!({ "maxRetries": 10, "backoffMs": 100 })).await;
    let late = async {
        // The first try has failed by now; if it has not, the call succeeds all the same.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Peer::echo_instead_of(&closed).await
    };
    let (answer, peer) = tokio::join!(call(&owner.client, "one"), late);
    assert!(answer.assert(200).text().contains("hello"), "{}", answer.text());
    assert_eq!(peer.hits(), 1);
    service.stop().await;
}

/// The pauses are at least a half of 100 ms, of 200 ms and of 400 ms; five calls are five failures, however often they
/// were tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_end_and_count_as_one_failure() {
    let (service, owner) = service(slow()).await;
    let closed = Canary::everywhere().url();
    place_one(&owner, &closed, json!({ "maxRetries": 3, "backoffMs": 100 })).await;
    for _ in 0..5 {
        let start = Instant::now();
        assert_failure(&call(&owner.client, "one").await, 502, "UPSTREAM_UNREACHABLE");
        assert!(start.elapsed() >= Duration::from_millis(350), "{:?}", start.elapsed());
    }
    assert_open(&call(&owner.client, "one").await);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_end_with_the_time_of_the_call() {
    let (service, owner) = service(slow()).await;
    let closed = Canary::everywhere().url();
    place_one(&owner, &closed, json!({ "maxRetries": 10, "backoffMs": 60_000, "timeoutMs": 1_000 })).await;
    let start = Instant::now();
    assert_failure(&call(&owner.client, "one").await, 502, "UPSTREAM_UNREACHABLE");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    service.stop().await;
}

/// What the upstream may have done is not asked for again, whatever the settings say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_sent_is_not_sent_again() {
    for bytes in ["", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "garbage"] {
        let (service, owner) = service(slow()).await;
        let raw = Raw::start(bytes, After::Close).await;
        place_one(&owner, &raw.url, json!({ "maxRetries": 10, "backoffMs": 100 })).await;
        assert_failure(&call(&owner.client, "one").await, 502, "UPSTREAM_ERROR");
        assert_eq!(raw.connections(), 1, "{bytes:?}");
        service.stop().await;
    }
}
