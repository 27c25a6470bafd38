//! Metrics: what is told, in which form, and to whom.

use std::time::Duration;

use black_box_tests::{
    Actor, Binary, Client, Exposition, Service, StoreKind, Upstream, eventually, on_every_store,
};
use bytes::Bytes;
use http::Request;
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use crate::support::{register_at, server_path, text};

on_every_store!(
    calls_and_requests_are_counted_under_bounded_labels,
    the_store_and_the_process_are_measured,
    a_key_for_one_server_reads_no_metrics,
);

/// A call is counted when its answer has been sent, which the client may notice before the service.
const SOON: Duration = Duration::from_secs(10);

const REQUESTS: &str = "mcp_registry_http_requests_total";
const CALLS: &str = "mcp_registry_gateway_calls_total";

async fn scrape(client: &Client) -> Exposition {
    let answer = client.get("/metrics").await;
    answer.assert(200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    Exposition::parse(&answer.text())
}

/// Scrapes until the samples with these labels add up to at least `value`.
async fn counted(client: &Client, name: &str, labels: &[(&str, &str)], value: f64) -> Exposition {
    let ask = async || Some(scrape(client).await).filter(|found| found.sum(name, labels) >= value);
    eventually(&format!("{name} {labels:?} is {value}"), SOON, ask).await
}

/// No label has a name of a tenant, a server or a user, or a path that somebody made up.
fn assert_no_names(exposition: &Exposition, service_text: &[&str]) {
    for sample in &exposition.samples {
        for value in sample.labels.values() {
            let lower = value.to_lowercase();
            assert!(service_text.iter().all(|name| !lower.contains(name)), "{sample:?}");
        }
    }
}

async fn call(actor: &Actor, server: &str) -> u16 {
    let client = json!({ "name": "test", "version": "1" });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client } });
    let request = Request::post(format!("/mcp/{server}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    actor.client.send(request.body(Bytes::from(message.to_string())).unwrap()).await.status.as_u16()
}

async fn calls_and_requests_are_counted_under_bounded_labels(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = register_at(&owner, "Weather", &upstream).await;
    owner.client.put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    let before = scrape(&admin.client).await;
    assert_eq!([call(&owner, "weather").await, call(&owner, "weather").await], [200, 200]);
    assert_eq!(call(&owner, "no-such-server-zzz").await, 404);
    owner.client.get("/api/made-up-zzz").await.assert(404);
    owner.client.get(&server_path(&made)).await.assert(200);
    let id = text(&made, "id");
    let found = counted(&admin.client, CALLS, &[("server", id), ("outcome", "ok")], 2.0).await;
    assert_eq!(found.sum(CALLS, &[("server", id)]), 2.0);
    let grown = |name: &str, labels: &[(&str, &str)]| found.sum(name, labels) - before.sum(name, labels);
    assert!(grown(CALLS, &[("server", "none"), ("outcome", "not_found")]) >= 1.0);
    assert!(grown("mcp_registry_gateway_call_duration_seconds_count", &[("outcome", "ok")]) >= 2.0);
    let route = [("route", "/api/servers/{id}"), ("method", "GET"), ("status", "200")];
    let found = counted(&admin.client, REQUESTS, &route, before.sum(REQUESTS, &route) + 1.0).await;
    assert!(found.sum(REQUESTS, &[("route", "other"), ("status", "404")]) >= 1.0);
    assert!(found.sum(REQUESTS, &[("route", "/mcp/{server}"), ("method", "POST")]) >= 3.0);
    assert!(found.sum("mcp_registry_connections", &[]) >= 1.0);
    assert_no_names(&found, &["weather", "acme", "olga", "zzz", owner.tenant_id().as_str()]);
}

async fn the_store_and_the_process_are_measured(service: &Service) {
    let admin = service.admin().await;
    admin.client.get("/api/audit-logs").await.assert(200);
    let found = scrape(&admin.client).await;
    let store = match service.kind {
        StoreKind::Memory => None,
        StoreKind::Sled => Some("sled"),
        StoreKind::Postgres => Some("postgres"),
    };
    if let Some(store) = store {
        for operation in ["read", "write"] {
            let labels = [("store", store), ("operation", operation), ("outcome", "ok")];
            assert!(
                found.sum("mcp_registry_store_operation_duration_seconds_count", &labels) >= 1.0,
                "{operation}"
            );
        }
    }
    let of_store = match service.kind {
        StoreKind::Memory => "mcp_registry_build_info",
        StoreKind::Sled => "mcp_registry_store_writer_queue",
        StoreKind::Postgres => "mcp_registry_postgres_connections",
    };
    for name in [of_store, "process_open_fds", "mcp_registry_rate_limit_decisions_total"] {
        assert!(found.names().any(|known| known == name), "{name}");
    }
    assert!(found.sum("process_resident_memory_bytes", &[]) > 1e6);
    assert!(found.sum("process_start_time_seconds", &[]) > 1.7e9);
    assert_eq!(found.sum("mcp_registry_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
}

async fn a_key_for_one_server_reads_no_metrics(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let made = register_at(&admin, "Weather", &upstream).await;
    let scopes = [Scope::AuditRead];
    let linked = admin.client_with(service, &scopes, Some(text(&made, "id"))).await;
    linked.get("/metrics").await.assert(403);
    admin.client_with(service, &scopes, None).await.get("/metrics").await.assert(200);
    admin.client_with(service, &[Scope::ServerRead], None).await.get("/metrics").await.assert(403);
}

/// The listener for metrics asks for no key, and has nothing else.
#[tokio::test]
async fn the_listener_for_metrics_serves_metrics_only() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &["--metrics-listen", "127.0.0.1:0"], &[]);
    binary.client().get("/api/health").await.assert(200);
    let stderr = binary.stderr();
    let (_, rest) = stderr.split_once("metrics on http://").expect("the address is told");
    let metrics = Client::new(rest.split_once('/').unwrap().0.parse().unwrap());
    let found = scrape(&metrics).await;
    assert!(found.sum(REQUESTS, &[("route", "/api/health")]) >= 1.0);
    for path in ["/", "/api/health", "/api/servers", "/mcp/weather", "/metrics/", "/api/openapi.json"] {
        let request = Request::get(path).body(Bytes::new()).unwrap();
        assert_eq!(metrics.send(request).await.status, 404, "{path}");
    }
    metrics.post("/metrics", &json!({})).await.assert(405);
    binary.client().get("/metrics").await.assert(401);
    assert!(binary.terminate().status.success());
}
