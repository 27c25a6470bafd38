//! There is always somebody who can manage the registry.

use black_box_tests::{Actor, Answer, Service, on_every_store};
use futures::future::join_all;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{entries_of, total};

on_every_store!(
    the_last_administrator_stays,
    an_administrator_who_cannot_act_does_not_count,
    of_administrators_who_step_down_together_one_stays,
    administrators_who_depose_each_other_leave_one,
);

fn path(actor: &Actor) -> String {
    format!("/api/users/{}", actor.user_id())
}

/// Every way to be an administrator no more; the status of each.
async fn farewells(by: &Actor, whose: &Actor) -> Vec<Answer> {
    let (user, tenant) = (path(whose), format!("/api/tenants/{}", whose.tenant_id()));
    vec![
        by.client.patch(&user, &json!({ "role": "server_owner" })).await,
        by.client.patch(&user, &json!({ "role": "user", "displayName": "gone" })).await,
        by.client.patch(&user, &json!({ "disabled": true })).await,
        by.client.delete(&user).await,
        by.client.put(&tenant, &json!({ "disabled": true })).await,
        by.client.delete(&tenant).await,
    ]
}

async fn assert_refused(service: &Service, admin: &Actor) {
    let before = admin.client.get(&path(admin)).await.expect(200);
    let (entries, answers) = entries_of(service, farewells(admin, admin)).await;
    for answer in answers {
        assert_eq!(answer.status, 409, "{} {}", answer.request, answer.text());
    }
    assert_eq!(entries, 0);
    assert_eq!(admin.client.get(&path(admin)).await.expect(200), before);
}

async fn the_last_administrator_stays(service: &Service) {
    let admin = service.admin().await;
    service.actor("acme", "olga", Role::ServerOwner).await;
    assert_refused(service, &admin).await;
    // What does not end it may be changed.
    admin.client.patch(&path(&admin), &json!({ "displayName": "Root", "role": "admin" })).await.assert(200);
    let second = service.actor("acme", "anna", Role::Admin).await;
    second.client.patch(&path(&admin), &json!({ "role": "user" })).await.assert(200);
    assert_refused(service, &second).await;
}

async fn an_administrator_who_cannot_act_does_not_count(service: &Service) {
    let (admin, second) = (service.admin().await, service.actor("acme", "anna", Role::Admin).await);
    admin.client.patch(&path(&second), &json!({ "disabled": true })).await.assert(200);
    assert_refused(service, &admin).await;
    admin.client.patch(&path(&second), &json!({ "disabled": false })).await.assert(200);
    let tenant = format!("/api/tenants/{}", second.tenant_id());
    admin.client.put(&tenant, &json!({ "disabled": true })).await.assert(200);
    assert_refused(service, &admin).await;
    admin.client.put(&tenant, &json!({ "disabled": false })).await.assert(200);
    admin.client.patch(&path(&admin), &json!({ "disabled": true })).await.assert(200);
    assert_refused(service, &second).await;
}

const CROWD: usize = 20;

async fn crowd(service: &Service) -> Vec<Actor> {
    let mut crowd = Vec::new();
    for number in 0..CROWD {
        // Of several tenants: they have no lock in common there.
        let (tenant, user) = (format!("tenant {}", number % 4), format!("admin-{number}"));
        crowd.push(service.actor(&tenant, &user, Role::Admin).await);
    }
    crowd
}

/// Who may act as an administrator still, by what each may see.
async fn acting(crowd: &[Actor]) -> Vec<&Actor> {
    let seen = join_all(crowd.iter().map(|actor| actor.client.get("/api/audit-logs?limit=1"))).await;
    crowd.iter().zip(seen).filter(|(_, answer)| answer.status == 200).map(|(actor, _)| actor).collect()
}

async fn of_administrators_who_step_down_together_one_stays(service: &Service) {
    let crowd = crowd(service).await;
    let ways: [Option<Value>; 3] = [Some(json!({ "role": "user" })), Some(json!({ "disabled": true })), None];
    let step_down = |(number, actor): (usize, &Actor)| {
        let (way, path, client) = (ways[number % 3].clone(), path(actor), actor.client.clone());
        async move {
            match way {
                Some(change) => client.patch(&path, &change).await,
                None => client.delete(&path).await,
            }
        }
    };
    let answers = join_all(crowd.iter().enumerate().map(step_down)).await;
    let refused = answers.iter().map(|answer| answer.status.as_u16()).filter(|status| *status >= 300);
    assert_eq!(refused.collect::<Vec<_>>(), [409]);
    let left = acting(&crowd).await;
    assert_eq!(left.len(), 1);
    assert_eq!(total(&left[0].client, "/api/users?role=admin").await, 1 + disabled(left[0]).await);
}

/// How many administrators are disabled.
async fn disabled(by: &Actor) -> u64 {
    let users = by.client.get("/api/users?role=admin&limit=100").await.expect(200);
    users["users"].as_array().unwrap().iter().filter(|user| user["disabled"] == true).count() as u64
}

async fn administrators_who_depose_each_other_leave_one(service: &Service) {
    let crowd = crowd(service).await;
    let depose = |number: usize| {
        let (by, whom) = (&crowd[number], path(&crowd[(number + 1) % CROWD]));
        async move { by.client.patch(&whom, &json!({ "role": "server_owner" })).await }
    };
    let answers = join_all((0..CROWD).map(depose)).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    let deposed = statuses.iter().filter(|status| **status == 200).count();
    // Who was deposed before may not, and does not see users of other tenants.
    assert!(statuses.iter().all(|status| [200, 403, 404, 409].contains(status)), "{statuses:?}");
    let left = acting(&crowd).await;
    assert_eq!(left.len(), CROWD - deposed);
    assert!(!left.is_empty(), "nobody is left");
}
