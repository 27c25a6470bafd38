//! The probe over a channel: eras, silence, garbage.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use registry_core::{
    model::{
        credential::UpstreamAuth,
        endpoint::{Endpoint, Transport},
        health::{CheckReport, CheckStatus},
    },
    probe::{NOT_MCP, Probe, ProbeTarget, TIMEOUT, UNREACHABLE},
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::{
    channel_websocket::server,
    probe::{LONG, code, probe_on_loopback},
};

type Socket = WebSocketStream<TcpStream>;

async fn look(url: &str, timeout: Duration) -> CheckReport {
    let endpoint = Endpoint::parse(Transport::Websocket, url).unwrap();
    let target = ProbeTarget { endpoint: &endpoint, auth: &UpstreamAuth::None, timeout, deep: true };
    probe_on_loopback().probe(target).await.report
}

/// Answers `initialize` and `ping`, and to all else what `other` makes of the request's id.
async fn answer(mut socket: Socket, other: fn(&Value) -> Option<Value>) {
    while let Some(Ok(frame)) = socket.next().await {
        let Ok(request) = serde_json::from_slice::<Value>(&frame.into_data()) else { continue };
        let id = &request["id"];
        let answer = match request["method"].as_str() {
            Some("initialize") => Some(json!({ "jsonrpc": "2.0", "id": id, "result": {
                "protocolVersion": "2025-06-18", "capabilities": {},
                "serverInfo": { "name": "old", "version": "1" } } })),
            Some("ping") => Some(json!({ "jsonrpc": "2.0", "id": id, "result": {} })),
            _ => other(id),
        };
        if let Some(answer) = answer {
            let _ = socket.send(Message::text(answer.to_string())).await;
        }
    }
}

fn unknown(id: &Value) -> Option<Value> {
    let error = json!({ "code": -32601, "message": "no such method" });
    id.is_u64().then(|| json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

fn assert_old_and_healthy(report: &CheckReport) {
    assert_eq!((report.status, &report.error), (CheckStatus::Healthy, &None));
    assert_eq!(report.protocol_version.as_deref(), Some("2025-06-18"));
}

#[tokio::test]
async fn an_older_server_is_initialized_after_its_refusal_of_discovery() {
    let (url, _) = server(|socket| answer(socket, unknown)).await;
    assert_old_and_healthy(&look(&url, LONG).await);
}

#[tokio::test]
async fn a_server_that_is_silent_about_discovery_is_initialized_in_the_rest_of_the_time() {
    let (url, _) = server(|socket| answer(socket, |_| None)).await;
    assert_old_and_healthy(&look(&url, Duration::from_secs(4)).await);
}

#[tokio::test]
async fn garbage_silence_and_a_farewell_are_told_apart() {
    let (garbage, _) = server(|mut socket| async move {
        let _ = socket.send(Message::text("<html>")).await;
        answer(socket, unknown).await;
    })
    .await;
    let (silence, _) = server(|mut socket| async move { while socket.next().await.is_some() {} }).await;
    let (farewell, _) =
        server(|mut socket| async move { socket.close(None).await.unwrap_or_default() }).await;
    let short = Duration::from_secs(1);
    for (url, expected) in [(garbage, NOT_MCP), (silence, TIMEOUT), (farewell, UNREACHABLE)] {
        let report = look(&url, short).await;
        assert_eq!(code(&report), expected, "{report:?}");
        assert_ne!(report.status, CheckStatus::Healthy);
    }
}
