//! T1: every operation of the document that names a record, with the ids of another tenant.

use std::time::Duration;

use black_box_tests::{Actor, Answer, Client, Service, Upstream, eventually, on_every_store};
use http::Method;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::body::{Given, body};
use super::session::sign_in;
use super::table::operations;
use crate::support::{
    UNKNOWN, create_key, entries_of, make_webhook, raise_alert, register_at, server_path, text, with,
};

on_every_store!(nothing_of_another_tenant_is_found_or_changed);

/// How long checks of one server may take.
const SOON: Duration = Duration::from_secs(30);

/// What a tenant has, by its path.
struct Belongings {
    server: String,
    job: String,
    key: String,
    user: String,
    session: String,
    tenant: String,
    alert: String,
    webhook: String,
}

impl Belongings {
    /// The id that an operation on this path is about.
    fn id(&self, path: &str) -> &str {
        let kinds = [
            ("/api/servers/", &self.server),
            ("/api/health-checks/", &self.job),
            ("/api/api-keys/", &self.key),
            ("/api/users/me/sessions/", &self.session),
            ("/api/users/", &self.user),
            ("/api/tenants/", &self.tenant),
            ("/api/alerts/", &self.alert),
            ("/api/webhooks/", &self.webhook),
        ];
        let (_, id) = kinds.into_iter().find(|(start, _)| path.starts_with(start)).expect("a kind of record");
        id
    }
}

/// All of it, as an administrator sees it.
async fn seen(admin: &Client, acme: &Actor, its: &Belongings) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        format!("/api/servers/{}", its.server),
        format!("/api/servers/{}/health", its.server),
        format!("/api/servers/{}/tools", its.server),
        format!("/api/api-keys/{}", its.key),
        format!("/api/users/{}", its.user),
        format!("/api/users/{}/sessions", its.user),
        format!("/api/tenants/{}", its.tenant),
        format!("/api/alerts/{}", its.alert),
        format!("/api/webhooks/{}", its.webhook),
    ] {
        seen.push(admin.get(&path).await.expect(200));
    }
    seen.push(acme.client.get("/api/users/me").await.expect(200));
    seen
}

/// What a caller is told, apart from when.
fn look(answer: Answer) -> (u16, Value) {
    (answer.status.as_u16(), with(answer.json, &json!({ "timestamp": null })))
}

/// What is there and what is not look just the same. Tenants are nobody's business but administrators'.
async fn nothing_of_another_tenant_is_found_or_changed(service: &Service) {
    let (acme, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let strangers = [
        service.actor("other", "otto", Role::ServerOwner).await,
        service.actor("other", "ulli", Role::User).await,
    ];
    let server = register_at(&acme, "Secret Weather", &upstream).await;
    let key = create_key(&acme, json!({})).await;
    let asked = json!({ "servers": [server["id"]] });
    let job = acme.client.post("/api/health-checks", &asked).await.expect(202);
    let path = format!("/api/health-checks/{}", text(&job, "id"));
    let done = async || (acme.client.get(&path).await.expect(200)["state"] == "finished").then_some(());
    eventually("the job is finished", SOON, done).await;
    let its = Belongings {
        server: text(&server, "id").to_owned(),
        job: text(&job, "id").to_owned(),
        key: text(&key, "id").to_owned(),
        user: acme.user_id(),
        session: sign_in(service, &acme).await.session.id.to_string(),
        tenant: acme.tenant_id(),
        alert: raise_alert(service, text(&server, "id")).await.id.to_string(),
        webhook: make_webhook(service, acme.caller.tenant_id(), &upstream.url).await.webhook.id.to_string(),
    };
    let admin = service.admin().await;
    let before = seen(&admin.client, &acme, &its).await;
    let (entries, tried) = entries_of(service, async {
        let mut tried = 0;
        for (operation, _) in operations().into_iter().filter(|(operation, _)| operation.contains("{id}")) {
            let (method, path) = operation.split_once(' ').unwrap();
            let method: Method = method.to_uppercase().parse().unwrap();
            let is_for_admins = path.starts_with("/api/tenants") || path.starts_with("/api/webhooks");
            let status = if is_for_admins { 403 } else { 404 };
            for stranger in &strangers {
                let ask = async |id: &str| {
                    let (name, tenant) = ("Taken", &*stranger.tenant_id());
                    let body = body(&operation, Given { name, upstream: &upstream.url, id, tenant });
                    let path = path.replace("{id}", id).replace("{delivery}", UNKNOWN);
                    look(stranger.client.call(method.clone(), &path, body.as_ref()).await)
                };
                let found = ask(its.id(path)).await;
                assert_eq!(found.0, status, "{operation} {}", found.1);
                assert_eq!(found, ask(UNKNOWN).await, "{operation}");
                tried += 1;
            }
        }
        tried
    })
    .await;
    assert_eq!((entries, tried), (0, 76));
    assert_eq!(seen(&admin.client, &acme, &its).await, before);
    service.client().with_key(text(&key, "key")).get(&server_path(&server)).await.assert(200);
}
