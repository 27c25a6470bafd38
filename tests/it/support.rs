//! What several files need.

use black_box_tests::{Actor, Answer, Client, Service, Upstream, server, server_at};
use bytes::Bytes;
use http::Request;
use registry_core::model::alert::{Alert, AlertCause, AlertSubject, Severity};
use registry_core::model::alert_step::AlertSignal;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::webhook::WebhookInput;
use registry_core::service::{IssuedWebhook, TenantChoice};
use serde_json::{Value, json};

/// `base` with the fields of `patch` in place of its own; null in `patch` removes a field.
pub(crate) fn with(base: Value, patch: &Value) -> Value {
    let mut base = base;
    for (name, value) in patch.as_object().expect("an object") {
        match value {
            Value::Null => drop(base.as_object_mut().expect("an object").remove(name)),
            value => base[name] = value.clone(),
        }
    }
    base
}

/// Registers a server that is not connected to; its body.
pub(crate) async fn register(actor: &Actor, name: &str) -> Value {
    actor.client.post("/api/servers", &server(name)).await.expect(201)
}

/// Registers a server that answers; its body.
pub(crate) async fn register_at(actor: &Actor, name: &str, upstream: &Upstream) -> Value {
    actor.client.post("/api/servers", &server_at(name, &upstream.url)).await.expect(201)
}

/// The path of a server.
pub(crate) fn server_path(server: &Value) -> String {
    format!("/api/servers/{}", text(server, "id"))
}

/// A server's record without how calls of it went and who needs it, which only the answer about one server has.
pub(crate) fn without_performance(record: Value) -> Value {
    with(record, &json!({ "performance": null, "dependents": null }))
}

/// A field that is a string.
#[track_caller]
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is no string in {value}"))
}

/// The names of the fields that an error complains about.
#[track_caller]
pub(crate) fn complaints(answer: Answer) -> Vec<String> {
    let details = answer.details(400);
    let fields = details.as_object().unwrap_or_else(|| panic!("no details: {details}"));
    assert!(fields.values().all(|text| text.as_str().is_some_and(|text| !text.is_empty())), "{details}");
    fields.keys().cloned().collect()
}

/// How many items a list has in all.
pub(crate) async fn total(client: &Client, path: &str) -> u64 {
    client.get(path).await.expect(200)["pagination"]["total"].as_u64().expect("a total")
}

/// The names of the servers of a list, in order.
pub(crate) async fn names(client: &Client, path: &str) -> Vec<String> {
    let list = client.get(path).await.expect(200);
    let servers = list["servers"].as_array().expect("servers").iter();
    servers.map(|server| text(server, "name").to_owned()).collect()
}

/// A key of every scope but what the body says otherwise.
pub(crate) async fn create_key(actor: &Actor, patch: Value) -> Value {
    let body = with(json!({ "name": "test" }), &patch);
    actor.client.post("/api/api-keys", &body).await.expect(201)
}

/// How many audit entries `act` makes.
pub(crate) async fn entries_of<T>(service: &Service, act: impl Future<Output = T>) -> (u64, T) {
    let before = service.audit_entries().await;
    let output = act.await;
    (service.audit_entries().await - before, output)
}

/// What the service finds out by itself, and tells the audit log beside what people do.
const FOUND_OUT: [&str; 3] = ["health_status_changed", "capabilities_listed", "capabilities_changed"];

/// As [`entries_of`], aside from what the service finds out because of it.
pub(crate) async fn own_entries_of<T>(service: &Service, act: impl Future<Output = T>) -> (u64, T) {
    let admin = service.admin().await;
    let found_out = async || {
        let mut count = 0;
        for event_type in FOUND_OUT {
            count += total(&admin.client, &format!("/api/audit-logs?eventType={event_type}&limit=1")).await;
        }
        count
    };
    let before = found_out().await;
    let (count, output) = entries_of(service, act).await;
    (count - (found_out().await - before), output)
}

/// Begins an MCP session through the gateway; the answer as it comes.
pub(crate) async fn initialize(client: &Client, reference: &str) -> Answer {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
    let request = Request::post(format!("/mcp{reference}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(Bytes::from(message.to_string()));
    client.send(request.expect("a request")).await
}

/// Raises an alert of a server, as the service does when checks fail.
pub(crate) async fn raise_alert(service: &Service, server: &str) -> Alert {
    let id: ServerId = server.parse().expect("an id");
    let admin = service.admin().await;
    let tenant = service.registry.servers.get(&admin.caller, id).await.expect("the server").tenant_id;
    let (subject, cause) = (AlertSubject::Server(id), AlertCause::ServerUnhealthy);
    let clock = &*service.clock;
    let signal = AlertSignal::new(clock, tenant, subject, cause, Severity::High, "it does not answer");
    let alert = signal.id;
    service.registry.alerts.raise(signal).await.expect("an alert");
    service.registry.alerts.get(&admin.caller, alert).await.expect("the alert")
}

/// The id of nothing.
pub(crate) const UNKNOWN: &str = "01900000-0000-7000-8000-000000000000";

/// Makes a webhook of this tenant, which is told of everything.
pub(crate) async fn make_webhook(service: &Service, tenant: TenantId, url: &str) -> IssuedWebhook {
    let admin = service.admin().await;
    let (name, url) = (Some("on call".to_owned()), Some(url.to_owned()));
    let input = WebhookInput { name, url, ..WebhookInput::default() };
    let webhooks = &service.registry.webhooks;
    webhooks.create(&admin.caller, TenantChoice::Tenant(tenant), input).await.expect("a webhook")
}
