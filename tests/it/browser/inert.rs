//! Script in what the pages show (I4).

use black_box_tests::Binary;
use serde_json::json;

use super::browse;
use super::provider::{self, SECRET};
use crate::support::text;

const EVIL: &str = "<b><img src=x onerror=hacked=1></b>";

#[tokio::test]
async fn script_in_names_user_agents_and_addresses_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let identity = provider::configure(folder.path(), EVIL, "http://127.0.0.1:9");
    let binary = Binary::start(folder.path(), &["--identity", &identity], &[SECRET]);
    let tenant = binary.admin().get("/api/users/me").await.expect(200)["tenantId"].clone();
    let user = json!({ "username": "<script>hacked=1</script>", "password": "plum anvil lantern otter",
        "displayName": EVIL, "role": "admin", "tenantId": tenant });
    binary.admin().post("/api/users", &user).await.assert(201);
    let url = format!("http://{}", binary.address());
    let seen = browse("inert", &json!({ "url": url, "evil": EVIL, "user": user }), &[]).await;
    let unharmed = json!({ "hacked": null, "foreign": 0 });
    assert_eq!((&seen["atSignIn"], &seen["atAccount"]), (&unharmed, &unharmed));
    assert_eq!(seen["backAt"], format!("{url}/account"));
    // Nobody says that it is not shown at all.
    assert_eq!(seen["provider"], format!("Continue with {EVIL}"));
    assert_eq!((text(&seen["me"], "displayName"), &seen["me"]["username"]), (EVIL, &user["username"]));
    assert!(text(&seen, "sessions").contains(EVIL), "{seen}");
    assert!(text(&seen, "key").starts_with(EVIL), "{seen}");
    let dialogs = seen["dialogs"].as_array().unwrap();
    assert!(dialogs.len() == 1 && dialogs[0].as_str().unwrap().starts_with("Revoke the key"), "{seen}");
}
