//! Rows of what servers list: what is written into them, and what is made of them.

use registry_core::model::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityList, ChangeNature, Definition, DefinitionDigest,
};
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::inventory::{Inventory, MAX_CHANGES};
use sqlx::PgConnection;

use crate::error::Failure;
use crate::row::{Columns, bigint};

/// What [`capability`] reads, of a table `c`.
macro_rules! capability_columns {
    () => {
        "c.kind, c.name, c.definition::text, c.is_cut, c.digest, c.approved, c.first_seen_at, c.changed_at"
    };
}
pub(crate) use capability_columns;

/// What [`change`] reads, of a table `c`.
macro_rules! change_columns {
    () => {
        "c.server_id, c.tenant_id, c.found_at, c.look_id, c.number, c.kind, c.name, c.nature, c.before::text,
        c.after::text, c.digest, c.held"
    };
}
pub(crate) use change_columns;

/// Decodes a name.
pub(crate) fn name(columns: &mut Columns<'_>) -> Result<String, Failure> {
    let name = std::str::from_utf8(columns.take()?).map(str::to_owned);
    name.map_err(|error| columns.damaged(&error))
}

/// Decodes a capability.
pub(crate) fn capability(columns: &mut Columns<'_>) -> Result<Capability, Failure> {
    Ok(Capability {
        kind: columns.parsed(CapabilityKind::parse)?,
        name: name(columns)?,
        definition: Definition::from_text(columns.take::<&str>()?),
        is_cut: columns.take()?,
        digest: DefinitionDigest(columns.hash()?),
        approved: columns.hash_opt()?.map(DefinitionDigest),
        first_seen_at: columns.take()?,
        changed_at: columns.take()?,
    })
}

/// Decodes a change.
pub(crate) fn change(columns: &mut Columns<'_>) -> Result<CapabilityChange, Failure> {
    Ok(CapabilityChange {
        server_id: columns.id(ServerId)?,
        tenant_id: columns.id_opt(TenantId)?,
        at: columns.take()?,
        id: columns.take()?,
        number: columns.number()?,
        kind: columns.parsed(CapabilityKind::parse)?,
        name: name(columns)?,
        nature: columns.parsed(ChangeNature::parse)?,
        before: columns.take::<Option<&str>>()?.map(Definition::from_text),
        after: columns.take::<Option<&str>>()?.map(Definition::from_text),
        digest: columns.hash_opt()?.map(DefinitionDigest),
        held: columns.take()?,
    })
}

/// Stores a list in the place of the one before. Rows that say the same already are left alone.
pub(crate) async fn put_list(
    connection: &mut PgConnection,
    inventory: &Inventory,
    list: &CapabilityList,
) -> Result<(), Failure> {
    const LIST: &str = "INSERT INTO capability_list (server_id, tenant_id, kind, left_out)
        VALUES ($1, $2, $3, $4) ON CONFLICT (server_id, kind) DO UPDATE SET left_out = excluded.left_out";
    const REMOVE: &str = "DELETE FROM capability WHERE server_id = $1 AND kind = $2
        AND name NOT IN (SELECT unnest($3::bytea[]))";
    let tenant = inventory.tenant_id.map(|tenant| tenant.0);
    let put = sqlx::query(LIST).bind(inventory.server_id.0).bind(tenant).bind(list.kind.as_str());
    put.bind(i64::from(list.left_out)).execute(&mut *connection).await?;
    let names: Vec<_> = list.items.iter().map(|item| item.name.as_bytes()).collect();
    let remove = sqlx::query(REMOVE).bind(inventory.server_id.0).bind(list.kind.as_str()).bind(names);
    remove.execute(&mut *connection).await?;
    put_items(connection, inventory, list).await
}

async fn put_items(
    connection: &mut PgConnection,
    inventory: &Inventory,
    list: &CapabilityList,
) -> Result<(), Failure> {
    const PUT: &str = "INSERT INTO capability (server_id, tenant_id, kind, name, search_text, definition, is_cut,
            digest, approved, first_seen_at, changed_at)
        SELECT $1, $2, $3, i.name, i.search_text, i.definition::json, i.is_cut, i.digest, i.approved,
            i.first_seen_at, i.changed_at
        FROM unnest($4::bytea[], $5::text[], $6::text[], $7::boolean[], $8::bytea[], $9::bytea[],
                $10::timestamptz[], $11::timestamptz[])
            AS i (name, search_text, definition, is_cut, digest, approved, first_seen_at, changed_at)
        ON CONFLICT (server_id, kind, name) DO UPDATE SET search_text = excluded.search_text,
            definition = excluded.definition, is_cut = excluded.is_cut, digest = excluded.digest,
            approved = excluded.approved, first_seen_at = excluded.first_seen_at, changed_at = excluded.changed_at
        WHERE capability.digest <> excluded.digest OR capability.approved IS DISTINCT FROM excluded.approved";
    let items = &list.items;
    let put = sqlx::query(PUT)
        .bind(inventory.server_id.0)
        .bind(inventory.tenant_id.map(|tenant| tenant.0))
        .bind(list.kind.as_str())
        .bind(items.iter().map(|item| item.name.as_bytes()).collect::<Vec<_>>())
        .bind(items.iter().map(Capability::search_text).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.definition.as_str()).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.is_cut).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.digest.0.to_vec()).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.approved.map(|digest| digest.0.to_vec())).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.first_seen_at).collect::<Vec<_>>())
        .bind(items.iter().map(|item| item.changed_at).collect::<Vec<_>>());
    put.execute(connection).await?;
    Ok(())
}

/// Stores changes, and forgets the oldest beyond the bound.
pub(crate) async fn put_changes(
    connection: &mut PgConnection,
    inventory: &Inventory,
    changes: &[CapabilityChange],
) -> Result<(), Failure> {
    const PUT: &str =
        "INSERT INTO capability_change (server_id, tenant_id, found_at, look_id, number, kind, name,
            nature, before, after, digest, held)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::json, $10::json, $11, $12)";
    const FORGET: &str =
        "DELETE FROM capability_change WHERE server_id = $1 AND (found_at, look_id, number) <=
        (SELECT found_at, look_id, number FROM capability_change WHERE server_id = $1
            ORDER BY found_at DESC, look_id DESC, number DESC LIMIT 1 OFFSET $2)";
    for change in changes {
        let put = sqlx::query(PUT)
            .bind(inventory.server_id.0)
            .bind(inventory.tenant_id.map(|tenant| tenant.0))
            .bind(change.at)
            .bind(change.id)
            .bind(i64::from(change.number))
            .bind(change.kind.as_str())
            .bind(change.name.as_bytes())
            .bind(change.nature.as_str())
            .bind(change.before.as_ref().map(Definition::as_str))
            .bind(change.after.as_ref().map(Definition::as_str))
            .bind(change.digest.map(|digest| digest.0.to_vec()))
            .bind(change.held);
        put.execute(&mut *connection).await?;
    }
    if !changes.is_empty() {
        let kept = bigint(MAX_CHANGES as u64)?;
        sqlx::query(FORGET).bind(inventory.server_id.0).bind(kept).execute(connection).await?;
    }
    Ok(())
}
