//! Webhooks: signed messages to a real receiver, sent again until it takes them, and given up in the end (C12, S1, K1).

mod nodes;
mod receiver;

use std::time::Duration;

use black_box_tests::{Actor, Options, Service, StoreKind, eventually, on_every_store};
use registry_core::model::audit::AuditQuery;
use registry_core::model::delivery::RetryPolicy;
use registry_core::model::role::Role;
use registry_core::service::{Policy, WebhookPolicy};
use serde_json::{Value, json};

use self::receiver::Receiver;
use crate::support::{UNKNOWN, complaints, entries_of, make_webhook, raise_alert, register, text};

on_every_store!(
    a_message_is_signed_and_arrives_once,
    only_what_was_asked_for_is_told,
    a_webhook_is_changed_under_its_revision,
    both_secrets_sign_while_one_replaces_the_other,
    a_test_tells_what_came_of_it,
    a_refused_address_is_refused_at_creation_and_at_change,
    what_is_not_valid_is_told_field_by_field,
    its_secret_is_nowhere_else,
);

/// How long a message may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

async fn create(admin: &Actor, mut body: Value) -> Value {
    body["name"] = json!("on call");
    admin.client.post("/api/webhooks", &body).await.expect(201)
}

fn path(webhook: &Value) -> String {
    format!("/api/webhooks/{}", text(webhook, "id"))
}

async fn deliveries(admin: &Actor, webhook: &Value, query: &str) -> Vec<Value> {
    let list = admin.client.get(&format!("{}/deliveries?{query}", path(webhook))).await.expect(200);
    list["deliveries"].as_array().expect("deliveries").clone()
}

async fn server_of(service: &Service, name: &str) -> Value {
    register(&service.actor("acme", "olga", Role::ServerOwner).await, name).await
}

