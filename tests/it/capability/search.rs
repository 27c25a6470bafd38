//! Searches of the tools of all servers (R8, T4).

use black_box_tests::{Actor, Changing, Client, Service, on_every_store, server_at};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::kit::tool;
use crate::support::{server_path, text, with};

on_every_store!(
    a_search_finds_tools_of_all_servers,
    t4_a_search_shows_no_tool_of_another_tenant,
    a_search_shows_what_the_caller_sees_of_servers,
);

/// The servers and names of the tools that a search finds.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/tools?limit=100{query}")).await.expect(200);
    let tools = list["tools"].as_array().unwrap();
    assert_eq!(list["pagination"]["total"], tools.len());
    tools.iter().map(|tool| format!("{}:{}", text(tool, "serverSlug"), text(tool, "name"))).collect()
}

async fn register(actor: &Actor, name: &str, tools: &[Value]) -> Value {
    let upstream = Changing::with(tools).start().await;
    actor.client.post("/api/servers", &server_at(name, &upstream.url)).await.expect(201)
}

async fn a_search_finds_tools_of_all_servers(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let titled = with(tool("z", ""), &json!({ "title": "Get FORECAST" }));
    register(&owner, "One", &[tool("forecast", "of a day"), titled.clone()]).await;
    register(&owner, "Two", &[tool("Other", "no ForeCast, 50% ÄRGER"), tool("none", "")]).await;
    let client = &owner.client;
    assert_eq!(found(client, "").await, ["two:Other", "one:forecast", "two:none", "one:z"]);
    assert_eq!(found(client, "&search=forecast").await, ["two:Other", "one:forecast", "one:z"]);
    assert_eq!(found(client, "&search=50%25%20%C3%A4rger").await, ["two:Other"]);
    assert_eq!(found(client, "&search=50_").await, [] as [&str; 0]);
    let list = client.get("/api/tools?search=get&page=1&limit=1").await.expect(200);
    assert_eq!((&list["tools"][0]["definition"], &list["tools"][0]["title"]), (&titled, &titled["title"]));
}

/// T4.
async fn t4_a_search_shows_no_tool_of_another_tenant(service: &Service) {
    let (olga, otto) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("other", "otto", Role::ServerOwner).await,
    );
    let (admin, user) = (service.admin().await, service.actor("other", "ulli", Role::User).await);
    register(&olga, "Private", &[tool("secret", "")]).await;
    let public = register(&olga, "Public", &[tool("shared", "")]).await;
    register(&otto, "Own", &[tool("mine", "")]).await;
    assert_eq!(found(&otto.client, "").await, ["own:mine"]);
    olga.client.put(&server_path(&public), &json!({ "isPublic": true })).await.assert(200);
    for client in [&otto.client, &user.client] {
        assert_eq!(found(client, "").await, ["own:mine", "public:shared"]);
        assert_eq!(found(client, "&search=secret").await, [] as [&str; 0]);
    }
    assert_eq!(found(&olga.client, "").await, ["private:secret", "public:shared"]);
    assert_eq!(found(&admin.client, "").await, ["own:mine", "private:secret", "public:shared"]);
    olga.client.put(&server_path(&public), &json!({ "isPublic": false })).await.assert(200);
    assert_eq!(found(&otto.client, "").await, ["own:mine"]);
}

async fn a_search_shows_what_the_caller_sees_of_servers(service: &Service) {
    let (olga, user) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "ulli", Role::User).await,
    );
    let one = register(&olga, "One", &[tool("a", "")]).await;
    let two = register(&olga, "Two", &[tool("b", "")]).await;
    let linked = olga.client_with(service, &[Scope::ServerRead], Some(text(&one, "id"))).await;
    assert_eq!(found(&linked, "").await, ["one:a"]);
    let hide = json!({ "serverId": one["id"], "isEnabled": false });
    user.client.put("/api/users/preferences/servers", &hide).await.assert(200);
    assert_eq!(found(&user.client, "").await, ["two:b"]);
    assert_eq!(found(&user.client, "&includeHidden=true").await, ["one:a", "two:b"]);
    olga.client.put(&server_path(&two), &json!({ "status": "inactive" })).await.assert(200);
    assert_eq!(found(&user.client, "").await, [] as [&str; 0]);
    assert_eq!(found(&olga.client, "").await, ["one:a", "two:b"]);
    olga.client_with(service, &[Scope::McpInvoke], None).await.get("/api/tools").await.assert(403);
}
