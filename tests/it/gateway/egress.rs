//! What the operator's settings open and close: the real binary, and rows that nobody checked.

use black_box_tests::{ADMIN_KEY, Binary, Client, Options, Service, StoreKind, Upstream, server, server_at};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::canary::Canary;
use super::kit::{assert_failure, call, echo, message, place, post};
use crate::support::{server_path, text, with};

/// Where others reach it.
const OPEN: (&str, &str) = ("MCP_REGISTRY_LISTEN", "0.0.0.0:0");

async fn assert_refused(admin: &Client, body: &Value) {
    let details = admin.post("/api/servers", body).await.details(422);
    assert_eq!(details["reason"], "REFUSED_ADDRESS", "{body}");
}

fn port(url: &str) -> &str {
    url.trim_end_matches("/mcp").rsplit_once(':').expect("a port").1
}

/// S1. What is allowed is one address and port, not its neighbours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_loopback_is_open_to_a_service_on_loopback_or_by_the_allow_list_only() {
    let (folder, canary, upstream) =
        (tempfile::tempdir().unwrap(), Canary::everywhere(), Upstream::start().await);
    let closed = Binary::start(folder.path(), &[], &[OPEN]);
    let key = ADMIN_KEY.to_owned();
    for host in ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"] {
        let body = server_at("New", &format!("http://{host}:{}/mcp", canary.port()));
        assert_refused(&closed.admin(), &body).await;
    }
    canary.assert_untouched("loopback, from a service that others reach");
    assert!(closed.terminate().status.success());

    let rule = format!("127.0.0.1:{}", port(&upstream.url));
    let allowed = Binary::start(folder.path(), &["--allow-upstream", &rule], &[OPEN]);
    let admin = allowed.client().with_key(&key);
    admin.post("/api/servers", &server_at("One", &upstream.url)).await.assert(201);
    assert_refused(&admin, &server_at("Two", &canary.url())).await;
    let other = upstream.url.replace("127.0.0.1", "127.0.0.2");
    assert_refused(&admin, &server_at("Three", &other)).await;
    canary.assert_untouched("a port beside the allowed one");
    let calls = upstream.seen().len();
    call(&admin, "one").await;
    assert_eq!(upstream.seen().len(), calls + 1);
    assert!(allowed.terminate().status.success());
}

/// S1. A name opens what it resolves to and nothing by its address; a metadata service is named exactly or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_the_allow_list_admits_what_it_names_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "10.1.0.0/16,LocalHost:7001,127.0.0.9,[::1]:7002,169.254.0.0/16,fd12::7";
    let binary = Binary::start(folder.path(), &["--allow-upstream", rules], &[OPEN]);
    for (host, is_admitted) in [
        ("10.1.2.3:80", true),
        ("10.0.255.255:80", false),
        ("10.2.0.0:80", false),
        ("[::ffff:10.1.2.3]:80", true),
        ("localhost.:7001", true),
        ("localhost:7003", false),
        ("127.0.0.1:7001", false),
        ("127.0.0.9:1", true),
        ("2130706441:1", true),
        ("[::1]:7002", true),
        ("[::1]:7001", false),
        ("169.254.1.1:80", true),
        ("169.254.169.254:80", false),
        ("[fd12::7]:80", true),
        ("[fd12::8]:80", false),
    ] {
        let body = server_at("New", &format!("http://{host}/mcp"));
        let answer = binary.admin().post("/api/servers/validate", &body).await;
        assert_eq!(answer.status == 200, is_admitted, "{host}: {}", answer.text());
        if !is_admitted {
            assert_eq!(answer.details(422)["reason"], "REFUSED_ADDRESS", "{host}");
        }
    }
    assert!(binary.terminate().status.success());
}

async fn assert_refused_at_connect(client: &Client, path: &str, id: &str) {
    let check = client.post(&format!("{path}/health-check"), &json!({ "deep": true })).await.expect(200);
    assert_eq!((text(&check, "status"), text(&check["details"], "errorCode")), ("error", "REFUSED_ADDRESS"));
    assert_failure(&call(client, id).await, 502, "REFUSED_ADDRESS");
}

