//! A PostgreSQL cluster of the test's own, whose server it may kill. `scripts/postgres` starts the one that tests
//! share; nobody kills that.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use super::service::{PATIENCE, TICK};

/// The role that the service connects as: it owns its database and is no superuser.
const ROLE: &str = "mcp_registry";

/// A cluster. Its folder goes with it.
pub(crate) struct Cluster {
    folder: TempDir,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Makes a cluster with an empty database, and starts its server.
    pub(crate) async fn start() -> Self {
        let folder = TempDir::with_prefix("mcp-registry-crash-").expect("a folder");
        if let Some((user, group)) = owner() {
            chown(folder.path(), Some(user), Some(group)).expect("the folder is given away");
        }
        let port = free_port();
        initialise(folder.path());
        let server = spawn(folder.path(), port);
        let mut cluster = Self { folder, port, server };
        cluster.wait_until_up().await;
        cluster.sql("postgres", &format!("CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS"));
        cluster.sql("postgres", &format!("CREATE DATABASE registry OWNER {ROLE}"));
        cluster
    }

    /// The database's URL.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/registry", self.port)
    }

    /// Kills the server: `kill -9`.
    pub(crate) async fn kill(&mut self) {
        self.server.kill().expect("the server is killed");
        self.server.wait().expect("the server is waited for");
    }

    /// Starts the server again; it recovers by itself.
    pub(crate) async fn restart(&mut self) {
        self.server = spawn(self.folder.path(), self.port);
        self.wait_until_up().await;
    }

    /// Stops every process of the server where it is.
    pub(crate) async fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets them go on.
    pub(crate) async fn go_on(&self) {
        self.signal("-CONT");
    }

    /// The server first, so that it starts no process that is missed.
    fn signal(&self, signal: &str) {
        let server = self.server.id();
        let send = |process: u32| {
            let output = Command::new("kill").args([signal, &process.to_string()]).output();
            output.expect("kill starts").status.success()
        };
        assert!(send(server), "the server gets {signal}");
        let children =
            fs::read_to_string(format!("/proc/{server}/task/{server}/children")).expect("its processes");
        // One that just ended is no matter.
        children.split_whitespace().filter_map(|child| child.parse().ok()).for_each(|child| _ = send(child));
    }

    /// Runs statements in the service's database, as superuser: what somebody with the machine can do.
    pub(crate) fn tamper(&self, statements: &str) {
        self.sql("registry", statements);
    }

    /// Waits until the server takes connections. It does not start before the processes of the one that was killed
    /// noticed and ended: then it is started again.
    async fn wait_until_up(&mut self) {
        let begin = Instant::now();
        while !self.psql("postgres", "SELECT 1").status().expect("psql starts").success() {
            assert!(begin.elapsed() < PATIENCE, "PostgreSQL does not start: {}", self.log());
            if self.server.try_wait().expect("the server can be asked").is_some() {
                self.server = spawn(self.folder.path(), self.port);
            }
            tokio::time::sleep(10 * TICK).await;
        }
    }

    fn sql(&self, database: &str, statements: &str) {
        let output = self.psql(database, statements).stderr(Stdio::piped()).output().expect("psql starts");
        assert!(output.status.success(), "{statements}: {output:?}");
    }

    fn psql(&self, database: &str, statements: &str) -> Command {
        let mut command = Command::new(programs().join("psql"));
        command.arg("--host").arg(self.folder.path()).arg("--port").arg(self.port.to_string());
        command.args(["--username=postgres", "--dbname", database, "--quiet", "--no-psqlrc"]);
        command.args(["--set=ON_ERROR_STOP=1", "--command", statements]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may be dead already. Its processes end when they see that it did, which a stopped one does not.
        if self.server.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal("-CONT");
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Makes the cluster's files. `fsync` is on, as it is unless turned off.
fn initialise(folder: &Path) {
    let mut command = program("initdb", folder);
    command.arg("--pgdata").arg(folder.join("data")).args(["--username=postgres", "--auth=trust"]);
    let output = command.args(["--encoding=UTF8", "--locale=C.UTF-8"]).output().expect("initdb starts");
    assert!(output.status.success(), "initdb: {output:?}");
}

fn spawn(folder: &Path, port: u16) -> Child {
    let log = fs::File::options().create(true).append(true).open(folder.join("server.log")).expect("a log");
    let mut command = program("postgres", folder);
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).arg("-p").arg(port.to_string());
    command.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("postgres starts")
}

/// One of PostgreSQL's programs, which refuse to run as root.
fn program(name: &str, folder: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(programs().join(name));
    command.current_dir(folder).env_remove("PGDATA").env_remove("PGHOST").env_remove("PGPORT");
    if let Some((user, group)) = owner() {
        command.uid(user).gid(group);
    }
    command
}

/// Where they are, found as `scripts/postgres` finds them. Debian keeps them off the path.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path =
        std::env::split_paths(&path).filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin/initdb")).collect();
    versions.sort();
    let found = on_path.chain(versions.into_iter().rev()).find(|initdb| initdb.is_file());
    let found = found.and_then(|initdb| initdb.parent().map(Path::to_owned));
    found.expect("PostgreSQL's programs are installed: scripts/postgres sees to that")
}

/// Whom root lets run them: the user and group ids of `postgres`, else of `nobody`. `None` for others than root.
fn owner() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata("/proc/self").expect("there is /proc").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let ids = |name: &str| {
        let line = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = line.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(ids("postgres").or_else(|| ids("nobody")).expect("there is a user postgres or nobody"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
