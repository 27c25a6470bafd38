//! What the gateway refuses before it asks an upstream.

use black_box_tests::{Answer, Options, Service, StoreKind, on_every_store};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use registry_core::model::role::{Role, Scope};
use registry_gateway::proxy::ProxyLimits;
use serde_json::json;

use super::kit::{assert_failure, call, echo, message, place, post};
use super::peer::Peer;
use crate::support::{server_path, text};

on_every_store!(
    a2_every_key_that_is_not_good_is_refused_alike,
    a_key_without_the_scope_is_forbidden,
    another_tenants_server_does_not_exist,
    a_key_of_one_server_calls_no_other,
    a_server_that_is_off_is_unavailable_for_a_while,
);
on_memory!(
    t3_an_odd_server_id_names_no_server,
    other_methods_are_not_allowed,
    o2_a_client_that_still_sends_is_told_that_its_body_is_too_large,
);

/// A2: only what is wrong with the form of a key is said.
async fn a2_every_key_that_is_not_good_is_refused_alike(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let revoked = owner.mint(service, Scope::ALL, None).await;
    owner.client.delete(&format!("/api/api-keys/{}", revoked.key.id)).await.assert(204);
    let unknown = format!("mcp_{}", "a".repeat(60));
    let client = service.client();
    let bearer = |key: &str| client.with("authorization", &format!("Bearer {key}"));
    let cases = [
        ("none", client.clone()),
        ("empty", bearer("")),
        ("unknown", bearer(&unknown)),
        ("revoked", bearer(revoked.secret.expose())),
        ("basic", client.with("authorization", "Basic b2xnYTpvbGdh")),
        ("no scheme", client.with("authorization", owner.secret())),
        ("prefix", bearer(&owner.secret()[4..])),
        ("cut", bearer(&owner.secret()[..60])),
        ("cookie", client.with("cookie", &format!("key={}", owner.secret()))),
        ("two keys", bearer(owner.secret()).with("x-api-key", &unknown)),
        ("two headers", bearer(owner.secret()).with("authorization", &format!("Bearer {unknown}"))),
        ("lower case", bearer(&owner.secret().to_lowercase())),
    ];
    for (what, client) in cases {
        let answer = call(&client, "one").await;
        assert_failure(&answer, 401, "UNAUTHORIZED");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
        // Who is not known learns nothing of servers either.
        assert_eq!(call(&client, "nothing").await.json, answer.json, "{what}");
    }
    let (unknown, revoked) = (bearer(&unknown), bearer(revoked.secret.expose()));
    assert_eq!(call(&unknown, "one").await.json, call(&revoked, "one").await.json);
    let in_the_query = format!("one?key={0}&api_key={0}&authorization=Bearer%20{0}", owner.secret());
    assert_failure(&call(&client, &in_the_query).await, 401, "UNAUTHORIZED");
    assert_eq!(peer.hits(), 0);
    call(&client.with("x-api-key", owner.secret()), "one").await.assert(200);
}

async fn a_key_without_the_scope_is_forbidden(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::McpInvoke).collect();
    let client = owner.client_with(service, &others, None).await;
    assert_failure(&call(&client, "one").await, 403, "FORBIDDEN");
    assert_failure(&call(&client, "nothing").await, 404, "NOT_FOUND");
    assert_eq!(peer.hits(), 0);
    let client = owner.client_with(service, &[Scope::McpInvoke], None).await;
    call(&client, "one").await.assert(200);
}

/// T1, T3: by id or by name, and the same answer as for no server at all.
async fn another_tenants_server_does_not_exist(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let stranger = service.actor("globex", "sam", Role::ServerOwner).await;
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let nothing = call(&stranger.client, "01900000-0000-7000-8000-000000000000").await;
    assert_failure(&nothing, 404, "NOT_FOUND");
    for reference in [text(&made, "id"), "one"] {
        assert_eq!(call(&stranger.client, reference).await.assert(404).json, nothing.json);
    }
    // A name is looked up in the caller's own tenant: the same name there is another server.
    let own = Peer::echo().await;
    place(&stranger, "One", &own.url, json!({})).await;
    call(&stranger.client, "one").await.assert(200);
    assert_eq!((peer.hits(), own.hits()), (0, 1));
    let public = place(&owner, "Public", &peer.url, json!({ "isPublic": true })).await;
    call(&stranger.client, text(&public, "id")).await.assert(200);
    assert_eq!(peer.hits(), 1);
}

async fn a_key_of_one_server_calls_no_other(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let one = place(&owner, "One", &peer.url, json!({})).await;
    let two = place(&owner, "Two", &peer.url, json!({ "isPublic": true })).await;
    let client = service.client().with_key(text(&one, "apiKey"));
    call(&client, "one").await.assert(200);
    for reference in ["two", text(&two, "id")] {
        assert_failure(&call(&client, reference).await, 404, "NOT_FOUND");
    }
}

