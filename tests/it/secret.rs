//! K1: canary secrets appear nowhere: answers, errors, audit, logs, what is on disk.

mod canary;
mod exercise;

use std::fs;
use std::path::Path;

use black_box_tests::{ADMIN_KEY, Binary, Database};

use canary::Canaries;

/// Everything that is in the files of a folder, but the encryption keys themselves.
fn files(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(files(&path));
        } else {
            bytes.extend(fs::read(&path).unwrap());
        }
    }
    bytes
}

/// The log has everything that this service can say of itself.
const LOG: (&str, &str) = (
    "MCP_REGISTRY_LOG",
    "info,mcp_registry=trace,registry_http=trace,registry_core=trace,\
     registry_gateway=trace,storage_sled=trace,storage_postgres=trace,sqlx=debug,poem=trace,rmcp=debug,hyper=debug",
);

#[tokio::test]
async fn no_secret_is_in_answers_logs_or_files_on_sled() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[LOG]);
    let mut canaries = Canaries::default();
    canaries.add("the printed key", &ADMIN_KEY.to_owned());
    let leaks = exercise::everything(&binary, &mut canaries).await;
    let finished = binary.terminate();
    assert!(finished.status.success());
    canaries.assert_absent("the log", finished.stderr.as_bytes());
    let bytes = files(folder.path());
    assert!(
        canary::contains(&bytes, b"Canary bearer"),
        "the files hold the servers in clear, so this looks there"
    );
    canaries.assert_absent("the data folder", &bytes);
    assert!(leaks.is_empty(), "errors repeat a secret:\n{}", leaks.join("\n"));
}

#[tokio::test]
async fn no_secret_is_in_answers_logs_or_tables_on_postgres() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::create().await);
    let url = database.url();
    let binary = Binary::start(folder.path(), &[], &[LOG, ("MCP_REGISTRY_STORE", &url)]);
    let mut canaries = Canaries::default();
    canaries.add("the printed key", &ADMIN_KEY.to_owned());
    let leaks = exercise::everything(&binary, &mut canaries).await;
    let dump = database.dump().await;
    let finished = binary.terminate();
    canaries.assert_absent("the log", finished.stderr.as_bytes());
    assert!(dump.contains("Canary bearer"), "the tables hold the servers in clear, so this looks there");
    canaries.assert_absent("the tables", dump.as_bytes());
    canaries.assert_absent("the data folder", &files(folder.path()));
    database.remove().await;
    assert!(leaks.is_empty(), "errors repeat a secret:\n{}", leaks.join("\n"));
}
