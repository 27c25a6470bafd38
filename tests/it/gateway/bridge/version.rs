//! Versions of the protocol: those with sessions are passed on, and a client of a newer one is told to fall back.

use black_box_tests::{Service, within};
use registry_core::model::role::Role;
use rmcp::model::ProtocolVersion;
use serde_json::{Value, json};

use super::talk::{Talk, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::era::connect;
use crate::gateway::kit::{PATIENCE, message, post};
use crate::support::text;

on_memory!(
    a_version_that_has_no_sessions_is_refused_in_one,
    a_stateless_request_is_refused_as_a_server_of_older_versions_does,
    a_client_of_the_new_era_falls_back,
    a_message_without_a_session_is_refused,
);

async fn a_version_that_has_no_sessions_is_refused_in_one(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    for (version, status) in [
        ("2024-11-05", 200),
        ("2025-03-26", 200),
        ("2025-06-18", 200),
        ("2025-11-25", 200),
        ("2026-07-28", 400),
        ("1900-01-01", 400),
        ("x", 400),
    ] {
        let head = post("one").header("mcp-session-id", &talk.handle).header("mcp-protocol-version", version);
        let answer = owner.client.send(message(head, &request(1, "tools/list"))).await;
        answer.assert(status);
        if status == 400 {
            assert_unsupported(&answer.json, version);
        }
    }
}

/// Not -32022, which is said by servers that speak 2026-07-28 or later: rmcp, for one, then gives up.
fn assert_unsupported(body: &Value, version: &str) {
    let error = &body["error"];
    assert_eq!((&body["id"], &error["code"]), (&json!(1), &json!(-32600)));
    assert_eq!(error["data"]["code"], "UNSUPPORTED_PROTOCOL_VERSION");
    assert_eq!(error["data"]["requested"], version);
    assert_eq!(error["data"]["supported"][0], "2025-11-25");
}

async fn a_stateless_request_is_refused_as_a_server_of_older_versions_does(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    let by_meta = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let by_header = post("one").header("mcp-protocol-version", "2026-07-28");
    for request in [
        message(by_header, &request(1, "tools/list")),
        message(post("one"), &by_meta),
        message(post("one"), &request(1, "server/discover")),
    ] {
        assert_unsupported(&owner.client.send(request).await.assert(400).json, "2026-07-28");
    }
    assert_eq!(legacy.wires(), 0);
}

async fn a_client_of_the_new_era_falls_back(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    let made = place_legacy(&owner, &legacy, json!({})).await;
    let url = format!("http://{}/mcp/one", service.address);
    let client = within("it connects", PATIENCE, connect(&url, Some(text(&made, "apiKey")))).await;
    let agreed = client.peer_info().expect("what the server says of itself").protocol_version.clone();
    assert!(agreed < ProtocolVersion::LATEST, "{agreed}");
    client.cancel().await.unwrap();
}

async fn a_message_without_a_session_is_refused(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let answers = [
        owner.client.send(message(post("one"), &request(1, "tools/list"))).await,
        talk.send(&super::talk::initialize()).await,
    ];
    for answer in answers {
        assert_eq!(answer.assert(400).json["error"]["data"]["code"], "INVALID_REQUEST");
    }
    assert_eq!(legacy.wires(), 1);
}
