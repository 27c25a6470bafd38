//! Limits of roles, keys and tenants: the strictest wins.

use std::time::Duration;

use registry_core::limit::RateLimits;
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::kit::{ME, limited, passed, per_minute, refusal};
use crate::account::issuer::Issuer;
use crate::account::kit::{PASSWORD, change, entries, person};

fn unlimited(limits: &mut RateLimits) {
    *limits = RateLimits { own: true, ..RateLimits::unlimited() };
}

#[tokio::test]
async fn each_role_has_its_limit_and_it_fills_again() {
    let (service, ticks) = limited(|limits| {
        unlimited(limits);
        (limits.admin, limits.server_owner, limits.user) = (per_minute(20), per_minute(10), per_minute(5));
    })
    .await;
    for (name, role, limit) in
        [("root", Role::Admin, 20), ("olga", Role::ServerOwner, 10), ("bert", Role::User, 5)]
    {
        let actor = service.actor("acme", name, role).await;
        assert_eq!(passed(&actor.client, ME, 30).await, limit, "{role}");
        assert_eq!(refusal(&actor.client.get(ME).await), "user");
        let interval = Duration::from_secs(60) / u32::try_from(limit).unwrap();
        ticks.advance(interval - Duration::from_nanos(1));
        actor.client.get(ME).await.assert(429);
        ticks.advance(Duration::from_nanos(1));
        assert_eq!(passed(&actor.client, ME, 5).await, 1, "one call's time has passed");
        ticks.advance(Duration::from_secs(600));
        assert_eq!(passed(&actor.client, ME, 30).await, limit, "and no more is saved up than the limit");
    }
    service.stop().await;
}

/// A key has 100 a minute, whatever its user may; two keys of a user share what the user may.
#[tokio::test]
async fn a_key_has_its_own_limit_and_the_strictest_wins() {
    let (service, _ticks) = limited(|limits| {
        unlimited(limits);
        limits.server_owner = per_minute(150);
    })
    .await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    assert_eq!(passed(&owner.client, ME, 120).await, 100);
    assert_eq!(refusal(&owner.client.get(ME).await), "key");
    let second = owner.client_with(&service, Scope::ALL, None).await;
    assert_eq!(
        passed(&second, ME, 120).await,
        50,
        "a call that the key's limit refused took nothing from the user's"
    );
    assert_eq!(refusal(&second.get(ME).await), "user");
    service.stop().await;
}

#[tokio::test]
async fn a_tenants_users_share_its_limit_but_for_administrators() {
    let (service, ticks) = limited(|limits| {
        unlimited(limits);
        (limits.tenant, limits.user) = (per_minute(12), per_minute(8));
    })
    .await;
    let one = service.actor("acme", "bert", Role::User).await;
    let other = service.actor("acme", "clara", Role::User).await;
    let stranger = service.actor("beta", "dora", Role::User).await;
    let admin = service.actor("acme", "root", Role::Admin).await;
    assert_eq!(passed(&one.client, ME, 20).await, 8);
    assert_eq!(refusal(&one.client.get(ME).await), "user");
    assert_eq!(passed(&other.client, ME, 20).await, 4);
    assert_eq!(refusal(&other.client.get(ME).await), "tenant");
    assert_eq!(passed(&stranger.client, ME, 20).await, 8, "another tenant's");
    assert_eq!(passed(&admin.client, ME, 30).await, 30);
    ticks.advance(Duration::from_secs(120));
    let path = format!("/api/tenants/{}", admin.tenant_id());
    admin.client.put(&path, &json!({ "name": "acme", "requestsPerMinute": 3 })).await.assert(200);
    assert_eq!(passed(&other.client, ME, 10).await, 3, "the tenant's own");
    service.stop().await;
}

/// The user is what is limited: not each of its sessions, tokens and keys, and not anew for each role that a token has.
#[tokio::test]
async fn a_user_has_one_limit_however_it_proves_who_it_is() {
    let issuer = Issuer::start().await;
    let mut options = issuer.options("");
    options.policy.limits.server_owner = per_minute(10);
    options.policy.limits.user = per_minute(50);
    let ticks = std::sync::Arc::new(registry_core::limit::ManualTicks::default());
    options.ticks = ticks.clone();
    let service = black_box_tests::Service::start_with(black_box_tests::StoreKind::Memory, options).await;
    let admin = service.actor("acme", "root", Role::Admin).await;
    let olga = person(&admin, &admin.tenant_id(), "olga", Role::ServerOwner).await;
    let identities = json!({ "identities": [{ "issuer": issuer.url, "subject": "olga" }] });
    change(&admin, &olga, &identities).await.assert(200);
    let session = service.client().sign_in("olga", PASSWORD).await.client;
    let token = |role: &str, jti: usize| {
        issuer.client(&service, "olga", json!({ "roles": [role], "jti": jti.to_string() }))
    };
    let mut passed = 0;
    for round in 0..10 {
        for client in [&session, &token("dev", round), &token("none", round)] {
            passed += usize::from(client.get(ME).await.status == 200);
        }
    }
    assert_eq!(passed, 10);
    service.stop().await;
}

#[tokio::test]
async fn who_exceeds_a_limit_is_told_to_the_audit_log_once() {
    let (service, _ticks) = limited(|limits| {
        unlimited(limits);
        limits.user = per_minute(5);
    })
    .await;
    let (admin, user) = (service.admin().await, service.actor("acme", "bert", Role::User).await);
    person(&admin, &admin.tenant_id(), "clara", Role::User).await;
    let session = service.client().sign_in("clara", PASSWORD).await;
    assert_eq!(passed(&user.client, ME, 30).await, 5);
    assert_eq!(passed(&session.client, ME, 30).await, 5);
    service.registry.refusals.flush(true).await.unwrap();
    let entries = entries(&admin.client, "rate_limit_exceeded").await;
    let of = |id: &str| {
        let own: Vec<_> = entries.iter().filter(|entry| entry["actorId"] == id).collect();
        let count: u64 = own.iter().map(|entry| entry["metadata"]["count"].as_u64().unwrap()).sum();
        (own.len() <= 2, count, own[0].clone())
    };
    let (is_few, count, entry) = of(&user.user_id());
    assert_eq!((is_few, count), (true, 25));
    assert_eq!(entry["apiKeyId"], json!(user.key.key.id.to_string()));
    assert_eq!((&entry["metadata"]["reason"], &entry["action"]), (&json!("user"), &json!("exceed")));
    let (is_few, count, entry) = of(session.me["id"].as_str().unwrap());
    assert_eq!((is_few, count, entry.get("apiKeyId")), (true, 25, None));
    service.stop().await;
}
