//! Script in what the pages show (I4).

use black_box_tests::{ADMIN_KEY, Binary};
use serde_json::json;

use super::browse;
use super::provider::{self, SECRET};
use crate::support::text;

const EVIL: &str = "<b><img src=x onerror=hacked=1></b>";
/// Pages, tabs and dialogs on which the text is to be seen: elsewhere it would be no wonder that nothing happens.
const FEWEST_SHOWN: usize = 10;

#[tokio::test]
async fn script_in_whatever_a_server_or_a_person_says_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let identity = provider::configure(folder.path(), EVIL, "http://127.0.0.1:9");
    let binary = Binary::start(folder.path(), &["--identity", &identity], &[SECRET]);
    let tenant = binary.admin().get("/api/users/me").await.expect(200)["tenantId"].clone();
    let user = json!({ "username": "<script>hacked=1</script>", "password": "plum anvil lantern otter",
        "displayName": EVIL, "role": "admin", "tenantId": tenant });
    binary.admin().post("/api/users", &user).await.assert(201);
    let url = format!("http://{}", binary.address());
    let input = json!({ "url": url, "adminKey": ADMIN_KEY, "evil": EVIL, "user": user });
    let seen = browse("inert", &input, &[]).await;
    assert_eq!(seen["backAt"], format!("{url}/"), "a link took the browser elsewhere");
    let states = seen["seen"].as_object().unwrap();
    for (state, found) in states {
        assert_eq!((&found["hacked"], &found["foreign"]), (&json!(null), &json!([])), "{state}");
    }
    // Nobody says that it is not shown at all.
    assert_eq!(text(&states["signIn"], "provider"), format!("Continue with {EVIL}"));
    let shown: Vec<&String> =
        states.iter().filter(|(_, found)| found["isShown"] == true).map(|(state, _)| state).collect();
    assert!(shown.len() >= FEWEST_SHOWN, "{shown:?}");
    for state in ["/users", "/audit", "tried"] {
        assert!(shown.iter().any(|shown| *shown == state), "{state}: {shown:?}");
    }
}
