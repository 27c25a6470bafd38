//! Dependencies between servers.

use registry_core::model::dependency::MAX_CHAIN;
use registry_core::model::id::ServerId;
use registry_core::model::server::Server;
use registry_core::store::StoreError;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::error::Failure;
use crate::row::bigint;
use crate::scope::Write;

/// The lock under which dependencies are changed, so that two changes do not close a circle together; any number that
/// nobody else uses.
const LOCK: i64 = 0x6d63_705f_6465_7073;

/// Checks a change of what the server depends on, before it is stored.
pub(crate) async fn change(write: &mut Write, old: &Server, new: &Server) -> Result<(), Failure> {
    const WALK: &str = "WITH RECURSIVE reached (id) AS (SELECT unnest($2::uuid[])
            UNION SELECT unnest(s.depends_on) FROM reached JOIN server s ON s.id = reached.id)
        SELECT count(*), coalesce(bool_or(id = $1), false) FROM (SELECT id FROM reached LIMIT $3) chain";
    if old.depends_on == new.depends_on {
        return Ok(());
    }
    write.widen().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(write.connection()).await?;
    let ids: Vec<_> = new.depends_on.as_slice().iter().map(|id| id.0).collect();
    let limit = bigint(MAX_CHAIN as u64 + 1)?;
    let walk = sqlx::query(WALK).bind(new.id.0).bind(ids).bind(limit).fetch_one(write.connection()).await?;
    if walk.try_get::<bool, _>(1)? || walk.try_get::<i64, _>(0)? == limit {
        return Err(StoreError::DependsOnItself.into());
    }
    Ok(())
}

/// Takes a server that is being removed out of what others depend on.
pub(crate) async fn forget(connection: &mut PgConnection, id: ServerId) -> Result<(), Failure> {
    const FORGET: &str = "UPDATE server SET depends_on = array_remove(depends_on, $1)
        WHERE depends_on @> ARRAY[$1::uuid] AND depends_on <> '{}'";
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    sqlx::query(FORGET).bind(id.0).execute(connection).await?;
    Ok(())
}

/// Those of the servers that depend on an unhealthy one, and on which.
pub(crate) async fn failing(
    connection: &mut PgConnection,
    ids: &[ServerId],
) -> Result<Vec<(ServerId, ServerId)>, Failure> {
    const FAILING: &str = "WITH RECURSIVE needed (root, id) AS (
            SELECT s.id, unnest(s.depends_on) FROM server s WHERE s.id = ANY ($1)
            UNION SELECT needed.root, unnest(s.depends_on) FROM needed JOIN server s ON s.id = needed.id)
        SELECT DISTINCT ON (needed.root) needed.root, needed.id
        FROM needed JOIN server_health h ON h.server_id = needed.id WHERE h.status = 'unhealthy'
        ORDER BY needed.root, needed.id";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(FAILING).bind(ids).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(root, by)| (ServerId(root), ServerId(by))).collect())
}

/// The healthy servers that depend on an unhealthy one. What needs what is read once, from an index of those that need
/// something; from the unhealthy ones on it is followed backwards.
pub(crate) async fn impaired(connection: &mut PgConnection, limit: u32) -> Result<Vec<ServerId>, Failure> {
    const IMPAIRED: &str = "WITH RECURSIVE edge (id, needs) AS MATERIALIZED (
            SELECT s.id, unnest(s.depends_on) FROM server s WHERE s.depends_on <> '{}'),
        impaired (id) AS (
            SELECT edge.id FROM edge JOIN server_health h ON h.server_id = edge.needs WHERE h.status = 'unhealthy'
            UNION SELECT edge.id FROM impaired JOIN edge ON edge.needs = impaired.id)
        SELECT h.server_id FROM impaired JOIN server_health h ON h.server_id = impaired.id
        WHERE h.status = 'healthy' ORDER BY h.server_id LIMIT $1";
    let ids: Vec<Uuid> = sqlx::query_scalar(IMPAIRED).bind(i64::from(limit)).fetch_all(connection).await?;
    Ok(ids.into_iter().map(ServerId).collect())
}
