//! A disabled user, and the users of a disabled tenant, can do nothing, at once (A4).

use black_box_tests::{Actor, Client, Service, Upstream, on_every_store};
use futures::future::join_all;
use registry_core::model::role::Role;
use serde_json::json;

use super::{PASSWORD, sign_in};
use crate::access::session::session_client;
use crate::support::{create_key, initialize, register_at, text};

on_every_store!(
    a_disabled_user_is_refused_at_once,
    a_disabled_tenant_is_refused_at_once,
    a_user_who_is_disabled_during_calls_stays_refused,
);

/// Somebody with a key, a session and a password, and a server to call.
struct Victim {
    actor: Actor,
    key: Client,
    session: Client,
}

impl Victim {
    async fn new(service: &Service, upstream: &Upstream) -> Self {
        let actor = service.actor("acme", "olga", Role::ServerOwner).await;
        let signed_in = session_client(service, &actor).await;
        signed_in.put("/api/users/me/password", &json!({ "newPassword": PASSWORD })).await.assert(204);
        register_at(&actor, "Weather", upstream).await;
        let key = create_key(&actor, json!({ "scopes": ["server:read", "mcp:invoke"] })).await;
        let key = service.client().with_key(text(&key, "key"));
        Self { actor, key, session: signed_in }
    }

    async fn assert_accepted(&self, service: &Service) {
        self.session.get("/api/servers").await.assert(200);
        self.assert_key_and_password_accepted(service).await;
    }

    async fn assert_key_and_password_accepted(&self, service: &Service) {
        self.key.get("/api/servers").await.assert(200);
        let called = initialize(&self.key, "/weather").await;
        assert_eq!(called.status, 200, "{}", called.text());
        assert_eq!(sign_in(&service.client(), "olga").await, 200);
    }

    async fn assert_refused(&self, service: &Service) {
        for client in [&self.key, &self.session, &self.actor.client] {
            for answer in join_all((0..100).map(|_| client.get("/api/servers"))).await {
                answer.assert(401);
            }
        }
        for answer in join_all((0..50).map(|_| initialize(&self.key, "/weather"))).await {
            assert_eq!(answer.status, 401, "{}", answer.text());
        }
        assert_eq!(sign_in(&service.client(), "olga").await, 401);
    }
}

async fn a_disabled_user_is_refused_at_once(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let victim = Victim::new(service, &upstream).await;
    let path = format!("/api/users/{}", victim.actor.user_id());
    victim.assert_accepted(service).await;
    admin.client.patch(&path, &json!({ "disabled": true })).await.assert(200);
    victim.assert_refused(service).await;
    // What is the user's stays where it is, for when it comes back.
    assert_eq!(initialize(&admin.client, "/weather").await.status, 404, "a name is of one's own tenant");
    admin.client.patch(&path, &json!({ "disabled": false })).await.assert(200);
    victim.assert_key_and_password_accepted(service).await;
    victim.session.get("/api/servers").await.assert(401);
}

async fn a_disabled_tenant_is_refused_at_once(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let victim = Victim::new(service, &upstream).await;
    let path = format!("/api/tenants/{}", victim.actor.tenant_id());
    victim.assert_accepted(service).await;
    admin.client.put(&path, &json!({ "disabled": true })).await.assert(200);
    victim.assert_refused(service).await;
    admin.client.get("/api/servers").await.assert(200);
    admin.client.put(&path, &json!({ "disabled": false })).await.assert(200);
    victim.assert_accepted(service).await;
}

/// A5: what was read of the user while it changed is not kept.
async fn a_user_who_is_disabled_during_calls_stays_refused(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let path = format!("/api/users/{}", owner.user_id());
    for _ in 0..5 {
        let calls = join_all((0..200).map(|_| owner.client.get("/api/servers")));
        let disable = async {
            admin.client.patch(&path, &json!({ "disabled": true })).await.assert(200);
            join_all((0..20).map(|_| owner.client.get("/api/servers"))).await
        };
        let (during, after) = tokio::join!(calls, disable);
        assert!(during.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 401)));
        assert!(after.iter().all(|answer| answer.status == 401), "accepted after it was disabled");
        for answer in join_all((0..50).map(|_| owner.client.get("/api/servers"))).await {
            answer.assert(401);
        }
        admin.client.patch(&path, &json!({ "disabled": false })).await.assert(200);
        owner.client.get("/api/servers").await.assert(200);
    }
}
