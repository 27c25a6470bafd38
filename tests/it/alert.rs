//! Alerts (R95 to R98, C12).

use black_box_tests::{Actor, Client, Mode, Service, Upstream, on_every_store};
use registry_core::model::alert::{AlertCause, AlertSubject, Severity};
use registry_core::model::alert_step::AlertSignal;
use registry_core::model::audit::{EventType, Origin};
use registry_core::model::role::{Role, Scope};
use registry_core::service::Refused;
use serde_json::{Value, json};

use crate::support::{
    complaints, create_key, entries_of, raise_alert, register, register_at, server_path, text, total, with,
};

on_every_store!(
    a_dead_upstream_raises_an_alert_and_its_recovery_resolves_it,
    alerts_are_filtered,
    an_alert_is_acknowledged_and_resolved_by_people,
    several_are_acknowledged_each_for_itself,
    who_sees_a_server_sees_its_alerts,
    a_key_for_one_server_sees_that_servers_alerts_only,
    who_manages_a_key_sees_its_alerts,
    many_refusals_raise_alerts_that_fade,
);

async fn check(actor: &Actor, server: &Value) -> Value {
    let path = format!("{}/health-check", server_path(server));
    actor.client.post(&path, &json!({ "timeout": 1 })).await.expect(200)
}

async fn alerts(client: &Client, query: &str) -> Vec<Value> {
    let list = client.get(&format!("/api/alerts?limit=100&{query}")).await.expect(200);
    list["alerts"].as_array().expect("alerts").clone()
}

/// R95, R96: at the threshold, in the write of the check; and audited.
async fn a_dead_upstream_raises_an_alert_and_its_recovery_resolves_it(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let server = register_at(&owner, "Weather", &upstream).await;
    upstream.set(Mode::Status(500));
    for expected in [0, 0, 1, 1] {
        check(&owner, &server).await;
        assert_eq!(alerts(&owner.client, "").await.len(), expected);
    }
    let alert = alerts(&owner.client, "").await.remove(0);
    let told = json!({ "type": "health", "cause": "server_unhealthy", "severity": "high", "status": "open",
        "subjectType": "server", "subjectId": server["id"], "serverId": server["id"], "occurrences": 2,
        "tenantId": owner.tenant_id() });
    assert_eq!(with(alert.clone(), &told), alert);
    assert!(text(&alert, "message").contains("4 checks in a row failed"), "{alert}");
    upstream.set(Mode::Open);
    check(&owner, &server).await;
    let path = format!("/api/alerts/{}", text(&alert, "id"));
    let over = owner.client.get(&path).await.expect(200);
    assert_eq!(over["status"], "resolved");
    assert!(over.get("resolvedAt").is_some() && over.get("resolvedBy").is_none());
    let admin = service.admin().await;
    for event in ["alert_raised", "alert_resolved"] {
        let log = admin.client.get(&format!("/api/audit-logs?eventType={event}")).await.expect(200);
        assert_eq!(
            (&log["entries"][0]["resourceId"], &log["pagination"]["total"]),
            (&alert["id"], &json!(1))
        );
        assert_eq!(log["entries"][0]["metadata"]["serverId"], server["id"]);
        assert!(log["entries"][0].get("actorId").is_none(), "the service did it");
    }
    owner.client.delete(&server_path(&server)).await.assert(204);
    owner.client.get(&path).await.assert(404);
    assert_eq!(admin.client.get(&path).await.expect(200), over);
}

async fn alerts_are_filtered(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    let first = raise_alert(service, text(&one, "id")).await;
    raise_alert(service, text(&two, "id")).await;
    owner.client.post_empty(&format!("/api/alerts/{}/acknowledge", first.id)).await.assert(200);
    let at = first.triggered_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let cases = [
        ("status=open".to_owned(), 1),
        ("status=acknowledged".to_owned(), 1),
        ("status=resolved".to_owned(), 0),
        ("type=health".to_owned(), 2),
        ("type=quota".to_owned(), 0),
        ("severity=high".to_owned(), 2),
        ("severity=low".to_owned(), 0),
        (format!("serverId={}", text(&one, "id")), 1),
        (format!("from={at}"), 2),
        (format!("to={at}"), 0),
    ];
    for (query, expected) in cases {
        assert_eq!(alerts(&owner.client, &query).await.len(), expected, "{query}");
        assert_eq!(total(&owner.client, &format!("/api/alerts?limit=1&{query}")).await, expected as u64);
    }
    for query in ["status=new", "type=weather", "severity=1", "page=0", "limit=101"] {
        owner.client.get(&format!("/api/alerts?{query}")).await.assert(400);
    }
}

