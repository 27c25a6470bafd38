//! Where tokens are to be had, when a server's record does not say (RFC 9728, RFC 8414).

use black_box_tests::{Seen, Service};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{assert_failure, call, place};
use super::peer::{Peer, Reply, echo_of, json_reply, status};

on_memory!(
    a_token_endpoint_is_found_by_what_the_server_says_of_itself,
    s3_what_is_said_of_another_resource_or_issuer_is_not_believed,
);

fn origin(seen: &Seen) -> String {
    format!("http://{}", seen.headers["host"].to_str().unwrap())
}

/// An authorization server, which calls itself this at its own origin.
async fn authority(issuer: &'static str) -> Peer {
    Peer::start(move |seen| {
        let origin = origin(&seen);
        std::future::ready(match seen.target.as_str() {
            "/.well-known/oauth-authorization-server/tenant" => {
                json_reply(&json!({ "issuer": format!("{origin}{issuer}"), "token_endpoint": format!("{origin}/token") }))
            }
            "/token" => json_reply(&json!({ "access_token": "token-1", "token_type": "Bearer" })),
            _ => status(404),
        })
    })
    .await
}

/// An upstream that wants the token of this authority, and says that it is this resource at its own origin.
async fn upstream(authority: &Peer, resource: &'static str) -> Peer {
    let issuer = authority.url.replace("/mcp", "/tenant");
    Peer::start(move |seen| {
        let metadata =
            json!({ "resource": format!("{}{resource}", origin(&seen)), "authorization_servers": [issuer] });
        std::future::ready(answer(&seen, &metadata))
    })
    .await
}

fn answer(seen: &Seen, metadata: &Value) -> Reply {
    match seen.target.as_str() {
        "/.well-known/oauth-protected-resource/mcp" => json_reply(metadata),
        "/mcp" if seen.headers.get("authorization").is_some_and(|value| value == "Bearer token-1") => {
            json_reply(&echo_of(seen))
        }
        "/mcp" => status(401),
        _ => status(404),
    }
}

fn credentials() -> Value {
    let oauth = json!({ "clientId": "the client", "clientSecret": "canary client secret" });
    json!({ "authType": "oauth", "authConfig": { "oauth": oauth } })
}

async fn a_token_endpoint_is_found_by_what_the_server_says_of_itself(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let authority = authority("/tenant").await;
    let peer = upstream(&authority, "/mcp").await;
    place(&owner, "One", &peer.url, credentials()).await;
    for _ in 0..3 {
        assert!(call(&owner.client, "one").await.assert(200).text().contains("hello"));
    }
    let asked: Vec<String> = authority.seen().iter().map(|seen| seen.target.clone()).collect();
    assert_eq!(asked, ["/.well-known/oauth-authorization-server/tenant", "/token"]);
    let token = String::from_utf8(authority.seen()[1].body.to_vec()).unwrap();
    let resource: String = url::form_urlencoded::byte_serialize(peer.url.as_bytes()).collect();
    assert!(token.contains(&format!("resource={resource}")), "{token}");
}

/// S3: the client's secret goes to nobody then.
async fn s3_what_is_said_of_another_resource_or_issuer_is_not_believed(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for (number, (issuer, resource)) in [("/tenant", "/other"), ("/another", "/mcp")].into_iter().enumerate()
    {
        let authority = authority(issuer).await;
        let peer = upstream(&authority, resource).await;
        place(&owner, &format!("S {number}"), &peer.url, credentials()).await;
        assert_failure(&call(&owner.client, &format!("s-{number}")).await, 502, "UPSTREAM_TOKEN_FAILED");
        assert!(authority.seen().iter().all(|seen| seen.target != "/token"), "{:?}", authority.seen());
        assert!(peer.seen().iter().all(|seen| seen.target != "/mcp"), "{:?}", peer.seen());
    }
}
