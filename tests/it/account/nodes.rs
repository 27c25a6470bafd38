//! Several nodes on one PostgreSQL: a session is good on each, and ends on each within a second (A4).

use std::time::{Duration, Instant};

use black_box_tests::{Binary, Client, Database, SignedIn, eventually};
use serde_json::json;

use super::kit::{PASSWORD, user_path};

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

async fn is_in(client: &Client) -> bool {
    client.get("/api/users/me").await.status == 200
}

/// Signs in at one node, uses the session at the other, ends it by `end`; then the other knows.
async fn ended(nodes: &[Binary; 2], what: &str, end: impl AsyncFnOnce(&Client, &SignedIn)) {
    let (admin, body) = (
        nodes[0].admin(),
        |tenant: &serde_json::Value| json!({ "username": what, "role": "user", "tenantId": tenant, "password": PASSWORD }),
    );
    let tenant = admin.get("/api/users/me").await.expect(200)["tenantId"].clone();
    admin.post("/api/users", &body(&tenant)).await.assert(201);
    let session = nodes[0].client().sign_in(what, PASSWORD).await;
    let there = SignedIn::of(&nodes[1].client(), &nodes[0].client().login(what, PASSWORD).await);
    let other = nodes[1].client().with("cookie", &session.cookie);
    assert!(is_in(&other).await && is_in(&there.client).await, "a session of one node is good on the other");
    end(&admin, &session).await;
    let start = Instant::now();
    let is_out = async || (!is_in(&other).await).then_some(());
    eventually("the other node knows", PATIENCE, is_out).await;
    assert!(start.elapsed() < BOUND, "{what}: {:?}", start.elapsed());
    for _ in 0..200 {
        assert!(!is_in(&other).await, "{what}: it came back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_a_session_that_ends_on_one_node_ends_on_the_others_within_a_second() {
    let (database, folder) = (Database::create().await, tempfile::tempdir().unwrap());
    let start = || Binary::start(folder.path(), &[], &[("MCP_REGISTRY_STORE", &*database.url())]);
    let nodes = [start(), start()];
    ended(&nodes, "signed-out", async |_, session| {
        session.client.post_empty("/api/auth/logout").await.assert(204);
    })
    .await;
    ended(&nodes, "disabled", async |admin, session| {
        admin.patch(&user_path(&session.me), &json!({ "disabled": true })).await.assert(200);
    })
    .await;
    ended(&nodes, "new-password", async |_, session| {
        let body = json!({ "currentPassword": PASSWORD, "newPassword": format!("{PASSWORD}!") });
        session.client.put("/api/users/me/password", &body).await.assert(204);
        session.client.post_empty("/api/auth/logout").await.assert(204);
    })
    .await;
    ended(&nodes, "removed", async |admin, session| {
        admin.delete(&user_path(&session.me)).await.assert(204);
    })
    .await;
    drop(nodes);
    database.remove().await;
}
