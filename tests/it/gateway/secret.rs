//! No secret of a call is in the log (K1), whatever is logged.

use black_box_tests::{ADMIN_KEY, Binary, Mode, Upstream, server_at};
use serde_json::{Value, json};

use super::kit::{call, echo, message, post};
use crate::support::{server_path, text, with};

/// The credentials of the servers.
const CANARIES: [&str; 4] =
    ["canary-token-5f1c", "canary-key-77aa", "canary-custom-9e0d", "canary-changed-31b2"];

fn kinds() -> [(Value, &'static str, String); 3] {
    [
        (
            json!({ "authType": "bearer", "authConfig": { "bearerToken": CANARIES[0] } }),
            "authorization",
            format!("Bearer {}", CANARIES[0]),
        ),
        (
            json!({ "authType": "api_key", "authConfig": { "apiKey": CANARIES[1] } }),
            "x-api-key",
            CANARIES[1].to_owned(),
        ),
        (
            json!({ "authType": "custom", "authConfig": { "custom": { "X-Team": CANARIES[2] } } }),
            "x-team",
            CANARIES[2].to_owned(),
        ),
    ]
}

/// Successes and failures of every kind; the secrets that were used.
async fn use_secrets(binary: &Binary, upstream: &Upstream) -> Vec<String> {
    let admin = binary.admin();
    let mut secrets: Vec<String> = CANARIES.map(str::to_owned).into();
    secrets.push(ADMIN_KEY.to_owned());
    for (index, (auth, header, value)) in kinds().into_iter().enumerate() {
        upstream.set(Mode::Requires(header.to_owned(), value));
        let body = with(server_at(&format!("Server {index}"), &upstream.url), &auth);
        let made = admin.post("/api/servers", &body).await.expect(201);
        let server = text(&made, "id");
        let own = binary.client().with_key(text(&made, "apiKey"));
        for secret in [text(&made, "apiKey"), "canary-argument-11"] {
            secrets.push(secret.to_owned());
        }
        let begin = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {},
            "protocolVersion": "2025-06-18", "clientInfo": { "name": "test", "version": "1" } } });
        let begun = own.send(message(post(server), &begin)).await;
        let handle = begun.assert(200).header("mcp-session-id").to_owned();
        let request = post(server).header("mcp-session-id", &handle);
        own.send(message(request, &echo(2, "canary-argument-11"))).await.assert(200);
        secrets.push(handle);
        secrets.extend(
            upstream
                .seen()
                .iter()
                .filter_map(|seen| Some(seen.headers.get("mcp-session-id")?.to_str().ok()?.to_owned())),
        );
        admin
            .post(&format!("{}/health-check", server_path(&made)), &json!({ "deep": true }))
            .await
            .assert(200);
        for mode in [Mode::Status(500), Mode::Requires("x-never".into(), "x".into())] {
            upstream.set(mode);
            call(&own, server).await.assert(502);
            admin.post(&format!("{}/health-check", server_path(&made)), &json!({})).await.assert(200);
        }
        let change = json!({ "authType": "bearer", "authConfig": { "bearerToken": CANARIES[3] } });
        admin.put(&server_path(&made), &change).await.assert(422);
        let unknown = format!("mcp_{}", "Q7".repeat(30));
        call(&binary.client().with_key(&unknown), server).await.assert(401);
        secrets.push(unknown);
    }
    secrets
}

async fn assert_silent(log: &str) {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let binary = Binary::start(folder.path(), &[], &[("MCP_REGISTRY_LOG", log)]);
    let secrets = use_secrets(&binary, &upstream).await;
    let finished = binary.terminate();
    assert!(finished.status.success());
    assert!(finished.stderr.contains("/mcp/"), "the log is not one of calls:\n{}", finished.stderr);
    for secret in secrets {
        let line = finished.stderr.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_no_secret_of_a_call_is_in_the_log() {
    assert_silent("info,rmcp=off").await;
}

/// Not even in the words of the libraries, which say much more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_no_secret_of_a_call_is_in_the_log_of_everything() {
    assert_silent("trace,rmcp=off").await;
}
