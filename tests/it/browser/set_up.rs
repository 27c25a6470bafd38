//! The set-up link, signing out and in.

use black_box_tests::Binary;
use serde_json::{Value, json};

use super::browse;
use crate::support::text;

#[tokio::test]
async fn the_set_up_link_makes_the_first_administrator_who_signs_out_and_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", "")]);
    let url = format!("http://{}", binary.address());
    let link = binary.setup_link().expect("the first start prints a link");
    let refusals = ["401 /api/setup", "400 /api/setup", "401 /api/users/me", "401 /api/auth/login"];
    let seen = browse("set_up", &json!({ "url": url, "link": link }), &refusals).await;
    assert!(text(&seen, "wrongLink").starts_with("This link is not valid"), "{seen}");
    made(&binary, &url, &seen["made"]).await;
    assert_eq!(seen["copied"], seen["made"]["key"]);
    assert_eq!(seen["isKeyShownAgain"], false);
    let ada = json!({ "name": "Ada Lovelace", "role": "Administrator" });
    assert_eq!((&seen["first"], &seen["again"]), (&ada, &ada));
    assert!(text(&seen, "wrongPassword").contains("is wrong"), "{seen}");
    assert_eq!(seen["backAt"], format!("{url}/"), "a link took the browser elsewhere");
    signed_out(&binary, &seen).await;
    // Where the browser keeps no cookie, people are told why instead of being sent round in circles.
    for said in ["before", "after"] {
        assert!(text(&seen["plain"], said).contains("HTTPS"), "{seen}");
    }
    assert!(text(&seen["plain"], "url").ends_with("/sign-in"), "{seen}");
}

/// The secret left the address bar, errors stood at their fields, and the key works.
async fn made(binary: &Binary, url: &str, made: &Value) {
    assert_eq!(made["address"], format!("{url}/setup"));
    assert_eq!(made["different"], json!(["Password again is not the same."]));
    assert_eq!(made["refused"], json!(["User name must not have spaces."]));
    let me = binary.client().with_key(text(made, "key")).get("/api/users/me").await.expect(200);
    assert_eq!((&me["username"], &me["role"]), (&json!("ada"), &json!("admin")));
}

/// The cookie is for this host and no script, and signing out ended its session on the server too.
async fn signed_out(binary: &Binary, seen: &Value) {
    let cookies = seen["cookies"].as_array().unwrap();
    assert_eq!(cookies.len(), 1, "{seen}");
    let cookie = &cookies[0];
    assert_eq!((&cookie["httpOnly"], &cookie["secure"]), (&json!(true), &json!(true)));
    assert_eq!(cookie["sameSite"], "Lax");
    assert_eq!(seen["cookiesAfter"], 0);
    let old = format!("{}={}", text(cookie, "name"), text(cookie, "value"));
    binary.client().with("cookie", &old).get("/api/users/me").await.assert(401);
}
