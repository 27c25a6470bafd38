//! A PostgreSQL database of a test's own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use registry_core::clock::{Clock, SystemClock};
use registry_core::store::Store;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use storage_postgres::{PostgresOptions, PostgresStore};

const VARIABLE: &str = "MCP_REGISTRY_TEST_POSTGRES";

/// Keeps two processes from making the template at once; any number that nobody else uses.
const TEMPLATE_LOCK: i64 = 0x6d63_705f_6262_7474;

/// A migrated, empty database.
#[derive(Debug)]
pub struct Database {
    name: String,
}

impl Database {
    /// Makes one: a copy of a template, so that a test need not run the migrations.
    pub async fn create() -> Self {
        let (template, name) = (template().await, random_name("mcp_black_box"));
        execute(&server_url(), &format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#)).await;
        Self { name }
    }

    /// One with nothing in it, not even tables.
    pub async fn create_empty() -> Self {
        let name = random_name("mcp_black_box");
        execute(&server_url(), &format!(r#"CREATE DATABASE "{name}""#)).await;
        Self { name }
    }

    /// Its URL, as `--store` takes it.
    pub fn url(&self) -> String {
        with_database(&server_url(), &self.name)
    }

    /// A connection of the test's own, as the store's role.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.expect("the test database answers")
    }

    /// Every row of every table, as text.
    pub async fn dump(&self) -> String {
        let mut connection = self.connect().await;
        // Row-level security shows rows to the service's own role only under this setting.
        let unveil = sqlx::query("SELECT set_config('mcp_registry.tenant', '*', false)");
        unveil.execute(&mut connection).await.expect("the setting");
        let tables = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables \
                      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
        let tables: Vec<String> =
            sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("the list of tables");
        let mut dump = String::new();
        for table in tables {
            let rows = format!("SELECT t::text FROM {table} AS t");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows))
                .fetch_all(&mut connection)
                .await
                .expect("the rows of a table");
            dump.push_str(&format!("== {table}\n{}\n", rows.join("\n")));
        }
        dump
    }

    /// Removes it, whoever is connected. PostgreSQL refuses while its autovacuum works there.
    pub async fn remove(self) {
        let statement = format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name);
        let mut connection =
            PgConnection::connect(&server_url()).await.expect("the PostgreSQL server answers");
        for _ in 0..50 {
            if sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the database {} does not go away", self.name);
    }
}

fn server_url() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} is not set: it names the PostgreSQL server that the tests use, as a role that may create \
             databases and is no superuser. Run: scripts/postgres -- cargo nextest run -p black-box-tests"
        )
    })
}

/// The database that others are copied from, made once for each state of the migrations.
async fn template() -> String {
    let server = server_url();
    let name = format!("mcp_black_box_{:x}", hash_of_migrations());
    let mut lock = PgConnection::connect(&server).await.expect("the PostgreSQL server answers");
    let locked = sqlx::query("SELECT pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut lock).await;
    locked.expect("the lock");
    let there = sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
    if !there.bind(&name).fetch_one(&mut lock).await.expect("the list of databases") {
        make_template(&server, &name).await;
    }
    lock.close().await.expect("the connection closes");
    name
}

async fn make_template(server: &str, name: &str) {
    let unfinished = random_name("mcp_template");
    execute(server, &format!(r#"CREATE DATABASE "{unfinished}""#)).await;
    let store = PostgresStore::connect(PostgresOptions::new(with_database(server, &unfinished))).await;
    let store = store.expect("the template answers");
    store.migrate().await.expect("the template is migrated");
    Store::close(&store).await.expect("the template is closed");
    execute(server, &format!(r#"ALTER DATABASE "{unfinished}" RENAME TO "{name}""#)).await;
}

fn hash_of_migrations() -> u64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../storage-postgres/migrations");
    let files = std::fs::read_dir(folder).expect("the migrations");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        (file.file_name(), std::fs::read(&file).expect("a migration")).hash(&mut hasher);
    }
    hasher.finish()
}

async fn execute(url: &str, statement: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the PostgreSQL server answers");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect(statement);
    connection.close().await.expect("the connection closes");
}

fn with_database(server: &str, name: &str) -> String {
    let (rest, query) = server.split_once('?').map_or((server, ""), |(rest, query)| (rest, query));
    let at = rest.rfind('/').expect("the URL names a database");
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{}/{name}{query}", &rest[..at])
}

fn random_name(prefix: &str) -> String {
    format!("{prefix}_{}", SystemClock.new_id().simple())
}
