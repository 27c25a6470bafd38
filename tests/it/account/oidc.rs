//! Signing in at a real OpenID provider.

use black_box_tests::{Actor, Service, StoreKind};
use registry_core::model::role::Role;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::browser::Browser;
use super::kit::{PASSWORD, change, entries};
use super::provider::Provider;
use crate::support::text;

const ACME: &str = "tenant_claim = \"org\"\n";

async fn scene(kind: StoreKind, rules: &str) -> (Provider, Service, Actor) {
    let provider = Provider::start().await;
    let service = Service::start_with(kind, provider.options(rules)).await;
    let admin = service.actor("acme", "root", Role::Admin).await;
    (provider, service, admin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_sign_in_makes_an_account_and_the_next_finds_it_by_issuer_and_subject() {
    for kind in [StoreKind::Memory, StoreKind::Sled, StoreKind::Postgres] {
        let (provider, service, admin) = scene(kind, ACME).await;
        let mut browser = Browser::new(&service);
        let start = browser.start("?returnTo=/servers%3Fpage=2").await;
        let back = browser.sign_in_there(start, "alice").await;
        let answer = browser.visit(&back).await;
        assert_eq!(answer.assert(303).header("location"), "/servers?page=2");
        let alice = browser.session().client.get("/api/users/me").await.expect(200);
        assert_eq!((&alice["username"], &alice["role"]), (&json!("alice"), &json!("admin")));
        assert_eq!(
            (&alice["displayName"], &alice["email"]),
            (&json!("Alice Ash"), &json!("alice@acme.test"))
        );
        assert_eq!(alice["tenantId"], json!(admin.tenant_id()));
        assert_eq!(alice["identities"], json!([{ "issuer": provider.issuer, "subject": "person-alice" }]));
        let renamed = json!({ "username": "somebody", "email": "else@where.test", "role": "user" });
        change(&admin, &alice, &renamed).await.assert(200);
        let mut other = Browser::new(&service);
        other.sign_in("alice").await.assert(303);
        let again = other.session().client.get("/api/users/me").await.expect(200);
        assert_eq!((&again["id"], &again["username"]), (&alice["id"], &json!("somebody")));
        assert_eq!(
            (&again["role"], &again["email"]),
            (&json!("admin"), &json!("alice@acme.test")),
            "as the claims say"
        );
        let logins = entries(&admin.client, "login").await;
        assert!(
            logins
                .iter()
                .all(|login| login["metadata"]["method"] == "oidc" && login["actorId"] == alice["id"])
        );
        let updated = entries(&admin.client, "user_updated").await;
        let by_provider =
            updated.iter().find(|entry| entry["metadata"]["by"] == "identity provider").expect("told");
        assert_eq!(by_provider["metadata"]["after"], json!({ "role": "admin" }));
        service.assert_audit_is_whole().await;
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_taken_over_by_neither_its_name_nor_its_address() {
    let (_provider, service, admin) = scene(StoreKind::Sled, ACME).await;
    let body = json!({ "username": "alice", "email": "alice@acme.test", "role": "user", "tenantId": admin.tenant_id(),
        "password": PASSWORD });
    let local = admin.client.post("/api/users", &body).await.expect(201);
    let mut browser = Browser::new(&service);
    browser.sign_in("alice").await.assert(303);
    let linked = browser.session().client.get("/api/users/me").await.expect(200);
    assert_ne!(linked["id"], local["id"]);
    assert_eq!(linked["username"], "alice-2");
    let local = admin.client.get(&super::kit::user_path(&local)).await.expect(200);
    assert_eq!((&local["identities"], &local["revision"]), (&json!([]), &json!(1)));
    service.client().sign_in("alice", PASSWORD).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_account_or_no_role_or_is_disabled_is_refused_and_that_is_told() {
    let (provider, service, admin) =
        scene(StoreKind::Memory, "tenant = \"acme\"\ncreate_users = false\n").await;
    let mut browser = Browser::new(&service);
    browser.sign_in("bob").await.assert(401);
    Browser::new(&service).sign_in("carol").await.assert(401);
    let body = json!({ "username": "bob", "role": "user", "tenantId": admin.tenant_id() });
    let bob = admin.client.post("/api/users", &body).await.expect(201);
    let identities = json!({ "identities": [{ "issuer": provider.issuer, "subject": "person-bob" }] });
    change(&admin, &bob, &identities).await.assert(200);
    browser.sign_in("bob").await.assert(303);
    let me = browser.session().client.get("/api/users/me").await.expect(200);
    assert_eq!((&me["id"], &me["role"]), (&bob["id"], &json!("server_owner")));
    change(&admin, &bob, &json!({ "disabled": true })).await.assert(200);
    browser.session().client.get("/api/users/me").await.assert(401);
    Browser::new(&service).sign_in("bob").await.assert(401);
    service.registry.refusals.flush(true).await.unwrap();
    let refused = entries(&admin.client, "authentication_failed").await;
    let count = |kind: &str| -> u64 {
        let of_kind = refused.iter().filter(|entry| entry["resourceType"] == kind);
        of_kind.map(|entry| entry["metadata"]["count"].as_u64().unwrap()).sum()
    };
    assert!(count("address") >= 2 && count("user") == 1, "{refused:?}");
    service.stop().await;
}

/// Otherwise nobody could manage the registry any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_administrator_keeps_its_role_whatever_the_claims_say() {
    let provider = Provider::start().await;
    let service = Service::start_with(StoreKind::Sled, provider.options("tenant = \"default\"\n")).await;
    let link = service.registry.setup.link().await.unwrap().unwrap();
    let body = json!({ "token": link.expose_secret(), "username": "bob", "password": PASSWORD, "issueApiKey": true });
    let made = service.client().post("/api/setup", &body).await.expect(201);
    let admin = service.client().with_key(text(&made["apiKey"], "key"));
    let identities = json!({ "identities": [{ "issuer": provider.issuer, "subject": "person-bob" }] });
    admin.patch(&super::kit::user_path(&made), &identities).await.assert(200);
    let mut browser = Browser::new(&service);
    browser.sign_in("bob").await.assert(303);
    assert_eq!(browser.session().client.get("/api/users/me").await.expect(200)["role"], "admin");
    let second = json!({ "username": "second", "role": "admin", "tenantId": made["tenantId"] });
    admin.post("/api/users", &second).await.assert(201);
    browser.sign_in("bob").await.assert(303);
    assert_eq!(browser.session().client.get("/api/users/me").await.expect(200)["role"], "server_owner");
    service.stop().await;
}

/// A10: what comes back is believed once, of the browser that began it, at the provider where it began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_good_once_and_for_the_browser_that_began() {
    let (_provider, service, _admin) = scene(StoreKind::Memory, ACME).await;
    let (mut victim, mut attacker) = (Browser::new(&service), Browser::new(&service));
    let start = attacker.start("").await;
    let back = attacker.sign_in_there(start, "bob").await;
    victim.start("").await;
    let refused = victim.visit(&back).await;
    assert!(refused.assert(401).headers.get("set-cookie").is_none(), "nobody is signed in as the attacker");
    attacker.visit(&back).await.assert(401);
    let start = attacker.start("").await;
    let back = attacker.sign_in_there(start, "bob").await;
    attacker.visit(&back).await.assert(303);
    let first = attacker.session();
    attacker.visit(&back).await.assert(401);
    first.client.get("/api/users/me").await.assert(200);
    let start = attacker.start("").await;
    let back = attacker.sign_in_there(start, "bob").await;
    attacker.visit(&back.replace("/peer/", "/other/")).await.assert(401);
    attacker.visit(&back).await.assert(401);
    let start = attacker.start("").await;
    let back = attacker.sign_in_there(start, "bob").await;
    attacker.forget();
    attacker.visit(&back).await.assert(401);
    for bad in ["", "?code=x", "?state=x&code=x", "?error=access_denied", "?state=&code=&iss="] {
        victim.visit(&format!("/api/auth/oidc/peer/callback{bad}")).await.assert(401);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_providers_is_told_to_a_person_on_a_page() {
    let (_provider, service, _admin) = scene(StoreKind::Memory, ACME).await;
    let mut browser = Browser::new(&service);
    let start = browser.start("").await;
    let state = start.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    browser
        .visit(&format!("/api/auth/oidc/peer/callback?error=access_denied&state={state}"))
        .await
        .assert(403);
    let page = service.client().with("accept", "text/html,application/xhtml+xml");
    let answer = page.get("/api/auth/oidc/peer/callback?error=access_denied&state=x").await;
    assert_eq!(answer.assert(303).header("location"), "/sign-in?error=UNAUTHORIZED");
    service.client().get("/api/auth/oidc/nobody/start").await.assert(404);
    service.stop().await;
}

/// I5, and what a browser had before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_comes_back_to_this_site_with_one_new_session() {
    let (_provider, service, _admin) = scene(StoreKind::Memory, ACME).await;
    let mut browser = Browser::new(&service);
    let mut before: Option<black_box_tests::SignedIn> = None;
    for evil in [
        "//evil.example",
        "https://evil.example/",
        "/%5Cevil.example",
        "/%09/evil.example",
        "%2F%2Fevil.example",
        "",
    ] {
        let start = browser.start(&format!("?returnTo={evil}")).await;
        let back = browser.sign_in_there(start, "bob").await;
        let answer = browser.visit(&back).await;
        assert_eq!(answer.assert(303).header("location"), "/", "{evil}");
        let lines: Vec<_> =
            answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
        assert!(
            lines.iter().all(|line| line.contains("; Secure") && line.contains("; HttpOnly")),
            "{lines:?}"
        );
        let session = browser.session();
        session.client.get("/api/users/me").await.assert(200);
        if let Some(before) = before.replace(session) {
            before.client.get("/api/users/me").await.assert(401);
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_away_is_said_so_and_what_was_kept_is_secret() {
    let (provider, service, _admin) = scene(StoreKind::Memory, ACME).await;
    let mut browser = Browser::new(&service);
    let start = browser.start("").await;
    let challenge = start.query_pairs().find(|(name, _)| name == "code_challenge_method");
    assert_eq!(challenge.map(|(_, value)| value.into_owned()).as_deref(), Some("S256"));
    let back = browser.sign_in_there(start, "alice").await;
    drop(provider);
    let away = browser.visit(&back).await;
    assert!(away.assert(503).headers.contains_key("retry-after"));
    assert_eq!(away.json["details"], Value::Null);
    service.stop().await;
}