/// R98.
async fn an_alert_is_acknowledged_and_resolved_by_people(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "Weather").await;
    let path = format!("/api/alerts/{}", raise_alert(service, text(&server, "id")).await.id);
    let (entries, known) = entries_of(service, owner.client.post_empty(&format!("{path}/acknowledge"))).await;
    let known = known.expect(200);
    assert_eq!((entries, &known["status"]), (1, &json!("acknowledged")));
    assert_eq!(known["acknowledgedBy"], owner.user_id());
    let admin = service.admin().await;
    let (entries, again) = entries_of(service, admin.client.post_empty(&format!("{path}/acknowledge"))).await;
    assert_eq!((entries, again.expect(200)), (0, known), "who was first stays");
    let (entries, over) = entries_of(service, admin.client.post_empty(&format!("{path}/resolve"))).await;
    let over = over.expect(200);
    assert_eq!(
        (entries, &over["status"], &over["resolvedBy"]),
        (1, &json!("resolved"), &json!(admin.user_id()))
    );
    assert_eq!(owner.client.post_empty(&format!("{path}/resolve")).await.expect(200), over);
    assert_ne!(
        raise_alert(service, text(&server, "id")).await.id.to_string(),
        text(&over, "id"),
        "it goes on"
    );
}

async fn several_are_acknowledged_each_for_itself(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let colleague = service.actor("acme", "otto", Role::ServerOwner).await;
    let (own, other) = (register(&owner, "Own").await, register(&colleague, "Other").await);
    let own = raise_alert(service, text(&own, "id")).await.id.to_string();
    let other = raise_alert(service, text(&other, "id")).await.id.to_string();
    let unknown = "01900000-0000-7000-8000-000000000000";
    let ids = json!({ "ids": [own, other, unknown] });
    let answer = owner.client.post("/api/alerts/acknowledge", &ids).await.expect(200);
    assert_eq!(answer["acknowledged"].as_array().unwrap().len(), 1);
    assert_eq!(answer["acknowledged"][0]["id"], own);
    let refused: Vec<_> =
        answer["refused"].as_array().unwrap().iter().map(|one| (&one["id"], &one["code"])).collect();
    assert_eq!(refused, [(&json!(other), &json!("FORBIDDEN")), (&json!(unknown), &json!("NOT_FOUND"))]);
    for ids in [json!([]), json!(vec![own; 101])] {
        let answer = owner.client.post("/api/alerts/acknowledge", &json!({ "ids": ids })).await;
        assert_eq!(complaints(answer), ["ids"]);
    }
}

/// T4.
async fn who_sees_a_server_sees_its_alerts(service: &Service) {
    let (owner, user) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "ulli", Role::User).await,
    );
    let other = service.actor("other", "otto", Role::ServerOwner).await;
    let (private, public) = (register(&owner, "Private").await, register(&owner, "Public").await);
    for server in [&private, &public] {
        raise_alert(service, text(server, "id")).await;
    }
    // What was never connected to is not active, so a user sees neither.
    assert_eq!((total(&owner.client, "/api/alerts").await, total(&user.client, "/api/alerts").await), (2, 0));
    assert_eq!(total(&other.client, "/api/alerts").await, 0);
    let share = json!({ "isPublic": true, "status": "active" });
    owner.client.put(&server_path(&public), &share).await.assert(200);
    let seen = alerts(&other.client, "").await;
    assert_eq!((seen.len(), &seen[0]["serverId"]), (1, &public["id"]));
    assert_eq!(total(&user.client, "/api/alerts").await, 1);
    let path = format!("/api/alerts/{}", text(&seen[0], "id"));
    other.client.get(&path).await.assert(200);
    other.client.post_empty(&format!("{path}/acknowledge")).await.assert(403);
    assert_eq!(total(&service.admin().await.client, "/api/alerts").await, 2);
}

