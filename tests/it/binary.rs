//! The binary: first start, signals, commands.

use std::path::Path;

use black_box_tests::{ADMIN_KEY, Binary, Database, Finished, server};
use serde_json::{Value, json};

const CHOSEN: &str = "mcp_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[track_caller]
fn ok(finished: &Finished) {
    assert!(finished.status.success(), "{finished:?}");
}

/// It fails with one line that has all of `parts`.
#[track_caller]
fn refused(finished: &Finished, parts: &[&str]) {
    assert!(!finished.status.success(), "{finished:?}");
    assert!(finished.status.code().is_some(), "a signal ended it");
    for part in parts {
        assert!(finished.stderr.contains(part), "no {part:?} in {}", finished.stderr);
    }
}

/// R147: the key is printed by the first start only.
#[tokio::test]
async fn the_first_start_prints_an_administrators_key() {
    let folder = folder();
    let first = Binary::start(folder.path(), &[], &[]);
    let key = ADMIN_KEY.to_owned();
    let made = first.admin().post("/api/servers", &server("Weather")).await.expect(201);
    assert_eq!(
        first.admin().get("/api/audit-logs").await.expect(200)["entries"][0]["resourceId"],
        made["id"]
    );
    assert!(!first.stderr().contains(&key), "the key is in the log");
    ok(&first.terminate());
    let second = Binary::start(folder.path(), &[], &[]);
    assert_eq!(second.stdout(), "");
    let found = second.client().with_key(&key).get("/api/servers").await.expect(200);
    assert_eq!(found["servers"][0]["name"], "Weather");
    ok(&second.terminate());
}

#[tokio::test]
async fn the_operator_chooses_the_first_key() {
    let (folder, chosen) = (folder(), [("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", CHOSEN)]);
    let binary = Binary::start(folder.path(), &[], &chosen);
    assert_eq!(binary.stdout(), "");
    binary.client().with_key(CHOSEN).get("/api/audit-logs").await.assert(200);
    assert!(!binary.stderr().contains(CHOSEN));
    ok(&binary.terminate());
    // Later it is no way in.
    let other = CHOSEN.replace('0', "9");
    let binary = Binary::start(folder.path(), &[], &[("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", &other)]);
    binary.client().with_key(&other).get("/api/servers").await.assert(401);
    binary.client().with_key(CHOSEN).get("/api/servers").await.assert(200);
}

/// A11: a placeholder is refused, and not repeated.
#[test]
fn a_first_key_that_is_none_is_refused() {
    for key in ["changeme", "", "mcp_short"] {
        let folder = folder();
        let start = Binary::try_start(folder.path(), &[], &[("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", key)]);
        let finished = start.err().unwrap_or_else(|| panic!("it started with {key:?}"));
        refused(&finished, &["MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY"]);
        assert!(key.is_empty() || !finished.stderr.contains(key));
    }
}

/// R75, R114: what was counted in the last second is stored on the way out.
#[tokio::test]
async fn sigterm_ends_it_gracefully_and_stores_usage() {
    let folder = folder();
    let binary = Binary::start(folder.path(), &[], &[]);
    let key = ADMIN_KEY.to_owned();
    let made = binary.admin().post("/api/api-keys", &json!({ "name": "counted" })).await.expect(201);
    let counted = binary.client().with_key(made["key"].as_str().unwrap());
    for _ in 0..25 {
        counted.get("/api/servers").await.assert(200);
    }
    ok(&binary.terminate());
    let binary = Binary::start(folder.path(), &[], &[]);
    let path = format!("/api/api-keys/{}/usage", made["id"].as_str().unwrap());
    let usage = binary.client().with_key(&key).get(&path).await.expect(200);
    assert_eq!(usage["requests"], 25);
}

#[tokio::test]
async fn keys_create_prints_a_key_that_works() {
    let folder = folder();
    let arguments = [
        "keys",
        "create",
        "--tenant",
        "acme",
        "--user",
        "olga",
        "--role",
        "server_owner",
        "--scopes",
        "server:read,server:write",
        "--expires-in-days",
        "7",
    ];
    let created = Binary::run(folder.path(), &arguments, &[]);
    ok(&created);
    let key = created.stdout.trim();
    assert!(key.starts_with("mcp_") && key.len() == 64, "{created:?}");
    assert!(!created.stderr.contains(key));
    let binary = Binary::start(folder.path(), &[], &[]);
    assert_eq!(binary.setup_link(), None, "there is a user already");
    let client = binary.client().with_key(key);
    client.post("/api/servers", &server("Weather")).await.assert(201);
    client.get("/api/api-keys").await.assert(403);
    drop(binary);
    for (arguments, part) in [
        (["keys", "create", "--role", "root"], "root"),
        (["keys", "create", "--scopes", "everything"], "scopes"),
        (["keys", "create", "--expires-in-days", "0"], "expiresInDays"),
        (["keys", "create", "--server", "weather"], "serverId"),
        (["keys", "create", "--tenant", ""], "tenant"),
    ] {
        refused(&Binary::run(folder.path(), &arguments, &[]), &[part]);
    }
}

