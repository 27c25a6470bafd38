//! Tools that are withheld until somebody approves them (I6).

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{Scene, tool};
use crate::support::{complaints, server_path};

on_every_store!(
    i6_a_tool_that_changed_is_withheld_until_it_is_approved,
    what_is_approved_is_what_was_looked_at,
    a_tool_that_is_new_is_withheld_too,
    who_accepts_changes_is_withheld_nothing,
    an_odd_name_is_withheld_and_approved_as_well,
);

fn holds() -> Value {
    json!({ "toolChanges": "hold" })
}

async fn digest(scene: &Scene, name: &str) -> Value {
    let tools = scene.tools().await;
    tools.iter().find(|tool| tool["name"] == name).unwrap()["digest"].clone()
}

async fn approvals(service: &Service) -> Value {
    service.admin().await.client.get("/api/audit-logs?eventType=tool_approved").await.expect(200)
}

/// I6: from the check that finds it out, no call of it goes up; from the approval on, they do; and all is audited.
async fn i6_a_tool_that_changed_is_withheld_until_it_is_approved(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("pay", "1"), tool("look", "1")]).await;
    assert_eq!(scene.server["settings"]["toolChanges"], "hold");
    for name in ["pay", "look"] {
        scene.call(name).await.assert(200);
    }
    scene.change(&[tool("pay", "2"), tool("look", "1")]).await;
    scene.assert_withheld("pay").await;
    scene.call("look").await.assert(200);
    let shown = scene.tools().await;
    assert_eq!((&shown[0]["held"], &shown[1]["held"]), (&json!(false), &json!(true)));
    assert_eq!(scene.changes().await[0]["held"], true);
    let body = json!({ "digest": digest(&scene, "pay").await });
    let path = scene.path("tools/pay/approve");
    let approved = scene.owner.client.post(&path, &body).await.expect(200);
    assert_eq!((&approved["held"], &approved["name"]), (&json!(false), &json!("pay")));
    scene.call("pay").await.assert(200);
    let log = approvals(service).await;
    let entry = &log["entries"][0];
    assert_eq!(log["pagination"]["total"], 1);
    assert_eq!((&entry["actorId"], &entry["action"]), (&json!(scene.owner.user_id()), &json!("approve")));
    assert_eq!((&entry["metadata"]["tool"], &entry["metadata"]["digest"]), (&json!("pay"), &body["digest"]));
    scene.change(&[tool("pay", "3"), tool("look", "1")]).await;
    scene.assert_withheld("pay").await;
    scene.change(&[tool("pay", "2"), tool("look", "1")]).await;
    scene.call("pay").await.assert(200);
}

async fn what_is_approved_is_what_was_looked_at(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("pay", "1")]).await;
    scene.change(&[tool("pay", "2")]).await;
    let body = json!({ "digest": digest(&scene, "pay").await });
    let client = &scene.owner.client;
    scene.change(&[tool("pay", "3")]).await;
    let answer = client.post(&scene.path("tools/pay/approve"), &body).await;
    assert!(answer.details(409).get("digest").is_some());
    client.post(&scene.path("tools/other/approve"), &body).await.assert(404);
    let answer = client.post(&scene.path("tools/pay/approve"), &json!({ "digest": "abc" })).await;
    assert_eq!(complaints(answer), ["digest"]);
    let other = service.actor("acme", "otto", Role::ServerOwner).await;
    other.client.post(&scene.path("tools/pay/approve"), &body).await.assert(403);
    let foreign = service.actor("other", "olga", Role::ServerOwner).await;
    foreign.client.post(&scene.path("tools/pay/approve"), &body).await.assert(404);
    assert_eq!(approvals(service).await["pagination"]["total"], 0);
    scene.assert_withheld("pay").await;
}

async fn a_tool_that_is_new_is_withheld_too(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("a", "1")]).await;
    scene.change(&[tool("a", "1"), tool("b", "1")]).await;
    scene.assert_withheld("b").await;
    scene.call("a").await.assert(200);
    scene.change(&[tool("b", "1")]).await;
    scene.change(&[tool("a", "1"), tool("b", "1")]).await;
    scene.assert_withheld("a").await;
}

async fn who_accepts_changes_is_withheld_nothing(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("a", "1")]).await;
    scene.change(&[tool("a", "2")]).await;
    scene.assert_withheld("a").await;
    let (path, client) = (server_path(&scene.server), &scene.owner.client);
    let set = async |choice: &str| client.put(&path, &json!({ "settings": { "toolChanges": choice } })).await;
    set("accept").await.assert(200);
    scene.call("a").await.assert(200);
    assert_eq!(scene.tools().await[0]["held"], false);
    set("hold").await.assert(200);
    scene.assert_withheld("a").await;
    assert_eq!(complaints(set("maybe").await), ["settings.toolChanges"]);
}

async fn an_odd_name_is_withheld_and_approved_as_well(service: &Service) {
    let name = "a/b ä<script>";
    let scene = Scene::new(service, holds(), &[tool(name, "1")]).await;
    scene.change(&[tool(name, "2")]).await;
    scene.assert_withheld(name).await;
    let body = json!({ "digest": digest(&scene, name).await });
    let path = scene.path("tools/a%2Fb%20%C3%A4%3Cscript%3E/approve");
    assert_eq!(scene.owner.client.post(&path, &body).await.expect(200)["name"], name);
    scene.call(name).await.assert(200);
}
