//! Sessions: what a client holds is a handle for its key and server only (T6).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use black_box_tests::{Answer, Client, Seen, Service, StoreKind, on_every_store};
use http::{Method, Request};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::kit::{assert_failure, echo, message, place, post};
use super::peer::{Peer, Reply, echo_of, json_reply, reply, status};
use crate::support::text;

on_every_store!(t6_a_handle_is_of_no_use_to_another_key_or_server);
on_memory!(
    a_handle_hides_the_upstreams_id_and_works,
    a_handle_that_was_tampered_with_is_refused,
    an_ended_session_is_gone_for_the_client_too,
    an_upstream_that_forgot_a_session_says_so,
);

/// An upstream with sessions `upstream-session-1`, `-2` ... that knows which are open.
async fn sessions() -> Peer {
    let (count, open) = (Mutex::new(0), Arc::<Mutex<BTreeSet<String>>>::default());
    Peer::start(move |seen| std::future::ready(answer(&seen, &mut count.lock().unwrap(), &open))).await
}

fn answer(seen: &Seen, count: &mut u32, open: &Mutex<BTreeSet<String>>) -> Reply {
    let mut open = open.lock().unwrap();
    let Some(id) = seen.headers.get("mcp-session-id") else {
        *count += 1;
        let id = format!("upstream-session-{count}");
        let mut reply = json_reply(&echo_of(seen));
        reply.headers_mut().insert("mcp-session-id", id.parse().unwrap());
        open.insert(id);
        return reply;
    };
    let id = id.to_str().unwrap();
    match seen.method {
        _ if !open.contains(id) => reply(
            404,
            Some("application/json"),
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#,
        ),
        Method::DELETE => {
            open.remove(id);
            status(204)
        }
        _ => json_reply(&echo_of(seen)),
    }
}

async fn begin(client: &Client, server: &str) -> String {
    let answer = client.send(message(post(server), &echo(1, "begin"))).await;
    answer.assert(200).header("mcp-session-id").to_owned()
}

async fn go_on(client: &Client, server: &str, handle: &str) -> Answer {
    client.send(message(post(server).header("mcp-session-id", handle), &echo(2, "on"))).await
}

async fn end(client: &Client, server: &str, handle: &str) -> Answer {
    let request = Request::delete(format!("/mcp/{server}")).header("mcp-session-id", handle);
    client.send(request.body(bytes::Bytes::new()).unwrap()).await
}

async fn a_handle_hides_the_upstreams_id_and_works(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, sessions().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let (first, second) = (begin(&owner.client, "one").await, begin(&owner.client, "one").await);
    for (handle, id) in [(&first, "upstream-session-1"), (&second, "upstream-session-2")] {
        assert!(
            !handle.contains("upstream") && handle.bytes().all(|byte| byte.is_ascii_graphic()),
            "{handle}"
        );
        // By name or by id, it is the same server.
        for server in ["one", text(&made, "id")] {
            let answer = go_on(&owner.client, server, handle).await;
            assert_eq!(answer.assert(200).json["result"]["content"][0]["text"], "on");
            assert_eq!(peer.seen().pop().unwrap().headers["mcp-session-id"], id);
        }
    }
    assert_ne!(first, second);
}

/// T6. Not even the same user's other key, nor another tenant's that sees the server; nothing goes up.
async fn t6_a_handle_is_of_no_use_to_another_key_or_server(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, sessions().await);
    let made = place(&owner, "One", &peer.url, json!({ "isPublic": true })).await;
    place(&owner, "Two", &peer.url, json!({})).await;
    let handle = begin(&owner.client, "one").await;
    let calls = peer.hits();
    let colleague = service.actor("acme", "carl", Role::ServerOwner).await;
    let stranger = service.actor("globex", "sam", Role::Admin).await;
    let other_key = owner.client_with(service, Scope::ALL, None).await;
    for client in [&other_key, &colleague.client, &stranger.client] {
        assert_failure(&go_on(client, text(&made, "id"), &handle).await, 404, "SESSION_NOT_FOUND");
        assert_failure(&end(client, text(&made, "id"), &handle).await, 404, "SESSION_NOT_FOUND");
    }
    assert_failure(&go_on(&owner.client, "two", &handle).await, 404, "SESSION_NOT_FOUND");
    assert_eq!(peer.hits(), calls, "a call with a foreign handle went up");
    go_on(&owner.client, "one", &handle).await.assert(200);
}

/// Also: the upstream's own id is none.
async fn a_handle_that_was_tampered_with_is_refused(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, sessions().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let handle = begin(&owner.client, "one").await;
    let calls = peer.hits();
    let mut odd: Vec<String> = ["", " ", "x", "upstream-session-1", "null"].map(str::to_owned).into();
    odd.extend([
        handle[..handle.len() - 1].to_owned(),
        format!("{handle}A"),
        handle.repeat(2),
        handle.to_lowercase(),
    ]);
    for place in (0..handle.len()).step_by(3) {
        let other = if handle.as_bytes()[place] == b'A' { "B" } else { "A" };
        odd.push(format!("{}{other}{}", &handle[..place], &handle[place + 1..]));
    }
    for handle in odd {
        assert_failure(&go_on(&owner.client, "one", &handle).await, 404, "SESSION_NOT_FOUND");
    }
    assert_eq!(peer.hits(), calls, "a call with a broken handle went up");
}

async fn an_ended_session_is_gone_for_the_client_too(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, sessions().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let handle = begin(&owner.client, "one").await;
    end(&owner.client, "one", &handle).await.assert(204);
    let seen = peer.seen().pop().unwrap();
    assert_eq!(
        (seen.method.as_str(), &seen.headers["mcp-session-id"]),
        ("DELETE", &"upstream-session-1".parse().unwrap())
    );
    let answer = go_on(&owner.client, "one", &handle).await;
    assert_eq!(answer.assert(404).json["error"]["code"], -32001);
}

/// A client begins a new session when it is told 404 (MCP transports, "Session Management"), in whatever words.
async fn an_upstream_that_forgot_a_session_says_so(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |seen| {
        let mut reply = match seen.headers.contains_key("mcp-session-id") {
            true => reply(404, Some("text/html"), "<h1>gone</h1>"),
            false => json_reply(&echo_of(&seen)),
        };
        reply.headers_mut().insert("mcp-session-id", "s".parse().unwrap());
        reply
    })
    .await;
    place(&owner, "One", &peer.url, json!({})).await;
    let handle = begin(&owner.client, "one").await;
    assert_failure(&go_on(&owner.client, "one", &handle).await, 404, "UPSTREAM_REFUSAL");
    begin(&owner.client, "one").await;
}

/// No node holds anything of a session: the one that starts after it opens its handles too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_outlives_a_restart_of_the_service() {
    let service = Service::start(StoreKind::Sled).await;
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, sessions().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let handle = begin(&owner.client, "one").await;
    let service = service.restart().await;
    let client = service.client().with_key(owner.secret());
    go_on(&client, "one", &handle).await.assert(200);
    service.stop().await;
}
