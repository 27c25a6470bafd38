//! Tokens for one MCP server (RFC 8707): good there, and nowhere else.

use black_box_tests::{Client, Service, StoreKind, Upstream, server};
use bytes::Bytes;
use http::Request;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::issuer::{Issuer, PUBLIC_URL};
use crate::support::{initialize, register_at, server_path, text};

const CREATING: &str = "create_users = true\n";

async fn status(client: &Client, reference: &str) -> u16 {
    initialize(client, &format!("/{reference}")).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_for_one_server_is_good_there_by_every_name_and_nowhere_else() {
    for kind in [StoreKind::Memory, StoreKind::Sled, StoreKind::Postgres] {
        let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
        let service = issuer.service(kind, CREATING).await;
        let admin = service.actor("acme", "root", Role::Admin).await;
        let here = register_at(&admin, "Weather Map", &upstream).await;
        let other = register_at(&admin, "Other", &upstream).await;
        let (id, other_id) = (text(&here, "id"), text(&other, "id"));
        let names = [id, "weather-map", "Weather-Map", &id.to_uppercase()];
        for named in names {
            let token = json!({ "aud": format!("{PUBLIC_URL}/mcp/{named}") });
            let client = issuer.client(&service, "ada", token);
            for reference in names {
                assert_eq!(status(&client, reference).await, 200, "{named} at {reference}");
            }
            for elsewhere in ["other", other_id, "nowhere", "00000000-0000-7000-8000-000000000000"] {
                assert_eq!(status(&client, elsewhere).await, 401, "{named} at {elsewhere}");
            }
            client.get("/api/servers").await.assert(401);
            client.get("/api/users/me").await.assert(401);
            client.post("/api/servers", &server("Third")).await.assert(401);
        }
        let nobody = json!({ "aud": format!("{PUBLIC_URL}/mcp/nowhere") });
        let nobody = issuer.client(&service, "ada", nobody);
        assert_eq!((status(&nobody, "nowhere").await, status(&nobody, "other").await), (404, 401));
        let both =
            json!({ "aud": [format!("{PUBLIC_URL}/mcp/other"), format!("{PUBLIC_URL}/mcp/weather-map")] });
        assert_eq!(status(&issuer.client(&service, "ada", both), "other").await, 401);
        service.stop().await;
    }
}

/// The name is the one that the token's user would reach: it may pass to another server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_by_name_follows_the_name() {
    let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
    let service = issuer.service(StoreKind::Memory, CREATING).await;
    let admin = service.actor("acme", "root", Role::Admin).await;
    let first = register_at(&admin, "Weather", &upstream).await;
    let client = issuer.client(&service, "ada", json!({ "aud": format!("{PUBLIC_URL}/mcp/weather") }));
    assert_eq!(status(&client, text(&first, "id")).await, 200);
    admin.client.put(&server_path(&first), &json!({ "name": "Climate" })).await.assert(200);
    let second = register_at(&admin, "Weather", &upstream).await;
    assert_eq!((status(&client, text(&first, "id")).await, status(&client, "climate").await), (401, 401));
    assert_eq!((status(&client, text(&second, "id")).await, status(&client, "weather").await), (200, 200));
    service.stop().await;
}

fn call(handle: &str, reference: &str) -> Request<Bytes> {
    let message = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let request = Request::post(format!("/mcp/{reference}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-session-id", handle)
        .header("mcp-protocol-version", "2025-06-18");
    request.body(Bytes::from(message.to_string())).unwrap()
}

async fn called(client: &Client, handle: &str) -> (u16, Value) {
    let answer = client.send(call(handle, "weather")).await;
    (answer.status.as_u16(), answer.json["error"]["data"]["code"].clone())
}

/// A session outlives its token, but is no use to anybody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_its_users_and_goes_on_with_the_next_token() {
    let (issuer, upstream) = (Issuer::start().await, Upstream::start().await);
    let service: Service = issuer.service(StoreKind::Memory, CREATING).await;
    let admin = service.actor("acme", "root", Role::Admin).await;
    register_at(&admin, "Weather", &upstream).await;
    let of = |sub: &str, jti: &str| issuer.client(&service, sub, json!({ "jti": jti }));
    let begun = initialize(&of("ada", "1"), "/weather").await;
    let handle = begun.header("mcp-session-id").to_owned();
    let missing = (404, json!("SESSION_NOT_FOUND"));
    assert_eq!(called(&of("ada", "1"), &handle).await.0, 200);
    assert_eq!(called(&of("ada", "2"), &handle).await.0, 200);
    assert_eq!(called(&of("bob", "3"), &handle).await, missing);
    assert_eq!(called(&admin.client, &handle).await, missing);
    service.stop().await;
}
