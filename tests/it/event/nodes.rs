//! Events across nodes that share a database.

use std::time::{Duration, Instant};

use black_box_tests::{Binary, Database, EventsOver, eventually, server};
use serde_json::{Value, json};

use super::kit::{after, positions};
use crate::support::{server_path, text};

/// What is promised, across nodes.
const BOUND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

async fn two() -> (tempfile::TempDir, Database, [Binary; 2]) {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::create().await);
    let url = database.url();
    let start = || Binary::start(folder.path(), &[], &[("MCP_REGISTRY_STORE", &url)]);
    let nodes = [start(), start()];
    (folder, database, nodes)
}

async fn stop(database: Database, nodes: [Binary; 2]) {
    for node in nodes {
        assert!(node.terminate().status.success());
    }
    database.remove().await;
}

const LISTENER: &str = "application_name = 'mcp-registry-events' AND datname = current_database()";

/// How many listen.
async fn listeners(database: &Database) -> i64 {
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE {LISTENER}");
    let mut connection = database.connect().await;
    sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_on_one_node_is_told_on_all_within_a_second_and_resumed_on_any() {
    let (_folder, database, nodes) = two().await;
    let admin = nodes[0].admin();
    let made = admin.post("/api/servers", &server("One")).await.expect(201);
    let mut streams = Vec::new();
    for node in &nodes {
        streams.push(node.admin().events(EventsOver::WebSocket, "/api/events?type=server_updated").await.0);
    }
    let mut seen: Vec<Value> = Vec::new();
    for number in 0..20 {
        let began = Instant::now();
        admin.put(&server_path(&made), &json!({ "description": number.to_string() })).await.assert(200);
        for stream in &mut streams {
            let event = stream.next().await;
            assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
            assert_eq!(event["event"]["serverId"], made["id"]);
            seen.push(event);
        }
    }
    assert!(seen.chunks(2).all(|pair| pair[0] == pair[1]), "both nodes tell the same");
    let half = &seen[19]["position"];
    for node in &nodes {
        let mut stream = after(&node.admin(), EventsOver::Sse, half).await;
        let rest = stream.until(|event| event["id"] == seen[39]["event"]["id"]).await;
        let rest: Vec<_> =
            rest.into_iter().filter(|message| message["event"]["type"] == "server_updated").collect();
        let expected: Vec<_> = seen.iter().skip(20).step_by(2).cloned().collect();
        assert_eq!(positions(&rest), positions(&expected));
    }
    stop(database, nodes).await;
}

/// A4: nothing hangs on what is heard. Without it events are looked for, and what is at hand is old after 0.9 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_the_bound_holds_while_no_node_hears_of_the_others() {
    let (_folder, database, nodes) = two().await;
    let admin = nodes[0].admin();
    eventually("they listen", PATIENCE, async || (listeners(&database).await == 2).then_some(())).await;
    let mut connection = database.connect().await;
    let cutting = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move {
        let cut = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {LISTENER}");
        loop {
            sqlx::query(sqlx::AssertSqlSafe(cut.clone())).execute(&mut connection).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }));
    for round in 0..3 {
        let key = admin
            .post("/api/api-keys", &json!({ "name": "one", "scopes": ["server:read", "audit:read"] }))
            .await
            .expect(201);
        let client = nodes[1].client().with_key(text(&key, "key"));
        let (mut stream, _) = client.events(EventsOver::WebSocket, "/api/events?type=tenant_created").await;
        admin.post("/api/tenants", &json!({ "name": format!("Tenant {round}") })).await.assert(201);
        let began = Instant::now();
        assert_eq!(stream.next().await["event"]["type"], "tenant_created");
        assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
        admin.delete(&format!("/api/api-keys/{}", text(&key, "id"))).await.assert(204);
        let revoked = Instant::now();
        let refused = async || (client.get("/api/servers").await.status == 401).then_some(());
        eventually("the other node knows", PATIENCE, refused).await;
        assert!(revoked.elapsed() < BOUND, "{:?}", revoked.elapsed());
        assert_eq!(stream.next().await["reason"], "credential_ended");
        assert!(revoked.elapsed() < 2 * BOUND, "{:?}", revoked.elapsed());
    }
    drop(cutting);
    eventually("they listen again", PATIENCE, async || (listeners(&database).await == 2).then_some(())).await;
    stop(database, nodes).await;
}
