//! Alerts of tools that are not what they were (I6, C12).

use black_box_tests::{Client, EventsOver, Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{Scene, tool};
use crate::support::text;

on_every_store!(
    i6_a_withheld_tool_is_an_alert_until_it_is_approved,
    an_accepted_change_of_a_tool_is_an_alert_that_a_person_resolves,
    what_a_server_lists_at_first_is_no_alert,
    t4_the_alert_is_for_those_who_see_the_server,
);

fn holds() -> Value {
    json!({ "toolChanges": "hold" })
}

async fn alerts(client: &Client) -> Vec<Value> {
    let list = client.get("/api/alerts?type=security").await.expect(200);
    let alerts = list["alerts"].as_array().expect("alerts").iter();
    alerts.filter(|alert| alert["cause"] == "capabilities_changed").cloned().collect()
}

async fn i6_a_withheld_tool_is_an_alert_until_it_is_approved(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("pay", "1")]).await;
    let client = &scene.owner.client;
    let path = "/api/events?type=alert_raised&type=alert_acknowledged&type=alert_resolved";
    let (mut told, _) = client.events(EventsOver::WebSocket, path).await;
    scene.change(&[tool("pay", "2")]).await;
    let alert = alerts(client).await.remove(0);
    assert_eq!((&alert["severity"], &alert["status"]), (&json!("high"), &json!("open")));
    assert_eq!((&alert["serverId"], &alert["occurrences"]), (&scene.server["id"], &json!(1)));
    assert!(text(&alert, "message").contains("pay"), "{alert}");
    scene.change(&[tool("pay", "3")]).await;
    let path = format!("/api/alerts/{}", text(&alert, "id"));
    assert_eq!(client.get(&path).await.expect(200)["occurrences"], 2);
    client.post_empty(&format!("{path}/acknowledge")).await.assert(200);
    let digest = scene.tools().await[0]["digest"].clone();
    client.post(&scene.path("tools/pay/approve"), &json!({ "digest": digest })).await.assert(200);
    let over = client.get(&path).await.expect(200);
    assert_eq!((&over["status"], over.get("resolvedBy")), (&json!("resolved"), None));
    for expected in ["alert_raised", "alert_acknowledged", "alert_resolved"] {
        let event = told.next().await["event"].clone();
        assert_eq!((&event["type"], &event["resourceId"]), (&json!(expected), &alert["id"]));
    }
    scene.change(&[tool("pay", "4")]).await;
    assert_eq!(alerts(client).await.len(), 2, "it is raised anew");
}

async fn an_accepted_change_of_a_tool_is_an_alert_that_a_person_resolves(service: &Service) {
    let scene = Scene::new(service, json!({}), &[tool("pay", "1")]).await;
    let client = &scene.owner.client;
    scene.change(&[tool("pay", "1"), tool("new", "1")]).await;
    assert!(alerts(client).await.is_empty(), "a new tool is not another than before");
    scene.change(&[tool("pay", "2"), tool("new", "1")]).await;
    let alert = alerts(client).await.remove(0);
    assert_eq!((&alert["severity"], &alert["status"]), (&json!("medium"), &json!("open")));
    scene.change(&[tool("new", "1")]).await;
    scene.call("pay").await.assert(200);
    assert_eq!(alerts(client).await[0]["status"], "open");
    client.post_empty(&format!("/api/alerts/{}/resolve", text(&alert, "id"))).await.assert(200);
    assert_eq!(alerts(client).await[0]["resolvedBy"], json!(scene.owner.user_id()));
}

async fn what_a_server_lists_at_first_is_no_alert(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("pay", "1"), tool("look", "1")]).await;
    scene.change(&[tool("look", "1"), tool("pay", "1")]).await;
    assert!(alerts(&scene.owner.client).await.is_empty());
}

/// T4.
async fn t4_the_alert_is_for_those_who_see_the_server(service: &Service) {
    let scene = Scene::new(service, holds(), &[tool("pay", "1")]).await;
    scene.change(&[tool("pay", "2")]).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let foreign = service.actor("other", "otto", Role::ServerOwner).await;
    let alert = alerts(&user.client).await.remove(0);
    let path = format!("/api/alerts/{}", text(&alert, "id"));
    user.client.post_empty(&format!("{path}/resolve")).await.assert(403);
    assert!(alerts(&foreign.client).await.is_empty());
    foreign.client.get(&path).await.assert(404);
}
