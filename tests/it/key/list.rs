//! `GET /api/api-keys`: the keys of one user.

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::json;

use crate::support::{create_key, text};

on_every_store!(a_list_of_one_users_keys_has_no_others, a_list_of_anothers_keys_is_no_way_to_see_them);

async fn a_list_of_one_users_keys_has_no_others(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("main", "olga", Role::ServerOwner).await);
    let names = async |user: &str| {
        let list = admin.client.get(&format!("/api/api-keys?ownerUserId={user}")).await.expect(200);
        let keys = list["apiKeys"].as_array().unwrap();
        assert_eq!(list["pagination"]["total"], keys.len());
        assert!(keys.iter().all(|key| key["ownerId"] == user), "{list}");
        keys.iter().map(|key| text(key, "name").to_owned()).collect::<Vec<_>>()
    };
    create_key(&owner, json!({ "name": "by olga" })).await;
    create_key(&admin, json!({ "name": "for olga", "ownerUserId": owner.user_id() })).await;
    assert_eq!(names(&owner.user_id()).await[..2], ["for olga", "by olga"]);
    assert_eq!(names(&admin.user_id()).await, ["test"]);
    assert_eq!(names("01900000-0000-7000-8000-000000000000").await, [""; 0]);
}

async fn a_list_of_anothers_keys_is_no_way_to_see_them(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("main", "olga", Role::ServerOwner).await);
    let others = format!("/api/api-keys?ownerUserId={}", admin.user_id());
    assert_eq!(owner.client.get(&others).await.expect(200)["pagination"]["total"], 0);
}
