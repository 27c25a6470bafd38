//! One's own preferences, one by one (R185, R186, R188, R189).

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::{PATH, prefer, preferences};
use crate::support::{complaints, entries_of, register, server_path, with};

on_every_store!(
    a_preference_has_its_defaults_and_keeps_what_was_said,
    preferences_are_in_ones_own_order,
    preferences_are_ones_own,
    wrong_values_are_refused_all_at_once,
    preferences_go_with_their_server,
    every_change_has_exactly_one_entry,
);

async fn a_preference_has_its_defaults_and_keeps_what_was_said(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "Weather").await;
    assert_eq!(preferences(&owner.client).await, [Value::Null; 0]);
    let made = prefer(&owner.client, &server, json!({ "displayOrder": 3 })).await;
    let expected = json!({ "userId": owner.user_id(), "serverId": server["id"], "isEnabled": true,
        "displayOrder": 3, "customSettings": {}, "updatedAt": made["updatedAt"] });
    assert_eq!(made, expected);
    let limit = json!({ "rpm": 10, "burst": 2 });
    let steps = [
        (json!({ "isEnabled": false }), json!({ "isEnabled": false })),
        (
            json!({ "customSettings": { "timeout": 1_000, "rateLimit": limit } }),
            json!({ "customSettings": { "timeout": 1_000, "rateLimit": limit } }),
        ),
        (json!({ "displayOrder": -7 }), json!({ "displayOrder": -7 })),
        (
            json!({ "customSettings": { "timeout": null } }),
            json!({ "customSettings": { "rateLimit": limit } }),
        ),
        (json!({ "customSettings": {} }), json!({})),
        (json!({ "customSettings": { "rateLimit": null } }), json!({ "customSettings": {} })),
    ];
    let mut expected = made;
    for (patch, change) in steps {
        let changed = prefer(&owner.client, &server, patch.clone()).await;
        expected = with(with(expected, &change), &json!({ "updatedAt": changed["updatedAt"] }));
        assert_eq!(changed, expected, "{patch}");
        assert_eq!(preferences(&owner.client).await, [expected.clone()]);
    }
    prefer(&owner.client, &server, json!({ "isEnabled": true, "displayOrder": 0 })).await;
    assert_eq!(preferences(&owner.client).await, [Value::Null; 0], "what says nothing is not kept");
}

async fn preferences_are_in_ones_own_order(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for (name, order) in [("A", 20), ("B", -1), ("C", i32::MAX), ("D", i32::MIN), ("E", 19)] {
        let server = register(&owner, name).await;
        prefer(&owner.client, &server, json!({ "displayOrder": order })).await;
    }
    let orders: Vec<_> =
        preferences(&owner.client).await.iter().map(|p| p["displayOrder"].as_i64().unwrap()).collect();
    assert_eq!(orders, [i64::from(i32::MIN), -1, 19, 20, i64::from(i32::MAX)]);
}

async fn preferences_are_ones_own(service: &Service) {
    let (owner, user) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "ulli", Role::User).await,
    );
    let server = register(&owner, "Weather").await;
    owner.client.put(&server_path(&server), &json!({ "status": "active" })).await.assert(200);
    prefer(&owner.client, &server, json!({ "displayOrder": 1 })).await;
    prefer(&user.client, &server, json!({ "displayOrder": 2 })).await;
    assert_eq!(preferences(&owner.client).await[0]["displayOrder"], 1);
    assert_eq!(preferences(&user.client).await[0]["displayOrder"], 2);
    // With the user go its preferences; a new one of the name has none.
    let admin = service.admin().await;
    admin.client.delete(&format!("/api/users/{}", user.user_id())).await.assert(204);
    let again = service.actor("acme", "ulli", Role::User).await;
    assert_eq!(preferences(&again.client).await, [Value::Null; 0]);
    assert_eq!(preferences(&owner.client).await.len(), 1);
}

async fn wrong_values_are_refused_all_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "Weather").await;
    let refused = async |patch: Value| {
        complaints(owner.client.put(PATH, &with(json!({ "serverId": server["id"] }), &patch)).await)
    };
    let settings = |settings: Value| json!({ "customSettings": settings });
    let (entries, ()) = entries_of(service, async {
        assert_eq!(refused(json!({ "serverId": null })).await, ["serverId"]);
        for id in ["weather", "01900000-0000-7000-8000-000000000000"] {
            assert_eq!(refused(json!({ "serverId": id })).await, ["serverId"], "{id}");
        }
        let all = settings(json!({ "timeout": 999, "rateLimit": { "rpm": 0, "burst": 1_001 } }));
        let fields =
            ["timeout", "rateLimit.rpm", "rateLimit.burst"].map(|name| format!("customSettings.{name}"));
        let mut found = refused(all).await;
        found.sort_by_key(|field| fields.iter().position(|known| known == field));
        assert_eq!(found, fields);
        for (patch, field) in [
            (settings(json!({ "timeout": 300_001 })), "customSettings.timeout"),
            (settings(json!({ "rateLimit": { "rpm": 10_001, "burst": 1 } })), "customSettings.rateLimit.rpm"),
            (json!({ "displayOrder": 2_147_483_648_i64 }), "displayOrder"),
            (json!({ "isEnabled": "no" }), "isEnabled"),
        ] {
            assert_eq!(refused(patch.clone()).await, [field], "{patch}");
        }
        let half = settings(json!({ "rateLimit": { "rpm": 10 } }));
        assert_eq!(refused(half).await.len(), 1);
    })
    .await;
    assert_eq!((entries, preferences(&owner.client).await.len()), (0, 0));
}

async fn preferences_go_with_their_server(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    for server in [&one, &two] {
        prefer(&owner.client, server, json!({ "isEnabled": false })).await;
    }
    owner.client.delete(&server_path(&one)).await.assert(204);
    let left = preferences(&owner.client).await;
    assert_eq!(left.iter().map(|p| &p["serverId"]).collect::<Vec<_>>(), [&two["id"]]);
}

/// U3.
async fn every_change_has_exactly_one_entry(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let server = register(&owner, "Weather").await;
    let (entries, _) =
        entries_of(service, prefer(&owner.client, &server, json!({ "displayOrder": 1 }))).await;
    assert_eq!(entries, 1);
    let many = json!({ "preferences": [{ "serverId": server["id"], "displayOrder": 2 }] });
    let (entries, _) = entries_of(service, owner.client.post(&format!("{PATH}/bulk"), &many)).await;
    assert_eq!(entries, 1);
    let log = admin.client.get("/api/audit-logs?eventType=preferences_updated").await.expect(200);
    assert_eq!(log["pagination"]["total"], 2);
    let entry = &log["entries"][0];
    assert_eq!((&entry["actorId"], &entry["resourceId"]), (&json!(owner.user_id()), &json!(owner.user_id())));
}
