//! The dashboard offers what one's role may do.

use black_box_tests::{Binary, Upstream, server_at};
use serde_json::{Value, json};

use super::{browse, user};

const EVERYBODY: [&str; 6] = ["Dashboard", "Servers", "API keys", "Health", "Alerts", "Settings"];
const ADMINISTRATORS: [&str; 10] = [
    "Dashboard",
    "Servers",
    "API keys",
    "Health",
    "Alerts",
    "Webhooks",
    "Audit log",
    "Users",
    "Tenants",
    "Settings",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_finds_what_it_may_do_and_nothing_else() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let binary = Binary::start(folder.path(), &[], &[]);
    let mut people = Vec::new();
    for (name, role) in [("ada", "admin"), ("olivia", "server_owner"), ("uma", "user")] {
        people.push(user(&binary, name, role).await);
    }
    let mut server = server_at("Weather", &upstream.url);
    server["isPublic"] = json!(true);
    let server = binary.admin().post("/api/servers", &server).await.expect(201);
    let input = json!({ "url": format!("http://{}", binary.address()), "people": people,
        "server": { "id": server["id"], "name": "Weather" } });
    // The page looks for the name of the server's owner, whom only administrators see.
    let owner = server["ownerId"].as_str().unwrap();
    let seen = &browse("roles", &input, &[&format!("404 /api/users/{owner}")]).await["seen"];
    finds(&seen["ada"], &ADMINISTRATORS, true, true);
    finds(&seen["olivia"], &EVERYBODY, true, false);
    finds(&seen["uma"], &EVERYBODY, false, false);
}

/// Whether this is where somebody may go, and whether it is more than looking: registering servers, changing this one.
fn finds(seen: &Value, pages: &[&str], adds: bool, changes: bool) {
    assert_eq!(seen["pages"], json!(pages));
    assert_eq!((&seen["mayAdd"], &seen["mayEdit"]), (&json!(adds), &json!(changes)), "{seen}");
    let has = |tab: &str| seen["tabs"].as_array().unwrap().contains(&json!(tab));
    assert!(has("Overview") && has("Tools"), "{seen}");
    assert_eq!(has("Audit"), changes, "{seen}");
    assert_eq!(seen["users"], json!(if pages.contains(&"Users") { vec!["Users"] } else { vec![] }));
}
