//! A database of its own for each test.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use registry_core::clock::{Clock, SystemClock};
use registry_core::store::Store;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use storage_postgres::{PostgresOptions, PostgresStore};

const VARIABLE: &str = "MCP_REGISTRY_TEST_POSTGRES";

/// Keeps two processes from making the template at once; any number that nobody else uses.
const TEMPLATE_LOCK: i64 = 0x6d63_705f_7465_7374;

/// A migrated, empty database.
pub(crate) struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Copies the template.
    pub(crate) async fn create() -> Self {
        let template = template().await;
        let name = random_name("mcp_test");
        let database = Self { server: server_url(), name };
        database.admin(&format!(r#"CREATE DATABASE "{}" TEMPLATE "{template}""#, database.name)).await;
        database
    }

    /// A database with nothing in it.
    pub(crate) async fn create_empty() -> Self {
        let database = Self { server: server_url(), name: random_name("mcp_test") };
        database.admin(&format!(r#"CREATE DATABASE "{}""#, database.name)).await;
        database
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    /// A store on it.
    pub(crate) async fn store(&self) -> Arc<PostgresStore> {
        let options = PostgresOptions::new(self.url());
        Arc::new(PostgresStore::connect(options).await.expect("the test database answers"))
    }

    /// A connection of a test's own, as the store's role.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.expect("the test database answers")
    }

    /// Removes it, whoever is connected. PostgreSQL refuses while its autovacuum works there.
    pub(crate) async fn remove(self) {
        let statement = format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name);
        let mut connection =
            PgConnection::connect(&self.server).await.expect("the PostgreSQL server answers");
        for _ in 0..50 {
            let drop = sqlx::raw_sql(AssertSqlSafe(statement.clone()));
            if drop.execute(&mut connection).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the database {} does not go away", self.name);
    }

    async fn admin(&self, statement: &str) {
        execute(&self.server, statement).await;
    }
}

fn server_url() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} is not set: it names the PostgreSQL server that the tests use, as a role that may create \
             databases and is no superuser. Run: scripts/postgres -- cargo nextest run -p storage-postgres"
        )
    })
}

/// The database that others are copied from. It is made once for each state of the migrations and stays, so
/// that a test need not run them.
async fn template() -> String {
    let server = server_url();
    let name = format!("mcp_template_{:x}", hash_of_migrations());
    let mut lock = PgConnection::connect(&server).await.expect("the PostgreSQL server answers");
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut lock)
        .await
        .expect("the lock");
    let there = sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name);
    if !there.fetch_one(&mut lock).await.expect("the list of databases") {
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
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the migrations").map(|file| file.expect("a file").path()).collect();
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
    format!("{}/{name}?{query}", &rest[..at])
}

fn random_name(prefix: &str) -> String {
    format!("{prefix}_{}", SystemClock.new_id().simple())
}
