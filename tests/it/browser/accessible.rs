//! The pages are for everybody (R261): axe-core, narrow and wide screens, light and dark.

use black_box_tests::{ADMIN_KEY, Binary};
use serde_json::{Value, json};

use super::provider::{self, SECRET};
use super::{browse, user};

/// Each state of the pages is looked at in two schemes and three widths.
const LOOKS: usize = 2 * 3;
/// axe has about a hundred rules; fewer passes than these would say that it looked at an empty page.
const FEWEST_PASSES: u64 = 15;

/// axe found nothing in any of so many states, or more.
fn is_good(seen: &Value, states: usize) {
    assert_eq!(seen["bad"], json!([]), "{:#}", seen["bad"]);
    let looks = seen["looks"].as_array().unwrap();
    assert!(looks.len() >= states * LOOKS, "{}", looks.len());
    for look in looks {
        assert!(look["passed"].as_u64().unwrap() >= FEWEST_PASSES, "{look}");
    }
}

#[tokio::test]
async fn axe_finds_nothing_wrong_in_set_up_and_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let identity = provider::configure(folder.path(), "Peer", "http://127.0.0.1:9");
    let environment = [SECRET, ("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", "")];
    let binary = Binary::start(folder.path(), &["--identity", &identity], &environment);
    let input = json!({
        "url": format!("http://{}", binary.address()),
        "link": binary.setup_link().expect("the first start prints a link"),
        "user": { "username": "ada", "password": "plum anvil lantern otter" },
    });
    is_good(&browse("accessible", &input, &["401 /api/auth/login"]).await, 6);
}

/// Looks at a part of the dashboard, with servers, keys, an alert and entries of the log in it.
async fn dashboard(part: &str, states: usize) {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let ada = user(&binary, "ada", "admin").await;
    let url = format!("http://{}", binary.address());
    let input = json!({ "url": url, "adminKey": ADMIN_KEY, "user": ada, "part": part });
    is_good(&browse("accessible_dashboard", &input, &[]).await, states);
}

#[tokio::test]
async fn axe_finds_nothing_wrong_on_the_pages_of_lists() {
    dashboard("lists", 5).await;
}

#[tokio::test]
async fn axe_finds_nothing_wrong_on_the_pages_of_people() {
    dashboard("people", 7).await;
}

#[tokio::test]
async fn axe_finds_nothing_wrong_on_the_page_of_a_server() {
    dashboard("server", 9).await;
}

#[tokio::test]
async fn axe_finds_nothing_wrong_in_dialogs() {
    dashboard("dialogs", 6).await;
}
