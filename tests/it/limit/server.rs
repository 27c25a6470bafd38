//! Limits of calls to one server: the server's own, and those that a user sets on itself.

use black_box_tests::{Client, Upstream, server_at};
use registry_core::limit::RateLimits;
use registry_core::model::role::Role;
use serde_json::json;

use super::kit::limited;
use crate::support::{initialize, server_path, text, with};

async fn called(client: &Client, reference: &str, calls: usize) -> (usize, Option<String>) {
    let (mut passed, mut policy) = (0, None);
    for _ in 0..calls {
        let answer = initialize(client, reference).await;
        match answer.status.as_u16() {
            200 => passed += 1,
            429 => policy = answer.header("ratelimit-policy").split(';').next().map(str::to_owned),
            other => panic!("{other}: {}", answer.text()),
        }
    }
    (passed, policy)
}

#[tokio::test]
async fn a_servers_limit_is_shared_by_all_and_a_users_is_its_own() {
    let (service, _ticks) =
        limited(|limits| *limits = RateLimits { own: true, ..RateLimits::unlimited() }).await;
    let (owner, user) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "bert", Role::User).await,
    );
    let upstream = Upstream::start().await;
    let limit = json!({ "settings": { "rateLimit": { "rpm": 6, "burst": 9 } } });
    let limited = owner
        .client
        .post("/api/servers", &with(server_at("Limited", &upstream.url), &limit))
        .await
        .expect(201);
    let free = owner.client.post("/api/servers", &server_at("Free", &upstream.url)).await.expect(201);
    for server in [&limited, &free] {
        let own = json!({ "rateLimit": { "rpm": 3, "burst": 4 } });
        let own = json!({ "serverId": text(server, "id"), "customSettings": own });
        user.client.put("/api/users/preferences/servers", &own).await.assert(200);
    }
    assert_eq!(called(&user.client, "/limited", 8).await, (4, Some("\"preference\"".to_owned())));
    assert_eq!(called(&user.client, "/free", 8).await, (4, Some("\"preference\"".to_owned())));
    let id = format!("/{}", text(&limited, "id"));
    assert_eq!(called(&owner.client, &id, 4).await, (4, None));
    assert_eq!(called(&owner.client, "/limited", 8).await, (1, Some("\"server\"".to_owned())));
    assert_eq!(called(&owner.client, "/free", 20).await, (20, None));
    let wider = json!({ "settings": { "rateLimit": { "rpm": 60, "burst": 30 } } });
    owner.client.put(&server_path(&limited), &wider).await.assert(200);
    assert_eq!(called(&owner.client, "/limited", 40).await, (30, Some("\"server\"".to_owned())));
    // What a limit refused is told as that, and reached nobody.
    service.registry.usage.flush(true).await.unwrap();
    let told = owner.client.get(&server_path(&limited)).await.expect(200)["performance"].clone();
    assert_eq!((&told["requestCount"], &told["errorCount"]), (&json!(60), &json!(21)), "{told}");
    assert_eq!(told["errorsByKind"]["limited"], 21, "{told}");
    service.stop().await;
}
