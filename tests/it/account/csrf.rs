//! What another site can make a browser do: nothing (A10).

use black_box_tests::{Answer, Client, Service, SignedIn, Upstream, on_every_store};
use bytes::Bytes;
use http::{Method, Request};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::kit::{PASSWORD, olga, person};
use crate::support::{initialize, register_at, text};

on_every_store!(
    a_change_needs_a_page_of_ours_and_the_token,
    a_key_needs_no_token_and_comes_before_the_cookie,
    another_site_signs_nobody_in_or_out,
    the_cookie_opens_no_mcp_server,
);

const CHANGE: &str = "/api/users/me";

/// A change with the session's cookie and these headers.
async fn change(signed_in: &SignedIn, headers: &[(&'static str, &str)]) -> Answer {
    let cookie_alone = signed_in.client.without("x-csrf-token");
    let client = headers.iter().fold(cookie_alone, |client, (name, value)| client.with(name, value));
    client.patch(CHANGE, &json!({ "displayName": "Changed" })).await
}

async fn a_change_needs_a_page_of_ours_and_the_token(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let signed_in = service.client().sign_in("olga", PASSWORD).await;
    let other = service.client().sign_in("olga", PASSWORD).await;
    let (token, host) = (("x-csrf-token", &*signed_in.csrf), service.address.to_string());
    let (own, upper) = (format!("http://{host}"), signed_in.csrf.to_uppercase());
    for refused in [
        &[][..],
        &[("x-csrf-token", "")],
        &[("x-csrf-token", &*other.csrf)],
        &[("x-csrf-token", &upper)],
        &[("x-csrf-token", &signed_in.cookie["__Host-mcp-registry-session=".len()..])],
        &[("origin", &*own), ("sec-fetch-site", "same-origin")],
        &[token, ("origin", "https://evil.example")],
        &[token, ("origin", "null")],
        &[token, ("origin", "http://127.0.0.1:1")],
        &[token, ("origin", &own), ("origin", "https://evil.example")],
        &[token, ("sec-fetch-site", "cross-site")],
        &[token, ("sec-fetch-site", "same-site")],
    ] {
        change(&signed_in, refused).await.assert(403);
    }
    assert!(signed_in.client.get(CHANGE).await.expect(200).get("displayName").is_none(), "nothing changed");
    let elsewhere = signed_in.client.without("x-csrf-token").with("sec-fetch-site", "cross-site");
    elsewhere.get(CHANGE).await.assert(200);
    for form in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = |client: &Client| {
            let request = Request::builder().method(Method::PATCH).uri(CHANGE).header("content-type", form);
            let body = Bytes::from_static(br#"{"displayName":"Changed"}"#);
            let (client, request) = (client.clone(), request.body(body).unwrap());
            async move { client.checked(request).await }
        };
        request(&signed_in.client.without("x-csrf-token")).await.assert(403);
        request(&signed_in.client).await.assert(415);
    }
    change(&signed_in, &[token, ("origin", &own), ("sec-fetch-site", "same-origin")]).await.assert(200);
    change(&signed_in, &[token]).await.assert(200);
}

async fn a_key_needs_no_token_and_comes_before_the_cookie(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let signed_in = service.client().sign_in("olga", PASSWORD).await;
    let both = service.client().with("cookie", &signed_in.cookie).with_key(admin.secret());
    let me = both.patch(CHANGE, &json!({ "displayName": "Root" })).await.expect(200);
    assert_eq!((&me["id"], me.get("csrfToken")), (&json!(admin.user_id()), None));
    let bad = service.client().with("cookie", &signed_in.cookie).with_key(&format!("mcp_{}", "x".repeat(60)));
    bad.get(CHANGE).await.assert(401);
}

/// Who is signed in as the attacker types secrets into the attacker's account.
async fn another_site_signs_nobody_in_or_out(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    for header in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let client = service.client().with(header.0, header.1);
        let answer = client.login("olga", PASSWORD).await;
        assert!(answer.assert(403).headers.get("set-cookie").is_none());
    }
    let form = Request::post("/api/auth/login").header("content-type", "text/plain");
    let body = json!({ "username": "olga", "password": PASSWORD }).to_string();
    service.client().checked(form.body(Bytes::from(body)).unwrap()).await.assert(415);
    let signed_in = service.client().sign_in("olga", PASSWORD).await;
    signed_in.client.without("x-csrf-token").post_empty("/api/auth/logout").await.assert(403);
    signed_in.client.with("origin", "https://evil.example").post_empty("/api/auth/logout").await.assert(403);
    signed_in.client.get(CHANGE).await.assert(200);
}

async fn the_cookie_opens_no_mcp_server(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    person(&admin, &admin.tenant_id(), "second", Role::Admin).await;
    let server = register_at(&admin, "Weather", &upstream).await;
    let signed_in = service.client().sign_in("second", PASSWORD).await;
    let reference = format!("/{}", text(&server, "id"));
    let before = upstream.seen().len();
    let secret = signed_in.cookie.split_once('=').unwrap().1;
    for client in [
        signed_in.client.clone(),
        signed_in.client.with("sec-fetch-site", "same-origin"),
        service.client().with_key(secret),
        service.client().with("x-api-key", secret),
    ] {
        let answer = initialize(&client, &reference).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["error"]["data"]["code"]),
            (401, &Value::from("UNAUTHORIZED"))
        );
    }
    assert_eq!(upstream.seen().len(), before);
    let key = service.client().with("cookie", &signed_in.cookie).with_key(admin.secret());
    assert_eq!(initialize(&key, &reference).await.status, 200);
    let leaked = upstream.seen().iter().any(|seen| seen.headers.contains_key("cookie"));
    assert!(!leaked, "the cookie went up");
}
