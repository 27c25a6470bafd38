//! Clients of 2026-07-28, and servers over other transports that speak it: no sessions on either side.

use black_box_tests::{Actor, Client, Options, Service, StoreKind, eventually, within};
use bytes::Bytes;
use http::Request;
use registry_core::model::role::{Role, Scope};
use registry_gateway::proxy::{ProxyLimits, SessionLimits};
use serde_json::{Value, json};

use super::socket::{Line, Sockets, discovery};
use super::talk::{Events, initialize};
use crate::gateway::kit::{PATIENCE, message, place, post};
use crate::gateway::stream::{A_SECOND, open};
use crate::support::{server_path, with};

on_memory!(
    a_call_needs_no_session_and_the_channel_is_kept_for_the_next,
    t5_calls_of_many_keys_with_the_same_ids_get_their_own_replies,
    a_subscription_is_a_stream_until_either_side_ends_it,
    p8_a_client_that_leaves_cancels_its_stateless_call,
    progress_comes_under_the_token_of_the_client,
    errors_have_the_status_that_the_specification_gives_them,
    headers_that_differ_from_the_message_are_refused,
    a_version_that_is_not_spoken_is_refused_with_those_that_are,
    an_older_server_is_named_as_one_and_asked_once,
    a_client_of_sessions_is_told_that_there_are_none,
    the_channel_of_stateless_calls_ends_with_its_key_and_its_server,
);

const MODERN: &str = "2026-07-28";

/// Registers it as `one`.
async fn place_sockets(actor: &Actor, sockets: &Sockets) -> Value {
    place(actor, "One", &sockets.url, json!({ "transportType": "websocket" })).await
}

/// The head of a request of 2026-07-28.
fn head(method: &str) -> http::request::Builder {
    post("one").header("mcp-protocol-version", MODERN).header("mcp-method", method)
}

fn body(id: impl Into<Value>, method: &str, params: Value) -> Value {
    let id: Value = id.into();
    let meta = json!({ "progressToken": id, "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {} });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": with(params, &json!({ "_meta": meta })) })
}

fn ask(id: impl Into<Value>, method: &str) -> Request<Bytes> {
    message(head(method), &body(id, method, json!({})))
}

fn echo(id: impl Into<Value>, said: &str) -> Request<Bytes> {
    let params = json!({ "name": "echo", "arguments": { "text": said } });
    message(head("tools/call").header("mcp-name", "echo"), &body(id, "tools/call", params))
}

/// An upstream that says the text of a call again, and on which line.
async fn echoing() -> Sockets {
    Sockets::modern(|line, message| {
        if message["method"] == "tools/call" {
            let text = &message["params"]["arguments"]["text"];
            line.answer(message, json!({ "resultType": "complete", "text": text, "line": line.number }));
        }
    })
    .await
}

async fn a_call_needs_no_session_and_the_channel_is_kept_for_the_next(service: &Service) {
    let (owner, sockets) = (service.actor("acme", "olga", Role::ServerOwner).await, echoing().await);
    place_sockets(&owner, &sockets).await;
    for id in [json!(7), json!("seven"), json!(7)] {
        let answer = owner.client.send(echo(id.clone(), "hello")).await;
        assert_eq!(answer.assert(200).header("content-type"), "application/json");
        assert_eq!((&answer.json["id"], &answer.json["result"]["text"]), (&id, &json!("hello")));
        assert!(answer.headers.get("mcp-session-id").is_none());
    }
    let found = owner.client.send(ask(1, "server/discover")).await;
    assert_eq!(found.assert(200).json["result"], discovery());
    assert_eq!(sockets.lines(), 1);
    assert_eq!(sockets.count("initialize"), 0);
}

