//! A database for one measurement.

use anyhow::{Context, Result};
use registry_core::clock::{Clock, SystemClock};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use storage_postgres::{PostgresOptions, PostgresStore};

/// As many as the service may be set to at most; more writers than that wait for one another.
const CONNECTIONS: u32 = 40;
/// The tables whose statistics the lists lean on. Autovacuum would see to them within a minute; nobody waits for it.
const TABLES: [&str; 6] = ["server", "server_health", "server_tag", "server_count", "api_key", "audit_entry"];

/// A database of its own, dropped by [`Database::drop_it`].
pub(crate) struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    /// Creates one on the server at this URL.
    pub(crate) async fn create(server: &str) -> Result<Self> {
        let name = format!("mcp_bench_{}", SystemClock.new_id().simple());
        run(server, &format!("CREATE DATABASE {name}")).await?;
        let (rest, _) = server.rsplit_once('/').context("MCP_REGISTRY_TEST_POSTGRES names a database")?;
        Ok(Self { server: server.to_owned(), url: format!("{rest}/{name}"), name })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Connects to it and migrates it.
    pub(crate) async fn store(&self) -> Result<PostgresStore> {
        let options = PostgresOptions { max_connections: CONNECTIONS, ..PostgresOptions::new(&self.url) };
        let store = PostgresStore::connect(options).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// What autovacuum does when it gets there.
    pub(crate) async fn tidy(&self) -> Result<()> {
        for table in TABLES {
            let there = "SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = $1";
            let mut connection = PgConnection::connect(&self.url).await?;
            if sqlx::query(there).bind(table).fetch_optional(&mut connection).await?.is_some() {
                run(&self.url, &format!("VACUUM ANALYZE {table}")).await?;
            }
        }
        Ok(())
    }

    /// Its connections are closed by then. A worker of autovacuum yields to this, but not to a role that would force it.
    pub(crate) async fn drop_it(self) -> Result<()> {
        run(&self.server, &format!("DROP DATABASE {}", self.name)).await
    }
}

async fn run(url: &str, statement: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
    Ok(())
}

/// Version and durability settings of the server, as it tells them.
pub(crate) async fn about(server: &str) -> Result<serde_json::Value> {
    let mut connection = PgConnection::connect(server).await?;
    let mut about = serde_json::Map::new();
    for name in ["server_version", "fsync", "synchronous_commit", "wal_sync_method", "shared_buffers"] {
        let value = sqlx::query("SELECT current_setting($1)").bind(name).fetch_one(&mut connection).await?;
        about.insert(name.to_owned(), value.try_get::<String, _>(0)?.into());
    }
    Ok(about.into())
}
