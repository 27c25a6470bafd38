//! A mixture of every kind of write, for cases that look at all of them.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::key::rotated;
use super::sample;
use super::world::World;
use crate::clock::Clock;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::capability::CapabilityKind;
use crate::model::health::CheckStatus;
use crate::model::id::TenantId;
use crate::model::key::ApiKey;
use crate::model::latency::Latencies;
use crate::model::server::{Server, ServerStatus};
use crate::model::tenant::Tenant;
use crate::model::usage::{ErrorCounts, Usage, UsageSubject};
use crate::model::usage_rollup::{UsageEntry, UsageTally};
use crate::model::user::User;

/// One of each write in two tenants and for the system; answers with the events, in order.
pub(super) async fn write_everything(world: &World) -> Vec<AuditEvent> {
    let mut events = Vec::new();
    for name in ["first", "second"] {
        let mut writer = Writer { world, chain: TenantId::SYSTEM, events: Vec::new() };
        writer.tenant_and_all_in_it(name).await;
        events.append(&mut writer.events);
    }
    events
}

pub(super) struct Writer<'a> {
    pub(super) world: &'a World,
    chain: TenantId,
    events: Vec<AuditEvent>,
}

impl Writer<'_> {
    pub(super) fn event(&mut self, event_type: EventType) -> AuditEvent {
        let event =
            sample::event(&*self.world.clock, self.chain, event_type, Some(self.world.clock.new_id()));
        self.events.push(event.clone());
        event
    }

    async fn tenant_and_all_in_it(&mut self, name: &str) {
        let store = self.world.store();
        self.tenant_that_goes(&format!("{name} gone")).await;
        let tenant = sample::tenant(&*self.world.clock, name);
        store.create_tenant(&tenant, self.event(EventType::TenantCreated)).await.unwrap();
        self.chain = tenant.id;
        let owner = self.owner(&tenant).await;
        self.user_that_goes(&tenant).await;
        let global = Server { tenant_id: None, ..sample::full_server(&*self.world.clock, &owner, name) };
        self.servers(&owner, global).await;
        let own = sample::server(&*self.world.clock, &owner, "Weather");
        self.servers(&owner, own).await;
        self.tenant(&tenant).await;
        store.append_audit(self.event(EventType::AuthenticationFailed)).await.unwrap();
    }

    async fn owner(&mut self, tenant: &Tenant) -> User {
        let owner = sample::user(&*self.world.clock, tenant, "owner");
        let hash = sample::password_hash(tenant.name.as_str());
        let event = self.event(EventType::UserCreated);
        self.world.store().create_user(&owner, Some(&hash), event).await.unwrap();
        self.sessions(&owner).await;
        self.update(&owner).await
    }

    /// Registers, checks, uses and changes the server, and removes another one.
    async fn servers(&mut self, owner: &User, server: Server) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let server = Server { revision: 1, ..server };
        let key = ApiKey { server_id: Some(server.id), ..sample::key(clock, owner, "its key") };
        store.create_server(&server, Some(&key), self.event(EventType::ServerRegistered)).await.unwrap();
        for status in [CheckStatus::Healthy, CheckStatus::Timeout] {
            let check = sample::check(clock, &server, status);
            let event = self.event(EventType::HealthCheckPerformed);
            store.record_health(&sample::asked(&check, event)).await.unwrap();
            store.record_health(&sample::record(&sample::check(clock, &server, status))).await.unwrap();
        }
        self.tools(&server).await;
        let changed = Server { status: ServerStatus::Maintenance, revision: 2, ..server.clone() };
        store.update_server(&changed, 1, self.event(EventType::ServerUpdated)).await.unwrap();
        self.keys(owner, &server, &key).await;
        self.prefer(owner, &server).await;
        self.remove(owner, &server).await;
    }

    /// What the server lists, as it was and as it is, and the tool that changed approved.
    async fn tools(&mut self, server: &Server) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let (mut kept, policy) = (Vec::new(), server.settings.tool_changes);
        for text in ["before", "after"] {
            let inventory =
                sample::inventory(clock, server, CapabilityKind::Tool, &[sample::tool("a", text)]);
            let event = self.event(EventType::CapabilitiesChanged);
            assert!(store.put_capabilities(&inventory, event).await.unwrap());
            let conclusion = inventory.conclude(policy, kept).unwrap();
            self.events.last_mut().into_iter().for_each(|event| conclusion.describe(event));
            kept = conclusion.lists;
        }
        let digest = kept[0].items[0].digest;
        let event = self.event(EventType::ToolApproved);
        store.approve_tool(server.tenant_id, server.id, "a", digest, event).await.unwrap();
    }

    async fn keys(&mut self, owner: &User, server: &Server, first: &ApiKey) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let full = sample::full_key(clock, owner, server);
        store.create_key(&full, self.event(EventType::ApiKeyGenerated)).await.unwrap();
        let changed = rotated(clock, first);
        store.update_key(&changed, 1, self.event(EventType::ApiKeyRotated)).await.unwrap();
        let usage = used(clock, 5);
        let subjects = [UsageSubject::Key(first.id), UsageSubject::Server(server.id)];
        store.add_usage(&subjects.map(|subject| (subject, usage.clone()))).await.unwrap();
        let entries = subjects.map(|subject| {
            let start = subject.steps()[0].start_of(clock.now());
            UsageEntry { subject, start, tally: UsageTally::of(&usage) }
        });
        store.add_usage_rollups(&entries).await.unwrap();
    }

    async fn remove(&mut self, owner: &User, beside: &Server) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let name = format!("{} gone", beside.name);
        let gone = Server { tenant_id: beside.tenant_id, ..sample::server(clock, owner, &name) };
        store.create_server(&gone, None, self.event(EventType::ServerRegistered)).await.unwrap();
        let event = self.event(EventType::ServerDeleted);
        store.delete_server(gone.tenant_id, gone.id, 1, clock.now(), event).await.unwrap();
        self.revoked_none();
    }

    /// The store notes in the last event that no key was revoked.
    pub(super) fn revoked_none(&mut self) {
        if let Some(event) = self.events.last_mut() {
            event.metadata.insert("revokedKeys".to_owned(), serde_json::json!([]));
        }
    }
}

/// A histogram whose length and counts depend on the number, with a gap.
fn latencies(requests: u64) -> Latencies {
    let mut counts = vec![0; usize::try_from(requests % 40).expect("it is small")];
    counts.extend([requests, 0, requests * 5_000_000_000]);
    Latencies::new(counts, requests * 1_000_003).expect("there are so many buckets")
}

/// What came of this many requests, the last of them now.
pub(super) fn used(clock: &dyn Clock, requests: u64) -> Usage {
    Usage {
        requests,
        errors: requests / 2,
        errors_by_kind: ErrorCounts {
            timeout: requests / 3,
            gateway: 5_000_000_000,
            ..ErrorCounts::default()
        },
        bytes_transferred: requests * 5_000_000_000,
        bytes_in: requests * 1_000_000_000,
        bytes_out: requests * 4_000_000_000,
        latencies: latencies(requests),
        last_used_at: Some(clock.now() + TimeDelta::microseconds(7)),
        last_used_ip: Some(IpAddr::from([192, 0, 2, 7])),
    }
}
