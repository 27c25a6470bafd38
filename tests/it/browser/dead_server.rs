//! What happens is seen as it happens.

use black_box_tests::{ADMIN_KEY, Binary};
use serde_json::json;

use super::{browse, user};

#[tokio::test]
async fn an_open_page_turns_red_when_a_server_dies_and_green_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let ada = user(&binary, "ada", "admin").await;
    let input = json!({ "url": format!("http://{}", binary.address()), "adminKey": ADMIN_KEY, "user": ada });
    let seen = browse("dead_server", &input, &[]).await;
    assert_eq!(seen["isSamePage"], true, "the page was loaded again");
    assert_ne!(seen["unhealthy"], seen["healthy"], "the colour says nothing");
    assert_eq!(seen["recovered"], seen["healthy"]);
}
