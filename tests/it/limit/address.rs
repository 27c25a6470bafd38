//! Limits of addresses: for whoever is not known.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use black_box_tests::{Client, Service};
use registry_core::limit::RateLimits;
use registry_core::model::role::Role;
use serde_json::json;

use super::kit::{ME, limited, passed, per_minute, refusal};
use crate::account::kit::{PASSWORD, entries, person};
use crate::support::initialize;

fn from(service: &Service, number: u8) -> Client {
    service.client().from_address(IpAddr::V4(Ipv4Addr::new(127, 0, 8, number)))
}

#[tokio::test]
async fn sign_ins_and_set_ups_of_an_address_share_a_limit() {
    let (service, ticks) =
        limited(|limits| *limits = RateLimits { anonymous: per_minute(3), ..RateLimits::unlimited() }).await;
    let admin = service.admin().await;
    person(&admin, &admin.tenant_id(), "olga", Role::User).await;
    let (one, other) = (from(&service, 1), from(&service, 2));
    one.login("olga", PASSWORD).await.assert(200);
    one.post("/api/setup", &json!({ "token": "x" })).await.assert(401);
    one.get("/api/auth/oidc/peer/start").await.assert(404);
    for _ in 0..3 {
        assert_eq!(refusal(&one.login("olga", PASSWORD).await), "signin");
        assert_eq!(refusal(&one.post("/api/setup", &json!({ "token": "x" })).await), "signin");
        assert_eq!(refusal(&one.get("/api/auth/oidc/peer/start").await), "signin");
    }
    other.login("olga", PASSWORD).await.assert(200);
    let forwarded = one.with("x-forwarded-for", "192.0.2.1").with("forwarded", "for=192.0.2.1");
    forwarded.login("olga", PASSWORD).await.assert(429);
    one.with_key(admin.secret()).get(ME).await.assert(200);
    ticks.advance(Duration::from_secs(20));
    one.login("olga", PASSWORD).await.assert(200);
    service.registry.refusals.flush(true).await.unwrap();
    let told = entries(&admin.client, "rate_limit_exceeded").await;
    assert!(
        told.iter().all(|entry| entry["ipAddress"] == "127.0.8.1" && entry["resourceType"] == "address"),
        "{told:?}"
    );
    service.stop().await;
}

/// Whoever has a key that is good is not kept out by neighbours who have none.
#[tokio::test]
async fn refused_credentials_of_an_address_are_limited_and_good_ones_are_not() {
    let (service, _ticks) =
        limited(|limits| *limits = RateLimits { anonymous: per_minute(4), ..RateLimits::unlimited() }).await;
    let admin = service.admin().await;
    let client = from(&service, 1);
    let wrong = client.with_key(&format!("mcp_{}", "x".repeat(60)));
    wrong.get(ME).await.assert(401);
    client.get(ME).await.assert(401);
    client
        .with("cookie", &format!("__Host-mcp-registry-session={}", "A".repeat(43)))
        .get(ME)
        .await
        .assert(401);
    assert_eq!(initialize(&wrong, "/weather").await.status, 401);
    for _ in 0..3 {
        assert_eq!(refusal(&wrong.get(ME).await), "refused");
        assert_eq!(initialize(&client, "/weather").await.status, 429);
        client.with_key(admin.secret()).get(ME).await.assert(200);
    }
    from(&service, 2).with_key("mcp_x").get(ME).await.assert(401);
    service.stop().await;
}

#[tokio::test]
async fn public_pages_of_an_address_are_limited_and_the_api_is_not() {
    let (service, _ticks) =
        limited(|limits| *limits = RateLimits { public: per_minute(5), ..RateLimits::unlimited() }).await;
    let admin = service.admin().await;
    let client = from(&service, 1);
    for path in ["/api/health", "/api/docs", "/api/auth/providers", "/api/openapi.json"] {
        client.get(path).await.assert(200);
    }
    client.get("/.well-known/oauth-protected-resource").await.assert(404);
    for path in [
        "/api/health",
        "/api/docs",
        "/",
        "/nothing",
        "/api/docs/swagger-ui.js",
        "/%61pi/health",
        "/api/%68ealth",
        "//api/health",
    ] {
        let answer = client.get(path).await;
        assert!([404, 429].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
        assert!(answer.status != 404 || path.starts_with("/api/"), "{path} is not limited");
    }
    assert_eq!(passed(&client.with_key(admin.secret()), ME, 20).await, 20);
    from(&service, 2).get("/api/health").await.assert(200);
    service.stop().await;
}