async fn a_message_is_signed_and_arrives_once(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = create(&admin, json!({ "url": receiver.url, "tenantId": null })).await;
    let server = server_of(service, "Weather").await;
    let alert = raise_alert(service, text(&server, "id")).await;
    admin.client.post_empty(&format!("/api/alerts/{}/resolve", alert.id)).await.assert(200);
    let messages = receiver.messages(2, PATIENCE).await;
    for message in &messages {
        message.verify(text(&webhook, "secret")).expect("the signature of Standard Webhooks");
        assert!(message.verify("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_err());
    }
    let mut types: Vec<_> = messages.iter().map(|message| message.json()["type"].clone()).collect();
    types.sort_by_key(Value::to_string);
    assert_eq!(types, ["alert.raised", "alert.resolved"]);
    let raised =
        messages.iter().map(receiver::Message::json).find(|body| body["type"] == "alert.raised").unwrap();
    assert_eq!((&raised["data"]["id"], &raised["data"]["serverId"]), (&json!(alert.id), &server["id"]));
    let taken = eventually("both were taken", PATIENCE, async || {
        let taken = deliveries(&admin, &webhook, "status=delivered").await;
        (taken.len() == 2).then_some(taken)
    })
    .await;
    for delivery in &taken {
        assert_eq!((&delivery["attempts"], &delivery["lastStatus"]), (&json!(1), &json!(204)));
        assert!(messages.iter().any(|message| message.id == text(delivery, "id")), "webhook-id is its id");
    }
    assert_eq!(receiver.count(), 2, "and nothing arrives twice");
    assert!(admin.client.get(&path(&webhook)).await.expect(200).get("lastSuccessAt").is_some());
}

async fn only_what_was_asked_for_is_told(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let deaf = [
        json!({ "alertTypes": ["quota"] }),
        json!({ "minSeverity": "critical" }),
        json!({ "enabled": false }),
        json!({ "tenantId": admin.tenant_id() }),
    ];
    let mut webhooks = Vec::new();
    for filter in deaf {
        let mut body = json!({ "url": receiver.url, "tenantId": null });
        body.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        webhooks.push(create(&admin, body).await);
    }
    let server = server_of(service, "Weather").await;
    raise_alert(service, text(&server, "id")).await;
    for webhook in &webhooks {
        assert!(deliveries(&admin, webhook, "").await.is_empty(), "{webhook}");
    }
    let listed = admin.client.get("/api/webhooks").await.expect(200);
    assert_eq!(listed["webhooks"].as_array().unwrap().len(), 4);
    assert!(!listed.to_string().contains("whsec_"));
}

async fn a_webhook_is_changed_under_its_revision(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = create(&admin, json!({ "url": receiver.url })).await;
    assert_eq!((&webhook["revision"], &webhook["tenantId"]), (&json!(1), &json!(admin.tenant_id())));
    let change = json!({ "name": "pager", "alertTypes": ["security", "health"], "minSeverity": "high" });
    let (entries, changed) = entries_of(service, admin.client.put(&path(&webhook), &change)).await;
    let changed = changed.expect(200);
    assert_eq!((entries, &changed["revision"], &changed["name"]), (1, &json!(2), &json!("pager")));
    assert_eq!(changed["alertTypes"], json!(["health", "security"]));
    assert_eq!(changed["url"], webhook["url"], "what is absent stays");
    let stale = admin.client.with("if-match", "\"1\"");
    for answer in [
        stale.put(&path(&webhook), &change).await,
        stale.delete(&path(&webhook)).await,
        stale.post_empty(&format!("{}/rotate-secret", path(&webhook))).await,
    ] {
        answer.assert(412);
    }
    admin.client.delete(&path(&webhook)).await.assert(204);
    admin.client.get(&path(&webhook)).await.assert(404);
    admin.client.get(&format!("{}/deliveries", path(&webhook))).await.assert(404);
}

async fn both_secrets_sign_while_one_replaces_the_other(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = create(&admin, json!({ "url": receiver.url })).await;
    let rotated = admin.client.post_empty(&format!("{}/rotate-secret", path(&webhook))).await.expect(200);
    assert_ne!(rotated["secret"], webhook["secret"]);
    assert!(rotated.get("previousSecretValidUntil").is_some());
    let test = format!("{}/test", path(&webhook));
    admin.client.post_empty(&test).await.assert(200);
    let message = receiver.messages(1, PATIENCE).await.remove(0);
    for issued in [&webhook, &rotated] {
        message.verify(text(issued, "secret")).expect("both sign");
    }
    let now = service.registry.clock().now();
    service.clock.set(now + chrono::TimeDelta::hours(25));
    admin.client.post_empty(&test).await.assert(200);
    service.clock.release();
    let message = receiver.messages(2, PATIENCE).await.remove(1);
    message.signed_with(text(&rotated, "secret")).expect("the new one signs");
    assert!(message.signed_with(text(&webhook, "secret")).is_err(), "the old one does not any more");
}

async fn a_test_tells_what_came_of_it(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = create(&admin, json!({ "url": receiver.url, "enabled": false })).await;
    let test = format!("{}/test", path(&webhook));
    let told = admin.client.post_empty(&test).await.expect(200);
    assert_eq!((&told["delivered"], &told["status"]), (&json!(true), &json!(204)));
    assert_eq!(receiver.messages(1, PATIENCE).await[0].json()["type"], "webhook.test");
    receiver.answer(500);
    let told = admin.client.post_empty(&test).await.expect(200);
    assert_eq!((&told["delivered"], &told["status"]), (&json!(false), &json!(500)));
    receiver.answer(307);
    let told = admin.client.post_empty(&test).await.expect(200);
    assert!(text(&told, "error").contains("redirects are not followed"), "{told}");
    drop(receiver);
    let told = eventually("the receiver is gone", PATIENCE, async || {
        let told = admin.client.post_empty(&test).await.expect(200);
        Some(told).filter(|told| told.get("status").is_none())
    });
    assert_eq!(told.await["delivered"], json!(false));
    assert!(deliveries(&admin, &webhook, "").await.is_empty());
}

/// S1.
async fn a_refused_address_is_refused_at_creation_and_at_change(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = create(&admin, json!({ "url": receiver.url })).await;
    for url in [
        "http://169.254.169.254/latest",
        "https://10.0.0.1/",
        "http://[fd00::1]/",
        "http://0xa9.0xfe.0xa9.0xfe/",
    ] {
        let body = json!({ "name": "x", "url": url });
        let (entries, answer) = entries_of(service, admin.client.post("/api/webhooks", &body)).await;
        assert_eq!((entries, answer.status.as_u16()), (0, 422), "{url} {}", answer.text());
        admin.client.put(&path(&webhook), &json!({ "url": url })).await.assert(422);
    }
}

async fn what_is_not_valid_is_told_field_by_field(service: &Service) {
    let admin = service.admin().await;
    let answer = admin.client.post("/api/webhooks", &json!({})).await;
    assert_eq!(complaints(answer), ["name", "url"]);
    let body =
        json!({ "name": "", "url": "ftp://example.com", "alertTypes": ["weather"], "minSeverity": "bad" });
    let answer = admin.client.post("/api/webhooks", &body).await;
    assert_eq!(complaints(answer), ["alertTypes", "minSeverity", "name", "url"]);
    let body = json!({ "name": "x", "url": "https://u:p@example.com/", "tenantId": UNKNOWN });
    assert_eq!(complaints(admin.client.post("/api/webhooks", &body).await), ["url"]);
    let body = json!({ "name": "x", "url": "https://example.com/", "tenantId": UNKNOWN });
    assert_eq!(complaints(admin.client.post("/api/webhooks", &body).await), ["tenantId"]);
}

/// K1.
async fn its_secret_is_nowhere_else(service: &Service) {
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = create(&admin, json!({ "url": format!("{}?token=canary", receiver.url) })).await;
    let rotated = admin.client.post_empty(&format!("{}/rotate-secret", path(&webhook))).await.expect(200);
    let server = server_of(service, "Weather").await;
    raise_alert(service, text(&server, "id")).await;
    let mut seen = String::new();
    for at in ["/api/webhooks", &path(&webhook), &format!("{}/deliveries", path(&webhook)), "/metrics"] {
        seen.push_str(&admin.client.get(at).await.text());
    }
    let query = AuditQuery::new(admin.caller.reach());
    let log = service.registry.audit.list(&admin.caller, query).await.unwrap();
    let log = format!("{:?}", log.items);
    assert!(log.contains("WebhookCreated") && !log.contains("canary"), "a URL may hold a secret too");
    for secret in [text(&webhook, "secret"), text(&rotated, "secret")] {
        assert!(!seen.contains(&secret[6..]) && !log.contains(&secret[6..]));
    }
}

/// A service that loses patience at once.
async fn impatient(kind: StoreKind) -> Service {
    let retry =
        RetryPolicy { first: Duration::from_millis(50), longest: Duration::from_millis(50), attempts: 3 };
    let webhooks = WebhookPolicy { retry, ..WebhookPolicy::default() };
    let policy = Policy { webhooks, ..Options::default().policy };
    Service::start_with(kind, Options { policy, ..Options::default() }).await
}

#[tokio::test]
async fn what_is_never_taken_is_given_up_and_may_be_sent_again() {
    let service = impatient(StoreKind::Memory).await;
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    receiver.answer(503);
    let webhook = create(&admin, json!({ "url": receiver.url, "tenantId": null })).await;
    let server = server_of(&service, "Weather").await;
    raise_alert(&service, text(&server, "id")).await;
    let dead = eventually("it is given up", PATIENCE, async || {
        deliveries(&admin, &webhook, "status=dead").await.pop()
    })
    .await;
    assert_eq!((&dead["attempts"], &dead["lastStatus"]), (&json!(3), &json!(503)));
    let messages = receiver.messages(3, PATIENCE).await;
    assert!(messages.iter().all(|message| message.id == text(&dead, "id")), "the same id at each attempt");
    assert!(admin.client.get(&path(&webhook)).await.expect(200).get("failingSince").is_some());
    receiver.answer(200);
    let retry = format!("{}/deliveries/{}/retry", path(&webhook), text(&dead, "id"));
    let again = admin.client.post_empty(&retry).await.expect(200);
    assert_eq!((&again["status"], &again["attempts"]), (&json!("pending"), &json!(0)));
    eventually("it is taken", PATIENCE, async || {
        deliveries(&admin, &webhook, "status=delivered").await.pop()
    })
    .await;
    admin.client.post_empty(&retry).await.assert(409);
    assert!(admin.client.get(&path(&webhook)).await.expect(200).get("failingSince").is_none());
    service.stop().await;
}

#[tokio::test]
async fn what_could_not_be_sent_arrives_when_the_receiver_is_back() {
    let service = impatient(StoreKind::Memory).await;
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    receiver.answer(500);
    let webhook = create(&admin, json!({ "url": receiver.url, "tenantId": null })).await;
    let server = server_of(&service, "Weather").await;
    raise_alert(&service, text(&server, "id")).await;
    receiver.messages(1, PATIENCE).await;
    receiver.answer(204);
    let taken = eventually("it is taken", PATIENCE, async || {
        deliveries(&admin, &webhook, "status=delivered").await.pop()
    })
    .await;
    assert!(taken["attempts"].as_u64().unwrap() >= 2);
    service.stop().await;
}

#[tokio::test]
async fn a_webhook_that_only_fails_is_switched_off_with_an_alert() {
    let service = impatient(StoreKind::Memory).await;
    let admin = service.admin().await;
    let receiver = Receiver::start().await;
    receiver.answer(500);
    let webhook = create(&admin, json!({ "url": receiver.url, "tenantId": null })).await;
    let start = service.registry.clock().now();
    let (one, two) = (server_of(&service, "One").await, server_of(&service, "Two").await);
    raise_alert(&service, text(&one, "id")).await;
    eventually("the first is given up", PATIENCE, async || {
        deliveries(&admin, &webhook, "status=dead").await.pop()
    })
    .await;
    service.clock.set(start + chrono::TimeDelta::hours(73));
    raise_alert(&service, text(&two, "id")).await;
    let off = eventually("it is switched off", PATIENCE, async || {
        let now = admin.client.get(&path(&webhook)).await.expect(200);
        (now["enabled"] == false).then_some(now)
    })
    .await;
    service.clock.release();
    assert!(off.get("failingSince").is_some());
    let alerts = admin.client.get("/api/alerts?type=health").await.expect(200);
    let causes: Vec<_> =
        alerts["alerts"].as_array().unwrap().iter().map(|alert| alert["cause"].clone()).collect();
    assert!(causes.contains(&json!("webhook_failing")), "{causes:?}");
    let on = admin.client.put(&path(&webhook), &json!({ "enabled": true })).await.expect(200);
    assert!(on.get("failingSince").is_none(), "it begins anew");
    service.stop().await;
}

/// S1: what was stored when it was allowed is judged again when it is sent.
#[tokio::test]
async fn a_refused_address_is_refused_at_delivery() {
    let service = impatient(StoreKind::Sled).await;
    let (admin, receiver) = (service.admin().await, Receiver::start().await);
    let webhook = make_webhook(&service, admin.caller.tenant_id(), &receiver.url).await.webhook;
    let service = service.restart_with(Options { refuse_loopback: true, ..Options::default() }).await;
    let admin = service.admin().await;
    let told = admin.client.post_empty(&format!("/api/webhooks/{}/test", webhook.id)).await.expect(200);
    assert!(text(&told, "error").contains("egress policy"), "{told}");
    assert_eq!(receiver.count(), 0);
    service.stop().await;
}
