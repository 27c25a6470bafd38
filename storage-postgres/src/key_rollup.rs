//! Roll-ups of the usage of keys, by hour and by day.

use std::collections::BTreeMap;

use registry_core::model::id::ApiKeyId;
use registry_core::model::period::Resolution;
use registry_core::model::rollup::Tally;
use registry_core::model::usage::UsageSubject;
use registry_core::model::usage_rollup::{UsageEntry, UsageRollup, UsageRollupQuery};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Failure;
use crate::rollup::bounds;
use crate::server::tenant_of;
use crate::usage_rollup::{self, Sums, bind, tally_columns};

macro_rules! add_of_keys {
    ($table:literal) => {
        usage_rollup::addition!(
            $table,
            "api_key_id, start",
            "api_key_id, tenant_id, start",
            "b.api_key_id, b.tenant_id, b.start",
            "$13::uuid[], $14::uuid[]",
            "api_key_id, tenant_id"
        )
    };
}

/// Adds what requests came to to the roll-ups of the keys that are there.
pub(crate) async fn add(connection: &mut PgConnection, entries: &[UsageEntry]) -> Result<(), Failure> {
    const HOURS: &str = add_of_keys!("key_usage_hour");
    const DAYS: &str = add_of_keys!("key_usage_day");
    let entries: Vec<_> = entries.iter().filter_map(|entry| Some((key_of(entry)?, entry))).collect();
    if entries.is_empty() {
        return Ok(());
    }
    let tenants = tenants(connection, &entries).await?;
    for (resolution, statement) in [(Resolution::Hour, HOURS), (Resolution::Day, DAYS)] {
        let mut sums = Sums::new();
        for (id, UsageEntry { start, tally, .. }) in &entries {
            let Some(tenant) = tenants.get(id) else { continue };
            sums.entry(((*id, *tenant), resolution.start_of(*start))).or_default().add(tally);
        }
        add_sums(connection, statement, &sums).await?;
    }
    Ok(())
}

/// The key that the entry is of; `None` if it is of a server.
fn key_of(entry: &UsageEntry) -> Option<Uuid> {
    match entry.subject {
        UsageSubject::Key(id) => Some(id.0),
        UsageSubject::Server(_) => None,
    }
}

/// The keys that are there, with their tenants. They are locked in order, and so do not go away half-way.
async fn tenants(
    connection: &mut PgConnection,
    entries: &[(Uuid, &UsageEntry)],
) -> Result<BTreeMap<Uuid, Uuid>, Failure> {
    const LOCK: &str = "SELECT id, tenant_id FROM api_key WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE";
    let ids: Vec<_> = entries.iter().map(|(id, _)| *id).collect();
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(LOCK).bind(ids).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

async fn add_sums(
    connection: &mut PgConnection,
    statement: &'static str,
    sums: &Sums<(Uuid, Uuid)>,
) -> Result<(), Failure> {
    if sums.is_empty() {
        return Ok(());
    }
    let (keys, tenants): (Vec<_>, Vec<_>) = sums.keys().map(|(owner, _)| *owner).unzip();
    bind(sqlx::query(statement), sums)?.bind(keys).bind(tenants).execute(connection).await?;
    Ok(())
}

/// Reads roll-ups of a key from `$table`.
macro_rules! of_key {
    ($table:literal) => {
        concat!(
            "SELECT u.start, ",
            tally_columns!(),
            " FROM ",
            $table,
            " u WHERE u.api_key_id = $1 AND ($2::uuid IS NULL OR u.tenant_id = $2)
            AND u.start >= $3 AND u.start < $4 ORDER BY u.start"
        )
    };
}

/// The key's roll-ups that the query names.
pub(crate) async fn of(
    connection: &mut PgConnection,
    query: &UsageRollupQuery,
    id: ApiKeyId,
) -> Result<Vec<UsageRollup>, Failure> {
    const HOURS: &str = of_key!("key_usage_hour");
    const DAYS: &str = of_key!("key_usage_day");
    let select = match query.resolution {
        Resolution::Minute => return Ok(Vec::new()),
        Resolution::Hour => sqlx::query(HOURS),
        Resolution::Day => sqlx::query(DAYS),
    };
    let (from, to) = bounds(query.period);
    let select = select.bind(id.0).bind(tenant_of(query.reach)).bind(from).bind(to);
    select.fetch_all(connection).await?.iter().map(usage_rollup::rollup).collect()
}
