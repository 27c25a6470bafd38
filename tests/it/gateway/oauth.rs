//! Upstreams that want OAuth tokens: client credentials, fetched once, used by checks and calls alike.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use black_box_tests::{Actor, Mode, Service, Upstream, eventually, server_at};
use futures::future::join_all;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::canary::Canary;
use super::kit::{PATIENCE, assert_failure, call, place};
use super::peer::{Peer, Reply, echo_of, json_reply, reply, status};
use crate::support::{server_path, with};

on_memory!(
    one_token_serves_the_registration_the_checks_and_the_calls,
    many_calls_at_once_fetch_one_token,
    a_token_that_was_revoked_is_fetched_anew_and_the_call_repeated_once,
    an_upstream_that_refuses_every_token_is_asked_no_more_than_twice,
    a_token_that_ends_is_replaced_before_it_does,
    f4_a_token_endpoint_that_fails_is_named_and_left_alone_for_a_while,
    s3_a_redirect_of_the_token_endpoint_is_not_followed,
);

const SECRET: &str = "canary client secret";

/// An authorization server. It issues `token-1`, `token-2` and so on, for so many seconds.
async fn authority(expires_in: u64) -> Peer {
    let issued = Arc::new(Mutex::new(0));
    Peer::start(move |_| {
        let mut issued = issued.lock().unwrap();
        *issued += 1;
        let token = json!({ "access_token": format!("token-{issued}"), "token_type": "Bearer",
            "expires_in": expires_in });
        std::future::ready(json_reply(&token))
    })
    .await
}

/// An upstream that takes this token only; `None` for none at all.
async fn upstream(taken: Arc<Mutex<Option<&'static str>>>) -> Peer {
    Peer::start(move |seen| {
        let given = seen.headers.get("authorization").and_then(|value| value.to_str().ok());
        let is_good = taken.lock().unwrap().is_some_and(|token| given == Some(&format!("Bearer {token}")));
        std::future::ready(if is_good { json_reply(&echo_of(&seen)) } else { status(401) })
    })
    .await
}