/// Each key has a channel of its own, which its calls share; the upstream answers the later call first.
async fn t5_calls_of_many_keys_with_the_same_ids_get_their_own_replies(service: &Service) {
    let waiting = std::sync::Mutex::new(std::collections::HashMap::<usize, Value>::new());
    let sockets = Sockets::modern(move |line, message| {
        let mut waiting = waiting.lock().unwrap();
        match waiting.remove(&line.number) {
            None => drop(waiting.insert(line.number, message.clone())),
            Some(earlier) => {
                assert_ne!(earlier["id"], message["id"], "the upstream could not tell them apart");
                for call in [message, &earlier] {
                    let text = &call["params"]["arguments"]["text"];
                    line.answer(call, json!({ "text": text, "line": line.number }));
                }
            }
        }
    })
    .await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    place_sockets(&owner, &sockets).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(owner.client_with(service, &[Scope::McpInvoke], None).await);
    }
    let talks = clients.iter().enumerate().map(async |(number, client)| converse(client, number).await);
    let mut lines = futures::future::join_all(talks).await;
    lines.sort_unstable();
    assert_eq!(lines, (0..50).collect::<Vec<_>>(), "each key has a channel of its own");
}

/// Two calls at once with the same id, several times; on which line.
async fn converse(client: &Client, number: usize) -> u64 {
    let mut lines = Vec::new();
    for round in 0..5 {
        let asks = ["a", "b"].map(async |which| {
            let said = format!("client {number}, round {round}, {which}");
            let answer = client.send(echo(1, &said)).await;
            let answer = &answer.assert(200).json;
            assert_eq!((&answer["id"], &answer["result"]["text"]), (&json!(1), &json!(said)));
            answer["result"]["line"].as_u64().unwrap()
        });
        lines.extend(futures::future::join_all(asks).await);
    }
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
    lines[0]
}

/// An upstream that acknowledges subscriptions.
async fn changing() -> Sockets {
    Sockets::modern(|line, message| {
        if message["method"] == "subscriptions/listen" {
            line.tell(message, "notifications/subscriptions/acknowledged");
        }
    })
    .await
}

async fn subscribe(owner: &Actor, id: Value) -> Events {
    let notifications = json!({ "notifications": { "toolsListChanged": true } });
    let method = "subscriptions/listen";
    let mut events =
        Events::of(open(owner, message(head(method), &body(id.clone(), method, notifications))).await);
    let acknowledged = events.expect().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
    events
}

