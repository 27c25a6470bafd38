//! Checks of many servers at once (R19, R92).

use std::time::Duration;

use black_box_tests::{Actor, Binary, Client, Database, Mode, Service, Upstream, eventually, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::history;
use crate::support::{complaints, register, register_at, server_path, text};

on_every_store!(
    a_job_checks_its_servers_and_tells_how_far_it_is,
    a_job_is_of_a_list_that_the_caller_may_check,
    a_job_has_bounds,
    t4_a_job_is_for_who_asked_for_it,
);

const SOON: Duration = Duration::from_secs(30);
const PATH: &str = "/api/health-checks";

async fn finished(client: &Client, job: &Value) -> Value {
    let path = format!("{PATH}/{}", text(job, "id"));
    let done = async || Some(client.get(&path).await.expect(200)).filter(|job| job["state"] == "finished");
    eventually("the job is finished", SOON, done).await
}

async fn ask(client: &Client, servers: &[Value]) -> Value {
    let ids: Vec<_> = servers.iter().map(|server| server["id"].clone()).collect();
    client.post(PATH, &json!({ "servers": ids, "deep": true })).await.expect(202)
}

/// Three servers that answer, one that says no, and one that nobody listens for.
async fn five(owner: &Actor) -> (Vec<Value>, Upstream, Upstream) {
    let (up, down) = (Upstream::start().await, Upstream::start().await);
    let mut servers = Vec::new();
    for name in ["A", "B", "C"] {
        servers.push(register_at(owner, name, &up).await);
    }
    servers.push(register_at(owner, "Down", &down).await);
    servers.push(register(owner, "Closed").await);
    down.set(Mode::Status(500));
    (servers, up, down)
}

async fn a_job_checks_its_servers_and_tells_how_far_it_is(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (servers, _up, _down) = five(&owner).await;
    let begun = ask(&owner.client, &servers).await;
    assert_eq!((&begun["state"], &begun["total"], &begun["done"]), (&json!("running"), &json!(5), &json!(0)));
    let job = finished(&owner.client, &begun).await;
    assert_eq!((&job["done"], &job["deep"]), (&json!(5), &json!(true)));
    let counts =
        json!({ "healthy": 3, "degraded": 0, "unhealthy": 1, "timeout": 0, "error": 1, "unknown": 0 });
    assert_eq!(job["byStatus"], counts);
    let mut failures: Vec<_> = job["failures"].as_array().unwrap().clone();
    failures.sort_by_key(|failure| text(failure, "serverId").to_owned());
    let failed = |server: &Value, status: &str, code: &str| json!({ "serverId": server["id"], "status": status, "errorCode": code });
    let expected =
        [failed(&servers[3], "unhealthy", "UPSTREAM_ERROR"), failed(&servers[4], "error", "UNREACHABLE")];
    assert_eq!(failures, expected);
    for server in &servers {
        let check = history(&owner.client, server).await.remove(0);
        assert_eq!((&check["checkType"], &check["deep"]), (&json!("manual"), &json!(true)));
        assert_eq!(check["performedBy"], owner.user_id());
        let id = text(server, "id");
        let path = format!("/api/audit-logs?eventType=health_check_performed&resourceId={id}");
        let told = service.admin().await.client.get(&path).await.expect(200);
        assert_eq!(told["entries"][0]["actorId"], owner.user_id(), "{told}");
    }
}

async fn a_job_is_of_a_list_that_the_caller_may_check(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let colleague = service.actor("acme", "otto", Role::ServerOwner).await;
    let (servers, _up, _down) = five(&owner).await;
    register(&colleague, "Not hers").await;
    let job = owner.client.post(PATH, &json!({})).await.expect(202);
    assert_eq!(finished(&owner.client, &job).await["total"], 5);
    let job = owner.client.post(PATH, &json!({ "search": "down" })).await.expect(202);
    let job = finished(&owner.client, &job).await;
    assert_eq!((&job["total"], &job["byStatus"]["unhealthy"]), (&json!(1), &json!(1)));
    let job = owner.client.post(PATH, &json!({ "status": "inactive" })).await.expect(202);
    assert_eq!(finished(&owner.client, &job).await["failures"][0]["serverId"], servers[4]["id"]);
    assert_eq!(complaints(owner.client.post(PATH, &json!({ "search": "nobody" })).await), ["servers"]);
    assert_eq!(complaints(owner.client.post(PATH, &json!({ "status": "odd" })).await), ["status"]);
}

async fn a_job_has_bounds(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let stranger = service.actor("other", "oleg", Role::ServerOwner).await;
    let foreign = register(&stranger, "Foreign").await;
    for ids in [json!([]), json!([foreign["id"]]), json!(["01900000-0000-7000-8000-000000000000"])] {
        assert_eq!(complaints(owner.client.post(PATH, &json!({ "servers": ids })).await), ["servers"]);
    }
    owner.client.post(PATH, &json!({ "servers": ["no id"] })).await.assert(400);
    let own = register(&owner, "Own").await;
    let twice = json!({ "servers": [own["id"], own["id"]] });
    let job = owner.client.post(PATH, &twice).await.expect(202);
    assert_eq!(finished(&owner.client, &job).await["done"], 1);
}

async fn t4_a_job_is_for_who_asked_for_it(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (colleague, admin) = (
        service.actor("acme", "otto", Role::ServerOwner).await,
        service.actor("acme", "anna", Role::Admin).await,
    );
    let stranger = service.actor("other", "oleg", Role::ServerOwner).await;
    let server = register(&owner, "Closed").await;
    let job = ask(&owner.client, std::slice::from_ref(&server)).await;
    finished(&owner.client, &job).await;
    let path = format!("{PATH}/{}", text(&job, "id"));
    admin.client.get(&path).await.assert(200);
    colleague.client.get(&path).await.assert(404);
    stranger.client.get(&path).await.assert(404);
    let other = register(&owner, "Other").await;
    let linked = owner.client_with(service, Scope::ALL, Some(text(&other, "id"))).await;
    linked.get(&path).await.assert(404);
    let of_linked = linked.post(PATH, &json!({})).await.expect(202);
    assert_eq!(finished(&linked, &of_linked).await["failures"][0]["serverId"], other["id"]);
    linked.post(PATH, &json!({ "servers": [server["id"]] })).await.assert(400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_told_of_by_every_node_and_is_stopped_when_its_node_is() {
    let (database, folder) = (Database::create().await, tempfile::tempdir().unwrap());
    let start =
        || Binary::start(folder.path(), &["--no-monitor"], &[("MCP_REGISTRY_STORE", &*database.url())]);
    let (node, other) = (start(), start());
    let upstream = Upstream::start().await;
    upstream.set(Mode::Silent);
    let body = black_box_tests::server("Hung");
    let body = crate::support::with(body, &json!({ "endpointUrl": upstream.url, "healthCheckTimeout": 30 }));
    let hung = node.admin().post("/api/servers", &body).await.expect(201);
    let job = ask(&node.admin(), std::slice::from_ref(&hung)).await;
    let path = format!("{PATH}/{}", text(&job, "id"));
    assert_eq!(other.admin().get(&path).await.expect(200)["state"], "running");
    assert!(node.terminate().status.success());
    let told = other.admin().get(&path).await.expect(200);
    assert_eq!((&told["state"], &told["done"]), (&json!("stopped"), &json!(0)), "{}", server_path(&hung));
    assert!(other.terminate().status.success());
    database.remove().await;
}
