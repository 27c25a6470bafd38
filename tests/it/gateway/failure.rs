//! Upstreams that fail (F4, S3): each failure has its status and its code, and nothing of the upstream's page passes.

use std::time::{Duration, Instant};

use black_box_tests::{Answer, Service};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::canary::Canary;
use super::kit::{assert_failure, call, place};
use super::peer::{Peer, Reply, reply, status};
use super::raw::{After, Raw};

on_memory!(
    a_closed_port_is_unreachable,
    a_silent_upstream_times_out_by_the_servers_own_setting,
    an_upstream_that_stops_in_its_body_is_cut,
    credentials_that_are_refused_are_the_servers_problem,
    a_page_instead_of_a_message_is_not_passed_on,
    what_is_said_in_mcps_terms_passes_with_its_status,
    a_refusal_in_other_words_passes_as_its_status,
    f4_when_to_come_back_passes_with_a_refusal,
    s3_a_redirect_is_not_followed,
    f4_garbage_and_an_early_close_are_failures,
    f4_a_switch_of_protocols_is_a_failure,
    f4_a_body_that_breaks_off_is_no_whole_answer,
    an_upstream_that_closes_idle_connections_is_connected_to_again,
);

const HTML: &str = "<html><body>upstream words</body></html>";

/// The answer to one call of the upstream at `url`.
async fn ask(service: &Service, url: &str, settings: Value) -> Answer {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let name = format!("S {}", service.audit_entries().await);
    let made = place(&owner, &name, url, json!({ "settings": settings })).await;
    let answer = call(&owner.client, crate::support::text(&made, "id")).await;
    assert!(!answer.text().contains("upstream words"), "{}", answer.text());
    answer
}

async fn ask_peer(service: &Service, answer: impl Fn() -> Reply + Send + Sync + 'static) -> Answer {
    let peer = Peer::start(move |_| std::future::ready(answer())).await;
    ask(service, &peer.url, json!({})).await
}

async fn a_closed_port_is_unreachable(service: &Service) {
    let closed = Canary::everywhere().url();
    assert_failure(&ask(service, &closed, json!({})).await, 502, "UPSTREAM_UNREACHABLE");
    let unknown = "http://no-such-host.invalid/mcp";
    assert_failure(&ask(service, unknown, json!({})).await, 502, "UPSTREAM_UNREACHABLE");
}

async fn a_silent_upstream_times_out_by_the_servers_own_setting(service: &Service) {
    for part in ["", "HTTP/1.1 200 OK\r\nContent-Type: appl"] {
        let silent = Raw::start(part, After::Hold).await;
        let start = Instant::now();
        let answer = ask(service, &silent.url, json!({ "timeoutMs": 1_000 })).await;
        assert_failure(&answer, 504, "UPSTREAM_TIMEOUT");
        let took = start.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&took), "{took:?}");
        assert_eq!(silent.connections(), 1, "a call is not made twice");
    }
}

async fn an_upstream_that_stops_in_its_body_is_cut(service: &Service) {
    let stuck =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\":";
    assert_broken(service, stuck, After::Hold).await;
}

async fn credentials_that_are_refused_are_the_servers_problem(service: &Service) {
    for code in [401, 403, 407] {
        for content_type in ["text/html", "application/json"] {
            let answer = ask_peer(service, move || reply(code, Some(content_type), HTML)).await;
            assert_failure(&answer, 502, "UPSTREAM_UNAUTHORIZED");
        }
    }
}

async fn a_page_instead_of_a_message_is_not_passed_on(service: &Service) {
    for (code, content_type) in [
        (200, "text/html; charset=utf-8"),
        (200, "application/xhtml+xml"),
        (200, "application/octet-stream"),
        (200, "image/svg+xml"),
        (202, "text/html"),
        (500, "text/html"),
        (500, "text/plain"),
        (502, "text/html"),
        (503, "text/html"),
        (504, "application/problem+xml"),
    ] {
        let answer = ask_peer(service, move || reply(code, Some(content_type), HTML)).await;
        assert_failure(&answer, 502, "UPSTREAM_ERROR");
    }
    assert_failure(&ask_peer(service, || status(500)).await, 502, "UPSTREAM_ERROR");
}

async fn what_is_said_in_mcps_terms_passes_with_its_status(service: &Service) {
    for code in [400, 404, 405, 422, 429, 500, 503] {
        let said = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"said so"}}"#;
        let answer = ask_peer(service, move || {
            let mut reply = reply(code, Some("application/json"), said);
            reply.headers_mut().insert("retry-after", "7".parse().unwrap());
            reply
        })
        .await;
        assert_eq!((answer.assert(code).text().as_str(), answer.header("retry-after")), (said, "7"));
    }
    let answer = ask_peer(service, || status(202)).await;
    assert_eq!(answer.assert(202).bytes.len(), 0);
}

