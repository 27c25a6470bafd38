//! What every tenant sees: public servers, and those of no tenant (R142, C3).

use black_box_tests::{Service, Upstream, on_every_store, server_at};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{entries_of, initialize, names, server_path, text, with};

on_every_store!(shared_servers_are_seen_by_all_and_changed_by_few, what_is_shared_no_more_is_not_found);

async fn shared_servers_are_seen_by_all_and_changed_by_few(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let acme = service.actor("acme", "olga", Role::ServerOwner).await;
    let strangers = [
        service.actor("other", "otto", Role::ServerOwner).await,
        service.actor("other", "ulli", Role::User).await,
    ];
    let public = with(server_at("Public", &upstream.url), &json!({ "isPublic": true }));
    let public = acme.client.post("/api/servers", &public).await.expect(201);
    let mut global = server_at("Global", &upstream.url);
    global["tenantId"] = Value::Null;
    let global = admin.client.post("/api/servers", &global).await.expect(201);
    for stranger in &strangers {
        let list = names(&stranger.client, "/api/servers?sortBy=name&sortOrder=asc").await;
        assert_eq!(list, ["Global", "Public"]);
        assert_eq!(names(&stranger.client, "/api/servers?search=public").await, ["Public"]);
        for server in [&public, &global] {
            let path = server_path(server);
            let found = stranger.client.get(&path).await.expect(200);
            assert_eq!(found["tenantId"], server["tenantId"]);
            stranger.client.get(&format!("{path}/health")).await.assert(200);
            let (entries, ()) = entries_of(service, async {
                stranger.client.put(&path, &json!({ "description": "mine" })).await.assert(403);
                stranger.client.delete(&path).await.assert(403);
                stranger.client.post_empty(&format!("{path}/health-check")).await.assert(403);
            })
            .await;
            assert_eq!(entries, 0);
            let reference = format!("/{}", text(server, "id"));
            assert_eq!(initialize(&stranger.client, &reference).await.status, 200);
        }
    }
    admin
        .client
        .put(&server_path(&public), &json!({ "description": "by the administrator" }))
        .await
        .assert(200);
    acme.client.put(&server_path(&global), &json!({ "description": "mine" })).await.assert(403);
}

async fn what_is_shared_no_more_is_not_found(service: &Service) {
    let (acme, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let user = service.actor("other", "ulli", Role::User).await;
    let public = with(server_at("Public", &upstream.url), &json!({ "isPublic": true }));
    let path = server_path(&acme.client.post("/api/servers", &public).await.expect(201));
    user.client.get(&path).await.assert(200);
    acme.client.put(&path, &json!({ "isPublic": false })).await.assert(200);
    user.client.get(&path).await.assert(404);
    assert!(names(&user.client, "/api/servers").await.is_empty());
    acme.client.put(&path, &json!({ "isPublic": true, "status": "inactive" })).await.assert(200);
    user.client.get(&path).await.assert(404);
}
