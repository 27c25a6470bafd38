//! A tenant with somebody who owns things, and a fresh target for each operation of the table.

use std::cell::Cell;

use black_box_tests::{Actor, Answer, Client, Service, Upstream};
use http::Method;
use registry_core::access::Caller;
use registry_core::model::account_input::{TenantInput, UserChange, UserInput};
use registry_core::model::role::Role;
use registry_core::service::JobServers;
use serde_json::{Value, json};

use super::body::{Given, PASSWORD, body};
use super::session::sign_in;
use super::table::{Row, Target};
use crate::support::{UNKNOWN, create_key, make_webhook, raise_alert, register_at, text};

pub(super) struct Scene<'a> {
    pub(super) owner: Actor,
    service: &'a Service,
    operator: Caller,
    upstream: Upstream,
    count: Cell<u32>,
}

/// An operation on a target of its own.
pub(super) struct Request {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Request {
    pub(super) async fn send(&self, client: &Client) -> Answer {
        match self.path.as_str() {
            "/api/events" => client.begins_events().await,
            path => client.call(self.method.clone(), path, self.body.as_ref()).await,
        }
    }
}

impl<'a> Scene<'a> {
    pub(super) async fn new(service: &'a Service) -> Self {
        let (owner, upstream) =
            (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
        let operator = service.registry.setup.operator("main", "root", Role::Admin).await.unwrap();
        let signer = UserInput {
            username: Some("signer".to_owned()),
            role: Some(Role::User.to_string()),
            tenant_id: Some(owner.tenant_id()),
            password: Some(PASSWORD.to_owned()),
            ..UserInput::default()
        };
        service.registry.users.create(&operator, signer).await.unwrap();
        Self { owner, service, operator, upstream, count: Cell::new(0) }
    }

    fn name(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("Name {}", self.count.get())
    }

    /// A fresh record for the operation of `caller`, and the operation on it.
    pub(super) async fn prepare(&self, row: &Row, caller: &Actor) -> Request {
        let (method, path) = row.operation.split_once(' ').unwrap();
        if path.starts_with("/api/webhooks") {
            self.remove_webhooks().await;
        }
        let (id, name, tenant) = (self.target(row, caller).await, self.name(), self.owner.tenant_id());
        let given = Given { name: &name, upstream: &self.upstream.url, id: &id, tenant: &tenant };
        Request {
            method: method.to_uppercase().parse().unwrap(),
            path: path
                .replace("{id}", &id)
                .replace("{provider}", "corp")
                .replace("{name}", "echo")
                .replace("{delivery}", UNKNOWN),
            body: body(row.operation, given),
        }
    }

    /// A tenant has only so many.
    async fn remove_webhooks(&self) {
        let webhooks = &self.service.registry.webhooks;
        for webhook in webhooks.list(&self.operator).await.unwrap() {
            webhooks.delete(&self.operator, webhook.id, None).await.unwrap();
        }
    }

    /// Who has a password changes it with any credential of the scope; a first one needs more.
    pub(super) async fn give_password(&self, actor: Actor) -> Actor {
        let change = UserChange { password: Some(Some(PASSWORD.to_owned())), ..UserChange::default() };
        let id = actor.caller.user_id();
        self.service.registry.users.update(&self.operator, id, change, None).await.unwrap();
        actor
    }

    /// The operation of `caller`, with `client`.
    pub(super) async fn call(&self, caller: &Actor, client: &Client, row: &Row) -> Answer {
        self.prepare(row, caller).await.send(client).await
    }

    async fn target_server(&self, name: &str) -> String {
        text(&register_at(&self.owner, name, &self.upstream).await, "id").to_owned()
    }

    async fn target(&self, row: &Row, caller: &Actor) -> String {
        let (registry, name) = (&self.service.registry, self.name());
        match row.target {
            Target::Nothing => String::new(),
            Target::Server => self.target_server(&name).await,
            Target::Key => text(&create_key(&self.owner, json!({})).await, "id").to_owned(),
            Target::User => {
                let name = name.replace(' ', "-");
                registry.setup.operator("acme", &name, Role::User).await.unwrap().user_id().to_string()
            }
            Target::Tenant => {
                let input = TenantInput { name: Some(name), ..TenantInput::default() };
                registry.tenants.create(&self.operator, input).await.unwrap().id.to_string()
            }
            Target::Alert => raise_alert(self.service, &self.target_server(&name).await).await.id.to_string(),
            Target::Webhook => {
                let tenant = self.owner.caller.tenant_id();
                make_webhook(self.service, tenant, &self.upstream.url).await.webhook.id.to_string()
            }
            Target::Job => {
                let server = register_at(&self.owner, &name, &self.upstream).await;
                let servers = JobServers::These(vec![text(&server, "id").parse().unwrap()]);
                registry.health.check_many(&caller.caller, servers, false).await.unwrap().id.to_string()
            }
            Target::Session => sign_in(self.service, caller).await.session.id.to_string(),
        }
    }
}
