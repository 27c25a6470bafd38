//! Everything: all that a store holds, as far as its methods tell.

use super::account::{Account, all_users};
use super::event::all_events;
use super::page::all_pages;
use crate::access::Reach;
use crate::chain::{self, Verdict};
use crate::model::alert::Alert;
use crate::model::alert_query::{AlertQuery, AlertViewer};
use crate::model::audit::{AuditEntry, AuditHead};
use crate::model::capability::{Capability, CapabilityChange, CapabilityKind};
use crate::model::check_rollup::{CheckRollup, StatusChange, StatusChangeQuery};
use crate::model::delivery::{Delivery, DeliveryQuery};
use crate::model::event::LiveEvent;
use crate::model::health::HealthCheck;
use crate::model::id::TenantId;
use crate::model::key::{ApiKey, KeyQuery};
use crate::model::period::{Period, Resolution};
use crate::model::server::{Server, ServerQuery};
use crate::model::tenant::Tenant;
use crate::model::usage::{Usage, UsageSubject};
use crate::model::usage_rollup::{UsageOf, UsageRollup, UsageRollupQuery};
use crate::model::webhook::Webhook;
use crate::store::{Store, StoreError};

/// All that a store holds. Two are compared to show that a write which failed changed nothing, or that a store
/// which was closed and opened again lost nothing.
#[derive(Debug, PartialEq)]
pub(super) struct Everything {
    tenants: Vec<Tenant>,
    accounts: Vec<Account>,
    servers: Vec<Server>,
    history: Vec<History>,
    capabilities: Vec<Capability>,
    changes: Vec<CapabilityChange>,
    keys: Vec<ApiKey>,
    usage: Vec<Usage>,
    usage_rollups: Vec<Vec<UsageRollup>>,
    alerts: Vec<Alert>,
    webhooks: Vec<(Webhook, Vec<Delivery>)>,
    heads: Vec<AuditHead>,
    entries: Vec<AuditEntry>,
    events: Vec<(u64, LiveEvent)>,
}

impl Everything {
    pub(super) async fn of(store: &dyn Store) -> Self {
        let tenants = all_pages(async |page| store.tenants(page).await).await;
        let servers = servers(store).await;
        let keys = keys(store).await;
        let mut accounts = Vec::new();
        for user in all_users(store).await {
            accounts.push(Account::of(store, user).await);
        }
        let history = history(store, &servers).await;
        let (capabilities, changes) = capabilities(store, &servers).await;
        let usage = usage(store, &servers, &keys).await;
        let usage_rollups = usage_rollups(store, &tenants, &servers, &keys).await;
        let alerts = alerts(store).await;
        let webhooks = webhooks(store).await;
        let (heads, entries) = chains(store).await;
        let events = all_events(store).await;
        let events = events.into_iter().map(|stored| (stored.position, stored.event)).collect();
        Self {
            tenants,
            accounts,
            servers,
            history,
            capabilities,
            changes,
            keys,
            usage,
            usage_rollups,
            alerts,
            webhooks,
            heads,
            entries,
            events,
        }
    }
}

async fn capabilities(store: &dyn Store, servers: &[Server]) -> (Vec<Capability>, Vec<CapabilityChange>) {
    let (mut capabilities, mut changes) = (Vec::new(), Vec::new());
    for server in servers {
        for kind in CapabilityKind::ALL {
            let list =
                async |page| Ok(store.capabilities(Reach::AllTenants, server.id, *kind, page).await?.items);
            capabilities.extend(all_pages(list).await);
        }
        let list = async |page| store.capability_changes(Reach::AllTenants, server.id, page).await;
        changes.extend(all_pages(list).await);
    }
    (capabilities, changes)
}

async fn servers(store: &dyn Store) -> Vec<Server> {
    let query = ServerQuery::new(Reach::AllTenants);
    all_pages(async |page| store.servers(&ServerQuery { page, ..query.clone() }).await).await
}

/// What checks left of one server.
#[derive(Debug, PartialEq)]
struct History {
    checks: Vec<HealthCheck>,
    rollups: Vec<Vec<CheckRollup>>,
    changes: Vec<StatusChange>,
}

