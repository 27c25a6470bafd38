//! The same as [`super::tamper`], by SQL.

use tempfile::TempDir;

use super::cluster::Cluster;
use super::service::Launch;
use super::tamper::{ENTRY, Log, add_chain};

/// What was done by which statements, and the entry that is to be named.
fn cases(last: u64) -> Vec<(&'static str, u64, String)> {
    let change = |set: &str| format!("UPDATE audit_entry SET {set} WHERE seq = {ENTRY}");
    let zero_byte = "set_byte(hash, 0, get_byte(hash, 0) # 1)";
    vec![
        ("an action", ENTRY, change("action = CASE action WHEN 'create' THEN 'delete' ELSE 'create' END")),
        ("a type of event", ENTRY, change("event_type = 'tenant_created'")),
        ("a type of no event", ENTRY, change("event_type = 'nothing_known'")),
        ("a result", ENTRY, change("result = 'failure'")),
        ("an actor", ENTRY, change("actor_id = gen_random_uuid()")),
        ("a key", ENTRY, change("api_key_id = NULL")),
        ("a record", ENTRY, change("resource_id = gen_random_uuid()")),
        ("a time", ENTRY, change("occurred_at = occurred_at + interval '1 microsecond'")),
        ("an address", ENTRY, change("ip_address = '192.0.2.1'")),
        ("a client", ENTRY, change("user_agent = 'another'")),
        ("a request", ENTRY, change("request_id = 'another'")),
        ("an id", ENTRY, change("id = gen_random_uuid()")),
        ("metadata", ENTRY, change("metadata = json_build_object('name', 'another')")),
        ("a hash", ENTRY, change(&format!("hash = {zero_byte}"))),
        ("a link", ENTRY, change(&format!("previous_hash = {}", zero_byte.replace("hash", "previous_hash")))),
        ("an entry gone", ENTRY, format!("DELETE FROM audit_entry WHERE seq = {ENTRY}")),
        ("the first gone", 1, of_the_tenant("DELETE FROM audit_entry WHERE seq = 1 AND")),
        ("the last gone", last, format!("DELETE FROM audit_entry WHERE seq = {last}")),
        ("the end cut off", last - 2, format!("DELETE FROM audit_entry WHERE seq >= {}", last - 2)),
        ("two swapped", ENTRY, swap()),
        ("another tenant's", ENTRY, change("tenant_id = gen_random_uuid()")),
        ("the head gone", 1, of_the_tenant("DELETE FROM audit_head WHERE")),
        ("the head back", last - 1, of_the_tenant("UPDATE audit_head SET seq = seq - 1 WHERE")),
    ]
}

/// The other tenant's chain is shorter.
fn of_the_tenant(statement: &str) -> String {
    format!("{statement} tenant_id = (SELECT tenant_id FROM entries WHERE seq = {ENTRY})")
}

fn swap() -> String {
    let other = ENTRY + 1;
    let by_way_of = |from: u64, to: u64| format!("UPDATE audit_entry SET seq = {to} WHERE seq = {from}");
    [by_way_of(ENTRY, 1_000_000), by_way_of(other, ENTRY), by_way_of(1_000_000, other)].join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_names_the_entry_that_was_tampered_with_on_postgres() {
    let folder = TempDir::new().expect("a folder");
    let cluster = Cluster::start().await;
    let launch = Launch::postgres(cluster.url(), &folder.path().join("data"));
    let service = launch.serve().await;
    let log = Log::make(&service).await;
    assert!(service.stop().await.success(), "the service stops cleanly");
    add_chain(&launch).await;
    cluster.tamper("CREATE TABLE entries AS TABLE audit_entry; CREATE TABLE heads AS TABLE audit_head");
    let mut unseen = Vec::new();
    for (what, entry, statements) in cases(log.last) {
        cluster.tamper(&statements);
        let output = launch.run(&["audit", "verify"]).await;
        if !log.names(&output, entry) {
            unseen.push(format!("{what}: entry {entry} is not named: {output:?}"));
        }
        cluster.tamper(
            "TRUNCATE audit_entry, audit_head; INSERT INTO audit_entry TABLE entries; \
             INSERT INTO audit_head TABLE heads",
        );
    }
    assert!(launch.run(&["audit", "verify"]).await.status.success(), "the log is whole again");
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}
