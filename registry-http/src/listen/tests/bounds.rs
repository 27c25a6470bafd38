//! O1 and O2: what is slow or large is bounded, what is healthy goes on.

use std::time::Duration;

use tokio::time::timeout;

use super::toy::{PATIENCE, Toy};

const SHORT: Duration = Duration::from_millis(100);
const GATED: &str = "GET /api/items/00000000-0000-0000-0000-000000000000 HTTP/1.1\r\nHost: x\r\n\r\n";
const PLAIN: &str = "GET /mcp/a HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn o1_slow_heads_are_reaped_while_idle_connections_stay() {
    let toy = Toy::start(|limits| limits.head_timeout = SHORT).await;
    let (mut silent, mut half, mut idle) = (toy.connect().await, toy.connect().await, toy.connect().await);
    idle.write(PLAIN).await;
    assert_eq!(idle.read().await.unwrap().status(), 200);
    half.write("GET /mcp/a HTTP/1.1\r\nHost").await;
    assert!(silent.read().await.is_none());
    assert!(half.read().await.is_none());
    // Longer than the time for a head, yet it may go on, and its next head is bounded again.
    idle.write(PLAIN).await;
    assert_eq!(idle.read().await.unwrap().status(), 200);
    idle.write("GET").await;
    assert!(idle.read().await.is_none());
}

/// A byte now and then does not buy more time.
#[tokio::test]
async fn o1_a_dribbled_head_is_reaped() {
    let toy = Toy::start(|limits| limits.head_timeout = SHORT).await;
    let mut client = toy.connect().await;
    let dribble = async {
        loop {
            client.write("G").await;
            if let Ok(answer) = timeout(SHORT / 4, client.read()).await {
                break answer;
            }
        }
    };
    assert!(timeout(PATIENCE, dribble).await.unwrap().is_none());
}

/// Bytes that look like half a head are no head there; yet the connection still counts under the cap.
#[tokio::test]
async fn upgraded_connections_may_pause() {
    let toy = Toy::start(|limits| {
        (limits.head_timeout, limits.keep_alive_idle, limits.max_connections) = (SHORT, SHORT, 1);
    })
    .await;
    let mut client = toy.connect().await;
    client
        .write("GET /mcp/upgrade HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        .await;
    assert_eq!(client.read().await.unwrap().status(), 101);
    client.write("a").await;
    assert_eq!(client.read_byte().await, b'a');
    let mut waiting = toy.connect().await;
    waiting.write(PLAIN).await;
    assert!(timeout(SHORT * 2, waiting.read()).await.is_err());
    client.write("b").await;
    assert_eq!(client.read_byte().await, b'b');
    drop(client);
    assert_eq!(waiting.read().await.unwrap().status(), 200);
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let toy = Toy::start(|limits| (limits.keep_alive_idle, limits.head_timeout) = (SHORT, SHORT)).await;
    let mut client = toy.connect().await;
    client.write(PLAIN).await;
    assert_eq!(client.read().await.unwrap().status(), 200);
    assert!(client.read().await.is_none());
}

#[tokio::test]
async fn o1_slow_bodies_are_ended() {
    let head =
        "POST /api/items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let total = Toy::start(|limits| limits.body_timeout = SHORT).await;
    let mut client = total.connect().await;
    client.write(head).await;
    client.read().await.unwrap().assert_error(408, "REQUEST_TIMEOUT");

    let stalled = Toy::start(|limits| limits.read_stall = SHORT).await;
    let mut client = stalled.connect().await;
    client.write(&head.replace("/api/items", "/mcp/a")).await;
    assert!(client.read().await.is_none_or(|answer| answer.body.ends_with(" 0")));
    assert!(client.read().await.is_none());
}

#[tokio::test]
async fn o1_readers_that_stop_are_cut() {
    let toy = Toy::start(|limits| {
        (limits.write_stall, limits.max_connections) = (SHORT, 1);
    })
    .await;
    let mut hog = toy.connect().await;
    // Far more than the buffers of both ends hold.
    let many = "GET /api/docs/swagger-ui.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
    hog.write(&many).await;
    let mut next = toy.connect().await;
    next.write(PLAIN).await;
    assert_eq!(next.read().await.unwrap().status(), 200);
    drop(hog);
}

#[tokio::test]
async fn o2_large_bodies_are_refused() {
    let toy = Toy::start(|limits| limits.max_body_bytes = 100).await;
    let large = format!(r#"{{"name": "{}", "size": 1}}"#, "a".repeat(100));
    toy.post(&large).await.assert_error(413, "PAYLOAD_TOO_LARGE");
    let chunked =
        "POST /api/items HTTP/1.1\nHost: x\nContent-Type: application/json\nTransfer-Encoding: chunked\n";
    let body = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    toy.send(chunked, &body).await.assert_error(413, "PAYLOAD_TOO_LARGE");
    // The size is known from the head, so no byte of the body is waited for.
    let huge =
        "POST /api/items HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 999999999\n";
    toy.send(huge, "").await.assert_error(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn o2_large_heads_are_refused() {
    let toy = Toy::start(|limits| limits.max_head_bytes = 1000).await;
    let long = format!("GET / HTTP/1.1\nHost: x\nA: {}\n", "a".repeat(1000));
    assert_eq!(toy.send(&long, "").await.status(), 431);
    let many = format!("GET / HTTP/1.1\nHost: x\n{}", "A: b\n".repeat(101));
    assert_eq!(toy.send(&many, "").await.status(), 431);
}

#[tokio::test]
async fn o3_over_the_cap_connections_wait() {
    let toy = Toy::start(|limits| limits.max_connections = 1).await;
    let mut first = toy.connect().await;
    first.write(PLAIN).await;
    assert_eq!(first.read().await.unwrap().status(), 200);
    let mut second = toy.connect().await;
    second.write(PLAIN).await;
    assert!(timeout(SHORT, second.read()).await.is_err());
    drop(first);
    assert_eq!(second.read().await.unwrap().status(), 200);
}

#[tokio::test]
async fn shutdown_finishes_running_requests_and_refuses_new_ones() {
    let toy = Toy::plain().await;
    let (mut running, mut idle) = (toy.connect().await, toy.connect().await);
    idle.write(PLAIN).await;
    idle.read().await.unwrap();
    running.write(GATED).await;
    toy.gate.entered.notified().await;
    toy.shutdown.cancel();
    assert!(idle.read().await.is_none());
    assert!(toy.is_closed().await);
    toy.gate.open.notify_one();
    assert_eq!(running.read().await.unwrap().status(), 200);
    timeout(PATIENCE, toy.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_cuts_what_outlives_the_grace() {
    let toy = Toy::start(|limits| limits.shutdown_grace = SHORT).await;
    let mut running = toy.connect().await;
    running.write(GATED).await;
    toy.gate.entered.notified().await;
    toy.shutdown.cancel();
    assert!(running.read().await.is_none());
    timeout(PATIENCE, toy.serving).await.unwrap().unwrap();
}
