//! Servers that need other servers (R56, R88, C20).

use black_box_tests::{Actor, Mode, Service, Upstream, on_every_store, server};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{complaints, register, register_at, server_path, text, with};

on_every_store!(
    a_server_tells_what_it_needs_and_who_needs_it,
    a_circle_is_refused_and_so_is_what_is_not_seen,
    a_server_that_is_needed_is_removed_by_force_alone,
    a_server_whose_dependency_is_unhealthy_is_degraded,
    t4_a_tenant_learns_nothing_of_what_others_need,
);

async fn needs(actor: &Actor, server: &Value, on: &[&Value]) -> black_box_tests::Answer {
    let ids: Vec<_> = on.iter().map(|on| on["id"].clone()).collect();
    actor.client.put(&server_path(server), &json!({ "dependsOn": ids })).await
}

async fn a_server_tells_what_it_needs_and_who_needs_it(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (base, other) = (register(&owner, "Base").await, register(&owner, "Other").await);
    assert_eq!(base["dependsOn"], json!([]));
    let body = with(server("Top"), &json!({ "dependsOn": [other["id"], base["id"], base["id"]] }));
    let top = owner.client.post("/api/servers", &body).await.expect(201);
    assert_eq!(top["dependsOn"], json!([base["id"], other["id"]]), "each once, by id");
    let read = async |server: &Value| owner.client.get(&server_path(server)).await.expect(200);
    assert_eq!(read(&base).await["dependents"], json!([top["id"]]));
    assert_eq!(read(&top).await["dependents"], json!([]));
    let changed =
        owner.client.put(&server_path(&top), &json!({ "dependsOn": [other["id"]] })).await.expect(200);
    assert_eq!(changed["dependsOn"], json!([other["id"]]));
    assert_eq!(read(&base).await["dependents"], json!([]));
    let changed = owner.client.put(&server_path(&top), &json!({ "version": "2.0.0" })).await.expect(200);
    assert_eq!(changed["dependsOn"], json!([other["id"]]), "what is absent stays");
}

async fn a_circle_is_refused_and_so_is_what_is_not_seen(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let stranger = service.actor("other", "oleg", Role::ServerOwner).await;
    let [a, b, c] = [register(&owner, "A").await, register(&owner, "B").await, register(&owner, "C").await];
    needs(&owner, &a, &[&b]).await.assert(200);
    needs(&owner, &b, &[&c]).await.assert(200);
    for (server, on) in [(&c, &a), (&b, &a), (&a, &a)] {
        assert_eq!(complaints(needs(&owner, server, &[on]).await), ["dependsOn"]);
    }
    let foreign = register(&stranger, "Foreign").await;
    assert_eq!(complaints(needs(&owner, &c, &[&foreign]).await), ["dependsOn"]);
    for ids in [json!(["no-id"]), json!([""]), json!(vec!["01900000-0000-7000-8000-000000000000"; 2])] {
        let answer = owner.client.put(&server_path(&c), &json!({ "dependsOn": ids })).await;
        assert_eq!(complaints(answer), ["dependsOn"]);
    }
    let many: Vec<_> = (0..21).map(|n| format!("01900000-0000-7000-8000-0000000000{n:02}")).collect();
    let answer = owner.client.put(&server_path(&c), &json!({ "dependsOn": many })).await;
    assert_eq!(complaints(answer), ["dependsOn"]);
    assert_eq!(owner.client.get(&server_path(&c)).await.expect(200)["dependsOn"], json!([]));
}

async fn a_server_that_is_needed_is_removed_by_force_alone(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (base, top) = (register(&owner, "Base").await, register(&owner, "Top").await);
    needs(&owner, &top, &[&base]).await.assert(200);
    let refused = owner.client.delete(&server_path(&base)).await;
    let named = refused.details(409).to_string();
    assert!(named.contains(text(&top, "id")), "{named}");
    owner.client.get(&server_path(&base)).await.assert(200);
    owner.client.delete(&format!("{}?force=true", server_path(&base))).await.assert(204);
    let left = owner.client.get(&server_path(&top)).await.expect(200);
    assert_eq!(left["dependsOn"], json!([]), "what is gone is needed no more");
    owner.client.delete(&server_path(&top)).await.assert(204);
}

async fn a_server_whose_dependency_is_unhealthy_is_degraded(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (upstream, fragile) = (Upstream::start().await, Upstream::start().await);
    let base = register_at(&owner, "Base", &fragile).await;
    let middle = register_at(&owner, "Middle", &upstream).await;
    let top = register_at(&owner, "Top", &upstream).await;
    needs(&owner, &middle, &[&base]).await.assert(200);
    needs(&owner, &top, &[&middle]).await.assert(200);
    let seen = async || {
        let list = owner.client.get("/api/servers?sortBy=name&sortOrder=asc").await.expect(200);
        let listed: Vec<_> = list["servers"].as_array().unwrap().clone();
        for server in &listed {
            let one = owner.client.get(&server_path(server)).await.expect(200);
            assert_eq!(
                (&one["healthStatus"], &one["degradedBy"]),
                (&server["healthStatus"], &server["degradedBy"])
            );
            let health = owner.client.get(&format!("{}/health", server_path(server))).await.expect(200);
            assert_eq!(health["healthStatus"], server["healthStatus"]);
        }
        listed
            .iter()
            .map(|server| (server["healthStatus"].clone(), server["degradedBy"].clone()))
            .collect::<Vec<_>>()
    };
    let well = (json!("healthy"), Value::Null);
    assert_eq!(seen().await, [well.clone(), well.clone(), well.clone()]);
    fragile.set(Mode::Status(500));
    let path = format!("{}/health-check", server_path(&base));
    for _ in 0..3 {
        owner.client.post_empty(&path).await.assert(200);
    }
    let because = (json!("degraded"), base["id"].clone());
    assert_eq!(seen().await, [(json!("unhealthy"), Value::Null), because.clone(), because]);
    fragile.set(Mode::Open);
    owner.client.post_empty(&path).await.assert(200);
    assert_eq!(seen().await, [well.clone(), well.clone(), well]);
}

async fn t4_a_tenant_learns_nothing_of_what_others_need(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let stranger = service.actor("other", "oleg", Role::ServerOwner).await;
    let (hidden, upstream) = (Upstream::start().await, Upstream::start().await);
    let secret = register_at(&owner, "Secret", &hidden).await;
    let public = register_at(&owner, "Public", &upstream).await;
    owner
        .client
        .put(&server_path(&public), &json!({ "isPublic": true, "dependsOn": [secret["id"]] }))
        .await
        .assert(200);
    let theirs = register_at(&stranger, "Theirs", &upstream).await;
    needs(&stranger, &theirs, &[&public]).await.assert(200);
    assert_eq!(owner.client.get(&server_path(&public)).await.expect(200)["dependents"], json!([]));
    hidden.set(Mode::Status(500));
    for _ in 0..3 {
        owner.client.post_empty(&format!("{}/health-check", server_path(&secret))).await.assert(200);
    }
    let seen = stranger.client.get(&server_path(&theirs)).await.expect(200);
    assert_eq!(seen["healthStatus"], "degraded");
    assert!(seen.get("degradedBy").is_none(), "{seen}");
    owner.client.delete(&server_path(&public)).await.assert(204);
}
