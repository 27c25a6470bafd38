//! Storage of what servers list.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::alert_step::after_approval;
use registry_core::model::audit::AuditEvent;
use registry_core::model::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityList, CapabilityPage, DefinitionDigest,
    FoundTool, ToolChanges, ToolQuery,
};
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::inventory::Inventory;
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::settings::ServerSettings;
use registry_core::store::{CapabilityStore, StoreError};
use sqlx::PgConnection;

use crate::capability_row::{self, capability, capability_columns, change_columns, name};
use crate::error::Failure;
use crate::row::{Columns, bigint, page_of};
use crate::scope::Scope;
use crate::server::tenant_of;
use crate::{PostgresStore, alert, tool_search};

#[async_trait]
impl CapabilityStore for PostgresStore {
    async fn put_capabilities(
        &self,
        inventory: &Inventory,
        mut audit: AuditEvent,
    ) -> Result<bool, StoreError> {
        let scope = Scope::of([inventory.tenant_id, Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                let connection = write.connection();
                let policy = lock(connection, inventory.tenant_id, inventory.server_id).await?;
                let mut kept = Vec::new();
                for found in &inventory.lists {
                    kept.extend(list(connection, inventory.server_id, found.kind()).await?);
                }
                let Some(conclusion) = inventory.conclude(policy, kept) else { return Ok(false) };
                for list in &conclusion.lists {
                    capability_row::put_list(connection, inventory, list).await?;
                }
                let changes = conclusion.kept_changes();
                capability_row::put_changes(connection, inventory, changes).await?;
                conclusion.describe(&mut audit);
                let (_, mut events) = alert::take(&mut write, &conclusion.alerts).await?;
                events.insert(0, audit);
                write.commit_all(events).await?;
                Ok(true)
            })
            .await
    }

    async fn capabilities(
        &self,
        reach: Reach,
        server_id: ServerId,
        kind: CapabilityKind,
        page: PageRequest,
    ) -> Result<CapabilityPage, StoreError> {
        const LIST: &str = "SELECT left_out FROM capability_list WHERE server_id = $1 AND kind = $2
            AND EXISTS (SELECT FROM server s WHERE s.id = $1 AND ($3::uuid IS NULL OR s.tenant_id = $3 OR s.is_shared))";
        const PAGE: &str = concat!(
            "WITH total AS (SELECT count(*) AS number FROM capability WHERE server_id = $1 AND kind = $2),
            page AS (SELECT * FROM capability WHERE server_id = $1 AND kind = $2
                ORDER BY name LIMIT $3 OFFSET $4)
            SELECT total.number, c.server_id, ",
            capability_columns!(),
            " FROM total LEFT JOIN page c ON true ORDER BY c.name"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let list = sqlx::query(LIST).bind(server_id.0).bind(kind.as_str()).bind(tenant_of(reach));
                let Some(list) = list.fetch_optional(&mut *connection).await? else {
                    let items = Page::empty(page);
                    return Ok(CapabilityPage { items, left_out: None });
                };
                let select = sqlx::query(PAGE).bind(server_id.0).bind(kind.as_str());
                let select = select.bind(i64::from(page.limit())).bind(bigint(page.offset())?);
                let rows = select.fetch_all(&mut *connection).await?;
                let items = page_of(&rows, page, |columns| {
                    columns.id(ServerId)?;
                    capability(columns)
                })?;
                Ok(CapabilityPage { items, left_out: Some(Columns::from(&list, 0).number()?) })
            })
            .await
    }

    async fn held_tools(&self, reach: Reach, server_id: ServerId) -> Result<Vec<String>, StoreError> {
        const SELECT: &str = "SELECT c.name FROM capability c JOIN server s ON s.id = c.server_id
            WHERE c.server_id = $1 AND c.kind = 'tool' AND c.approved IS DISTINCT FROM c.digest
                AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared) ORDER BY c.name";
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query(SELECT).bind(server_id.0).bind(tenant_of(reach));
                let rows = select.fetch_all(&mut *connection).await?;
                rows.iter().map(|row| name(&mut Columns::from(row, 0))).collect()
            })
            .await
    }

    async fn approve_tool(
        &self,
        tenant_id: Option<TenantId>,
        server_id: ServerId,
        name: &str,
        digest: DefinitionDigest,
        audit: AuditEvent,
    ) -> Result<Capability, StoreError> {
        let scope = Scope::of([tenant_id, Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                lock(write.connection(), tenant_id, server_id).await?;
                let approved = approve(write.connection(), server_id, name, digest).await?;
                let is_last = !is_any_held(write.connection(), server_id).await?;
                let over = is_last.then(|| after_approval(server_id, tenant_id, &audit));
                let (_, mut events) = alert::take(&mut write, over.as_slice()).await?;
                events.insert(0, audit);
                write.commit_all(events).await?;
                Ok(approved)
            })
            .await
    }

    async fn capability_changes(
        &self,
        reach: Reach,
        server_id: ServerId,
        page: PageRequest,
    ) -> Result<Page<CapabilityChange>, StoreError> {
        const SELECT: &str = concat!(
            "WITH seen AS (SELECT id FROM server s
                WHERE s.id = $1 AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared)),
            total AS (SELECT count(*) AS number FROM capability_change WHERE server_id = (SELECT id FROM seen)),
            page AS (SELECT * FROM capability_change WHERE server_id = (SELECT id FROM seen)
                ORDER BY found_at DESC, look_id DESC, number DESC LIMIT $3 OFFSET $4)
            SELECT total.number, ",
            change_columns!(),
            " FROM total LEFT JOIN page c ON true ORDER BY c.found_at DESC, c.look_id DESC, c.number DESC"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query(SELECT).bind(server_id.0).bind(tenant_of(reach));
                let select = select.bind(i64::from(page.limit())).bind(bigint(page.offset())?);
                page_of(&select.fetch_all(&mut *connection).await?, page, capability_row::change)
            })
            .await
    }

    async fn tools(&self, query: &ToolQuery) -> Result<Page<FoundTool>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                tool_search::page(&mut connection, query).await
            })
            .await
    }
}

