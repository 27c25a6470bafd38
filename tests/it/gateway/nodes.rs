//! Several nodes on one PostgreSQL: what one changes, the others know within a second (A4), and they share sessions.

use std::time::{Duration, Instant};

use black_box_tests::{ADMIN_KEY, Client, Database, Upstream, eventually, server_at};
use serde_json::{Value, json};

use super::kit::{PATIENCE, assert_failure, call, echo, message, post};
use super::peer::Peer;
use crate::nodes::Nodes;
use crate::support::{server_path, text};

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);

/// From the bound on, no call may be answered otherwise.
async fn assert_within_the_bound(client: &Client, server: &str, status: u16, code: &str) {
    let start = Instant::now();
    let changed = async || (call(client, server).await.status == status).then_some(());
    eventually("the other node knows", PATIENCE, changed).await;
    let took = start.elapsed();
    assert!(took < BOUND, "{code} after {took:?}");
    for _ in 0..20 {
        for answer in futures::future::join_all((0..50).map(|_| call(client, server))).await {
            assert_failure(&answer, status, code);
        }
    }
}

/// A4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_what_one_node_changes_the_others_know_within_a_second() {
    let (nodes, peer, upstream) = (Nodes::new().await, Peer::echo().await, Upstream::start().await);
    let (first, second) = (nodes.start(), nodes.start());
    let admin = first.admin();
    let key = ADMIN_KEY.to_owned();
    let made = admin.post("/api/servers", &server_at("One", &upstream.url)).await.expect(201);
    let change = async |patch: Value| admin.put(&server_path(&made), &patch).await.assert(200).json.clone();
    change(json!({ "endpointUrl": peer.url, "validateConnection": false })).await;

    let own = second.client().with_key(text(&made, "apiKey"));
    let other = second.client().with_key(&key);
    for client in [&own, &other] {
        call(client, "one").await.assert(200);
    }
    change(json!({ "status": "maintenance" })).await;
    assert_within_the_bound(&other, "one", 503, "SERVER_NOT_ACTIVE").await;
    change(json!({ "status": "active" })).await;
    let again = async || (call(&own, "one").await.status == 200).then_some(());
    eventually("the server is on again", PATIENCE, again).await;

    admin.delete(&format!("/api/api-keys/{}", text(&made, "apiKeyId"))).await.assert(204);
    assert_within_the_bound(&own, "one", 401, "UNAUTHORIZED").await;
    call(&other, "one").await.assert(200);
    admin.delete(&server_path(&made)).await.assert(204);
    assert_within_the_bound(&other, "one", 404, "NOT_FOUND").await;
    nodes.stop([first, second]).await;
}

/// Cuts every connection that any process has to the database, again and again, until it is dropped.
async fn cut_connections(database: &Database) -> tokio_util::task::AbortOnDropHandle<()> {
    let mut connection = database.connect().await;
    tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
            sqlx::query(cut).execute(&mut connection).await.expect("the connections are cut");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }))
}

/// A4: the bound does not hang on anything that the nodes tell each other: what a node knows is old after 0.9 s, and a
/// node whose connections are cut refuses rather than believe it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_the_bound_holds_on_a_node_whose_connections_are_cut() {
    let (nodes, peer) = (Nodes::new().await, Peer::echo().await);
    let (first, second) = (nodes.start(), nodes.start());
    let admin = first.admin();
    let made = admin.post("/api/servers", &skipping("One", &peer.url)).await.expect(201);
    admin.put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    let own = second.client().with_key(text(&made, "apiKey"));
    call(&own, "one").await.assert(200);
    admin.delete(&format!("/api/api-keys/{}", text(&made, "apiKeyId"))).await.assert(204);
    let revoked = Instant::now();
    let cutting = cut_connections(&nodes.database).await;
    let mut after = 0;
    while revoked.elapsed() < 3 * BOUND {
        let began = revoked.elapsed();
        let answer = call(&own, "one").await;
        let status = answer.status.as_u16();
        assert!(began < BOUND || [401, 503].contains(&status), "{status} {began:?} after the revocation");
        after += usize::from(began >= BOUND);
    }
    assert!(after > 0);
    drop(cutting);
    let known = async || (call(&own, "one").await.status == 401).then_some(());
    eventually("the node knows again", PATIENCE, known).await;
    nodes.stop([first, second]).await;
}

fn skipping(name: &str, url: &str) -> Value {
    crate::support::with(server_at(name, url), &json!({ "validateConnection": false }))
}

/// No node need see the same client twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_began_on_one_node_goes_on_on_another() {
    let (nodes, upstream) = (Nodes::new().await, Upstream::start().await);
    let (first, second) = (nodes.start(), nodes.start());
    let made = first.admin().post("/api/servers", &server_at("One", &upstream.url)).await.expect(201);
    let key = text(&made, "apiKey");
    let begin = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {},
        "protocolVersion": "2025-06-18", "clientInfo": { "name": "test", "version": "1" } } });
    let begun = first.client().with_key(key).send(message(post("one"), &begin)).await;
    let handle = begun.assert(200).header("mcp-session-id");
    let on = message(post("one").header("mcp-session-id", handle), &echo(2, "hello"));
    let answer = second.client().with_key(key).send(on).await;
    assert!(answer.assert(200).text().contains("hello"), "{}", answer.text());
    nodes.stop([first, second]).await;
}
