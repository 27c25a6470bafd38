//! What clients are told of limits, by the API and by the gateway (RFC drafts of `RateLimit`, R157).

use std::time::Duration;

use black_box_tests::Upstream;
use registry_core::limit::RateLimits;
use registry_core::model::role::Role;
use serde_json::json;

use super::kit::{ME, limited, per_minute};
use crate::support::{initialize, register_at, text};

#[tokio::test]
async fn every_answer_tells_what_is_left_on_the_api_and_at_the_gateway() {
    let (service, ticks) = limited(|limits| {
        *limits = RateLimits { own: true, ..RateLimits::unlimited() };
        limits.user = per_minute(4);
    })
    .await;
    let (admin, user) =
        (service.actor("acme", "root", Role::Admin).await, service.actor("acme", "bert", Role::User).await);
    let upstream = Upstream::start().await;
    let server = register_at(&admin, "Weather", &upstream).await;
    let reference = format!("/{}", text(&server, "id"));
    let told = |answer: &black_box_tests::Answer| {
        (answer.header("ratelimit-policy").to_owned(), answer.header("ratelimit").to_owned())
    };
    let left = |r: u32, t: u32| ("\"user\";q=4;w=60".to_owned(), format!("\"user\";r={r};t={t}"));
    assert_eq!(told(user.client.get(ME).await.assert(200)), left(3, 15));
    assert_eq!(
        told(user.client.get("/api/tenants").await.assert(403)),
        left(2, 15),
        "a refused call counts too"
    );
    ticks.advance(Duration::from_secs(5));
    let called = initialize(&user.client, &reference).await;
    assert_eq!((called.status.as_u16(), told(&called)), (200, left(1, 10)));
    assert_eq!(told(user.client.get(ME).await.assert(200)), left(0, 10));
    let before = upstream.seen().len();
    let refused = initialize(&user.client, &reference).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after"), told(&refused)),
        (429, "10", left(0, 10))
    );
    assert_eq!(
        (&refused.json["error"]["data"]["code"], &refused.json["id"]),
        (&json!("RATE_LIMIT_EXCEEDED"), &json!(null))
    );
    assert_eq!(upstream.seen().len(), before, "it did not get through");
    let refused = user.client.get(ME).await;
    assert_eq!((refused.header("retry-after"), told(refused.assert(429))), ("10", left(0, 10)));
    assert_eq!(
        (&refused.json["code"], &refused.json["details"]),
        (&json!("RATE_LIMIT_EXCEEDED"), &json!({ "limit": "user" }))
    );
    assert!(admin.client.get(ME).await.headers.get("ratelimit").is_some(), "its key's own");
    service.stop().await;
}

#[tokio::test]
async fn calls_to_servers_that_are_not_there_are_limited_too() {
    let (service, _ticks) = limited(|limits| {
        *limits = RateLimits { own: true, ..RateLimits::unlimited() };
        limits.user = per_minute(3);
    })
    .await;
    let user = service.actor("acme", "bert", Role::User).await;
    for expected in [404, 404, 404, 429, 429] {
        assert_eq!(initialize(&user.client, "/no-such-server").await.status, expected);
    }
    assert_eq!(initialize(&user.client, "/another").await.status, 429);
    service.stop().await;
}