/// Locks what checks said of the server, as who stores a check does, and reads what the server does with changes.
async fn lock(
    connection: &mut PgConnection,
    tenant_id: Option<TenantId>,
    server_id: ServerId,
) -> Result<ToolChanges, Failure> {
    const LOCK: &str = "SELECT s.settings::text FROM server_health h JOIN server s ON s.id = h.server_id
        WHERE h.server_id = $1 AND s.tenant_id IS NOT DISTINCT FROM $2 FOR UPDATE OF h";
    let lock = sqlx::query(LOCK).bind(server_id.0).bind(tenant_id.map(|tenant| tenant.0));
    let row = lock.fetch_optional(connection).await?.ok_or(StoreError::Missing)?;
    Ok(Columns::from(&row, 0).json::<ServerSettings>()?.tool_changes)
}

/// A list of the server as it is kept.
async fn list(
    connection: &mut PgConnection,
    server_id: ServerId,
    kind: CapabilityKind,
) -> Result<Option<CapabilityList>, Failure> {
    const LIST: &str = "SELECT left_out FROM capability_list WHERE server_id = $1 AND kind = $2";
    const ITEMS: &str = concat!(
        "SELECT ",
        capability_columns!(),
        " FROM capability c WHERE c.server_id = $1 AND c.kind = $2 ORDER BY c.name"
    );
    let list = sqlx::query(LIST).bind(server_id.0).bind(kind.as_str());
    let Some(row) = list.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let items = sqlx::query(ITEMS).bind(server_id.0).bind(kind.as_str()).fetch_all(connection).await?;
    let items = items.iter().map(|row| capability(&mut Columns::from(row, 0)));
    let left_out = Columns::from(&row, 0).number()?;
    Ok(Some(CapabilityList { kind, left_out, items: items.collect::<Result<_, _>>()? }))
}

async fn approve(
    connection: &mut PgConnection,
    server_id: ServerId,
    name: &str,
    digest: DefinitionDigest,
) -> Result<Capability, Failure> {
    const FIND: &str = concat!(
        "SELECT ",
        capability_columns!(),
        " FROM capability c WHERE c.server_id = $1 AND c.kind = 'tool' AND c.name = $2"
    );
    const APPROVE: &str =
        "UPDATE capability SET approved = digest WHERE server_id = $1 AND kind = 'tool' AND name = $2";
    let find = sqlx::query(FIND).bind(server_id.0).bind(name.as_bytes());
    let row = find.fetch_optional(&mut *connection).await?.ok_or(StoreError::Missing)?;
    let found = capability(&mut Columns::from(&row, 0))?;
    if found.digest != digest {
        return Err(StoreError::Stale.into());
    }
    sqlx::query(APPROVE).bind(server_id.0).bind(name.as_bytes()).execute(connection).await?;
    Ok(Capability { approved: Some(digest), ..found })
}

/// Whether a tool of the server waits to be approved.
async fn is_any_held(connection: &mut PgConnection, server_id: ServerId) -> Result<bool, Failure> {
    const HELD: &str = "SELECT EXISTS(SELECT FROM capability
        WHERE server_id = $1 AND kind = 'tool' AND approved IS DISTINCT FROM digest)";
    let row = sqlx::query(HELD).bind(server_id.0).fetch_one(connection).await?;
    Columns::from(&row, 0).take()
}