#[tokio::test]
async fn audit_verify_names_each_chain() {
    let folder = folder();
    let binary = Binary::start(folder.path(), &[], &[]);
    binary.admin().post("/api/servers", &server("Weather")).await.assert(201);
    let tenant = binary.admin().get("/api/servers").await.expect(200)["servers"][0]["tenantId"].clone();
    ok(&binary.terminate());
    let verified = Binary::run(folder.path(), &["audit", "verify"], &[]);
    ok(&verified);
    let line = format!("tenant {}: 4 entries, head ", tenant.as_str().unwrap());
    assert!(verified.stdout.contains(&line), "{verified:?}");
}

#[test]
fn the_document_is_the_one_that_is_checked_in() {
    let folder = folder();
    let printed = Binary::run(folder.path(), &["openapi"], &[]);
    ok(&printed);
    let checked_in = include_str!("../../registry-http/openapi.json");
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parse(&printed.stdout), parse(checked_in));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it left something behind");
}

/// R269: on an empty database; again, and while the service would start, it changes nothing.
#[tokio::test]
async fn migrate_prepares_an_empty_database() {
    let (folder, database) = (folder(), Database::create_empty().await);
    let url = database.url();
    let store = [("MCP_REGISTRY_STORE", url.as_str())];
    assert!(database.dump().await.is_empty());
    ok(&Binary::run(folder.path(), &["migrate"], &store));
    let migrated = database.dump().await;
    assert!(migrated.contains("server") && migrated.contains("audit"), "{migrated}");
    ok(&Binary::run(folder.path(), &["migrate"], &store));
    assert_eq!(database.dump().await, migrated);
    let binary = Binary::start(folder.path(), &[], &store);
    binary.admin().post("/api/servers", &server("Weather")).await.assert(201);
    ok(&binary.terminate());
    ok(&Binary::run(folder.path(), &["audit", "verify"], &store));
    database.remove().await;
    ok(&Binary::run(folder.path(), &["migrate"], &[]));
}

/// Invariant of the embedded store: one process.
#[tokio::test]
async fn a_second_process_on_the_folder_is_refused() {
    let folder = folder();
    let first = Binary::start(folder.path(), &[], &[]);
    let store = folder.path().join("store");
    let shown = store.display().to_string();
    let second = Binary::try_start(folder.path(), &[], &[]).err().expect("a second process");
    refused(&second, &[&shown]);
    for command in [&["audit", "verify"][..], &["keys", "create"], &["migrate"]] {
        refused(&Binary::run(folder.path(), command, &[]), &[&shown]);
    }
    first.admin().post("/api/servers", &server("Weather")).await.assert(201);
    ok(&first.terminate());
    ok(&Binary::run(folder.path(), &["audit", "verify"], &[]));
}

#[test]
fn nonsense_is_refused_in_one_clear_line() {
    let folder = folder();
    let run = |arguments: &[&str]| Binary::run(folder.path(), arguments, &[]);
    let forms = ["memory:", "sled:PATH", "postgres://"];
    for store in ["nonsense", "", "sled:", "mysql://root:hunter2@db/", "Memory:"] {
        let finished = run(&["--store", store, "migrate"]);
        refused(&finished, &forms);
        assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
    }
    // Nothing listens there, and the password is nobody's business.
    let finished = run(&["--store", "postgres://root:hunter2@127.0.0.1:9/db", "migrate"]);
    refused(&finished, &["PostgreSQL"]);
    assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
    refused(&run(&["--listen", "nowhere"]), &["--listen"]);
    refused(&run(&["--store", "memory:", "--listen", "192.0.2.1:1"]), &["192.0.2.1:1"]);
    refused(&run(&["--store", "memory:", "--log", "a=b=c"]), &["a=b=c"]);
    refused(&run(&["--allow-upstream", "not a host"]), &["not a host"]);
    refused(&run(&["frobnicate"]), &["frobnicate"]);
}

/// R181: keys that others can read, or that are none, are refused.
#[test]
fn encryption_keys_are_private_and_whole() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    ok(&Binary::run(folder.path(), &["keys", "create"], &[]));
    ok(&Binary::run(folder.path(), &["audit", "verify"], &[]));
    let file = folder.path().join("secret.keys");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&Binary::run(folder.path(), &["keys", "create"], &[]), &["secret.keys", "chmod 600"]);
    let placeholder = [("MCP_REGISTRY_SECRET_KEYS", "k1:changeme")];
    let finished = Binary::run(folder.path(), &["keys", "create"], &placeholder);
    refused(&finished, &["MCP_REGISTRY_SECRET_KEYS"]);
    assert!(!finished.stderr.contains("changeme"), "{}", finished.stderr);
}
