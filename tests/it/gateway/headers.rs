//! Which headers pass (P4, I3), and whose credentials go up.

use std::collections::BTreeSet;

use black_box_tests::{Answer, Options, Seen, Service, StoreKind};
use registry_core::model::role::Role;
use registry_gateway::proxy::ProxyLimits;
use serde_json::{Value, json};

use super::kit::{assert_failure, call, echo, message, place, post};
use super::peer::{Peer, echo_of, json_reply, reply};
use crate::support::text;

on_memory!(
    what_mcp_defines_goes_up,
    each_kind_of_credential_goes_up_and_no_client_replaces_it,
    the_upstreams_path_and_query_are_its_own,
    cookies_challenges_and_addresses_do_not_come_down,
    a_challenge_of_the_upstream_is_not_the_clients,
    a_coded_request_is_not_passed_off_as_plain,
    a_coded_answer_is_not_passed_off_as_plain,
);

const ORIGIN: &str = "https://app.example";

/// What a client, a browser or a proxy before the gateway may send, and no upstream may see.
const PRIVATE: [(&str, &str); 17] = [
    ("cookie", "session=canary-cookie"),
    ("forwarded", "for=203.0.113.7;host=canary.example"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-host", "canary.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-user", "root"),
    ("x-real-ip", "203.0.113.7"),
    ("via", "1.1 canary"),
    ("connection", "keep-alive, x-hop, upgrade"),
    ("x-hop", "canary-hop"),
    ("keep-alive", "timeout=5"),
    ("te", "trailers"),
    ("upgrade", "websocket"),
    ("proxy-authorization", "Basic canary"),
    ("referer", "https://canary.example/"),
    ("user-agent", "canary/1.0"),
    ("x-request-id", "canary-request"),
];

/// What the upstream of an MCP call is to see.
const SPOKEN: [(&str, &str); 9] = [
    ("mcp-protocol-version", "2026-07-28"),
    ("mcp-method", "tools/call"),
    ("mcp-name", "=?base64?ZWNobw==?="),
    ("mcp-param-city", "Z%C3%BCrich"),
    ("mcp-param-x-y", "2"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("tracestate", "a=1"),
    ("last-event-id", "7/ü?"),
    ("accept-language", "de"),
];

fn names(seen: &Seen) -> BTreeSet<&str> {
    seen.headers.keys().map(http::HeaderName::as_str).collect()
}

fn holds(seen: &Seen, secret: &str) -> bool {
    seen.headers.values().any(|value| value.as_bytes().windows(secret.len()).any(|w| w == secret.as_bytes()))
}

/// P4. The same key is in both of the headers that can hold one, and the origin is a listed one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_the_upstream_sees_no_key_cookie_or_forwarding_header_of_the_client() {
    let proxy = ProxyLimits { allowed_origins: vec![ORIGIN.parse().unwrap()], ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let key = text(&made, "apiKey");
    let mut request = post("one").header("x-api-key", key).header("origin", ORIGIN);
    for (name, value) in PRIVATE {
        request = request.header(name, value);
    }
    let client = service.client().with_key(key);
    client.send(message(request, &echo(1, "hello"))).await.assert(200);
    let seen = peer.seen().remove(0);
    let expected = ["accept", "content-length", "content-type", "host"];
    assert_eq!(names(&seen), expected.into(), "{:?}", seen.headers);
    assert_eq!(seen.headers["host"], peer.url["http://".len()..].trim_end_matches("/mcp"));
    for secret in [key, "canary", "203.0.113.7"] {
        assert!(!holds(&seen, secret), "{secret} in {:?}", seen.headers);
    }
    service.stop().await;
}

async fn what_mcp_defines_goes_up(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let mut request = post("one");
    for (name, value) in SPOKEN {
        request = request.header(name, value.as_bytes());
    }
    owner.client.send(message(request, &echo(1, "hello"))).await.assert(200);
    let seen = peer.seen().remove(0);
    for (name, value) in SPOKEN {
        assert_eq!(seen.headers[name].as_bytes(), value.as_bytes(), "{name}");
    }
    assert_eq!(seen.headers["accept"], "application/json, text/event-stream");
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.body, echo(1, "hello").to_string());
}

/// R184. A client that sends the same header does not replace the server's own.
async fn each_kind_of_credential_goes_up_and_no_client_replaces_it(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let cases = [
        ("none", Value::Null, vec![]),
        ("bearer", json!({ "bearerToken": "up-token" }), vec![("authorization", "Bearer up-token")]),
        ("api_key", json!({ "apiKey": "up-key" }), vec![("x-api-key", "up-key")]),
        (
            "api_key",
            json!({ "apiKey": "up-key", "apiKeyHeader": "X-Goog-Api-Key" }),
            vec![("x-goog-api-key", "up-key")],
        ),
        (
            "custom",
            json!({ "custom": { "X-Team": "sky", "Authorization": "Token t", "Api-Key": "k" } }),
            vec![("x-team", "sky"), ("authorization", "Token t"), ("api-key", "k")],
        ),
    ];
    for (index, (auth_type, config, expected)) in cases.into_iter().enumerate() {
        let patch = json!({ "authType": auth_type, "authConfig": config });
        let made = place(&owner, &format!("Server {index}"), &peer.url, patch).await;
        let client = service.client().with("x-api-key", text(&made, "apiKey"));
        let request = post(text(&made, "id")).header("x-team", "evil").header("x-goog-api-key", "evil");
        client.send(message(request, &echo(1, "hello"))).await.assert(200);
        let seen = peer.seen().pop().unwrap();
        let base = ["accept", "content-length", "content-type", "host"];
        let all: BTreeSet<_> = expected.iter().map(|(name, _)| *name).chain(base).collect();
        assert_eq!(names(&seen), all, "{auth_type}");
        for (name, value) in &expected {
            let given: Vec<_> = seen.headers.get_all(*name).iter().collect();
            assert_eq!(given, [value], "{auth_type}");
        }
        assert!(!holds(&seen, text(&made, "apiKey")));
    }
}

/// I3. The client's query is its own too.
async fn the_upstreams_path_and_query_are_its_own(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let url = format!("{}/deep//x%2Fy?tenant=a&q=%3F", peer.url);
    place(&owner, "One", &url, json!({})).await;
    for server in ["one", "ONE", "one?tenant=b&q=/../../admin"] {
        call(&owner.client, server).await.assert(200);
        assert_eq!(peer.seen().pop().unwrap().target, "/mcp/deep//x%2Fy?tenant=a&q=%3F");
    }
}

fn header_names(answer: &Answer) -> BTreeSet<&str> {
    answer.headers.keys().map(http::HeaderName::as_str).collect()
}

async fn cookies_challenges_and_addresses_do_not_come_down(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |seen| {
        let mut reply = json_reply(&echo_of(&seen));
        for (name, value) in [
            ("set-cookie", "up=1; Path=/"),
            ("www-authenticate", "Bearer resource_metadata=\"https://evil.example\""),
            ("location", "https://evil.example/"),
            ("refresh", "0; url=https://evil.example"),
            ("clear-site-data", "\"*\""),
            ("access-control-allow-origin", "*"),
            ("strict-transport-security", "max-age=1"),
            ("alt-svc", "h3=\":443\""),
            ("link", "</x>; rel=preload"),
            ("server", "up"),
            ("x-powered-by", "up"),
            ("x-request-id", "up"),
            ("connection", "keep-alive, x-hop"),
            ("x-hop", "up"),
            ("mcp-protocol-version", "2025-11-25"),
            ("cache-control", "no-store"),
        ] {
            reply.headers_mut().append(name, value.parse().unwrap());
        }
        reply
    })
    .await;
    place(&owner, "One", &peer.url, json!({})).await;
    let answer = call(&owner.client, "one").await;
    assert_eq!(answer.assert(200).json["result"]["content"][0]["text"], "hello");
    let expected = [
        "cache-control",
        "content-length",
        "content-type",
        "date",
        "mcp-protocol-version",
        "x-content-type-options",
        "x-request-id",
    ];
    assert_eq!(header_names(&answer), expected.into());
    assert_ne!(answer.header("x-request-id"), "up");
}

