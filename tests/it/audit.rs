//! The audit log.

use black_box_tests::{Service, Upstream, on_every_store, server, server_at};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use crate::support::{
    complaints, create_key, entries_of, own_entries_of, register, server_path, text, total,
};

on_every_store!(
    every_mutation_has_exactly_one_entry,
    an_entry_tells_who_what_when_and_from_where,
    a_change_tells_before_and_after,
    filters_narrow,
    entries_are_chained_newest_first,
    it_is_for_administrators_with_the_scope,
    what_is_refused_leaves_no_entry,
);

async fn entries(service: &Service, query: &str) -> Vec<Value> {
    let admin = service.admin().await;
    let list = admin.client.get(&format!("/api/audit-logs{query}")).await.expect(200);
    list["entries"].as_array().unwrap().clone()
}

/// U3.
async fn every_mutation_has_exactly_one_entry(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let (client, body) = (&owner.client, server_at("Weather", &upstream.url));
    let (count, made) = own_entries_of(service, client.post("/api/servers", &body)).await;
    let path = server_path(&made.expect(201));
    assert_eq!(count, 1, "register");
    let (count, key) = own_entries_of(service, create_key(&owner, json!({}))).await;
    let key = format!("/api/api-keys/{}", text(&key, "id"));
    assert_eq!(count, 1, "create a key");
    let change = json!({ "status": "maintenance" });
    assert_eq!(own_entries_of(service, client.put(&path, &change)).await.0, 1, "change");
    assert_eq!(
        own_entries_of(service, client.post_empty(&format!("{path}/health-check"))).await.0,
        1,
        "check"
    );
    assert_eq!(
        own_entries_of(service, client.patch(&key, &json!({ "name": "n" }))).await.0,
        1,
        "change a key"
    );
    assert_eq!(own_entries_of(service, client.post_empty(&format!("{key}/rotate"))).await.0, 1, "rotate");
    assert_eq!(own_entries_of(service, client.delete(&key)).await.0, 1, "revoke");
    assert_eq!(own_entries_of(service, client.delete(&key)).await.0, 0, "revoke again");
    assert_eq!(own_entries_of(service, client.delete(&path)).await.0, 1, "remove");
    assert_eq!(own_entries_of(service, client.delete(&path)).await.0, 0, "remove again");
}

/// R122 and the fields of C25.
async fn an_entry_tells_who_what_when_and_from_where(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let client = owner.client.with("x-request-id", "r-1").with("user-agent", "tester/1");
    let made = client.post("/api/servers", &server("Weather")).await.expect(201);
    let found = entries(service, "?requestId=r-1").await;
    assert_eq!(found.len(), 1);
    let expected = json!({ "eventType": "server_registered", "action": "create", "result": "success",
        "resourceType": "server", "resourceId": made["id"], "tenantId": owner.tenant_id(), "actorId": owner.user_id(),
        "apiKeyId": owner.key.key.id.to_string(), "ipAddress": "127.0.0.1", "userAgent": "tester/1",
        "requestId": "r-1" });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&found[0][field], value, "{field}");
    }
    assert_eq!(found[0]["metadata"]["name"], "Weather");
    assert!(chrono::DateTime::parse_from_rfc3339(text(&found[0], "timestamp")).is_ok());
    let odd = owner.client.with("x-request-id", "a b").with("user-agent", &"u".repeat(2_000));
    let answer = odd.put(&server_path(&made), &json!({ "version": "2.0.0" })).await;
    let id = answer.assert(200).header("x-request-id").to_owned();
    assert_ne!(id, "a b");
    let found = entries(service, &format!("?requestId={id}")).await;
    assert_eq!(text(&found[0], "userAgent"), "u".repeat(256));
}

async fn a_change_tells_before_and_after(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = register(&owner, "Weather").await;
    let change = json!({ "version": "2.0.0", "authType": "bearer", "authConfig": { "bearerToken": "hidden" },
        "validateConnection": false });
    owner.client.put(&server_path(&made), &change).await.assert(200);
    let changed = entries(service, "?eventType=server_updated").await[0]["metadata"]["changed"].clone();
    assert_eq!(changed["version"], json!({ "before": "1.0.0", "after": "2.0.0" }));
    assert_eq!(changed["authType"], json!({ "before": "none", "after": "bearer" }));
    assert_eq!(changed["authConfig"], true);
    assert_eq!(changed.as_object().unwrap().len(), 3, "{changed}");
}