async fn history(store: &dyn Store, servers: &[Server]) -> Vec<History> {
    let mut history = Vec::new();
    for server in servers {
        let (reach, id) = (Reach::AllTenants, server.id);
        let page = async |page| store.health_checks(reach, id, Period::EVER, page).await;
        let mut rollups = Vec::new();
        for resolution in Resolution::ALL {
            rollups.push(store.check_rollups(reach, id, *resolution, Period::EVER).await.unwrap());
        }
        let changes = store.status_changes(&all_changes(server)).await.unwrap();
        history.push(History { checks: all_pages(page).await, rollups, changes });
    }
    history
}

/// All changes of a server's status.
pub(super) fn all_changes(server: &Server) -> StatusChangeQuery {
    let (reach, server_id, period) = (Reach::AllTenants, Some(server.id), Period::EVER);
    StatusChangeQuery { reach, server_id, active_only: false, period, limit: 1_000 }
}

async fn keys(store: &dyn Store) -> Vec<ApiKey> {
    let query = KeyQuery::new(Reach::AllTenants);
    all_pages(async |page| store.keys(&KeyQuery { page, ..query.clone() }).await).await
}

async fn alerts(store: &dyn Store) -> Vec<Alert> {
    let query = AlertQuery::new(AlertViewer::SERVICE);
    all_pages(async |page| store.alerts(&AlertQuery { page, ..query.clone() }).await).await
}

async fn webhooks(store: &dyn Store) -> Vec<(Webhook, Vec<Delivery>)> {
    let mut all = Vec::new();
    for webhook in store.webhooks(None).await.unwrap() {
        let query = |page| DeliveryQuery { webhook_id: webhook.id, status: None, page };
        let deliveries = all_pages(async |page| store.deliveries(&query(page)).await).await;
        all.push((webhook, deliveries));
    }
    all
}

async fn usage(store: &dyn Store, servers: &[Server], keys: &[ApiKey]) -> Vec<Usage> {
    let mut usage = Vec::new();
    for server in servers {
        usage.push(store.usage(server.tenant_id, UsageSubject::Server(server.id)).await.unwrap());
    }
    for key in keys {
        usage.push(store.usage(Some(key.tenant_id), UsageSubject::Key(key.id)).await.unwrap());
    }
    usage
}

async fn usage_rollups(
    store: &dyn Store,
    tenants: &[Tenant],
    servers: &[Server],
    keys: &[ApiKey],
) -> Vec<Vec<UsageRollup>> {
    let of_servers = servers.iter().map(|server| (Reach::AllTenants, UsageOf::Server(server.id)));
    let of_keys = keys.iter().map(|key| (Reach::AllTenants, UsageOf::Key(key.id)));
    let of_tenants = tenants.iter().map(|tenant| (Reach::Tenant(tenant.id), UsageOf::Whole));
    let all = of_servers.chain(of_keys).chain(of_tenants).chain([(Reach::AllTenants, UsageOf::Whole)]);
    let mut rollups = Vec::new();
    for (reach, of) in all {
        for resolution in Resolution::ALL {
            let query = UsageRollupQuery { reach, of, resolution: *resolution, period: Period::EVER };
            rollups.push(store.usage_rollups(&query).await.unwrap());
        }
    }
    rollups
}

async fn chains(store: &dyn Store) -> (Vec<AuditHead>, Vec<AuditEntry>) {
    let (mut heads, mut entries) = (Vec::new(), Vec::new());
    for tenant_id in store.audit_chains().await.unwrap() {
        heads.push(store.audit_head(tenant_id).await.unwrap());
        entries.extend(chain_of(store, tenant_id).await);
    }
    (heads, entries)
}

/// The entries of a tenant's chain.
pub(super) async fn chain_of(store: &dyn Store, tenant_id: TenantId) -> Vec<AuditEntry> {
    let mut entries: Vec<AuditEntry> = Vec::new();
    loop {
        let last = entries.last().map_or(0, |entry| entry.seq);
        let more = store.audit_after(tenant_id, last, 1_000).await.unwrap();
        if more.is_empty() {
            return entries;
        }
        entries.extend(more);
    }
}

/// Verifies every chain; answers with the heads.
pub(super) async fn verify_chains(store: &dyn Store) -> Result<Vec<AuditHead>, StoreError> {
    let mut heads = Vec::new();
    for tenant_id in store.audit_chains().await? {
        match chain::verify(store, tenant_id).await? {
            Verdict::Whole(head) => heads.push(head),
            Verdict::Broken(broken) => panic!("{broken}"),
        }
    }
    Ok(heads)
}