async fn a_server_that_is_off_is_unavailable_for_a_while(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    for status in ["inactive", "maintenance"] {
        owner.client.put(&server_path(&made), &json!({ "status": status })).await.assert(200);
        let answer = call(&owner.client, "one").await;
        assert_failure(&answer, 503, "SERVER_NOT_ACTIVE");
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    }
    assert_eq!(peer.hits(), 0);
    owner.client.put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    call(&owner.client, "one").await.assert(200);
}

/// T3: never "all servers". What the listener itself refuses never reaches the gateway.
async fn t3_an_odd_server_id_names_no_server(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let id = text(&made, "id");
    let long = "a".repeat(5_000);
    for odd in [
        "",
        "*",
        "all",
        "%2a",
        "one/",
        "one/tools",
        "/one",
        "one%2f",
        "one%20",
        "%6f%6e%65",
        "one,one",
        "one;x",
        "0",
        "null",
        "undefined",
        "-",
        "_",
        "one_",
        "{server}",
        "one%00",
        "%ff",
        "one%0d%0aX-Y:%20z",
        "'or'1'='1",
        &long,
        &id[1..],
        &format!("{id}x"),
        "00000000-0000-0000-0000-000000000000",
    ] {
        let answer = call(&owner.client, odd).await;
        let refused_by_listener = answer.status == 400 && odd.contains('%');
        if !refused_by_listener {
            assert_failure(&answer, 404, "NOT_FOUND");
        }
    }
    for dots in ["..", ".", "one/..", "../api/servers", "%2e%2e/api/servers", "one/%2E%2e/one"] {
        assert!([400, 404].contains(&call(&owner.client, dots).await.status.as_u16()), "{dots}");
    }
    let bare = Request::post("/mcp").body(Bytes::new()).unwrap();
    assert_failure(&owner.client.send(bare).await, 404, "NOT_FOUND");
    assert_eq!(peer.hits(), 0);
    call(&owner.client, &id.to_uppercase()).await.assert(200);
}

async fn other_methods_are_not_allowed(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    for method in [Method::PUT, Method::PATCH, Method::OPTIONS, Method::HEAD, Method::TRACE] {
        let request = Request::builder().method(method.clone()).uri("/mcp/one").body(Bytes::new()).unwrap();
        let answer = owner.client.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, POST, DELETE"), "{method}");
        if method != Method::HEAD {
            assert_failure(&answer, 405, "METHOD_NOT_ALLOWED");
        }
    }
    assert_eq!(peer.hits(), 0);
}

/// O2: both with a length and without one. No whole request goes up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_a_body_over_the_limit_is_too_large() {
    let proxy = ProxyLimits { max_request_bytes: 1_000, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let body = |bytes: usize| {
        let text = "x".repeat(bytes - echo(1, "").to_string().len());
        message(post("one"), &echo(1, &text))
    };
    assert_failure(&owner.client.send(body(1_001)).await, 413, "PAYLOAD_TOO_LARGE");
    assert_failure(&chunked(&owner, body(1_001)).await, 413, "PAYLOAD_TOO_LARGE");
    assert_eq!(peer.hits(), 0, "a request that is too large arrived as a whole");
    owner.client.send(body(1_000)).await.assert(200);
    chunked(&owner, body(1_000)).await.assert(200);
    assert!(peer.seen().iter().all(|seen| seen.body.len() == 1_000));
    service.stop().await;
}

/// O2: the answer comes before the body is read. A connection that is closed then with bytes unread takes the answer
/// with it (RFC 9112 section 9.6), and the client sees a broken pipe.
async fn o2_a_client_that_still_sends_is_told_that_its_body_is_too_large(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let large = Bytes::from(vec![b' '; 5_000_000]);
    for _ in 0..30 {
        let answer = owner.client.send(post("one").body(large.clone()).unwrap()).await;
        assert_failure(&answer, 413, "PAYLOAD_TOO_LARGE");
    }
    assert_eq!(peer.hits(), 0);
}

/// Sends the body in pieces, without a length.
async fn chunked(actor: &black_box_tests::Actor, request: Request<Bytes>) -> Answer {
    let (mut parts, body) = request.into_parts();
    parts.uri = format!("http://{}{}", actor.client.address(), parts.uri).parse().unwrap();
    parts.headers.insert("authorization", format!("Bearer {}", actor.secret()).parse().unwrap());
    let pieces: Vec<_> = body
        .chunks(100)
        .map(|piece| Ok::<_, std::io::Error>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let request = Request::from_parts(parts, StreamBody::new(futures::stream::iter(pieces)));
    let response =
        legacy::Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let json = serde_json::from_slice(&bytes).unwrap_or_default();
    Answer { status: head.status, headers: head.headers, bytes, json, request: "chunked".to_owned() }
}
