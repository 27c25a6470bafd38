//! What one's own bounds do to one's own calls: less than the server's and the operator's, never more (R190, R191).

use std::time::{Duration, Instant};

use black_box_tests::{Actor, Mode, Options, Service, StoreKind, Upstream};
use registry_core::limit::RateLimits;
use registry_core::model::role::Role;
use registry_core::service::Policy;
use serde_json::{Value, json};

use super::prefer;
use crate::support::{create_key, initialize, register_at, server_path, text};

const STORES: [StoreKind; 3] = [StoreKind::Memory, StoreKind::Sled, StoreKind::Postgres];

/// No limit holds but those that keys and users have of their own.
async fn service(kind: StoreKind) -> Service {
    let limits = RateLimits { own: true, ..RateLimits::unlimited() };
    let policy = Policy { limits, ..Policy::default() };
    Service::start_with(kind, Options { policy, ..Options::default() }).await
}

struct Scene {
    owner: Actor,
    user: Actor,
    upstream: Upstream,
    server: Value,
}

async fn scene(service: &Service) -> Scene {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let user = service.actor("acme", "ulli", Role::User).await;
    let server = register_at(&owner, "Weather", &upstream).await;
    Scene { owner, user, upstream, server }
}

fn limit(rpm: u32, burst: u32) -> Value {
    json!({ "customSettings": { "rateLimit": { "rpm": rpm, "burst": burst } } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_rate_limit_holds_for_all_of_ones_keys_and_no_one_else() {
    for kind in STORES {
        let service = service(kind).await;
        let Scene { owner, user, server, upstream: _upstream } = scene(&service).await;
        prefer(&user.client, &server, limit(1, 3)).await;
        let second =
            create_key(&owner, json!({ "ownerUserId": user.user_id(), "scopes": ["mcp:invoke"] })).await;
        let second = service.client().with_key(text(&second, "key"));
        let mut statuses = Vec::new();
        for client in [&user.client, &second].repeat(5) {
            statuses.push(initialize(client, "/weather").await.status.as_u16());
        }
        let accepted = statuses.iter().filter(|status| **status == 200).count();
        assert!((3..=4).contains(&accepted), "{kind:?}: {statuses:?}");
        assert!(statuses[4..].iter().all(|status| *status == 429), "{kind:?}: {statuses:?}");
        let refused = initialize(&user.client, "/weather").await;
        assert!(!refused.header("retry-after").is_empty());
        // It is for calls to that server, and nobody else's.
        assert_eq!(initialize(&owner.client, "/weather").await.status, 200);
        user.client.get("/api/servers").await.assert(200);
        prefer(&user.client, &server, json!({ "customSettings": { "rateLimit": null } })).await;
        assert_eq!(initialize(&user.client, "/weather").await.status, 200, "{kind:?}: at once");
        service.stop().await;
    }
}

/// The limit of the key, 100 a minute, is the stricter one here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_rate_limit_widens_no_other() {
    let service = service(StoreKind::Memory).await;
    let Scene { user, server, upstream: _upstream, .. } = scene(&service).await;
    prefer(&user.client, &server, limit(10_000, 1_000)).await;
    let mut accepted = 0;
    for _ in 0..200 {
        accepted += u32::from(initialize(&user.client, "/weather").await.status == 200);
    }
    assert!((90..150).contains(&accepted), "{accepted}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_timeout_shortens_a_call_and_lengthens_none() {
    let service = service(StoreKind::Memory).await;
    let Scene { owner, user, upstream, server } = scene(&service).await;
    let set = async |milliseconds: u32| {
        let settings = json!({ "settings": { "timeoutMs": milliseconds } });
        owner.client.put(&server_path(&server), &settings).await.assert(200);
    };
    let took = async || {
        let start = Instant::now();
        assert_eq!(initialize(&user.client, "/weather").await.status, 504);
        start.elapsed()
    };
    set(60_000).await;
    prefer(&user.client, &server, json!({ "customSettings": { "timeout": 1_000 } })).await;
    upstream.set(Mode::Silent);
    let shortened = took().await;
    assert!((Duration::from_secs(1)..Duration::from_secs(20)).contains(&shortened), "{shortened:?}");
    set(1_000).await;
    prefer(&user.client, &server, json!({ "customSettings": { "timeout": 300_000 } })).await;
    let bounded = took().await;
    assert!(bounded < Duration::from_secs(20), "{bounded:?}");
    service.stop().await;
}