async fn filters_narrow(service: &Service) {
    let (acme, other) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("other", "otto", Role::ServerOwner).await,
    );
    let (one, _) = (register(&acme, "One").await, register(&other, "Two").await);
    acme.client.delete(&server_path(&one)).await.assert(204);
    let admin = service.admin().await;
    let count = async |query: &str| total(&admin.client, &format!("/api/audit-logs?{query}")).await;
    assert_eq!(count("eventType=server_registered").await, 2);
    assert_eq!(count("eventType=server_deleted").await, 1);
    assert_eq!(count(&format!("actorId={}&resourceType=server", acme.user_id())).await, 2);
    assert_eq!(count(&format!("resourceId={}", text(&one, "id"))).await, 2);
    assert_eq!(count(&format!("tenantId={}&resourceType=server", other.tenant_id())).await, 1);
    assert_eq!(count("resourceType=tenant").await, 3);
    assert_eq!(count("requestId=none").await, 0);
    let deleted = &entries(service, "?eventType=server_deleted").await[0];
    let time = text(deleted, "timestamp").replace('+', "%2B");
    assert_eq!(count(&format!("from={time}&resourceType=server")).await, 1);
    assert_eq!(count(&format!("to={time}&resourceType=server")).await, 2);
    for (query, field) in [
        ("eventType=x", "eventType"),
        ("from=yesterday", "from"),
        ("actorId=x", "actorId"),
        ("resourceType=x", "resourceType"),
        ("resourceId=x", "resourceId"),
        ("limit=101", "limit"),
        ("page=0", "page"),
    ] {
        assert_eq!(
            complaints(admin.client.get(&format!("/api/audit-logs?{query}")).await),
            [field],
            "{query}"
        );
    }
}

/// Invariant 3: in each tenant numbers have no gaps, and each entry names the one before it.
async fn entries_are_chained_newest_first(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for number in 0..5 {
        register(&owner, &format!("Server {number}")).await;
    }
    let chain = entries(service, &format!("?tenantId={}&limit=100", owner.tenant_id())).await;
    let numbers: Vec<_> = chain.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    let expected: Vec<_> = (1..=chain.len() as u64).rev().collect();
    assert_eq!(numbers, expected);
    for pair in chain.windows(2) {
        assert_eq!(pair[0]["previousHash"], pair[1]["hash"]);
    }
    assert_eq!(chain.last().unwrap()["previousHash"], "0".repeat(64));
    let paged = entries(service, &format!("?tenantId={}&limit=2&page=2", owner.tenant_id())).await;
    assert_eq!(paged, chain[2..4]);
}

async fn it_is_for_administrators_with_the_scope(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let user = service.actor("acme", "ulli", Role::User).await;
    for client in [&owner.client, &user.client] {
        client.get("/api/audit-logs").await.assert(403);
    }
    let others: Vec<_> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::AuditRead).collect();
    admin.client_with(service, &others, None).await.get("/api/audit-logs").await.assert(403);
    admin.client_with(service, &[Scope::AuditRead], None).await.get("/api/audit-logs").await.assert(200);
    service.client().get("/api/audit-logs").await.assert(401);
}

async fn what_is_refused_leaves_no_entry(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let made = register(&owner, "Weather").await;
    let (entries, ()) = entries_of(service, async {
        owner.client.post("/api/servers", &server("weather")).await.assert(409);
        owner.client.post("/api/servers", &server("")).await.assert(400);
        owner.client.post("/api/servers/validate", &server("Other")).await.assert(200);
        owner.client.with("if-match", "\"9\"").delete(&server_path(&made)).await.assert(412);
        user.client.post("/api/servers", &server("Mine")).await.assert(403);
        user.client.delete(&server_path(&made)).await.assert(404);
    })
    .await;
    assert_eq!(entries, 0);
}
