//! Messages that are too large, too deep, or none (O2, F4).

use black_box_tests::{Options, Service, StoreKind};
use registry_core::model::role::Role;
use registry_gateway::proxy::ProxyLimits;
use serde_json::json;

use super::talk::{Talk, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::kit::{assert_failure, echo, post};

on_memory!(
    what_is_no_message_is_not_passed_on,
    o2_a_deeply_nested_message_passes_or_is_refused_in_time,
    f4_garbage_of_the_upstream_is_passed_over,
    o2_an_endless_event_ends_the_session,
);

async fn what_is_no_message_is_not_passed_on(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let heard = legacy.all().len();
    for odd in [
        "",
        "null",
        "{",
        "[]",
        r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"a"}{"jsonrpc":"2.0","id":2,"method":"a"}"#,
    ] {
        let head = post("one").header("mcp-session-id", &talk.handle);
        assert_failure(&owner.client.send(head.body(odd.into()).unwrap()).await, 400, "INVALID_REQUEST");
    }
    for (name, value) in [("content-type", "text/plain"), ("content-encoding", "gzip")] {
        let mut request = talk.post(&echo(1, "x"));
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_failure(&owner.client.send(request).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(legacy.all().len(), heard);
}

async fn o2_a_deeply_nested_message_passes_or_is_refused_in_time(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let legacy = Legacy::start(move |wire, _| {
        wire.write(format!("data: {{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{deep}}}\n\n"));
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let answer = talk.send(&request(1, "deep")).await;
    assert_eq!(answer.assert(200).bytes.len(), 2_000_000 + r#"{"jsonrpc":"2.0","id":1,"result":}"#.len());
    let meta = "[".repeat(1_000_000);
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"_meta":{meta}"#);
    let head = post("one").header("mcp-session-id", &talk.handle);
    assert_failure(&owner.client.send(head.body(body.into()).unwrap()).await, 400, "INVALID_REQUEST");
}

async fn f4_garbage_of_the_upstream_is_passed_over(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| {
        for garbage in [
            "hello",
            "{}",
            "[1,2]",
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":99,"result":"of nobody's request"}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"result":"twice"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#,
        ] {
            wire.write(format!("data: {garbage}\n\n"));
        }
        wire.answer(message, json!("at last"));
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    assert_eq!(talk.send(&request(1, "x")).await.assert(200).json["result"], "at last");
}

async fn o2_an_endless_event_ends_the_session(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, _| {
        wire.write("data: ");
        for _ in 0..20 {
            wire.write(vec![b'x'; 1024 * 1024]);
        }
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let answer = talk.send(&request(1, "x")).await;
    assert_eq!(answer.assert(502).json["error"]["data"]["code"], "UPSTREAM_ERROR");
    assert_failure(&talk.end().await, 404, "SESSION_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_a_message_that_is_too_large_is_refused() {
    let proxy = ProxyLimits { max_request_bytes: 1_000, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    assert_failure(&talk.send(&echo(1, &"x".repeat(1_000))).await, 413, "PAYLOAD_TOO_LARGE");
    talk.send(&echo(1, &"x".repeat(500))).await.assert(200);
    service.stop().await;
}
