//! Many preferences at once: all of them or none (R187, R190).

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::{PATH, preferences};
use crate::support::{complaints, entries_of, register, text};

on_every_store!(many_are_changed_in_one_step, one_that_is_wrong_changes_none, a_bulk_has_its_bounds);

fn bulk_path() -> String {
    format!("{PATH}/bulk")
}

async fn many_are_changed_in_one_step(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let mut wanted = Vec::new();
    for number in 0..60 {
        let server = register(&owner, &format!("Server {number}")).await;
        wanted.push(
            json!({ "serverId": server["id"], "displayOrder": 60 - number, "isEnabled": number % 2 == 0 }),
        );
    }
    let (entries, answer) = entries_of(service, async {
        owner.client.post(&bulk_path(), &json!({ "preferences": wanted })).await.expect(200)
    })
    .await;
    assert_eq!(entries, 1);
    let ids = |list: &[Value]| list.iter().map(|p| text(p, "serverId").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(answer["preferences"].as_array().unwrap()), ids(&wanted), "in the order of the request");
    wanted.reverse();
    let kept = preferences(&owner.client).await;
    assert_eq!(ids(&kept), ids(&wanted), "in one's own order");
    assert!(kept.iter().zip(&wanted).all(|(kept, wanted)| kept["isEnabled"] == wanted["isEnabled"]));
}

async fn one_that_is_wrong_changes_none(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    let unknown = "01900000-0000-7000-8000-000000000000";
    let wrong = json!({ "preferences": [
        { "serverId": one["id"], "displayOrder": 1 },
        { "serverId": unknown },
        { "serverId": two["id"], "customSettings": { "timeout": 1 } },
        { "serverId": one["id"] },
        { "displayOrder": 2 },
    ] });
    let (entries, answer) = entries_of(service, owner.client.post(&bulk_path(), &wrong)).await;
    let expected = [
        "preferences[1].serverId",
        "preferences[2].customSettings.timeout",
        "preferences[3].serverId",
        "preferences[4].serverId",
    ];
    assert_eq!(complaints(answer), expected);
    assert_eq!((entries, preferences(&owner.client).await.len()), (0, 0));
}

async fn a_bulk_has_its_bounds(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "One").await;
    let many: Vec<_> = (0..1_001).map(|_| json!({ "serverId": server["id"] })).collect();
    for wrong in [json!([]), json!(many), json!({}), Value::Null] {
        let answer = owner.client.post(&bulk_path(), &json!({ "preferences": wrong })).await;
        assert_eq!(complaints(answer), ["preferences"]);
    }
}