async fn a_subscription_is_a_stream_until_either_side_ends_it(service: &Service) {
    let (owner, sockets) = (service.actor("acme", "olga", Role::ServerOwner).await, changing().await);
    place_sockets(&owner, &sockets).await;
    let mut first = subscribe(&owner, json!("one")).await;
    let (line, its) = sockets.heard("subscriptions/listen").await;
    let mut second = subscribe(&owner, json!(2)).await;
    let (_, other) = sockets.heard("subscriptions/listen").await;
    assert_eq!(sockets.lines(), 1);
    line.tell(&other, "notifications/tools/list_changed");
    line.tell(&its, "notifications/prompts/list_changed");
    let (to_first, to_second) = (first.expect().await, second.expect().await);
    assert_eq!(to_first["method"], "notifications/prompts/list_changed");
    assert_eq!(to_second["method"], "notifications/tools/list_changed");
    assert_eq!(to_second["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 2);
    // The client goes.
    drop(first);
    let (_, cancelled) = within("it is cancelled", A_SECOND, sockets.heard("notifications/cancelled")).await;
    assert_eq!(cancelled["params"]["requestId"], its["id"]);
    // The server ends it.
    let params = json!({ "requestId": other["id"] });
    line.say(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
    assert!(second.next().await.is_none());
    let mut third = subscribe(&owner, json!(3)).await;
    let (line, its) = sockets.heard("subscriptions/listen").await;
    line.answer(
        &its,
        json!({ "resultType": "complete",
        "_meta": { "io.modelcontextprotocol/subscriptionId": its["id"] } }),
    );
    let last = third.expect().await;
    assert_eq!(
        (&last["id"], &last["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"]),
        (&json!(3), &json!(3))
    );
    assert!(third.next().await.is_none());
    let json_only = head("subscriptions/listen").header("accept", "application/json");
    let mut request = message(json_only, &body(4, "subscriptions/listen", json!({})));
    request.headers_mut().insert("accept", "application/json".parse().unwrap());
    assert_eq!(owner.client.send(request).await.assert(406).json["id"], 4);
}

async fn p8_a_client_that_leaves_cancels_its_stateless_call(service: &Service) {
    let (owner, sockets) =
        (service.actor("acme", "olga", Role::ServerOwner).await, Sockets::modern(|_, _| {}).await);
    place_sockets(&owner, &sockets).await;
    let (_, asked) = tokio::select! {
        _ = open(&owner, ask("mine", "tools/list")) => panic!("nobody answers"),
        heard = sockets.heard("tools/list") => heard,
    };
    let (_, cancelled) = within("it is cancelled", A_SECOND, sockets.heard("notifications/cancelled")).await;
    assert_eq!(cancelled["params"]["requestId"], asked["id"]);
}

async fn progress_comes_under_the_token_of_the_client(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let sockets = Sockets::modern(|line, message| {
        let token = &message["params"]["_meta"]["progressToken"];
        for step in 1..=3 {
            let params = json!({ "progressToken": token, "progress": step });
            line.say(json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params }));
        }
        line.answer(message, json!({ "resultType": "complete" }));
    })
    .await;
    place_sockets(&owner, &sockets).await;
    let mut events = Events::of(open(&owner, ask("mine", "tools/list")).await);
    for step in 1..=3 {
        let progress = events.expect().await;
        assert_eq!(progress["params"], json!({ "progressToken": "mine", "progress": step }));
    }
    assert_eq!(events.expect().await["id"], "mine");
    assert!(events.next().await.is_none());
}

async fn errors_have_the_status_that_the_specification_gives_them(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let sockets = Sockets::modern(|line, message| {
        let code: i64 = message["method"].as_str().unwrap().trim_start_matches('x').parse().unwrap();
        line.refuse(message, json!({ "code": code, "message": "no" }));
    })
    .await;
    place_sockets(&owner, &sockets).await;
    for (code, status) in
        [(-32601, 404), (-32021, 400), (-32022, 400), (-32602, 200), (-32603, 200), (-32002, 200)]
    {
        let answer = owner.client.send(ask(1, &format!("x{code}"))).await;
        assert_eq!((answer.status.as_u16(), &answer.json["error"]["code"]), (status, &json!(code)));
        assert_eq!(answer.json["id"], 1);
    }
    // A request that lacks what each has to have.
    let bare = json!({ "jsonrpc": "2.0", "id": 1, "method": "x-32602" });
    owner.client.send(message(head("x-32602"), &bare)).await.assert(400);
}

async fn headers_that_differ_from_the_message_are_refused(service: &Service) {
    let (owner, sockets) = (service.actor("acme", "olga", Role::ServerOwner).await, echoing().await);
    place_sockets(&owner, &sockets).await;
    let call = body(1, "tools/call", json!({ "name": "echo" }));
    for (header, value) in [
        ("mcp-method", "tools/list"),
        ("mcp-name", "other"),
        ("mcp-protocol-version", "2026-12-31"),
        ("mcp-method", ""),
        ("mcp-name", ""),
        ("mcp-protocol-version", ""),
    ] {
        let mut request = message(head("tools/call").header("mcp-name", "echo"), &call);
        match value {
            "" => drop(request.headers_mut().remove(header)),
            value => drop(request.headers_mut().insert(header, value.parse().unwrap())),
        }
        let answer = owner.client.send(request).await;
        let error = &answer.assert(400).json["error"];
        assert_eq!(
            (&error["code"], &error["data"]["code"]),
            (&json!(-32020), &json!("HEADER_MISMATCH")),
            "{header}"
        );
    }
    assert_eq!(sockets.lines(), 0);
}

async fn a_version_that_is_not_spoken_is_refused_with_those_that_are(service: &Service) {
    let (owner, sockets) = (service.actor("acme", "olga", Role::ServerOwner).await, echoing().await);
    place_sockets(&owner, &sockets).await;
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "1900-01-01",
        "io.modelcontextprotocol/clientCapabilities": {} });
    let old = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let head = post("one").header("mcp-protocol-version", "1900-01-01").header("mcp-method", "tools/list");
    let answer = owner.client.send(message(head, &old)).await;
    let error = &answer.assert(400).json["error"];
    assert_eq!((&answer.json["id"], &error["code"]), (&json!(1), &json!(-32022)));
    assert_eq!(error["data"]["supported"], json!([MODERN]));
    assert_eq!(error["data"]["requested"], "1900-01-01");
}

