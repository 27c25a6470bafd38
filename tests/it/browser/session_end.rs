//! A session that ends while somebody types.

use black_box_tests::{ADMIN_KEY, Binary};
use serde_json::json;

use super::{browse, user};
use crate::support::text;

#[tokio::test]
async fn who_signs_in_over_the_page_loses_nothing_that_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let bob = user(&binary, "bob", "server_owner").await;
    let url = format!("http://{}", binary.address());
    let input = json!({ "url": url, "adminKey": ADMIN_KEY, "bob": bob });
    let refusals = ["401 /api/users/me", "401 /api/auth/login"];
    let seen = browse("session_end", &input, &refusals).await;
    assert_eq!(seen["isHeld"], true, "Escape closed the dialog");
    assert!(text(&seen, "said").contains("What you typed is still here. Sign in as bob"), "{seen}");
    assert!(text(&seen, "wrong").contains("is wrong"), "{seen}");
    assert_eq!(seen["back"], json!({ "name": "Bob Birch the Second", "email": "bob@typed.example" }));
    assert_eq!(seen["at"], format!("{url}/settings"));
    assert_eq!(seen["otherTab"], json!({ "typed": "in the other tab", "dialogs": 0 }));
    let stored = binary.admin().get(&format!("/api/users/{}", text(&bob, "id"))).await.expect(200);
    assert_eq!(
        (text(&stored, "displayName"), text(&stored, "email")),
        ("Bob Birch the Second", "bob@typed.example")
    );
}
