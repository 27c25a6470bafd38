//! The story of the README, with a server and a client that are not of this project.

use std::collections::BTreeSet;

use black_box_tests::{Service, eventually, on_every_store, server_at};
use registry_core::model::role::Role;
use serde_json::json;

use super::era::connect;
use super::kit::{PATIENCE, assert_failure, call};
use super::program::{Program, inspect};
use crate::support::{server_path, text};

on_every_store!(a_real_server_is_registered_checked_called_and_audited);
on_memory!(
    a_real_client_of_the_new_era_calls_a_server_of_it,
    a_real_server_that_is_restarted_is_called_again
);

const LIST: [&str; 2] = ["--method", "tools/list"];
const ECHO: [&str; 6] = ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hello"];

async fn a_real_server_is_registered_checked_called_and_audited(service: &Service) {
    let (admin, everything) = (service.admin().await, Program::everything().await);
    let made = admin.client.post("/api/servers", &server_at("Everything", &everything.url)).await.expect(201);
    assert_eq!((&made["status"], &made["healthStatus"]), (&json!("active"), &json!("healthy")));

    // What it lists depends on what a client says that it can do: the check is a client like this one.
    let direct = connect(&everything.url, None).await;
    let tools = direct.list_all_tools().await.unwrap().len();
    direct.cancel().await.unwrap();
    assert!(tools > 5);
    let path = format!("{}/health-check", server_path(&made));
    let check = admin.client.post(&path, &json!({ "deep": true })).await.expect(200);
    assert_eq!((&check["status"], &check["details"]["tools"]), (&json!("healthy"), &json!(tools)));

    let (url, key) = (format!("http://{}/mcp/everything", service.address), text(&made, "apiKey"));
    let direct = inspect(&everything.url, None, "legacy", &LIST).await;
    assert_eq!(inspect(&url, Some(key), "legacy", &LIST).await, direct);
    let said = inspect(&url, Some(key), "legacy", &ECHO).await;
    assert_eq!(said["result"]["content"], json!([{ "type": "text", "text": "Echo: hello" }]));

    let log = format!("/api/audit-logs?resourceId={}", text(&made, "id"));
    let log = admin.client.get(&log).await.expect(200);
    let entries = log["entries"].as_array().expect("entries");
    let events: Vec<_> = entries.iter().map(|entry| text(entry, "eventType")).collect();
    assert_eq!(events.last(), Some(&"server_registered"), "{events:?}");
    assert!(events.iter().any(|event| event.contains("health")), "{events:?}");
    let actors: BTreeSet<_> = entries.iter().filter_map(|entry| entry["actorId"].as_str()).collect();
    assert_eq!(actors, [admin.user_id().as_str()].into());

    let usage = format!("/api/api-keys/{}/usage", text(&made, "apiKeyId"));
    let counted = async || (admin.client.get(&usage).await.json["requests"].as_u64()? >= 4).then_some(());
    eventually("the calls are counted", PATIENCE, counted).await;
}

async fn a_real_client_of_the_new_era_calls_a_server_of_it(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let modern = Program::modern().await;
    let made = owner.client.post("/api/servers", &server_at("Modern", &modern.url)).await.expect(201);
    let (url, key) = (format!("http://{}/mcp/modern", service.address), text(&made, "apiKey"));
    let direct = inspect(&modern.url, None, "auto", &LIST).await;
    assert_eq!(inspect(&url, Some(key), "auto", &LIST).await, direct);
    let said = inspect(&url, Some(key), "auto", &ECHO).await;
    assert_eq!(said["result"]["content"], json!([{ "type": "text", "text": "Echo: hello" }]));
}

/// A probe or a pool that kept something of the old process would fail.
async fn a_real_server_that_is_restarted_is_called_again(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let modern = Program::modern().await;
    let made = owner.client.post("/api/servers", &server_at("Modern", &modern.url)).await.expect(201);
    let url = format!("http://{}/mcp/modern", service.address);
    inspect(&url, Some(text(&made, "apiKey")), "auto", &ECHO).await;
    let modern = modern.stopped().await;
    assert_failure(&call(&owner.client, "modern").await, 502, "UPSTREAM_UNREACHABLE");
    let _modern = modern.again().await;
    inspect(&url, Some(text(&made, "apiKey")), "auto", &ECHO).await;
    let path = format!("{}/health-check", server_path(&made));
    assert_eq!(owner.client.post(&path, &json!({ "deep": true })).await.expect(200)["status"], "healthy");
}
