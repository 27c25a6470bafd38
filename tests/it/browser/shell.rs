//! What all pages of the dashboard have around them.

use black_box_tests::Binary;
use serde_json::json;

use super::{browse, user};

#[tokio::test]
async fn the_keyboard_alone_goes_everywhere_and_the_theme_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let ada = user(&binary, "ada", "admin").await;
    let url = format!("http://{}", binary.address());
    let seen = browse("shell", &json!({ "url": url, "user": ada }), &["401 /api/users/me"]).await;
    assert_eq!(seen["deepLink"], format!("{url}/audit?page=1"), "the sign-in led elsewhere");
    assert_eq!(seen["me"], json!({ "name": "ada", "role": "Administrator" }));
    let went = &seen["went"];
    assert_eq!(went["link"], json!({ "tag": "A", "text": "API keys", "outline": "solid" }));
    assert_eq!((&went["heading"]["tag"], &went["heading"]["text"]), (&json!("H1"), &json!("API keys")));
    assert_eq!(went["current"], json!(["API keys"]));
    assert_eq!(went["title"], "API keys · MCP Registry Gateway");
    assert_eq!(seen["found"]["at"], format!("{url}/health"));
    assert_eq!(seen["dark"], json!({ "before": "light dark", "chosen": "dark", "atOnce": "dark" }));
    assert_eq!(seen["out"], json!({ "scheme": "dark", "cookies": 0 }));
}
