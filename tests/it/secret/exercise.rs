//! Does everything that handles a secret, and looks at each answer.

use black_box_tests::{Answer, Binary, Client, Mode, Upstream, server, server_at};
use serde_json::{Value, json};

use super::canary::Canaries;
use crate::support::{initialize, server_path, text, with};

/// A canary for each place that takes a secret: the kind of credential, and what is given.
fn credentials() -> [(&'static str, &'static str, Value); 4] {
    [
        (
            "bearer",
            "cAnAry-bearer-7c1f09b2d4e6a853",
            json!({ "bearerToken": "cAnAry-bearer-7c1f09b2d4e6a853" }),
        ),
        ("api_key", "cAnAry-apikey-1b3d5f7092a4c6e8", json!({ "apiKey": "cAnAry-apikey-1b3d5f7092a4c6e8" })),
        (
            "oauth",
            "cAnAry-oauth--90817263544536ab",
            json!({ "oauth": { "clientId": "id",
            "clientSecret": "cAnAry-oauth--90817263544536ab", "scope": "s" } }),
        ),
        (
            "custom",
            "cAnAry-custom-ffeeddccbbaa9988",
            json!({ "custom": { "X-Secret": "cAnAry-custom-ffeeddccbbaa9988" } }),
        ),
    ]
}

/// Registers, reads, changes, fails, calls: every answer is free of canaries. What errors repeat is given back, so
/// that the other places are looked at all the same.
pub(super) async fn everything(binary: &Binary, canaries: &mut Canaries) -> Vec<String> {
    let (client, upstream) = (binary.admin(), Upstream::start().await);
    for (_, canary, _) in credentials() {
        canaries.add("a credential", canary);
    }
    let servers = register(&client, canaries).await;
    register_at(&client, canaries, &upstream).await;
    keys(&client, canaries).await;
    for server in &servers {
        let path = server_path(server);
        client.put(&path, &json!({ "version": "2.0.0" })).await.assert(200);
        client.post_empty(&format!("{path}/health-check")).await.assert(200);
        look(canaries, &client.get(&path).await);
        look(canaries, &client.get(&format!("{path}/health")).await);
    }
    let leaks = refusals(&client, canaries, &server_path(&servers[0])).await;
    for path in [
        "/api/servers?limit=100",
        "/api/api-keys?limit=100",
        "/api/audit-logs?limit=100",
        "/api/openapi.json",
    ] {
        look(canaries, client.get(path).await.assert(200));
    }
    for (_, canary, _) in credentials() {
        // The answer repeats what was searched for; that nothing was found is what counts.
        assert_eq!(
            client.get(&format!("/api/servers?search={canary}")).await.expect(200)["servers"],
            json!([])
        );
    }
    client.delete(&server_path(&servers[0])).await.assert(204);
    look(canaries, &client.get("/api/audit-logs?limit=100").await);
    leaks
}

/// Neither the body nor a header has a canary.
pub(super) fn look(canaries: &Canaries, answer: &Answer) {
    canaries.assert_absent(&answer.request, &answer.bytes);
    for (name, value) in &answer.headers {
        canaries.assert_absent(&format!("{name} of {}", answer.request), value.as_bytes());
    }
}

/// The key of a new record is shown in its answer, and nowhere after.
fn issued(canaries: &mut Canaries, answer: &Answer, field: &str) {
    look(canaries, answer);
    canaries.add("an API key", text(&answer.json, field));
}

async fn register(client: &Client, canaries: &mut Canaries) -> Vec<Value> {
    let mut servers = Vec::new();
    for (auth_type, _, config) in credentials() {
        let auth = json!({ "authType": auth_type, "authConfig": config });
        let answer = client.post("/api/servers", &with(server(&format!("Canary {auth_type}")), &auth)).await;
        issued(canaries, answer.assert(201), "apiKey");
        servers.push(answer.json);
    }
    servers
}

