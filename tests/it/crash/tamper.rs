//! Somebody changes the audit log behind the service's back: `audit verify` names the tenant and the entry
//! (THREATS U2).

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sled::{Db, Tree};
use tempfile::TempDir;

use super::service::{Launch, Service};
use super::work::{Writer, ask};

/// How many changes are made before somebody tampers.
const CHANGES: usize = 20;
/// The entry that is tampered with.
pub(crate) const ENTRY: u64 = 9;

/// An audit log of many entries, of one tenant.
pub(crate) struct Log {
    pub(crate) tenant: String,
    /// The last entry's number.
    pub(crate) last: u64,
}

impl Log {
    /// Has the service make one.
    pub(crate) async fn make(service: &Service) -> Self {
        let mut writer = Writer::team(11).swap_remove(0);
        for _ in 0..CHANGES {
            let step = writer.next();
            let answer = ask(&service.api, &step).await.expect("an answer");
            assert!((200..300).contains(&answer.status), "{step:?}: {answer:?}");
            writer.ledger.acknowledge(&step, &answer.body);
        }
        let newest = service.api.get("/api/audit-logs?limit=1").await.body["entries"][0].take();
        let tenant = newest["tenantId"].as_str().unwrap_or_default().to_owned();
        Self { tenant, last: newest["seq"].as_u64().unwrap_or_default() }
    }

    /// Whether the command failed and named this entry of the tenant.
    pub(crate) fn names(&self, output: &Output, entry: u64) -> bool {
        let named = format!("tenant {} is broken at entry {entry}:", self.tenant);
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains(&named)
    }
}

/// Gives the store the chain of a second, later tenant, which is whole: the command is not to be content with that.
pub(crate) async fn add_chain(launch: &Launch) {
    let made = launch.run(&["keys", "create", "--tenant", "other"]).await;
    assert!(made.status.success(), "keys create: {made:?}");
}

/// The trees of a store that is closed.
struct Opened {
    db: Db,
    entries: Tree,
    heads: Tree,
    tenant: Vec<u8>,
}

impl Opened {
    fn open(data: &Path) -> Self {
        let db = sled::Config::new().path(data.join("store")).open().expect("the store opens");
        let [entries, heads] = ["audit", "audit_head"].map(|name| {
            assert!(db.tree_names().contains(&name.into()), "there is a tree {name}");
            db.open_tree(name).expect("a tree")
        });
        let tenant = heads.iter().keys().next().expect("a chain").expect("its tenant").to_vec();
        Self { db, entries, heads, tenant }
    }

    fn key(&self, entry: u64) -> Vec<u8> {
        [self.tenant.as_slice(), &entry.to_be_bytes()].concat()
    }

    fn entry(&self, entry: u64) -> Vec<u8> {
        self.entries.get(self.key(entry)).expect("the tree can be read").expect("an entry").to_vec()
    }

    fn put(&self, entry: u64, value: Vec<u8>) {
        self.entries.insert(self.key(entry), value).expect("the entry is written");
    }

    fn remove(&self, entry: u64) {
        self.entries.remove(self.key(entry)).expect("the tree can be written").expect("an entry");
    }

    fn swap(&self, entry: u64, other: u64) {
        let (value, other_value) = (self.entry(entry), self.entry(other));
        self.put(entry, other_value);
        self.put(other, value);
    }

    fn close(self) {
        self.db.flush().expect("the store is written");
    }
}

/// Changes a copy of the store, and wants the command to name this entry.
async fn assert_found(data: &Path, log: &Log, entry: u64, what: &str, tamper: impl FnOnce(&Opened)) {
    let copy = TempDir::new().expect("a folder");
    let folder = copy.path().join("data");
    copy_tree(data, &folder);
    let store = Opened::open(&folder);
    tamper(&store);
    store.close();
    let output = Launch::sled(&folder).run(&["audit", "verify"]).await;
    assert!(log.names(&output, entry), "{what}: entry {entry} of {} is not named: {output:?}", log.tenant);
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_names_the_entry_that_was_tampered_with_on_sled() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let service = Launch::sled(&data).serve().await;
    let log = Log::make(&service).await;
    assert!(service.stop().await.success(), "the service stops cleanly");
    add_chain(&Launch::sled(&data)).await;
    let last = log.last;

    assert_found(&data, &log, ENTRY, "an entry is gone", |store| store.remove(ENTRY)).await;
    assert_found(&data, &log, 1, "the first entry is gone", |store| store.remove(1)).await;
    assert_found(&data, &log, ENTRY, "two are swapped", |store| store.swap(ENTRY, ENTRY + 1)).await;
    assert_found(&data, &log, last, "the last is gone", |store| store.remove(last)).await;
    assert_found(&data, &log, last - 2, "the end is cut off", |store| {
        (last - 2..=last).for_each(|entry| store.remove(entry));
    })
    .await;
    assert_found(&data, &log, ENTRY + 1, "an entry is hashed anew", |store| {
        store.put(ENTRY, hashed_anew(&store.entry(ENTRY)));
    })
    .await;
}

/// Every sixteenth byte of an entry, and each byte is of a number, a hash, a name or a value.
#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_names_the_entry_of_which_one_byte_was_changed_on_sled() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let service = Launch::sled(&data).serve().await;
    let log = Log::make(&service).await;
    assert!(service.stop().await.success(), "the service stops cleanly");
    add_chain(&Launch::sled(&data)).await;
    let store = Opened::open(&data);
    let length = store.entry(ENTRY).len();
    store.close();
    for position in (0..length).step_by(16) {
        let what = format!("byte {position} of {length} is changed");
        assert_found(&data, &log, ENTRY, &what, |store| {
            let mut value = store.entry(ENTRY);
            value[position] ^= 1;
            store.put(ENTRY, value);
        })
        .await;
    }
}

/// Without the head that is kept apart from the entries, a cut at the end could not be told.
#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_names_the_chain_whose_head_was_removed_on_sled() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let service = Launch::sled(&data).serve().await;
    let log = Log::make(&service).await;
    assert!(service.stop().await.success(), "the service stops cleanly");
    add_chain(&Launch::sled(&data)).await;
    assert_found(&data, &log, 1, "the head is gone", |store| {
        store.heads.remove(&store.tenant).expect("the tree can be written").expect("a head");
    })
    .await;
}

/// The entry with another actor and a hash that fits, as somebody would write it who knows the format.
fn hashed_anew(entry: &[u8]) -> Vec<u8> {
    let entry: registry_core::model::audit::AuditEntry = serde_json::from_slice(entry).expect("an entry");
    let mut event = entry.event;
    event.metadata.insert("name".to_owned(), Value::from("another"));
    let hash = registry_core::chain::hash(entry.seq, &entry.previous_hash, &event).expect("a hash");
    let entry = registry_core::model::audit::AuditEntry { hash, event, ..entry };
    serde_json::to_vec(&entry).expect("an entry")
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy_tree(&from, &to),
            false => drop(std::fs::copy(&from, &to).expect("a file is copied")),
        }
    }
}
