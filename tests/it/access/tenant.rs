//! Tenants are walls (R141).

use black_box_tests::{Actor, Service, Upstream, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{complaints, create_key, initialize, names, register_at, server_path, text, total};

on_every_store!(
    lists_show_nothing_of_another_tenant,
    records_of_another_tenant_cannot_be_referred_to,
    the_gateway_knows_no_server_of_another_tenant,
);

struct Scene {
    acme: Actor,
    server: Value,
    strangers: [Actor; 2],
    upstream: Upstream,
}

async fn scene(service: &Service) -> Scene {
    let (acme, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let strangers = [
        service.actor("other", "otto", Role::ServerOwner).await,
        service.actor("other", "ulli", Role::User).await,
    ];
    let server = register_at(&acme, "Secret Weather", &upstream).await;
    let tagged = json!({ "tags": ["secret"], "description": "secret" });
    acme.client.put(&server_path(&server), &tagged).await.assert(200);
    create_key(&acme, json!({})).await;
    Scene { acme, server, strangers, upstream }
}

/// T4.
async fn lists_show_nothing_of_another_tenant(service: &Service) {
    let Scene { acme, server, strangers, .. } = scene(service).await;
    let tenant = format!("tenantId={}", acme.tenant_id());
    for stranger in &strangers {
        for query in ["", "search=secret", "tags=secret", "status=active", &tenant, "sortBy=name"] {
            assert_eq!(total(&stranger.client, &format!("/api/servers?{query}")).await, 0, "{query}");
        }
        let of_server = format!("/api/api-keys?serverId={}", text(&server, "id"));
        assert_eq!(total(&stranger.client, &of_server).await, 0);
        let keys = stranger.client.get("/api/api-keys").await.expect(200);
        let tenants = keys["apiKeys"].as_array().unwrap().iter().map(|key| text(key, "tenantId"));
        assert!(tenants.into_iter().all(|tenant| tenant == stranger.tenant_id()));
        stranger.client.get(&format!("/api/audit-logs?{tenant}")).await.assert(403);
    }
    let [owner, _] = &strangers;
    for query in ["", "search=olga", "search=ACME", "role=server_owner", &tenant] {
        let users = owner.client.get(&format!("/api/users?{query}")).await.expect(200);
        let found = users["users"].as_array().unwrap();
        assert!(found.iter().all(|user| user["tenantId"] == owner.tenant_id().as_str()), "{query}: {users}");
        assert_eq!(users["pagination"]["total"], found.len(), "{query}");
    }
    assert_eq!(total(&owner.client, &format!("/api/users?{tenant}")).await, 0);
    let admin = service.actor("third", "anna", Role::Admin).await;
    assert_eq!(names(&admin.client, &format!("/api/servers?{tenant}")).await, ["Secret Weather"], "R140");
    assert_eq!(names(&admin.client, &format!("/api/servers?tenantId={}", admin.tenant_id())).await.len(), 0);
}

/// T4, A3: and the answer does not tell whether they exist.
async fn records_of_another_tenant_cannot_be_referred_to(service: &Service) {
    let Scene { acme, server, strangers: [stranger, _], upstream, .. } = scene(service).await;
    let unknown = "01900000-0000-7000-8000-000000000000";
    for (field, id) in [("serverId", text(&server, "id")), ("ownerUserId", &acme.user_id())] {
        let ask = async |id: &str| {
            let answer = stranger.client.post("/api/api-keys", &json!({ "name": "test", field: id })).await;
            (answer.status.as_u16(), answer.json["details"].clone())
        };
        let answer = ask(id).await;
        assert_eq!((answer.0, &answer), (400, &ask(unknown).await), "{field}");
    }
    let preference = json!({ "serverId": server["id"], "isEnabled": false });
    let path = "/api/users/preferences/servers";
    assert_eq!(complaints(stranger.client.put(path, &preference).await), ["serverId"]);
    let many = json!({ "preferences": [preference] });
    let answer = stranger.client.post(&format!("{path}/bulk"), &many).await;
    assert_eq!(complaints(answer), ["preferences[0].serverId"]);
    assert_eq!(stranger.client.get(path).await.expect(200)["preferences"], json!([]));
    register_at(&stranger, "Secret Weather", &upstream).await;
}

/// T3: an unknown or odd server is never "any server".
async fn the_gateway_knows_no_server_of_another_tenant(service: &Service) {
    let Scene { acme, server, strangers, upstream, .. } = scene(service).await;
    let seen = upstream.seen().len();
    let id = format!("/{}", text(&server, "id"));
    let references = [
        id.as_str(),
        "/secret-weather",
        "/Secret%20Weather",
        "/SECRET_WEATHER",
        "",
        "/",
        "//",
        "/*",
        "/%2A",
        "/all",
        "/null",
        "/00000000-0000-0000-0000-000000000000",
        "/ffffffff-ffff-ffff-ffff-ffffffffffff",
        "/?id=secret-weather",
        "/secret-weather/",
        "/x/secret-weather",
        "/%25",
        "/'%20OR%20'1'='1",
        "/%00",
        "/../api/servers",
        "/%2e%2e/api",
    ];
    for stranger in &strangers {
        for reference in references {
            let answer = initialize(&stranger.client, reference).await;
            // A path that no layer may read differently is refused before anything looks at it.
            let odd = ["/%00", "/../api/servers", "/%2e%2e/api", "/%25", "//"].contains(&reference);
            let status = answer.status.as_u16();
            assert!(status == 404 || (odd && status == 400), "{reference}: {status} {}", answer.text());
        }
    }
    assert_eq!(upstream.seen().len(), seen, "nothing arrived");
    for reference in [id.as_str(), "/secret-weather"] {
        assert_eq!(
            initialize(&acme.client, reference).await.status,
            200,
            "its own tenant calls it: {reference}"
        );
    }
}