/// Through connections: the secret goes out, and what comes back does not bring it.
async fn register_at(client: &Client, canaries: &mut Canaries, upstream: &Upstream) {
    let (_, canary, config) = credentials()[0].clone();
    upstream.set(Mode::Requires("authorization".to_owned(), format!("Bearer {canary}")));
    let auth = json!({ "authType": "bearer", "authConfig": config });
    let body = with(server_at("Canary connected", &upstream.url), &auth);
    look(canaries, client.post("/api/servers/test", &body).await.assert(200));
    look(canaries, client.post("/api/servers/validate", &body).await.assert(200));
    let answer = client.post("/api/servers", &body).await;
    issued(canaries, answer.assert(201), "apiKey");
    for mode in [Mode::Status(500), Mode::Requires("x".into(), "y".into())] {
        upstream.set(mode);
        look(
            canaries,
            client.post("/api/servers", &with(body.clone(), &json!({ "name": "Other" }))).await.assert(422),
        );
        look(canaries, client.post("/api/servers/test", &body).await.assert(200));
        look(
            canaries,
            client.post_empty(&format!("{}/health-check", server_path(&answer.json))).await.assert(200),
        );
        look(canaries, &initialize(client, &format!("/{}", text(&answer.json, "slug"))).await);
    }
}

async fn keys(client: &Client, canaries: &mut Canaries) {
    let made = client.post("/api/api-keys", &json!({ "name": "canary" })).await;
    issued(canaries, made.assert(201), "key");
    let path = format!("/api/api-keys/{}", made.id());
    let rotated = client.post(&format!("{path}/rotate"), &json!({ "gracePeriodSeconds": 900 })).await;
    issued(canaries, rotated.assert(200), "key");
    look(canaries, client.get(&path).await.assert(200));
    look(canaries, client.patch(&path, &json!({ "name": "renamed" })).await.assert(200));
    look(canaries, &client.get(&format!("{path}/usage")).await);
    let unknown = format!("mcp_{}", "cAnAry0unknown0key00".repeat(3));
    canaries.add("a key that was refused", &unknown);
    look(canaries, client.with_key(&unknown).get("/api/servers").await.assert(401));
    look(canaries, client.with_key(&unknown[4..]).get("/api/servers").await.assert(401));
}

/// Secrets where they do not belong, or with what is not valid: no error repeats them.
async fn refusals(client: &Client, canaries: &mut Canaries, path: &str) -> Vec<String> {
    let canary = "cAnAry-refused-0f1e2d3c4b5a6978";
    canaries.add("a secret that was refused", canary);
    let config = |config: Value| json!({ "authType": "bearer", "authConfig": config });
    let bodies = [
        config(json!({ "bearerToken": format!("{canary}\n") })),
        config(json!({ "bearerToken": format!("{canary}{}", "x".repeat(8192)) })),
        config(json!({ "bearerToken": [canary] })),
        config(json!({ "bearerToken": { "value": canary } })),
        config(json!(canary)),
        json!({ "authType": canary }),
        json!({ "authType": "api_key", "authConfig": { "apiKey": "k", "apiKeyHeader": format!("{canary} x") } }),
        json!({ "authType": "custom", "authConfig": { "custom": canary } }),
        json!({ "authType": "custom", "authConfig": { "custom": { "X-A": [canary] } } }),
        json!({ "authType": "oauth", "authConfig": { "oauth": canary } }),
        json!({ "authType": "oauth", "authConfig": { "oauth": { "clientSecret": format!("{canary}\u{1}") } } }),
        json!({ "endpointUrl": format!("https://user:{canary}@weather.example/") }),
        json!({ "metadata": canary }),
        json!({ "settings": canary }),
    ];
    let mut leaks = Vec::new();
    for body in bodies {
        for answer in [
            client.post("/api/servers", &with(server("Refused"), &body)).await,
            client.put(path, &body).await,
        ] {
            answer.assert(400);
            if answer.text().contains(canary) {
                leaks.push(format!("{} {body}: {}", answer.request, answer.text()));
            }
        }
    }
    leaks
}
