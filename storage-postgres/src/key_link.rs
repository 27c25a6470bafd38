//! Links of keys to what may be removed before them: their server and their owner.
//!
//! What a key says of either stays for ever. Beside it stands the same with a foreign key, for as long as the
//! other is there: so nobody stores a key for what is being removed, and whoever removes it finds every key.

use registry_core::clock::Timestamp;
use registry_core::model::id::{ApiKeyId, ServerId, UserId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Failure;

/// What goes away. It is locked already.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Link {
    /// A server.
    Server(ServerId),
    /// An owner.
    Owner(UserId),
}

/// Cuts the links of a column. Keys are locked in the order of their ids, whichever of their links is cut.
macro_rules! cut {
    ($column:literal) => {
        concat!(
            "WITH linked AS (
                SELECT id, revoked_at IS NULL AND expires_at > $2
                    AND (unclaimed_until IS NULL OR unclaimed_until > $2) AS active FROM api_key
                WHERE ",
            $column,
            " = $1 ORDER BY id FOR UPDATE),
            cut AS (
                UPDATE api_key k SET ",
            $column,
            " = NULL,
                    revoked_at = CASE WHEN active THEN $2 ELSE revoked_at END,
                    updated_at = CASE WHEN active THEN $2 ELSE updated_at END,
                    revision = CASE WHEN active THEN revision + 1 ELSE revision END
                FROM linked WHERE k.id = linked.id RETURNING k.id, active)
            SELECT id FROM cut WHERE active ORDER BY id"
        )
    };
}

/// Takes a link away from the keys that have it, and revokes those that are active at `now`; answers with
/// them.
pub(crate) async fn cut(
    connection: &mut PgConnection,
    link: Link,
    now: Timestamp,
) -> Result<Vec<ApiKeyId>, Failure> {
    const CUT_SERVER: &str = cut!("live_server_id");
    const CUT_OWNER: &str = cut!("live_owner_id");
    let cut = match link {
        Link::Server(id) => sqlx::query_scalar::<_, Uuid>(CUT_SERVER).bind(id.0),
        Link::Owner(id) => sqlx::query_scalar::<_, Uuid>(CUT_OWNER).bind(id.0),
    };
    Ok(cut.bind(now).fetch_all(connection).await?.into_iter().map(ApiKeyId).collect())
}

/// Revoked keys as the audit log tells of them.
pub(crate) fn revoked_keys(ids: &[ApiKeyId]) -> Value {
    ids.iter().map(ApiKeyId::to_string).collect()
}
