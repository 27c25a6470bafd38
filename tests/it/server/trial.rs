//! `POST /api/servers/test` and `/validate`: nothing is stored.

use black_box_tests::{Mode, Service, Upstream, on_every_store, server, server_at};
use registry_core::model::role::Role;
use serde_json::json;

use crate::support::{entries_of, total, with};

on_every_store!(
    a_test_tells_what_the_server_offers,
    a_test_tells_what_is_wrong,
    a_test_of_a_refused_address_is_refused,
    a_validation_does_not_connect,
);

/// R15, R24, R183.
async fn a_test_tells_what_the_server_offers(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    upstream.set(Mode::Requires("x-api-key".into(), "k".into()));
    let auth = json!({ "authType": "api_key", "authConfig": { "apiKey": "k" } });
    let body = with(server_at("Weather", &upstream.url), &auth);
    let (entries, result) = entries_of(service, owner.client.post("/api/servers/test", &body)).await;
    let result = result.expect(200);
    assert_eq!((&result["success"], &result["status"]), (&json!(true), &json!("healthy")));
    assert!(result["responseTime"].as_f64().unwrap() > 0.0);
    let details = &result["details"];
    assert_eq!((&details["connectivity"], &details["authentication"]), (&json!(true), &json!(true)));
    assert_eq!((&details["capabilities"], &details["tools"]), (&json!(["tools"]), &json!(1)));
    assert_eq!(result["tools"], json!(["echo"]));
    assert_eq!((entries, total(&owner.client, "/api/servers").await), (0, 0));
}

async fn a_test_tells_what_is_wrong(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let body = with(server_at("Weather", &upstream.url), &json!({ "healthCheckTimeout": 1 }));
    let cases = [
        (Mode::Requires("x-a".into(), "b".into()), "unhealthy", "UNAUTHORIZED", true),
        (Mode::Status(500), "unhealthy", "UPSTREAM_ERROR", true),
        (Mode::Silent, "timeout", "TIMEOUT", false),
    ];
    for (mode, status, code, connectivity) in cases {
        upstream.set(mode.clone());
        let result = owner.client.post("/api/servers/test", &body).await.expect(200);
        assert_eq!(
            (&result["success"], &result["status"]),
            (&json!(false), &json!(status)),
            "{mode:?} {result}"
        );
        assert_eq!(result["details"]["errorCode"], code, "{mode:?}");
        assert!(connectivity || result["details"]["connectivity"] == false, "{result}");
        assert_eq!(result["errors"].as_array().unwrap().len(), 1);
    }
    let closed = server_at("Closed", "http://127.0.0.1:9/mcp");
    let result = owner.client.post("/api/servers/test", &closed).await.expect(200);
    assert_eq!((&result["status"], &result["details"]["connectivity"]), (&json!("error"), &json!(false)));
}

/// S6: no difference between ports of an address that is refused.
async fn a_test_of_a_refused_address_is_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let mut answers = Vec::new();
    for port in [9, 80, 443] {
        let body = server_at("Metadata", &format!("http://169.254.169.254:{port}/"));
        answers.push(owner.client.post("/api/servers/test", &body).await.details(422));
    }
    assert!(answers.iter().all(|details| details == &answers[0]), "{answers:?}");
}

/// R16.
async fn a_validation_does_not_connect(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let body = server_at("Weather", &upstream.url);
    let (entries, result) = entries_of(service, owner.client.post("/api/servers/validate", &body)).await;
    assert_eq!(result.expect(200), json!({ "valid": true }));
    assert_eq!((entries, upstream.seen().len()), (0, 0));
    owner.client.post("/api/servers/validate", &server("Closed")).await.assert(200);
}