/// 404 and 405 mean something to a client.
async fn a_refusal_in_other_words_passes_as_its_status(service: &Service) {
    for code in [400, 404, 405, 406, 410, 429] {
        let answer = ask_peer(service, move || reply(code, Some("text/html"), HTML)).await;
        assert_failure(&answer, code, "UPSTREAM_REFUSAL");
    }
}

/// F4: a client that is not told when to come back comes back at once.
async fn f4_when_to_come_back_passes_with_a_refusal(service: &Service) {
    let answer = ask_peer(service, || {
        let mut reply = reply(429, Some("text/html"), HTML);
        reply.headers_mut().insert("retry-after", "7".parse().unwrap());
        reply
    })
    .await;
    assert_failure(&answer, 429, "UPSTREAM_REFUSAL");
    assert_eq!(answer.headers.get("retry-after").map(http::HeaderValue::as_bytes), Some(&b"7"[..]));
}

/// S3: the target sees no connection, and the client does not learn of it.
async fn s3_a_redirect_is_not_followed(service: &Service) {
    let canary = Canary::everywhere();
    for code in [300, 301, 302, 303, 304, 307, 308] {
        for content_type in ["text/html", "application/json"] {
            let target = canary.url();
            let answer = ask_peer(service, move || {
                let mut reply = reply(code, Some(content_type), "");
                reply.headers_mut().insert("location", target.parse().unwrap());
                reply
            })
            .await;
            assert_failure(&answer, 502, "UPSTREAM_ERROR");
            assert!(!answer.headers.contains_key("location"));
        }
    }
    canary.assert_untouched("a redirect");
}

async fn f4_garbage_and_an_early_close_are_failures(service: &Service) {
    let long_head = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(200));
    for bytes in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\0\0\0\0\u{1}\u{2}\u{3}",
        "HTTP/1.1 999999 OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
        &long_head,
        &many_headers,
    ] {
        let raw = Raw::start(bytes, After::Close).await;
        let answer = ask(service, &raw.url, json!({})).await;
        assert_eq!(answer.status, 502, "{:?}: {}", &bytes[..bytes.len().min(60)], answer.text());
        assert_failure(&answer, 502, "UPSTREAM_ERROR");
        assert_eq!(raw.connections(), 1, "a call is not made twice: {bytes:?}");
    }
}

/// Nobody asked for one: the upstream never saw an `Upgrade`. The client's connection stays one of HTTP.
async fn f4_a_switch_of_protocols_is_a_failure(service: &Service) {
    for content_type in ["", "Content-Type: text/plain\r\n", "Content-Type: application/json\r\n"] {
        let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n";
        let raw = Raw::start(format!("{head}{content_type}\r\n"), After::Close).await;
        let answer = ask(service, &raw.url, json!({})).await;
        assert_eq!(answer.status, 502, "{content_type:?}");
        assert_failure(&answer, 502, "UPSTREAM_ERROR");
    }
}

async fn f4_a_body_that_breaks_off_is_no_whole_answer(service: &Service) {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\":",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        assert_broken(service, bytes, After::Close).await;
    }
}

/// The client's exchange ends with an error: nobody takes what came for all of it.
async fn assert_broken(service: &Service, bytes: &'static str, after: After) {
    use http_body_util::{BodyExt, Empty};
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let raw = Raw::start(bytes, after).await;
    let name = format!("S {}", service.audit_entries().await);
    let made = place(&owner, &name, &raw.url, json!({ "settings": { "timeoutMs": 1_000 } })).await;
    let uri = format!("http://{}/mcp/{}", service.address, crate::support::text(&made, "id"));
    let request = http::Request::get(uri).header("authorization", format!("Bearer {}", owner.secret()));
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    let client =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let exchange = async { client.request(request).await.ok()?.into_body().collect().await.ok() };
    let whole = black_box_tests::within("the cut", super::kit::PATIENCE, exchange).await;
    assert!(whole.is_none(), "{bytes:?} came through as a whole answer");
}

/// What the pool keeps may have died: that is no failure of the next call.
async fn an_upstream_that_closes_idle_connections_is_connected_to_again(service: &Service) {
    let said = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let raw = Raw::start(said, After::Close).await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    place(&owner, "One", &raw.url, json!({})).await;
    for _ in 0..20 {
        call(&owner.client, "one").await.assert(200);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(raw.connections(), 20);
}
