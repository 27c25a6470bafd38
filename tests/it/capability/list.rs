//! Lists of what servers have (R7, R55).

use black_box_tests::{Service, on_every_store};
use serde_json::{Value, json};

use super::kit::{Scene, tool};
use crate::support::{complaints, register, server_path};

on_every_store!(
    what_a_server_lists_is_known_when_it_is_registered,
    a_server_that_was_never_reached_lists_nothing_that_is_known,
    a_list_is_paged_in_the_order_of_names,
    i4_odd_names_and_script_are_data,
    what_is_listed_goes_with_the_server,
);

async fn what_a_server_lists_is_known_when_it_is_registered(service: &Service) {
    let full = json!({ "name": "forecast", "title": "Forecast", "description": "Of a day",
        "inputSchema": { "type": "object", "properties": { "day": { "type": "integer", "minimum": 1 } } },
        "outputSchema": { "type": "object", "required": ["mm"] },
        "annotations": { "readOnlyHint": true, "title": "F" }, "_meta": { "x": [1, null, 0.5] } });
    let scene = Scene::new(service, json!({}), &[tool("bare", ""), full.clone()]).await;
    let list = scene.owner.client.get(&scene.path("tools")).await.expect(200);
    assert_eq!(
        (&list["known"], &list["leftOut"], &list["pagination"]["total"]),
        (&json!(true), &json!(0), &json!(2))
    );
    let shown = &list["items"][1];
    assert_eq!((&shown["definition"], &shown["name"]), (&full, &full["name"]));
    assert_eq!((&shown["title"], &shown["description"]), (&full["title"], &full["description"]));
    assert_eq!((&shown["held"], &shown["isCut"]), (&json!(false), &json!(false)));
    assert_eq!(shown["firstSeenAt"], shown["changedAt"]);
    assert_eq!(shown["digest"].as_str().unwrap().len(), 64);
    for other in ["resources", "resource-templates", "prompts"] {
        let list = scene.owner.client.get(&scene.path(other)).await.expect(200);
        assert_eq!((&list["known"], &list["items"]), (&json!(true), &json!([])), "{other}");
    }
    assert_eq!(scene.changes().await, [] as [Value; 0]);
}

async fn a_server_that_was_never_reached_lists_nothing_that_is_known(service: &Service) {
    let scene = Scene::new(service, json!({}), &[]).await;
    let other = register(&scene.owner, "Other").await;
    for kind in ["tools", "resources", "resource-templates", "prompts"] {
        let path = format!("{}/{kind}", server_path(&other));
        let list = scene.owner.client.get(&path).await.expect(200);
        assert_eq!((&list["known"], &list["items"]), (&json!(false), &json!([])), "{kind}");
        let unknown = format!("/api/servers/01900000-0000-7000-8000-000000000000/{kind}");
        scene.owner.client.get(&unknown).await.assert(404);
    }
}

async fn a_list_is_paged_in_the_order_of_names(service: &Service) {
    let tools: Vec<_> = (0..25).rev().map(|number| tool(&format!("t{number:02}"), "")).collect();
    let scene = Scene::new(service, json!({}), &tools).await;
    let mut names = Vec::new();
    for page in 1..=4 {
        let list =
            scene.owner.client.get(&scene.path(&format!("tools?page={page}&limit=8"))).await.expect(200);
        assert_eq!(
            (&list["pagination"]["total"], &list["pagination"]["totalPages"]),
            (&json!(25), &json!(4))
        );
        names.extend(list["items"].as_array().unwrap().iter().map(|tool| tool["name"].clone()));
    }
    assert_eq!(names, (0..25).map(|number| json!(format!("t{number:02}"))).collect::<Vec<_>>());
    let answer = scene.owner.client.get(&scene.path("tools?limit=101")).await;
    assert_eq!(complaints(answer), ["limit"]);
}

/// I4.
async fn i4_odd_names_and_script_are_data(service: &Service) {
    let script = "<script>alert(1)</script>\u{202e}\u{0}";
    let mut names = vec![script, "a/b?c#d", "x'; DROP TABLE server;--", "ä☂𝄞 \"q\" \\", "%_", "..", "{}"];
    let tools: Vec<_> = names.iter().map(|name| tool(name, script)).collect();
    let scene = Scene::new(service, json!({}), &tools).await;
    let answer = scene.owner.client.get(&scene.path("tools")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    names.sort_unstable();
    let shown = scene.tools().await;
    assert_eq!(shown.iter().map(|tool| tool["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
    assert!(
        shown.iter().all(|tool| tool["description"] == script && tool["definition"]["name"] == tool["name"])
    );
    let found = scene.owner.client.get("/api/tools?search=%3Cscript%3E&limit=3").await.expect(200);
    assert_eq!(found["pagination"]["total"], 7);
}

async fn what_is_listed_goes_with_the_server(service: &Service) {
    let scene = Scene::new(service, json!({}), &[tool("a", "")]).await;
    scene.change(&[tool("b", "")]).await;
    scene.owner.client.delete(&server_path(&scene.server)).await.assert(204);
    for path in ["tools", "prompts", "capability-changes"] {
        scene.owner.client.get(&scene.path(path)).await.assert(404);
    }
    assert_eq!(scene.owner.client.get("/api/tools").await.expect(200)["tools"], json!([]));
}
