//! Health of servers (R76 to R86).

use black_box_tests::{Mode, Service, Upstream, on_every_store};
use registry_core::model::role::Role;
use serde_json::json;

use crate::support::{
    complaints, entries_of, own_entries_of, register, register_at, server_path, text, with,
};

on_every_store!(
    a_check_tells_what_it_found,
    a_deep_check_counts_tools,
    the_older_path_does_the_same,
    failures_are_told_and_counted,
    a_time_out_has_bounds,
    a_check_is_audited_once,
    history_is_paged_newest_first,
    a_check_leaves_the_revision_alone,
);

/// R80.
async fn a_check_tells_what_it_found(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let server = register_at(&owner, "Weather", &upstream).await;
    let path = format!("{}/health-check", server_path(&server));
    let check = owner.client.post_empty(&path).await.expect(200);
    assert_eq!(check["serverId"], server["id"]);
    assert_eq!((&check["status"], &check["checkType"]), (&json!("healthy"), &json!("manual")));
    assert_eq!((&check["performedBy"], &check["deep"]), (&json!(owner.user_id()), &json!(false)));
    assert!(check["responseTime"].as_f64().unwrap() > 0.0);
    assert_eq!(check["details"]["connectivity"], true);
    assert!(check["details"].get("tools").is_none() && check.get("errors").is_none());
    assert!(chrono::DateTime::parse_from_rfc3339(text(&check, "timestamp")).is_ok());
    owner
        .client
        .post("/api/servers/01900000-0000-7000-8000-000000000000/health-check", &json!({}))
        .await
        .assert(404);
}

async fn a_deep_check_counts_tools(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = format!("{}/health-check", server_path(&register_at(&owner, "Weather", &upstream).await));
    let check = owner.client.post(&path, &json!({ "deep": true, "timeout": 5 })).await.expect(200);
    assert_eq!((&check["deep"], &check["details"]["tools"]), (&json!(true), &json!(1)));
    assert_eq!(check["details"]["capabilities"], json!(["tools"]));
}

/// R77, C2.
async fn the_older_path_does_the_same(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = format!("{}/health", server_path(&register_at(&owner, "Weather", &upstream).await));
    let check = owner.client.post(&path, &json!({ "deep": true })).await.expect(200);
    assert_eq!((&check["status"], &check["details"]["tools"]), (&json!("healthy"), &json!(1)));
    assert_eq!(owner.client.get(&path).await.expect(200)["history"][0], check);
}

/// R46, R91: one failure degrades a server that worked, three in a row make it unhealthy, one success heals it.
async fn failures_are_told_and_counted(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = server_path(&register_at(&owner, "Weather", &upstream).await);
    let cases = [
        (Mode::Status(500), "unhealthy", "degraded", 1),
        (Mode::Requires("x-a".into(), "b".into()), "unhealthy", "degraded", 2),
        (Mode::Silent, "timeout", "unhealthy", 3),
        (Mode::Open, "healthy", "healthy", 0),
    ];
    for (mode, check_status, server_status, failures) in cases {
        upstream.set(mode.clone());
        let check =
            owner.client.post(&format!("{path}/health-check"), &json!({ "timeout": 1 })).await.expect(200);
        assert_eq!(check["status"], check_status, "{mode:?} {check}");
        assert_eq!(check.get("errors").is_some(), check_status != "healthy");
        let server = owner.client.get(&path).await.expect(200);
        assert_eq!(
            (&server["healthStatus"], &server["healthCheckFailures"]),
            (&json!(server_status), &json!(failures))
        );
        assert_eq!(server["lastHealthCheck"], check["timestamp"]);
    }
    let server = owner.client.get(&path).await.expect(200);
    assert_eq!(server["successRate"], 40.0, "the registration's, and one of four");
    assert!(server["avgResponseTime"].as_f64().unwrap() > 0.0);
    assert!(server.get("lastErrorMessage").is_some() && server.get("lastErrorAt").is_some());
}