/// K1: whoever is told to log in at the upstream would send it what is not its own.
async fn a_challenge_of_the_upstream_is_not_the_clients(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |_| {
        let mut reply = reply(401, Some("application/json"), r#"{"error":"upstream words"}"#);
        reply.headers_mut().insert("www-authenticate", "Bearer realm=\"up\"".parse().unwrap());
        reply
    })
    .await;
    place(&owner, "One", &peer.url, json!({})).await;
    let answer = call(&owner.client, "one").await;
    assert_failure(&answer, 502, "UPSTREAM_UNAUTHORIZED");
    assert!(!answer.headers.contains_key("www-authenticate"));
    assert!(!answer.text().contains("upstream words"));
}

/// The bytes of a body mean nothing without its coding (RFC 9110 section 8.4): it passes with it, or not at all.
async fn a_coded_request_is_not_passed_off_as_plain(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let request = post("one").header("content-encoding", "gzip");
    let answer = owner.client.send(request.body(GZIP.into()).unwrap()).await;
    match peer.seen().pop() {
        Some(seen) => assert_eq!(seen.headers.get("content-encoding"), Some(&"gzip".parse().unwrap())),
        None => assert_failure(&answer, 415, "UNSUPPORTED_MEDIA_TYPE"),
    }
}

async fn a_coded_answer_is_not_passed_off_as_plain(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |_| {
        let mut reply = reply(200, Some("application/json"), GZIP);
        reply.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        reply
    })
    .await;
    place(&owner, "One", &peer.url, json!({})).await;
    let answer = call(&owner.client, "one").await;
    match answer.status.as_u16() {
        200 => assert_eq!(answer.header("content-encoding"), "gzip"),
        _ => assert_failure(&answer, 502, "UPSTREAM_ERROR"),
    }
}

/// `{}`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
