//! Calls from browsers (P6): only pages of listed origins.

use std::collections::BTreeSet;

use black_box_tests::{Answer, Client, Options, Service, StoreKind};
use bytes::Bytes;
use http::Request;
use registry_core::model::role::Role;
use registry_gateway::proxy::ProxyLimits;
use serde_json::json;

use super::kit::{assert_failure, call, place};
use super::peer::Peer;

on_memory!(p6_any_origin_is_foreign_unless_one_is_listed);

const LISTED: &str = "https://app.example";

/// Pages that are not the listed one, though some look like it.
const FOREIGN: [&str; 9] = [
    "https://evil.example",
    "null",
    "http://app.example",
    "https://app.example:444",
    "https://app.example.evil.example",
    "https://evil.app.example",
    "https://APP.example ",
    "*",
    "http://127.0.0.1",
];

async fn preflight(client: &Client, origin: &str) -> Answer {
    let request = Request::options("/mcp/one")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization, content-type, mcp-session-id");
    client.send(request.body(Bytes::new()).unwrap()).await
}

fn words<'a>(answer: &'a Answer, name: &str) -> BTreeSet<&'a str> {
    answer.header(name).split(',').map(str::trim).collect()
}

async fn p6_any_origin_is_foreign_unless_one_is_listed(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let own = format!("http://{}", service.address);
    for origin in FOREIGN.into_iter().chain([LISTED, &own]) {
        let answer = call(&owner.client.with("origin", origin), "one").await;
        assert_failure(&answer, 403, "FORBIDDEN");
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin}");
        assert_failure(&preflight(&owner.client, origin).await, 403, "FORBIDDEN");
    }
    assert_eq!(peer.hits(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_pages_of_a_listed_origin_call_and_others_do_not() {
    let proxy = ProxyLimits { allowed_origins: vec![LISTED.parse().unwrap()], ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    for origin in FOREIGN {
        assert_failure(&call(&owner.client.with("origin", origin), "one").await, 403, "FORBIDDEN");
        assert_failure(&preflight(&service.client(), origin).await, 403, "FORBIDDEN");
    }
    let two = owner.client.with("origin", LISTED).with("origin", FOREIGN[0]);
    assert_failure(&call(&two, "one").await, 403, "FORBIDDEN");
    assert_eq!(peer.hits(), 0);
    assert_listed(&service, &owner.client).await;
    assert_eq!(peer.hits(), 1);
    service.stop().await;
}

/// A preflight carries no key. Failures can be read by the page too.
async fn assert_listed(service: &Service, client: &Client) {
    let asked = preflight(&service.client(), LISTED).await;
    assert_eq!((asked.assert(204).header("access-control-allow-origin"), asked.bytes.len()), (LISTED, 0));
    assert_eq!(words(&asked, "access-control-allow-methods"), ["GET", "POST", "DELETE"].into());
    let allowed = words(&asked, "access-control-allow-headers");
    for name in [
        "authorization",
        "x-api-key",
        "content-type",
        "mcp-session-id",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "last-event-id",
    ] {
        assert!(allowed.contains(name), "{name}");
    }
    assert!(!asked.headers.contains_key("access-control-allow-credentials"));
    let page = client.with("origin", LISTED);
    let (good, missing) = (call(&page, "one").await, call(&page, "nothing").await);
    let unknown = call(&service.client().with("origin", LISTED), "one").await;
    for (answer, status) in [(good, 200), (missing, 404), (unknown, 401)] {
        assert_eq!(answer.assert(status).header("access-control-allow-origin"), LISTED);
        assert!(words(&answer, "access-control-expose-headers").contains("mcp-session-id"));
        assert!(words(&answer, "vary").iter().any(|name| name.eq_ignore_ascii_case("origin")));
    }
}
