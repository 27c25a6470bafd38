//! Storage of sessions.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{SessionId, TenantId, UserId};
use registry_core::model::session::{EndedSessions, Session, SessionDigest, SessionHolder, SignInMethod};
use registry_core::store::{SessionStore, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::Columns;
use crate::scope::Scope;
use crate::tenant_row::{tenant, tenant_columns};
use crate::user_row::{user, user_columns};

/// What [`session`] reads, of a table `s`.
macro_rules! session_columns {
    () => {
        "s.id, s.digest, s.tenant_id, s.user_id, s.method, s.ip_address, s.user_agent, s.created_at,
        s.last_seen_at, s.expires_at"
    };
}

#[async_trait]
impl SessionStore for PostgresStore {
    async fn create_session(&self, session: &Session, audit: AuditEvent) -> Result<(), StoreError> {
        let scope = Scope::of([Some(session.tenant_id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                hold_user(write.connection(), session).await?;
                insert(write.connection(), session).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn session_by_digest(&self, digest: &SessionDigest) -> Result<Option<SessionHolder>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            session_columns!(),
            ", ",
            user_columns!(),
            ", ",
            tenant_columns!(),
            " FROM session s JOIN app_user u ON u.id = s.user_id JOIN tenant t ON t.id = s.tenant_id
            WHERE s.digest = $1"
        );
        self.database
            .reading(async {
                // The digest proves the tenant; before it is found there is none to narrow the scope to.
                let mut connection = self.database.read(Scope::All).await?;
                let row = sqlx::query(SELECT).bind(&digest.0[..]).fetch_optional(&mut *connection).await?;
                row.as_ref().map(holder).transpose()
            })
            .await
    }

    async fn sessions(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            session_columns!(),
            " FROM session s WHERE s.tenant_id = $1 AND s.user_id = $2 ORDER BY s.created_at DESC, s.id DESC"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(user_id.0);
                let rows = select.fetch_all(&mut *connection).await?;
                rows.iter().map(|row| session(&mut Columns::from(row, 0))).collect()
            })
            .await
    }

    async fn touch_session(&self, digest: &SessionDigest, at: Timestamp) -> Result<(), StoreError> {
        const TOUCH: &str = "UPDATE session SET last_seen_at = $2 WHERE digest = $1 AND last_seen_at < $2";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let touch = sqlx::query(TOUCH).bind(&digest.0[..]).bind(at);
                touch.execute(write.connection()).await?;
                write.commit_unaudited().await
            })
            .await
    }

    async fn end_sessions(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        which: EndedSessions,
        audit: AuditEvent,
    ) -> Result<u64, StoreError> {
        let scope = Scope::of([Some(tenant_id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                let ended = end(write.connection(), tenant_id, user_id, which).await?;
                if ended > 0 {
                    write.commit(audit).await?;
                }
                Ok(ended)
            })
            .await
    }

    async fn prune_sessions(&self, now: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError> {
        const PRUNE: &str = "DELETE FROM session WHERE expires_at <= $1 OR last_seen_at < $2";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let prune = sqlx::query(PRUNE).bind(now).bind(seen_before);
                let pruned = prune.execute(write.connection()).await?.rows_affected();
                write.commit_unaudited().await?;
                Ok(pruned)
            })
            .await
    }
}

/// Waits for a change of the user that is under way, and lets none begin before the session is there. So either the change
/// ends the session, or whoever reads the user afterwards sees the change.
async fn hold_user(connection: &mut PgConnection, session: &Session) -> Result<(), Failure> {
    const HOLD: &str = "SELECT FROM app_user WHERE id = $1 AND tenant_id = $2 FOR SHARE";
    let hold = sqlx::query(HOLD).bind(session.user_id.0).bind(session.tenant_id.0);
    hold.execute(connection).await?;
    Ok(())
}

async fn insert(connection: &mut PgConnection, session: &Session) -> Result<(), Failure> {
    const INSERT: &str = "INSERT INTO session
        (id, digest, tenant_id, user_id, method, ip_address, user_agent, created_at, last_seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let insert = sqlx::query(INSERT)
        .bind(session.id.0)
        .bind(&session.digest.0[..])
        .bind(session.tenant_id.0)
        .bind(session.user_id.0)
        .bind(session.method.as_str())
        .bind(session.ip_address.map(|address| address.to_string()))
        .bind(&session.user_agent)
        .bind(session.created_at)
        .bind(session.last_seen_at)
        .bind(session.expires_at);
    insert.execute(connection).await?;
    Ok(())
}

/// Ends sessions of a user; how many.
pub(crate) async fn end(
    connection: &mut PgConnection,
    tenant_id: TenantId,
    user_id: UserId,
    which: EndedSessions,
) -> Result<u64, Failure> {
    const END: &str = "DELETE FROM session WHERE tenant_id = $1 AND user_id = $2
        AND ($3::uuid IS NULL OR id = $3) AND ($4::uuid IS NULL OR id <> $4)";
    let (only, but) = match which {
        EndedSessions::All => (None, None),
        EndedSessions::One(id) => (Some(id.0), None),
        EndedSessions::AllBut(id) => (None, Some(id.0)),
    };
    let end = sqlx::query(END).bind(tenant_id.0).bind(user_id.0).bind(only).bind(but);
    Ok(end.execute(connection).await?.rows_affected())
}

fn session(columns: &mut Columns<'_>) -> Result<Session, Failure> {
    Ok(Session {
        id: columns.id(SessionId)?,
        digest: SessionDigest(columns.hash()?),
        tenant_id: columns.id(TenantId)?,
        user_id: columns.id(UserId)?,
        method: columns.parsed(SignInMethod::parse)?,
        ip_address: columns.address_opt()?,
        user_agent: columns.take()?,
        created_at: columns.take()?,
        last_seen_at: columns.take()?,
        expires_at: columns.take()?,
    })
}

fn holder(row: &PgRow) -> Result<SessionHolder, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(SessionHolder {
        session: session(&mut columns)?,
        user: user(&mut columns)?,
        tenant: tenant(&mut columns)?,
    })
}
