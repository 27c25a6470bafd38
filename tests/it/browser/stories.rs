//! What people come for, from the first server to the audit log, with the keyboard alone.

use black_box_tests::Binary;
use serde_json::{Value, json};

use super::{browse, user};
use crate::support::text;

/// Servers by name, and the authentication that they want.
const KINDS: [(&str, &str); 5] = [
    ("Open", "none"),
    ("Bearer", "bearer"),
    ("Keyed", "api_key"),
    ("Headers", "custom"),
    ("Granted", "oauth"),
];

#[tokio::test]
async fn servers_of_each_authentication_are_registered_and_a_key_is_rotated_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let ada = user(&binary, "ada", "admin").await;
    let url = format!("http://{}", binary.address());
    let seen = browse("stories", &json!({ "url": url, "user": ada }), &[]).await;
    let registered = seen["registered"].as_array().unwrap();
    assert_eq!(registered.len(), KINDS.len());
    let rotated = &seen["key"]["rotated"];
    is_shown_once(rotated);
    for (one, kind) in registered.iter().zip(KINDS) {
        is_shown_once(one);
        is_registered(&binary, one, kind).await;
    }
    // The newest key was the last server's: its old secret and its new one open nothing any more.
    for revoked in [text(rotated, "secret"), text(&registered[4], "secret")] {
        binary.client().with_key(revoked).get("/api/servers").await.assert(401);
    }
    assert_eq!(text(&seen["key"], "known"), "The old key was never used.");
    assert_eq!(seen["key"]["events"][0], "API key revoked");
    assert_eq!(seen["key"]["events"][1], "API key rotated");
}

/// A secret can be left by saying that it was saved alone, and the settings of clients do not have it.
fn is_shown_once(seen: &Value) {
    assert_eq!((&seen["isHeld"], &seen["mayGoOn"]), (&json!(true), &json!(false)), "{seen}");
    assert_eq!(seen["isInSettings"], false, "{seen}");
}

/// The test of the connection found the server's tools before it was stored, and its key, if it lives, sees it alone.
async fn is_registered(binary: &Binary, seen: &Value, (name, kind): (&str, &str)) {
    assert_eq!(seen["name"], name);
    assert!(text(seen, "report").contains("The server answers"), "{seen}");
    let found = binary.admin().get(&format!("/api/servers?search={name}")).await.expect(200);
    assert_eq!(
        (&found["servers"][0]["authType"], &found["servers"][0]["healthStatus"]),
        (&json!(kind), &json!("healthy"))
    );
    if kind != "oauth" {
        let own = binary.client().with_key(text(seen, "secret")).get("/api/servers").await.expect(200);
        assert_eq!((&own["servers"][0]["name"], &own["pagination"]["total"]), (&json!(name), &json!(1)));
    }
}
