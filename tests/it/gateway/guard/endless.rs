//! Upstreams that never stop: endless headers, endless lines (O2). The client gets its error or its stream, and memory
//! stays bounded.

use std::time::Duration;

use black_box_tests::within;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::super::kit::{PATIENCE, assert_failure, call};
use super::{assert_open, place_one, service, slow};
use crate::support::text;

/// How long a write may take before the other side counts as one that does not read.
const STALL: Duration = Duration::from_secs(1);
/// What may lie between an upstream that sends and a client that does not read: buffers of four sockets and of the
/// gateway.
const MAX_UNDERWAY: usize = 32 * 1024 * 1024;

/// An upstream that begins its answer so, and then repeats a piece until nobody takes it any more. Tells how much it
/// could send.
async fn endless(head: &'static str, piece: Vec<u8>) -> (String, UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let (told, sent) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let (told, piece) = (told.clone(), piece.clone());
            tokio::spawn(async move {
                let mut bytes = 0;
                let _ = tcp.read(&mut [0; 4096]).await;
                let _ = tcp.write_all(head.as_bytes()).await;
                while let Ok(Ok(())) = tokio::time::timeout(STALL, tcp.write_all(&piece)).await {
                    bytes += piece.len();
                }
                let _ = told.send(bytes);
                // Still there for who wants to go on reading.
                let _ = tcp.read(&mut [0; 1]).await;
            });
        }
    });
    (url, sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_an_endless_head_is_cut_and_opens_the_circuit() {
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\nX-Endless: ", vec![b'x'; 65_536]),
        ("HTTP/1.1 200 OK\r\n", b"X-Many: 1\r\n".repeat(1_000)),
        ("", vec![b'H'; 65_536]),
    ] {
        let (service, owner) = service(slow()).await;
        let (url, mut sent) = endless(head, piece).await;
        place_one(&owner, &url, json!({})).await;
        for _ in 0..5 {
            assert_failure(&call(&owner.client, "one").await, 502, "UPSTREAM_ERROR");
            let sent = within("the upstream is cut", PATIENCE, sent.recv()).await.unwrap();
            assert!(sent < MAX_UNDERWAY, "{sent} bytes of a head were taken");
        }
        assert_open(&call(&owner.client, "one").await);
        service.stop().await;
    }
}

/// Nobody reads ahead of the client: an endless line waits in the upstream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_an_endless_line_waits_in_the_upstream_while_the_client_does_not_read() {
    for content_type in ["text/event-stream", "application/json"] {
        let (service, owner) = service(slow()).await;
        let head = match content_type {
            "text/event-stream" => {
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: "
            }
            _ => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\"",
        };
        let (url, mut sent) = endless(head, vec![b'x'; 65_536]).await;
        let made = place_one(&owner, &url, json!({})).await;
        let uri = format!("http://{}/mcp/{}", service.address, text(&made, "id"));
        let request = http::Request::post(uri).header("authorization", format!("Bearer {}", owner.secret()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        let mut answer = within("the head", PATIENCE, client.request(request)).await.unwrap();
        let sent = within("the upstream waits", PATIENCE, sent.recv()).await.unwrap();
        assert!(sent < MAX_UNDERWAY, "{sent} bytes of {content_type} lie in between");
        let frame = within("the client reads on", PATIENCE, answer.frame()).await.unwrap().unwrap();
        assert!(frame.is_data());
        drop(answer);
        service.stop().await;
    }
}