/// S4: a row of another time, when the address was allowed (sled).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_stored_address_that_is_no_longer_allowed_is_refused_at_the_connect() {
    let (folder, canary) = (tempfile::tempdir().unwrap(), Canary::everywhere());
    let before = Binary::start(folder.path(), &[], &[]);
    let key = ADMIN_KEY.to_owned();
    let body = with(server("One"), &json!({ "endpointUrl": canary.url() }));
    let made = before.admin().post("/api/servers", &body).await.expect(201);
    before.admin().put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    assert!(before.terminate().status.success());
    let after = Binary::start(folder.path(), &[], &[OPEN]);
    assert_refused_at_connect(&after.client().with_key(&key), &server_path(&made), text(&made, "id")).await;
    canary.assert_untouched("a stored row");
    assert!(after.terminate().status.success());
}

/// S4: a row that was written with SQL (PostgreSQL).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_row_written_into_the_database_is_refused_at_the_connect() {
    let options = Options { refuse_loopback: true, ..Options::default() };
    let (service, canary) = (Service::start_with(StoreKind::Postgres, options).await, Canary::everywhere());
    let admin = service.actor("acme", "root", Role::Admin).await;
    let mut database = service.database().unwrap().connect().await;
    let port = canary.port();
    for (index, url) in [
        format!("http://127.0.0.1:{port}/mcp"),
        format!("http://localhost:{port}/mcp"),
        format!("http://[::ffff:127.0.0.1]:{port}/mcp"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        format!("http://2130706433:{port}/"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("Server {index}");
        let made = place(&admin, &name, "https://no-such-host.invalid/mcp", json!({})).await;
        let mut tx = sqlx::Connection::begin(&mut database).await.unwrap();
        sqlx::query("SELECT set_config('mcp_registry.tenant', '*', true)").execute(&mut *tx).await.unwrap();
        let change = sqlx::query("UPDATE server SET endpoint_url = $1 WHERE id = $2").bind(&url);
        let changed = change.bind(text(&made, "id").parse::<uuid::Uuid>().unwrap()).execute(&mut *tx).await;
        assert_eq!(changed.unwrap().rows_affected(), 1);
        tx.commit().await.unwrap();
        assert_refused_at_connect(&admin.client, &server_path(&made), text(&made, "id")).await;
        canary.assert_untouched(&url);
    }
    sqlx::Connection::close(database).await.unwrap();
    service.stop().await;
}

/// S5: neither the probe nor a call goes by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_proxy_of_the_environment_is_ignored() {
    let (folder, canary, upstream) =
        (tempfile::tempdir().unwrap(), Canary::everywhere(), Upstream::start().await);
    let proxy = format!("http://127.0.0.1:{}", canary.port());
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let binary = Binary::start(folder.path(), &[], &names.map(|name| (name, proxy.as_str())));
    let made = binary.admin().post("/api/servers", &server_at("One", &upstream.url)).await.expect(201);
    let check = format!("{}/health-check", server_path(&made));
    assert_eq!(binary.admin().post(&check, &json!({})).await.expect(200)["status"], "healthy");
    let calls = upstream.seen().len();
    call(&binary.admin(), "one").await;
    assert_eq!(upstream.seen().len(), calls + 1);
    canary.assert_untouched("a proxy of the environment");
    assert!(binary.terminate().status.success());
}

/// P6: the flag is what lists an origin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_the_operator_lists_origins_by_a_flag() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let flag = ["--allow-origin", "https://a.example,https://b.example"];
    let binary = Binary::start(folder.path(), &flag, &[]);
    binary.admin().post("/api/servers", &server_at("One", &upstream.url)).await.assert(201);
    for (origin, listed) in
        [("https://a.example", true), ("https://b.example", true), ("https://c.example", false)]
    {
        let request = message(post("one").header("origin", origin), &echo(1, "hello"));
        let answer = binary.admin().send(request).await;
        assert_eq!(answer.headers.contains_key("access-control-allow-origin"), listed, "{origin}");
        assert_eq!(answer.status == 403, !listed, "{origin}");
    }
    assert!(binary.terminate().status.success());
}