fn takes(token: Option<&'static str>) -> Arc<Mutex<Option<&'static str>>> {
    Arc::new(Mutex::new(token))
}

fn credentials(authority: &Peer) -> Value {
    let token_url = authority.url.replace("/mcp", "/token");
    json!({ "authType": "oauth", "authConfig": { "oauth": {
        "clientId": "the client", "clientSecret": SECRET, "scope": "tools:call", "tokenUrl": token_url } } })
}

async fn owner(service: &Service) -> Actor {
    service.actor("acme", "olga", Role::ServerOwner).await
}

async fn one_token_serves_the_registration_the_checks_and_the_calls(service: &Service) {
    let (owner, authority, mcp) = (owner(service).await, authority(3_600).await, Upstream::start().await);
    mcp.set(Mode::Requires("authorization".to_owned(), "Bearer token-1".to_owned()));
    let body = with(server_at("One", &mcp.url), &credentials(&authority));
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    assert!(!made.to_string().contains("canary"), "{made}");
    let check = owner.client.post_empty(&format!("{}/health-check", server_path(&made))).await;
    assert_eq!(check.assert(200).json["status"], "healthy", "{}", check.text());
    for _ in 0..3 {
        // Whatever it says of a call without a session: it was let in.
        assert_ne!(call(&owner.client, "one").await.status, 502);
    }
    assert_eq!(authority.hits(), 1);
    let asked = authority.seen().remove(0);
    let basic = STANDARD.encode(format!("the+client:{}", SECRET.replace(' ', "+")));
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/token"));
    assert_eq!(asked.headers["authorization"], format!("Basic {basic}"));
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    for (name, value) in
        [("grant_type", "client_credentials"), ("scope", "tools:call"), ("resource", mcp.url.as_str())]
    {
        assert!(form.contains(&(name.to_owned(), value.to_owned())), "{form:?}");
    }
}

async fn many_calls_at_once_fetch_one_token(service: &Service) {
    let (owner, authority) = (owner(service).await, authority(3_600).await);
    let peer = upstream(takes(Some("token-1"))).await;
    place(&owner, "One", &peer.url, credentials(&authority)).await;
    for answer in join_all((0..50).map(|_| call(&owner.client, "one"))).await {
        answer.assert(200);
    }
    assert_eq!((authority.hits(), peer.hits()), (1, 50));
}

async fn a_token_that_was_revoked_is_fetched_anew_and_the_call_repeated_once(service: &Service) {
    let (owner, authority, taken) = (owner(service).await, authority(3_600).await, takes(Some("token-1")));
    let peer = upstream(taken.clone()).await;
    place(&owner, "One", &peer.url, credentials(&authority)).await;
    call(&owner.client, "one").await.assert(200);
    *taken.lock().unwrap() = Some("token-2");
    for answer in join_all((0..20).map(|_| call(&owner.client, "one"))).await {
        assert!(answer.assert(200).text().contains("hello"), "{}", answer.text());
    }
    assert_eq!(authority.hits(), 2);
    assert!(peer.hits() <= 1 + 2 * 20, "{} requests for 21 calls", peer.hits());
    assert!(peer.seen().iter().all(|seen| seen.body == peer.seen()[0].body));
}

async fn an_upstream_that_refuses_every_token_is_asked_no_more_than_twice(service: &Service) {
    let (owner, authority, peer) =
        (owner(service).await, authority(3_600).await, upstream(takes(None)).await);
    place(&owner, "One", &peer.url, credentials(&authority)).await;
    for _ in 0..20 {
        assert_failure(&call(&owner.client, "one").await, 502, "UPSTREAM_UNAUTHORIZED");
    }
    assert_eq!((authority.hits(), peer.hits()), (2, 21));
}

/// A token of one second is used for less than that.
async fn a_token_that_ends_is_replaced_before_it_does(service: &Service) {
    let (owner, authority, peer) = (owner(service).await, authority(1).await, Peer::echo().await);
    place(&owner, "One", &peer.url, credentials(&authority)).await;
    let renewed = async || {
        call(&owner.client, "one").await.assert(200);
        (authority.hits() == 2).then_some(())
    };
    eventually("another token", PATIENCE, renewed).await;
    let last = peer.seen().pop().unwrap();
    assert_eq!(last.headers["authorization"], "Bearer token-2");
}

async fn f4_a_token_endpoint_that_fails_is_named_and_left_alone_for_a_while(service: &Service) {
    let owner = owner(service).await;
    let peer = upstream(takes(Some("token-1"))).await;
    let refusal = r#"{"error":"invalid_client","error_description":"canary words"}"#;
    let mac = r#"{"access_token":"canary","token_type":"mac"}"#;
    let odd = r#"{"access_token":"canary\r\nx: y","token_type":"Bearer"}"#;
    let large = format!("{{\"access_token\":\"{}\",\"token_type\":\"Bearer\"}}", "canary".repeat(20_000));
    let answers: [(u16, &str, &str); 7] = [
        (401, "application/json", refusal),
        (400, "application/json", refusal),
        (500, "text/html", "canary page"),
        (200, "text/html", "canary page"),
        (200, "application/json", mac),
        (200, "application/json", odd),
        (200, "application/json", &large),
    ];
    for (number, (code, content_type, body)) in answers.into_iter().enumerate() {
        let (content_type, body) = (content_type.to_owned(), body.to_owned());
        let authority = Peer::start(move |_| {
            let answer: Reply = reply(code, Some(&content_type), body.clone());
            std::future::ready(answer)
        })
        .await;
        let (name, slug) = (format!("S {number}"), format!("s-{number}"));
        let made = place(&owner, &name, &peer.url, credentials(&authority)).await;
        for answer in join_all((0..20).map(|_| call(&owner.client, &slug))).await {
            assert_failure(&answer, 502, "UPSTREAM_TOKEN_FAILED");
            assert!(!answer.text().contains("canary"), "{}", answer.text());
        }
        assert!(authority.hits() <= 3, "{} requests for 20 calls", authority.hits());
        let check = owner.client.post_empty(&format!("{}/health-check", server_path(&made))).await;
        assert!(!check.assert(200).text().contains("canary"), "{}", check.text());
        assert!(check.text().contains("OAuth token"), "{}", check.text());
    }
    assert_eq!(peer.hits(), 0, "an upstream that wants a token is asked with none");
}

/// S3: the client's secret goes where the record says, and nowhere else.
async fn s3_a_redirect_of_the_token_endpoint_is_not_followed(service: &Service) {
    let (owner, canary) = (owner(service).await, Canary::everywhere());
    let peer = upstream(takes(Some("token-1"))).await;
    let target = canary.url();
    let authority = Peer::start(move |_| {
        let mut answer = reply(307, None, "");
        answer.headers_mut().insert("location", target.parse().unwrap());
        std::future::ready(answer)
    })
    .await;
    place(&owner, "One", &peer.url, credentials(&authority)).await;
    assert_failure(&call(&owner.client, "one").await, 502, "UPSTREAM_TOKEN_FAILED");
    canary.assert_untouched("a redirect of the token endpoint");
}
