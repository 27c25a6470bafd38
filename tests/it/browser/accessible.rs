//! The pages are for everybody (R261): axe-core, narrow and wide screens, light and dark.

use black_box_tests::Binary;
use serde_json::json;

use super::browse;
use super::provider::{self, SECRET};

/// Eight states of the pages, in two schemes and three widths.
const LOOKS: usize = 8 * 2 * 3;
/// axe has about a hundred rules; fewer passes than these would say that it looked at an empty page.
const FEWEST_PASSES: u64 = 15;

#[tokio::test]
async fn axe_finds_nothing_wrong_in_any_state_of_the_pages() {
    let folder = tempfile::tempdir().unwrap();
    let identity = provider::configure(folder.path(), "Peer", "http://127.0.0.1:9");
    let environment = [SECRET, ("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", "")];
    let binary = Binary::start(folder.path(), &["--identity", &identity], &environment);
    let input = json!({
        "url": format!("http://{}", binary.address()),
        "link": binary.setup_link().expect("the first start prints a link"),
        "user": { "username": "ada", "password": "plum anvil lantern otter" },
    });
    let refusals = ["401 /api/auth/login", "400 /api/users/me"];
    let seen = browse("accessible", &input, &refusals).await;
    assert_eq!(seen["bad"], json!([]), "{:#}", seen["bad"]);
    let looks = seen["looks"].as_array().unwrap();
    assert_eq!(looks.len(), LOOKS);
    for look in looks {
        assert!(look["passed"].as_u64().unwrap() >= FEWEST_PASSES, "{look}");
    }
}
