//! Scope: whose rows a connection sees. The only way to a connection is to name one.

use std::time::Duration;

use registry_core::access::Reach;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::TenantId;
use registry_core::store::{EventSignal, Operation, StoreError, StoreMeter};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};
use tokio_util::task::AbortOnDropHandle;

use crate::audit;
use crate::error::Failure;
use crate::event::Node;
use crate::pool;

/// How often a connection that turns out to be dead is replaced before that is an error: as often as a pool
/// of the largest size may hold dead ones after the database was started again.
const MAX_DEAD_CONNECTIONS: u32 = 51;

/// Whose rows row-level security shows: the value of the setting `mcp_registry.tenant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The tenant's own, and servers that are shared.
    Tenant(TenantId),
    /// Every row.
    All,
}

impl Scope {
    /// The narrowest that holds all of these tenants; a global record (`None`) is nobody's own.
    pub(crate) fn of<const N: usize>(tenants: [Option<TenantId>; N]) -> Self {
        match tenants.first() {
            Some(Some(first)) if tenants.iter().all(|tenant| *tenant == Some(*first)) => Self::Tenant(*first),
            _ => Self::All,
        }
    }

    fn setting(self) -> String {
        match self {
            Self::Tenant(id) => id.to_string(),
            Self::All => "*".to_owned(),
        }
    }
}

impl From<Reach> for Scope {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Tenant(id) => Self::Tenant(id),
            Reach::AllTenants => Self::All,
        }
    }
}

/// The pool, behind the scope. It hands out no connection whose scope was not set for this very use, so what
/// a connection still has from its last use shows nothing to anybody.
#[derive(Debug)]
pub(crate) struct Database {
    pool: PgPool,
    operation_timeout: Duration,
    node: Node,
    meter: StoreMeter,
    _watch: AbortOnDropHandle<()>,
}

impl Database {
    pub(crate) fn new(pool: PgPool, operation_timeout: Duration, node: Node) -> Self {
        let watch = pool::watch(pool.clone());
        Self { pool, operation_timeout, node, meter: StoreMeter::new("postgres"), _watch: watch }
    }

    /// This process among those that share the database.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Does what only reads, in bounded time.
    pub(crate) async fn reading<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, StoreError> {
        self.meter.time(Operation::Read, self.bounded(operation)).await
    }

    /// Does what changes something, in bounded time.
    pub(crate) async fn writing<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, StoreError> {
        self.meter.time(Operation::Write, self.bounded(operation)).await
    }

    /// Bounds the whole of an operation: the database's own time-outs are of no use when it is out of reach.
    async fn bounded<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.operation_timeout, operation).await {
            Ok(result) => result.map_err(|failure| failure.0),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
    }

    /// A connection for statements that only read, each in a transaction of its own.
    pub(crate) async fn read(&self, scope: Scope) -> Result<PoolConnection<Postgres>, Failure> {
        const SET: &str = "SELECT set_config('mcp_registry.tenant', $1, false)";
        let mut dead = 0;
        loop {
            let mut connection = self.pool.acquire().await?;
            match sqlx::query(SET)
                .bind(scope.setting())
                .execute(&mut *connection)
                .await
                .map_err(Failure::from)
            {
                Ok(_) => return Ok(connection),
                Err(failure) if failure.is_of_connection() && dead < MAX_DEAD_CONNECTIONS => dead += 1,
                Err(failure) => return Err(failure),
            }
            connection.close_on_drop();
        }
    }

    /// A transaction for a write.
    pub(crate) async fn write(&self, scope: Scope) -> Result<Write, Failure> {
        // One message to the server; the setting is a UUID or a star.
        let begin = format!("BEGIN; SET LOCAL mcp_registry.tenant = '{}'", scope.setting());
        let mut dead = 0;
        loop {
            match self.pool.begin_with(AssertSqlSafe(begin.clone())).await {
                Ok(transaction) => return Ok(Write { transaction, node: self.node.clone() }),
                Err(error @ (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)) => {
                    return Err(error.into());
                }
                Err(error) => {
                    let failure = Failure::from(error);
                    if !failure.is_of_connection() || dead >= MAX_DEAD_CONNECTIONS {
                        return Err(failure);
                    }
                    dead += 1;
                }
            }
        }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A write that is not committed yet; dropping it undoes it.
#[must_use = "a write that is not committed did not happen"]
pub(crate) struct Write {
    transaction: Transaction<'static, Postgres>,
    node: Node,
}

impl Write {
    /// The connection, to change records.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Sees every tenant's rows from here on: for a last look at all of them.
    pub(crate) async fn widen(&mut self) -> Result<(), Failure> {
        sqlx::query("SET LOCAL mcp_registry.tenant = '*'").execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Numbers and stores the entry of the change and commits both. Last, so that the lock on the tenant's
    /// chain, which all of its writers wait for, is short, and always taken after all other locks.
    pub(crate) async fn commit(self, event: AuditEvent) -> Result<(), Failure> {
        self.commit_all(vec![event]).await
    }

    /// As [`commit`](Self::commit), for a change that has several entries, or none because it is only of what was
    /// measured. Chains are locked in one order, whatever the order of the events.
    pub(crate) async fn commit_all(mut self, mut events: Vec<AuditEvent>) -> Result<(), Failure> {
        let signal = (!events.is_empty()).then(|| self.node.signal.clone());
        events.sort_by_key(|event| event.tenant_id);
        for event in events {
            audit::append(&mut self.transaction, event, self.node.id).await?;
        }
        self.commit_unaudited().await?;
        signal.iter().for_each(EventSignal::raise);
        Ok(())
    }

    /// Commits what is no change of a record: what was measured and counted.
    pub(crate) async fn commit_unaudited(self) -> Result<(), Failure> {
        Ok(self.transaction.commit().await?)
    }
}