/// Clients of both eras fall back to `initialize` when the error is none of a server without sessions.
async fn an_older_server_is_named_as_one_and_asked_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let sockets = Sockets::start(|line, message| {
        line.refuse(message, json!({ "code": -32601, "message": "Method not found" }));
    })
    .await;
    place_sockets(&owner, &sockets).await;
    for _ in 0..3 {
        let answer = owner.client.send(ask(1, "tools/list")).await;
        let error = &answer.assert(400).json["error"];
        assert_eq!((&answer.json["id"], &error["code"]), (&json!(1), &json!(-32600)));
        assert_eq!(error["data"]["code"], "UNSUPPORTED_PROTOCOL_VERSION");
        assert_eq!(error["data"]["supported"][0], "2025-11-25");
    }
    assert_eq!((sockets.lines(), sockets.count("tools/list")), (1, 0));
}

async fn a_client_of_sessions_is_told_that_there_are_none(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let sockets = Sockets::modern(|line, message| {
        line.refuse(message, json!({ "code": -32601, "message": "Method not found" }));
    })
    .await;
    place_sockets(&owner, &sockets).await;
    let answer = owner.client.send(message(post("one"), &initialize())).await;
    let error = &answer.assert(400).json["error"];
    assert_eq!((&answer.json["id"], &error["code"]), (&json!("begin"), &json!(-32022)));
    assert_eq!(error["data"]["supported"], json!([MODERN]));
    assert!(answer.headers.get("mcp-session-id").is_none());
}

async fn the_channel_of_stateless_calls_ends_with_its_key_and_its_server(service: &Service) {
    let (owner, sockets) = (service.actor("acme", "olga", Role::ServerOwner).await, changing().await);
    let made = place_sockets(&owner, &sockets).await;
    let mut events = subscribe(&owner, json!(1)).await;
    let (line, _) = sockets.heard("subscriptions/listen").await;
    owner.client.put(&server_path(&made), &json!({ "status": "maintenance" })).await.assert(200);
    within("the upstream's connection is closed", 2 * A_SECOND, line.closed()).await;
    while events.next().await.is_some() {}
    owner.client.put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    let issued = owner.mint(service, Scope::ALL, None).await;
    let client = service.client().with_key(issued.secret.expose());
    let asking = tokio::spawn(async move { client.send(ask(1, "tools/list")).await });
    let (line, _) = sockets.heard("tools/list").await;
    owner.client.delete(&format!("/api/api-keys/{}", issued.key.id)).await.assert(204);
    within("the upstream's connection is closed", 2 * A_SECOND, line.closed()).await;
    asking.await.unwrap().assert(503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_of_stateless_calls_ends_when_it_is_idle_and_there_are_few() {
    let shared_idle_timeout = std::time::Duration::from_millis(200);
    let sessions = SessionLimits { max_shared: 1, shared_idle_timeout, ..SessionLimits::default() };
    let proxy = ProxyLimits { sessions, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let (owner, sockets) = (service.actor("acme", "olga", Role::ServerOwner).await, echoing().await);
    place_sockets(&owner, &sockets).await;
    owner.client.send(echo(1, "one")).await.assert(200);
    let (line, _): (Line, _) = sockets.heard("tools/call").await;
    within("the idle channel is closed", PATIENCE, line.closed()).await;
    eventually("another is opened", PATIENCE, async || {
        owner.client.send(echo(2, "two")).await.assert(200);
        (sockets.lines() == 2).then_some(())
    })
    .await;
    service.stop().await;
}
