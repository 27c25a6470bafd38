//! How much the first load of the dashboard is, and how fast it is.

use black_box_tests::Binary;
use serde_json::json;

use super::{browse, user};

/// Of scripts, compressed: what a telephone network carries in a second.
const MOST_BYTES: u64 = 200 * 1024;
const SERVERS: usize = 1000;

#[tokio::test]
async fn the_first_load_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[]);
    let ada = user(&binary, "ada", "admin").await;
    for number in 0..SERVERS {
        let server = json!({ "name": format!("Server {number:04}"), "version": "1.0.0", "validateConnection": false,
            "endpointUrl": "http://127.0.0.1:9/mcp", "autoHealthCheck": false });
        binary.admin().post("/api/servers", &server).await.assert(201);
    }
    let input = json!({ "url": format!("http://{}", binary.address()), "user": ada });
    let seen = browse("figures", &input, &[]).await;
    println!("{seen:#}");
    let bytes = seen["load"]["bytes"].as_u64().unwrap();
    assert!((50 * 1024..=MOST_BYTES).contains(&bytes), "{bytes} bytes of scripts");
    assert!(seen["list"]["rows"].as_u64().unwrap() > 0, "{seen}");
}
