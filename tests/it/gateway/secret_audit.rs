//! Opening a server's credentials is in the audit log, coalesced.

use black_box_tests::{Service, eventually, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{PATIENCE, call, place};
use super::peer::Peer;
use crate::support::{server_path, text};

on_every_store!(the_use_of_a_servers_secret_is_in_the_audit_log_once_an_hour_with_a_count);

const ENTRIES: &str = "/api/audit-logs?eventType=credentials_opened&limit=100";

async fn entries(service: &Service) -> Vec<Value> {
    let admin = service.admin().await;
    admin.client.get(ENTRIES).await.expect(200)["entries"].as_array().expect("entries").clone()
}

async fn the_use_of_a_servers_secret_is_in_the_audit_log_once_an_hour_with_a_count(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let auth = json!({ "authType": "bearer", "authConfig": { "bearerToken": "canary" } });
    let made = place(&owner, "One", &peer.url, auth).await;
    place(&owner, "Two", &peer.url, json!({})).await;
    for _ in 0..20 {
        call(&owner.client, "one").await.assert(200);
        call(&owner.client, "two").await.assert(200);
    }
    let written = async || Some(entries(service).await).filter(|entries| !entries.is_empty());
    let first = eventually("the first use is in the log", PATIENCE, written).await;
    assert_eq!(first.len(), 1, "{first:?}");
    let entry = &first[0];
    assert_eq!((text(entry, "resourceId"), text(entry, "resourceType")), (text(&made, "id"), "server"));
    assert_eq!((text(entry, "action"), text(entry, "result")), ("open", "success"));
    assert_eq!(
        (text(entry, "tenantId"), &entry["metadata"]["purpose"]),
        (text(&made, "tenantId"), &json!("call"))
    );
    assert!(entry["metadata"]["count"].as_u64() >= Some(1) && entry.get("actorId").is_none(), "{entry}");

    for number in 0..5 {
        let change = json!({ "description": format!("{number}") });
        owner.client.put(&server_path(&made), &change).await.assert(200);
        call(&owner.client, "one").await.assert(200);
        owner.client.post_empty(&format!("{}/health-check", server_path(&made))).await.assert(200);
    }
    let of_checks = async || Some(entries(service).await).filter(|entries| entries.len() > 1);
    let both = eventually("the use by a check is in the log", PATIENCE, of_checks).await;
    let purposes: Vec<_> = both.iter().map(|entry| text(&entry["metadata"], "purpose")).collect();
    assert_eq!(purposes, ["health_check", "call"], "what follows within the hour is counted");
    service.registry.secrets.flush(true).await.expect("the rest is written");
    let all = entries(service).await;
    let calls = all.iter().filter(|entry| entry["metadata"]["purpose"] == "call");
    let counted: u64 = calls.map(|entry| entry["metadata"]["count"].as_u64().unwrap()).sum();
    assert!(counted >= 6, "each reading of the record opens the secret: {all:?}");
    assert!(!json!(all).to_string().contains("canary"));
}