/// R79.
async fn a_time_out_has_bounds(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = format!("{}/health-check", server_path(&register_at(&owner, "Weather", &upstream).await));
    let (entries, ()) = entries_of(service, async {
        for timeout in [json!(0), json!(31), json!(-1), json!(1.5), json!("10")] {
            let answer = owner.client.post(&path, &json!({ "timeout": timeout })).await;
            assert_eq!(complaints(answer), ["timeout"], "{timeout}");
        }
        assert_eq!(complaints(owner.client.post(&path, &json!({ "deep": "yes" })).await), ["deep"]);
    })
    .await;
    assert_eq!(entries, 0);
    for timeout in [1, 30] {
        owner.client.post(&path, &json!({ "timeout": timeout })).await.assert(200);
    }
}

/// R86, U3: whatever came of it.
async fn a_check_is_audited_once(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = server_path(&register_at(&owner, "Weather", &upstream).await);
    for (mode, name) in
        [(Mode::Open, "health-check"), (Mode::Open, "health"), (Mode::Status(503), "health-check")]
    {
        upstream.set(mode);
        let path = format!("{path}/{name}");
        assert_eq!(own_entries_of(service, owner.client.post_empty(&path)).await.0, 1);
    }
    assert_eq!(own_entries_of(service, owner.client.get(&format!("{path}/health"))).await.0, 0);
}

/// R78, R84.
async fn history_is_paged_newest_first(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let path = server_path(&register(&owner, "Closed").await);
    let empty = owner.client.get(&format!("{path}/health")).await.expect(200);
    assert_eq!((&empty["healthStatus"], &empty["history"]), (&json!("unknown"), &json!([])));
    let mut ids = Vec::new();
    for _ in 0..5 {
        let check = owner.client.post_empty(&format!("{path}/health-check")).await.expect(200);
        ids.insert(0, text(&check, "id").to_owned());
    }
    let mut found = Vec::new();
    for (page, count) in [(1, 2), (2, 2), (3, 1), (4, 0)] {
        let history = owner.client.get(&format!("{path}/health?limit=2&page={page}")).await.expect(200);
        assert_eq!(history["pagination"], json!({ "page": page, "limit": 2, "total": 5, "totalPages": 3 }));
        assert_eq!(history["history"].as_array().unwrap().len(), count);
        found.extend(history["history"].as_array().unwrap().iter().map(|check| text(check, "id").to_owned()));
    }
    assert_eq!(found, ids);
    let history = owner.client.get(&format!("{path}/health")).await.expect(200);
    let summary = with(
        history,
        &json!({ "history": null, "pagination": null, "lastHealthCheck": null, "serverId": null }),
    );
    let none = json!({ "last24Hours": 0.0, "last7Days": 0.0, "last30Days": 0.0, "last90Days": 0.0 });
    let all =
        json!({ "healthStatus": "unhealthy", "healthCheckFailures": 5, "successRate": 0.0, "uptime": none });
    assert_eq!(summary, all);
    for (query, field) in [("page=0", "page"), ("limit=0", "limit"), ("limit=101", "limit")] {
        assert_eq!(complaints(owner.client.get(&format!("{path}/health?{query}")).await), [field]);
    }
}

/// Who edits a server is not told that somebody else did because it was checked meanwhile.
async fn a_check_leaves_the_revision_alone(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = server_path(&register_at(&owner, "Weather", &upstream).await);
    let before = owner.client.get(&path).await;
    owner.client.post_empty(&format!("{path}/health-check")).await.assert(200);
    let after = owner.client.get(&path).await;
    assert_eq!(before.header("etag"), after.header("etag"));
    assert_eq!(before.json["updatedAt"], after.json["updatedAt"]);
    let change = json!({ "version": "2.0.0" });
    let changed = owner.client.with("if-match", before.header("etag")).put(&path, &change).await.expect(200);
    assert_eq!(
        (&changed["healthStatus"], &changed["lastHealthCheck"]),
        (&after.json["healthStatus"], &after.json["lastHealthCheck"])
    );
}
