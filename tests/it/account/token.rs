//! Bearer tokens of an issuer that the operator trusts: what they may do, and every way to be refused (A11).

use black_box_tests::{Actor, Client, Service, StoreKind, Upstream, server};
use chrono::TimeDelta;
use registry_core::clock::{Clock, SystemClock};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::issuer::{AUDIENCE, Issuer, PUBLIC_URL, encode, message};
use super::kit::{change, entries, user_path};
use crate::support::{initialize, register_at, text};

const KINDS: [StoreKind; 3] = [StoreKind::Memory, StoreKind::Sled, StoreKind::Postgres];
const CREATING: &str = "create_users = true\n";
const ALL_SCOPES: &str =
    "server:read server:write health:check mcp:invoke keys:manage audit:read users:manage";

struct Scene {
    issuer: Issuer,
    service: Service,
    admin: Actor,
}

impl Scene {
    async fn new(kind: StoreKind, rules: &str) -> Self {
        let issuer = Issuer::start().await;
        let service = issuer.service(kind, rules).await;
        let admin = service.actor("acme", "root", Role::Admin).await;
        Self { issuer, service, admin }
    }

    fn client(&self, sub: &str, patch: Value) -> Client {
        self.issuer.client(&self.service, sub, patch)
    }

    async fn stop(self) {
        self.service.assert_audit_is_whole().await;
        self.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_acts_in_the_lower_of_the_accounts_role_and_its_claims() {
    for kind in KINDS {
        let scene = Scene::new(kind, CREATING).await;
        let of_role = |role: &str| scene.client("ada", json!({ "roles": [role], "scope": ALL_SCOPES }));
        let owner = of_role("dev");
        owner.post("/api/servers", &server("Weather")).await.assert(201);
        of_role("none").post("/api/servers", &server("Other")).await.assert(403);
        of_role("boss").get("/api/tenants").await.assert(403);
        let me = owner.get("/api/users/me").await.expect(200);
        assert_eq!(
            (&me["username"], &me["role"]),
            (&json!("ada"), &json!("server_owner")),
            "no token changes the record"
        );
        assert_eq!(me["identities"], json!([{ "issuer": scene.issuer.url, "subject": "ada" }]));
        change(&scene.admin, &me, &json!({ "role": "user" })).await.assert(200);
        owner.post("/api/servers", &server("Third")).await.assert(403);
        change(&scene.admin, &me, &json!({ "role": "admin" })).await.assert(200);
        owner.get("/api/tenants").await.assert(403);
        of_role("boss").get("/api/tenants").await.assert(200);
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_may_do_what_its_scopes_say() {
    let (scene, upstream) = (Scene::new(StoreKind::Memory, CREATING).await, Upstream::start().await);
    let made = register_at(&scene.admin, "Weather", &upstream).await;
    let reference = format!("/{}", text(&made, "id"));
    let of = |scope: &str| scene.client("ada", json!({ "roles": ["dev"], "scope": scope }));
    let reads = of("openid server:read profile");
    reads.get("/api/servers").await.assert(200);
    reads.post("/api/servers", &server("Other")).await.assert(403);
    assert_eq!(initialize(&reads, &reference).await.status, 403);
    let calls = of("mcp:invoke");
    calls.get("/api/servers").await.assert(403);
    assert_eq!(initialize(&calls, &reference).await.status, 200);
    let both = scene.client("ada", json!({ "roles": ["dev"] }));
    both.get("/api/servers").await.assert(200);
    assert_eq!(initialize(&both, &reference).await.status, 200, "the scopes of the file");
    both.post("/api/servers", &server("Other")).await.assert(403);
    let key = json!({ "name": "wide", "scopes": ["server:write"] });
    of("keys:manage server:read").post("/api/api-keys", &key).await.assert(403);
    scene.stop().await;
}

/// A11: each is refused on the API and at the gateway, with the same words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_what_is_not_a_token_for_this_service_is_refused_everywhere() {
    let scene = Scene::new(StoreKind::Memory, CREATING).await;
    let (issuer, other) = (&scene.issuer, Issuer::start().await);
    let (now, good) = (SystemClock.now().timestamp(), issuer.token("ada", json!({})));
    scene.service.client().with_key(&good).get("/api/servers").await.assert(200);
    let claims = issuer.claims("ada", json!({}));
    let mut forged = good.clone().into_bytes();
    let last = forged.len() - 10;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let unsigned = |alg: &str| format!("{}.", message(&json!({ "alg": alg }), &claims));
    let own_key =
        json!({ "alg": "ES256", "kid": "k1", "jwk": { "kty": "EC" }, "jku": "http://evil.example/keys" });
    let tokens = [
        ("no audience", issuer.token("ada", json!({ "aud": null }))),
        ("no one's audience", issuer.token("ada", json!({ "aud": "" }))),
        (
            "another environment's audience",
            issuer.token("ada", json!({ "aud": "https://registry.staging.test/api" })),
        ),
        (
            "an audience that only begins alike",
            issuer.token("ada", json!({ "aud": format!("{AUDIENCE}.evil.example") })),
        ),
        ("another issuer's name", issuer.token("ada", json!({ "iss": other.url }))),
        ("an unknown issuer's", other.token("ada", json!({}))),
        ("another key's", other.token("ada", json!({ "iss": issuer.url }))),
        ("its own key's", other.sign(&own_key, &claims)),
        ("expired", issuer.token("ada", json!({ "exp": now - 60 }))),
        ("without an end", issuer.token("ada", json!({ "exp": null }))),
        ("not valid yet", issuer.token("ada", json!({ "nbf": now + 600 }))),
        ("nobody's", issuer.token("ada", json!({ "sub": null }))),
        ("an id token", issuer.sign(&json!({ "alg": "ES256", "kid": "k1", "typ": "logout+jwt" }), &claims)),
        ("unsigned", unsigned("none")),
        ("unsigned in other letters", unsigned("nOnE")),
        (
            "an hmac",
            format!("{}.{}", message(&json!({ "alg": "HS256", "kid": "k1" }), &claims), encode(&[7; 32])),
        ),
        ("changed", String::from_utf8(forged).unwrap()),
        ("too long", issuer.token("ada", json!({ "pad": "x".repeat(9_000) }))),
    ];
    for (what, token) in &tokens {
        let client = scene.service.client().with_key(token);
        let answer = client.get("/api/servers").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert!(answer.header("www-authenticate").starts_with("Bearer "), "{what}");
        assert!(!answer.text().contains("signature"), "the reason is for the log");
        let at_gateway = initialize(&client, "/weather").await;
        assert_eq!(at_gateway.status, 401, "{what}: {}", at_gateway.text());
    }
    scene.service.registry.refusals.flush(true).await.unwrap();
    let refused = entries(&scene.admin.client, "authentication_failed").await;
    let count: u64 = refused.iter().map(|entry| entry["metadata"]["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 2 * tokens.len() as u64);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_refused_of_somebody_who_has_no_account_or_is_disabled() {
    for kind in KINDS {
        let scene = Scene::new(kind, "").await;
        let (admin, ada) = (&scene.admin, scene.client("ada", json!({})));
        ada.get("/api/servers").await.assert(401);
        let body = json!({ "username": "ada", "role": "user", "tenantId": admin.tenant_id() });
        let user = admin.client.post("/api/users", &body).await.expect(201);
        ada.get("/api/servers").await.assert(401);
        let identities = json!({ "identities": [{ "issuer": scene.issuer.url, "subject": "ada" }] });
        change(admin, &user, &identities).await.assert(200);
        ada.get("/api/servers").await.assert(200);
        for (disabled, status) in [(true, 401), (false, 200)] {
            change(admin, &user, &json!({ "disabled": disabled })).await.assert(200);
            ada.get("/api/servers").await.assert(status);
        }
        admin.client.delete(&user_path(&user)).await.assert(204);
        ada.get("/api/servers").await.assert(401);
        scene.stop().await;
    }
}

/// Clocks may differ by as much as the file says, at either end, and the token that is at hand ends with its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_ends_with_its_time_and_the_leeway() {
    let scene = Scene::new(StoreKind::Memory, CREATING).await;
    let now = SystemClock.now().timestamp();
    let until = |exp: i64| scene.client("ada", json!({ "exp": exp }));
    until(now - 10).get("/api/servers").await.assert(200);
    until(now - 31).get("/api/servers").await.assert(401);
    until(i64::MAX).get("/api/servers").await.assert(401);
    until(8_210_266_876_799).get("/api/servers").await.assert(200);
    let client = until(now + 100);
    client.get("/api/servers").await.assert(200);
    let end = chrono::DateTime::from_timestamp(now + 130, 0).unwrap();
    scene.service.clock.set(end - TimeDelta::microseconds(1));
    client.get("/api/servers").await.assert(200);
    scene.service.clock.set(end);
    client.get("/api/servers").await.assert(401);
    scene.stop().await;
}

/// RFC 9728: who is refused learns where the metadata is, and there who gives tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_token_learns_where_to_get_one() {
    let scene = Scene::new(StoreKind::Memory, "").await;
    let client = scene.service.client();
    let well_known = "/.well-known/oauth-protected-resource";
    let challenge = |path: &str| format!("Bearer resource_metadata=\"{PUBLIC_URL}{well_known}{path}\"");
    assert_eq!(client.get("/api/servers").await.assert(401).header("www-authenticate"), challenge(""));
    let refused = initialize(&client, "/weather").await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("www-authenticate")),
        (401, &*challenge("/mcp/weather"))
    );
    let metadata = client.get(well_known).await.expect(200);
    assert_eq!(
        (&metadata["resource"], &metadata["authorization_servers"]),
        (&json!(PUBLIC_URL), &json!([scene.issuer.url]))
    );
    assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
    let of_server = client.get(&format!("{well_known}/mcp/weather")).await;
    assert_eq!(of_server.header("access-control-allow-origin"), "*");
    let of_server = of_server.expect(200);
    assert_eq!(of_server["resource"], json!(format!("{PUBLIC_URL}/mcp/weather")));
    assert_eq!(of_server["scopes_supported"], json!(["mcp:invoke"]));
    scene.stop().await;
    let plain = Service::start(StoreKind::Memory).await;
    plain.client().get(well_known).await.assert(404);
    assert_eq!(plain.client().get("/api/servers").await.header("www-authenticate"), "Bearer");
    plain.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_account_is_made_once_however_many_tokens_come_at_once() {
    for kind in KINDS {
        let scene = Scene::new(kind, CREATING).await;
        let clients: Vec<_> = (0..20).map(|n| scene.client("ada", json!({ "jti": n.to_string() }))).collect();
        let answers =
            futures::future::join_all(clients.iter().map(|client| client.get("/api/users/me"))).await;
        let ids: std::collections::BTreeSet<_> =
            answers.into_iter().map(|answer| answer.expect(200)["id"].to_string()).collect();
        assert_eq!(ids.len(), 1);
        let made = entries(&scene.admin.client, "user_created").await;
        let of_ada = made.iter().filter(|entry| entry["metadata"]["username"] == "ada").count();
        assert_eq!(of_ada, 1);
        scene.stop().await;
    }
}
