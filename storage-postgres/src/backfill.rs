//! Backfill: what migrations leave to be computed, because SQL cannot.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::error::Failure;
use crate::user_row::search_text_of;

/// How many rows are computed in one transaction.
const BATCH: i64 = 1_000;

/// A user's id, name key, display name and e-mail address.
type Names = (Uuid, String, Option<String>, Option<String>);

/// Computes the search texts of users who were stored before there were any.
pub(crate) async fn search_texts(pool: &PgPool) -> Result<(), Failure> {
    loop {
        let mut transaction = pool.begin().await?;
        sqlx::query("SET LOCAL mcp_registry.tenant = '*'").execute(&mut *transaction).await?;
        let users = lock(&mut transaction).await?;
        if users.is_empty() {
            return Ok(());
        }
        fill(&mut transaction, &users).await?;
        transaction.commit().await?;
    }
}

/// Locks the next users, in one order: processes that start together do not wait for each other in a circle.
async fn lock(connection: &mut PgConnection) -> Result<Vec<Names>, Failure> {
    const LOCK: &str = "SELECT id, name_key, display_name, email FROM app_user WHERE search_text IS NULL
        ORDER BY id LIMIT $1 FOR NO KEY UPDATE";
    Ok(sqlx::query_as(LOCK).bind(BATCH).fetch_all(connection).await?)
}

async fn fill(connection: &mut PgConnection, users: &[Names]) -> Result<(), Failure> {
    const FILL: &str = "UPDATE app_user u SET search_text = b.search_text
        FROM unnest($1::uuid[], $2::text[]) AS b (id, search_text) WHERE u.id = b.id";
    let ids: Vec<_> = users.iter().map(|(id, ..)| *id).collect();
    let texts: Vec<_> = users
        .iter()
        .map(|(_, name_key, display_name, email)| {
            search_text_of(name_key, [display_name.as_deref(), email.as_deref()])
        })
        .collect();
    sqlx::query(FILL).bind(ids).bind(texts).execute(connection).await?;
    Ok(())
}
