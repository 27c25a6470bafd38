//! Connect: options, the pool, and migrations.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use registry_core::store::StoreError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Row};

use crate::backfill;
use crate::error::Failure;

static MIGRATOR: Migrator = sqlx::migrate!();

/// How long a connection may be used before it is replaced, so that a pool follows a change of address.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long a transaction of ours may wait for us; it never does, unless this process hangs.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// The oldest server version that has all that the migrations use.
const MIN_SERVER_VERSION: i32 = 150_000;

/// Where the database is, and how long anything may take.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The database's URL, as [`new`](Self::new) takes it. It may hold a password, so it is never printed.
    pub url: String,
    /// The most connections: 10 unless changed; up to 50 make sense.
    pub max_connections: u32,
    /// How long to wait for a connection: 5 s unless changed.
    pub acquire_timeout: Duration,
    /// How long one statement may run: 10 s unless changed.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock: 5 s unless changed.
    pub lock_timeout: Duration,
    /// After how long without use a connection is closed: 5 minutes unless changed.
    pub idle_timeout: Duration,
    /// How long a store method may take in all, whatever happens: 15 s unless changed.
    pub operation_timeout: Duration,
}

impl PostgresOptions {
    /// Options for the database at `url` (`postgres://user:password@host:port/database?sslmode=verify-full`).
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5 * 60),
            operation_timeout: Duration::from_secs(15),
        }
    }

    pub(crate) fn parse(&self) -> Result<PgConnectOptions, Failure> {
        let options = PgConnectOptions::from_str(&self.url)?.application_name("mcp-registry");
        Ok(options.options([
            // The lists are made for pages that rest in memory or on an SSD.
            ("random_page_cost", "1.1"),
            // Every statement is made for one plan; planning a list anew costs three times what reading it
            // does.
            ("plan_cache_mode", "force_generic_plan"),
            // Compiling a statement takes longer than any of them.
            ("jit", "off"),
            ("client_min_messages", "warning"),
        ]))
    }

    fn parse_bounded(&self) -> Result<PgConnectOptions, Failure> {
        let millis = |time: Duration| time.as_millis().to_string();
        Ok(self.parse()?.options([
            ("statement_timeout", millis(self.statement_timeout)),
            ("lock_timeout", millis(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", millis(IDLE_IN_TRANSACTION_TIMEOUT)),
        ]))
    }
}

impl fmt::Debug for PostgresOptions {
    /// Without the URL, which holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// Opens the pool with its first connection, and looks at whom it is connected to.
pub(crate) async fn open_pool(options: &PostgresOptions) -> Result<PgPool, StoreError> {
    let open = async {
        let connect = options.parse_bounded()?;
        let pool = pool_options(options).connect_with(connect).await?;
        check_server(&pool).await?;
        Ok::<_, Failure>(pool)
    };
    match tokio::time::timeout(options.operation_timeout, open).await {
        Ok(result) => result.map_err(|failure| failure.0),
        Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
    }
}

fn pool_options(options: &PostgresOptions) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(options.idle_timeout)
        .max_lifetime(MAX_LIFETIME)
        // Setting the scope, the first statement of every use, is the test.
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(assert_durable(connection)))
}

/// A role or database may be set to acknowledge what is not on disk. Stronger settings than `on` stay.
async fn assert_durable(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const ASSERT: &str = "SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
    sqlx::query(ASSERT).persistent(false).execute(connection).await.map(drop)
}

async fn check_server(pool: &PgPool) -> Result<(), Failure> {
    const LOOK: &str =
        "SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'),
        rolsuper OR rolbypassrls, current_setting('fsync') = 'on' FROM pg_roles WHERE rolname = current_user";
    let row = sqlx::query(LOOK).persistent(false).fetch_one(pool).await?;
    let (version, encoding): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    if version < MIN_SERVER_VERSION || encoding != "UTF8" {
        let message =
            format!("it has to be PostgreSQL 15 or later with encoding UTF8, not {version} {encoding}");
        return Err(StoreError::backend(std::io::Error::other(message)).into());
    }
    if row.try_get(2)? {
        tracing::warn!("the database role is a superuser or has BYPASSRLS: row-level security does not hold");
    }
    if !row.try_get::<bool, _>(3)? {
        tracing::warn!("the database runs with fsync off: what it acknowledges may be lost");
    }
    Ok(())
}

/// Applies the migrations that the database lacks, and computes what they cannot.
pub(crate) async fn migrate(options: &PostgresOptions) -> Result<(), StoreError> {
    let run = async {
        let pool = migration_pool(options).await?;
        MIGRATOR.run(&pool).await?;
        backfill::search_texts(&pool).await?;
        pool.close().await;
        Ok::<_, Failure>(())
    };
    run.await.map_err(|failure| failure.0)
}

/// Takes back all migrations after `version`.
pub(crate) async fn revert(options: &PostgresOptions, version: i64) -> Result<(), StoreError> {
    let run = async {
        let pool = migration_pool(options).await?;
        MIGRATOR.undo(&pool, version).await?;
        pool.close().await;
        Ok::<_, Failure>(())
    };
    run.await.map_err(|failure| failure.0)
}

/// A connection of its own, without the time-outs of statements: a migration of much data takes its time.
async fn migration_pool(options: &PostgresOptions) -> Result<PgPool, Failure> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(options.acquire_timeout);
    Ok(pool.connect_with(options.parse()?).await?)
}
