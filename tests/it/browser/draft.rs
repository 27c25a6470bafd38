//! A session that ends while somebody types.

use black_box_tests::{ADMIN_KEY, Binary};
use serde_json::{Value, json};

use super::browse;
use crate::support::text;

/// Makes a user who can sign in; the name, the password and the id.
async fn user(binary: &Binary, username: &str) -> Value {
    let tenant = binary.admin().get("/api/users/me").await.expect(200)["tenantId"].clone();
    let password = format!("plum anvil lantern {username}");
    let body = json!({ "username": username, "email": format!("{username}@acme.example"),
        "role": "server_owner", "tenantId": tenant, "password": password });
    let id = binary.admin().post("/api/users", &body).await.assert(201).id();
    json!({ "username": username, "password": password, "id": id })
}

#[tokio::test]
async fn what_was_typed_when_the_session_ended_is_there_after_signing_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let (bob, eve) = (user(&binary, "bob").await, user(&binary, "eve").await);
    let url = format!("http://{}", binary.address());
    let input = json!({ "url": url, "adminKey": ADMIN_KEY, "bob": bob, "eve": eve });
    let refusals = ["401 /api/users/me", "412 /api/users/me", "401 /api/users/me"];
    let seen = browse("draft", &input, &refusals).await;
    came_back(&url, &seen["same"]);
    let stored = binary.admin().get(&format!("/api/users/{}", text(&bob, "id"))).await.expect(200);
    assert_eq!(
        (text(&stored, "displayName"), text(&stored, "email")),
        ("Bob Birch the Second", "bob@typed.example")
    );
    let eves =
        json!({ "username": "eve", "role": "Server owner", "displayName": "", "email": "eve@acme.example" });
    assert_eq!(seen["other"], json!({ "seen": eves, "keyName": "", "stored": 0 }));
}

fn came_back(url: &str, seen: &Value) {
    assert_eq!(seen["lost"]["url"], format!("{url}/sign-in?returnTo=%2Faccount"));
    assert_eq!(seen["lost"]["note"], "Your session has ended. What you typed is kept: sign in to go on.");
    assert_eq!(seen["lost"]["isPasswordStored"], false);
    let typed = json!({ "displayName": "Bob Birch the Second", "email": "bob@typed.example",
        "keyName": "laptop of Bob", "manage": true, "invoke": false, "days": "30", "password": "" });
    assert_eq!(seen["back"]["forms"], typed);
    assert!(text(&seen["back"], "note").contains("What you typed before is back"), "{seen}");
    // The administrator's change is not overwritten unseen.
    assert!(text(&seen["conflict"], "alert").contains("bob@changed.example"), "{seen}");
    assert_eq!(seen["conflict"]["forms"], typed);
    let saved = json!({ "username": "bob", "role": "Server owner",
        "displayName": "Bob Birch the Second", "email": "bob@typed.example" });
    assert_eq!((&seen["saved"], &seen["note"]), (&saved, &json!("")));
}
