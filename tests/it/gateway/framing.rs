//! Requests whose framing or Host is in doubt (P1, P7), and streams without an end (O2): what reaches the upstream, and
//! what is held in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use black_box_tests::{Actor, Service, eventually, within};
use bytes::Bytes;
use registry_core::model::role::Role;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::kit::{PATIENCE, echo, place};
use super::peer::Peer;

on_memory!(
    p1_a_request_whose_end_is_in_doubt_reaches_no_upstream,
    p7_a_request_without_exactly_one_valid_host_reaches_no_upstream,
    o2_a_stream_without_an_end_waits_for_its_reader,
    o2_a_body_without_an_end_is_cut_at_the_limit,
);

#[expect(clippy::disallowed_methods, reason = "the test's own client, to the service under test")]
async fn connect(service: &Service) -> TcpStream {
    TcpStream::connect(service.address).await.expect("the service listens")
}

/// All that comes back for these bytes until the service closes.
async fn raw(service: &Service, bytes: &str) -> String {
    let mut tcp = connect(service).await;
    tcp.write_all(bytes.as_bytes()).await.expect("it is sent");
    let mut answer = Vec::new();
    // Who sends nonsense may be cut off.
    let _ = within("the service closes", PATIENCE, tcp.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn scene(service: &Service) -> (Actor, Peer) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    (owner, peer)
}

async fn p1_a_request_whose_end_is_in_doubt_reaches_no_upstream(service: &Service) {
    let (owner, peer) = scene(service).await;
    let key = format!("authorization: Bearer {}", owner.secret());
    let smuggled = format!("POST /mcp/one HTTP/1.1\r\nhost: x\r\n{key}\r\ncontent-length: 2\r\n\r\n{{}}");
    let chunks = format!("0\r\n\r\n{smuggled}");
    for (framing, body) in [
        ("content-length: 5\r\ntransfer-encoding: chunked", &*chunks),
        ("transfer-encoding: chunked\r\ncontent-length: 5", &chunks),
        ("content-length: 2\r\ncontent-length: 2", "{}"),
        ("content-length: 2\r\ncontent-length: 60", "{}"),
        ("content-length: 2, 2", "{}"),
        ("content-length: +2", "{}"),
        ("transfer-encoding: chunked, identity", &chunks),
        ("transfer-encoding: x, chunked", &chunks),
        ("transfer-encoding: \x0bchunked", &chunks),
        ("content-length : 2", "{}"),
        ("x: y\ncontent-length: 2", "{}"),
    ] {
        let request =
            format!("POST /mcp/one HTTP/1.1\r\nhost: x\r\n{key}\r\n{framing}\r\n\r\n{body}{smuggled}");
        let answer = raw(service, &request).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{framing:?}: {answer}");
        assert_eq!(
            answer.matches("HTTP/1.1").count(),
            usize::from(!answer.is_empty()),
            "{framing:?}: {answer}"
        );
    }
    assert_eq!(peer.hits(), 0);
}

async fn p7_a_request_without_exactly_one_valid_host_reaches_no_upstream(service: &Service) {
    let (owner, peer) = scene(service).await;
    let body = echo(1, "hello").to_string();
    for hosts in
        ["", "host: x\r\nhost: x\r\n", "host: \r\n", "host: x/y?\r\n", "host: u@x\r\n", "host: x y\r\n"]
    {
        let request = format!(
            "POST /mcp/one HTTP/1.1\r\n{hosts}authorization: Bearer {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            owner.secret(),
            body.len()
        );
        let answer = raw(service, &request).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{hosts:?}: {answer}");
    }
    assert_eq!(peer.hits(), 0);
}

/// An upstream that sends events without an end, and how many bytes of them it got rid of.
async fn endless() -> (String, Arc<AtomicU64>, tokio_util::task::AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let sent = Arc::<AtomicU64>::default();
    let count = sent.clone();
    let task = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.expect("a connection");
        let _ = tcp.read(&mut [0; 4096]).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let event = format!("data: {}\n\n", "x".repeat(16_000));
        let mut next = head.as_bytes();
        while tcp.write_all(next).await.is_ok() {
            count.fetch_add(next.len() as u64, Ordering::SeqCst);
            next = event.as_bytes();
        }
    });
    (url, sent, tokio_util::task::AbortOnDropHandle::new(task))
}

/// What the buffers of four sockets may hold together, and a few frames.
const HELD_AT_MOST: u64 = 32 * 1024 * 1024;

async fn o2_a_stream_without_an_end_waits_for_its_reader(service: &Service) {
    let (owner, (url, sent, task)) =
        (service.actor("acme", "olga", Role::ServerOwner).await, endless().await);
    place(&owner, "One", &url, json!({})).await;
    let mut tcp = connect(service).await;
    let head = format!(
        "POST /mcp/one HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 2\r\n\r\n{{}}",
        owner.secret()
    );
    tcp.write_all(head.as_bytes()).await.expect("it is sent");
    let mut read = vec![0; 1024 * 1024];
    within("a megabyte comes", PATIENCE, tcp.read_exact(&mut read)).await.expect("a stream");
    // Nobody reads any more: the upstream comes to a stop by itself, long before memory is full.
    let mut before = u64::MAX;
    let stopped = async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = sent.load(Ordering::SeqCst);
        let last = std::mem::replace(&mut before, now);
        (now == last || now > 4 * HELD_AT_MOST).then_some(now)
    };
    let held = stall(stopped).await;
    assert!(held < HELD_AT_MOST, "{held} bytes were taken for a client that reads none of them");
    drop(tcp);
    let ended = async || task.is_finished().then_some(());
    eventually("the upstream's connection is closed", PATIENCE, ended).await;
}

async fn stall(mut step: impl AsyncFnMut() -> Option<u64>) -> u64 {
    let looking = async {
        loop {
            if let Some(bytes) = step().await {
                return bytes;
            }
        }
    };
    within("the upstream stops", PATIENCE, looking).await
}

/// A body without a length is bounded as it comes.
async fn o2_a_body_without_an_end_is_cut_at_the_limit(service: &Service) {
    let (owner, peer) = scene(service).await;
    let mut tcp = connect(service).await;
    let head = format!(
        "POST /mcp/one HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\n\r\n",
        owner.secret()
    );
    tcp.write_all(head.as_bytes()).await.expect("it is sent");
    let (mut from, mut to) = tcp.into_split();
    let chunk = Bytes::from(format!("10000\r\n{}\r\n", " ".repeat(0x10000)));
    let sending = tokio::spawn(async move { while to.write_all(&chunk).await.is_ok() {} });
    let mut answer = vec![0; 4096];
    let count = within("the answer", PATIENCE, from.read(&mut answer)).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    drop(from);
    within("the client is cut off", PATIENCE, sending).await.expect("it ends");
    assert_eq!(peer.hits(), 0);
}