async fn a_key_for_one_server_sees_that_servers_alerts_only(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    for server in [&one, &two] {
        raise_alert(service, text(server, "id")).await;
    }
    let linked = owner.client_with(service, Scope::ALL, Some(text(&one, "id"))).await;
    let seen = alerts(&linked, "").await;
    assert_eq!((seen.len(), &seen[0]["serverId"]), (1, &one["id"]));
    let narrow = owner.client_with(service, &[Scope::KeysManage], None).await;
    narrow.get("/api/alerts").await.assert(403);
}

async fn who_manages_a_key_sees_its_alerts(service: &Service) {
    let (owner, colleague) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "otto", Role::ServerOwner).await,
    );
    let user = service.actor("acme", "ulli", Role::User).await;
    let issued =
        create_key(&owner, json!({ "ownerUserId": user.user_id(), "scopes": ["server:read"] })).await;
    let key = issued["id"].as_str().unwrap().parse().unwrap();
    let refused = Refused::Key(owner.caller.tenant_id(), user.caller.user_id(), key);
    for _ in 0..60 {
        service.registry.refusals.note(EventType::RateLimitExceeded, refused, "rpm", Origin::default());
    }
    service.registry.refusals.flush(true).await.unwrap();
    for (actor, expected) in [(&owner, 1), (&user, 1), (&colleague, 0), (&service.admin().await, 1)] {
        let seen = alerts(&actor.client, "type=quota").await;
        assert_eq!(seen.len(), expected, "{}", actor.user_id());
    }
    let alert = alerts(&user.client, "").await.remove(0);
    assert_eq!((&alert["subjectType"], &alert["subjectId"]), (&json!("api_key"), &issued["id"]));
    let reader = owner.client_with(service, &[Scope::ServerRead], None).await;
    assert!(alerts(&reader, "").await.is_empty(), "a key that does not manage keys sees none");
    user.client.post_empty(&format!("/api/alerts/{}/acknowledge", text(&alert, "id"))).await.assert(200);
    owner.client.delete(&format!("/api/api-keys/{}", text(&issued, "id"))).await.assert(204);
    assert_eq!(alerts(&owner.client, "").await[0]["status"], "resolved");
}

/// Of a source, in a minute; over when it was quiet for an hour.
async fn many_refusals_raise_alerts_that_fade(service: &Service) {
    let admin = service.admin().await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let start = service.registry.clock().now();
    let address = Refused::Address(Some(std::net::IpAddr::from([192, 0, 2, 1]).into()));
    let note = |number| {
        for _ in 0..number {
            let reason = "unknown key";
            service.registry.refusals.note(
                EventType::AuthenticationFailed,
                address,
                reason,
                Origin::default(),
            );
        }
    };
    note(19);
    service.registry.refusals.flush(true).await.unwrap();
    assert_eq!(total(&admin.client, "/api/alerts").await, 0);
    note(20);
    service.registry.refusals.flush(true).await.unwrap();
    let alert = alerts(&admin.client, "type=security").await.remove(0);
    assert_eq!((&alert["subjectId"], &alert["cause"]), (&json!("192.0.2.1"), &json!("credentials_refused")));
    assert!(alert.get("tenantId").is_none());
    assert_eq!(total(&owner.client, "/api/alerts").await, 0);
    service.registry.alerts.tend().await.unwrap();
    assert_eq!(alerts(&admin.client, "status=open").await.len(), 1);
    service.clock.set(start + chrono::TimeDelta::minutes(62));
    service.registry.alerts.tend().await.unwrap();
    assert_eq!(alerts(&admin.client, "status=resolved").await.len(), 1);
    service.clock.set(start + chrono::TimeDelta::days(91));
    service.registry.alerts.tend().await.unwrap();
    service.clock.release();
    assert_eq!(total(&admin.client, "/api/alerts").await, 0, "forgotten after 90 days");
    let signal = AlertSignal::new(
        &*service.clock,
        Some(owner.caller.tenant_id()),
        AlertSubject::User(owner.caller.user_id()),
        AlertCause::LimitExceeded,
        Severity::Low,
        "line\nbreak\u{0}",
    );
    service.registry.alerts.raise(signal).await.unwrap();
    assert_eq!(alerts(&owner.client, "").await[0]["message"], "line break ");
}
