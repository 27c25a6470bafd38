//! `DELETE /api/servers/{id}` (R14, R74, C1, C5).

use black_box_tests::{Options, Service, StoreKind, Upstream, on_every_store};
use registry_core::model::role::{Role, Scope};
use registry_core::service::Policy;
use serde_json::json;

use crate::support::{register, register_at, server_path, text, total};

on_every_store!(a_removed_server_is_gone, keys_for_it_are_revoked_at_once, its_audit_entries_stay);

async fn a_removed_server_is_gone(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = server_path(&register_at(&owner, "Weather", &upstream).await);
    let answer = owner.client.delete(&path).await;
    assert!(answer.assert(204).bytes.is_empty());
    owner.client.get(&path).await.assert(404);
    owner.client.put(&path, &json!({})).await.assert(404);
    owner.client.delete(&path).await.assert(404);
    owner.client.get(&format!("{path}/health")).await.assert(404);
    owner.client.post_empty(&format!("{path}/health-check")).await.assert(404);
    assert_eq!(total(&owner.client, "/api/servers").await, 0);
}

/// A4: each key that is linked to it, used before or not.
async fn keys_for_it_are_revoked_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = register(&owner, "Weather").await;
    let (path, id) = (server_path(&made), text(&made, "id"));
    let used = service.client().with_key(text(&made, "apiKey"));
    used.get(&path).await.assert(200);
    let unused = owner.client_with(service, Scope::ALL, Some(id)).await;
    owner.client.delete(&path).await.assert(204);
    for client in [&used, &unused] {
        client.get("/api/servers").await.assert(401);
    }
    let key = owner.client.get(&format!("/api/api-keys/{}", text(&made, "apiKeyId"))).await.expect(200);
    assert_eq!(key["status"], "revoked");
    owner.client.get("/api/servers").await.assert(200);
}

/// R72: the log keeps what the record was.
async fn its_audit_entries_stay(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let made = register(&owner, "Weather").await;
    owner.client.delete(&server_path(&made)).await.assert(204);
    let path = format!("/api/audit-logs?resourceId={}", text(&made, "id"));
    let entries = admin.client.get(&path).await.expect(200)["entries"].clone();
    let kinds: Vec<_> = entries.as_array().unwrap().iter().map(|entry| text(entry, "eventType")).collect();
    assert_eq!(kinds, ["server_deleted", "server_registered"]);
}

/// C1: the setting takes the right from server owners, not from administrators.
#[tokio::test]
async fn owners_may_be_kept_from_removing() {
    let policy = Policy { server_owner_may_delete: false, ..Options::default().policy };
    let service = Service::start_with(StoreKind::Memory, Options { policy, ..Options::default() }).await;
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let path = server_path(&register(&owner, "Weather").await);
    owner.client.delete(&path).await.assert(403);
    owner.client.get(&path).await.assert(200);
    admin.client.delete(&path).await.assert(204);
    service.stop().await;
}
