//! On several nodes: who was disabled or removed on one is refused by the others within a second (A4).

use std::time::{Duration, Instant};

use black_box_tests::{Binary, Client, Database, eventually};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{text, with};

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

async fn post(admin: &Client, path: &str, body: Value) -> Value {
    admin.post(path, &body).await.expect(201)
}

/// From the bound on, no call may be answered otherwise.
async fn assert_within_the_bound(client: &Client, status: u16, what: &str) {
    let start = Instant::now();
    let changed = async || (client.get("/api/servers").await.status == status).then_some(());
    eventually(what, PATIENCE, changed).await;
    let took = start.elapsed();
    assert!(took < BOUND, "{what}: after {took:?}");
    for _ in 0..20 {
        for answer in join_all((0..50).map(|_| client.get("/api/servers"))).await {
            answer.assert(status);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_who_is_disabled_on_one_node_is_refused_by_the_others_within_a_second() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::create().await);
    let url = database.url();
    let start = || Binary::start(folder.path(), &[], &[("MCP_REGISTRY_STORE", &url)]);
    let (first, second) = (start(), start());
    let admin = first.admin();
    let tenant = post(&admin, "/api/tenants", json!({ "name": "acme" })).await;
    let user = json!({ "username": "ulli", "role": "server_owner", "tenantId": tenant["id"] });
    let user = post(&admin, "/api/users", user).await;
    let key = post(&admin, "/api/api-keys", json!({ "name": "hers", "ownerUserId": user["id"] })).await;
    let client = second.client().with_key(text(&key, "key"));
    let (user, tenant) =
        (format!("/api/users/{}", text(&user, "id")), format!("/api/tenants/{}", text(&tenant, "id")));
    assert_within_the_bound(&client, 200, "a new key is accepted").await;

    let off = json!({ "disabled": true });
    let on = with(off.clone(), &json!({ "disabled": false }));
    admin.patch(&user, &off).await.assert(200);
    assert_within_the_bound(&client, 401, "a disabled user").await;
    admin.patch(&user, &on).await.assert(200);
    assert_within_the_bound(&client, 200, "an enabled user").await;
    admin.put(&tenant, &off).await.assert(200);
    assert_within_the_bound(&client, 401, "a disabled tenant").await;
    admin.put(&tenant, &on).await.assert(200);
    assert_within_the_bound(&client, 200, "an enabled tenant").await;
    admin.delete(&user).await.assert(204);
    assert_within_the_bound(&client, 401, "a removed user").await;
    for node in [first, second] {
        assert!(node.terminate().status.success());
    }
    database.remove().await;
}
