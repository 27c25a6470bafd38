//! A store of an older format is brought to the present one when it is opened, also if that was interrupted before.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use registry_core::access::Reach;
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::{AuditEvent, EventType};
use registry_core::model::id::TenantId;
use registry_core::model::key::ApiKey;
use registry_core::model::role::Role;
use registry_core::model::server::Server;
use registry_core::model::tenant::Tenant;
use registry_core::model::usage::{Usage, UsageSubject};
use registry_core::model::user::{User, UserQuery};
use registry_core::store::{
    KeyStore, ServerStore, Store, StoreError, TenantStore, UsageStore, UserStore, WatchStore,
};
use serde_json::{Value, json};
use storage_sled::{FORMAT, SledStore};

/// Values by tree and key.
type Trees = BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>;

/// The trees that format 1 has.
const OF_FORMAT_1: [&str; 24] = [
    "meta",
    "home",
    "tenant",
    "tenant_name",
    "user",
    "user_name",
    "server",
    "server_health",
    "server_row",
    "server_slug",
    "server_public",
    "key",
    "key_digest",
    "key_time",
    "key_all",
    "key_ref",
    "check",
    "audit",
    "audit_head",
    "audit_time",
    "audit_all",
    "usage",
    "total",
    "part",
];

const DEFAULT_TREE: &str = "__sled__default";
/// The fields of its records.
const TENANT_FIELDS: &[&str] = &["id", "name", "created_at"];
const USER_FIELDS: &[&str] =
    &["id", "tenant_id", "role", "username", "display_name", "disabled", "created_at"];

fn event(clock: &SampleClock, tenant: TenantId) -> AuditEvent {
    sample::event(clock, tenant, EventType::UserCreated, None)
}

struct People {
    tenants: Vec<Tenant>,
    users: Vec<User>,
    servers: Vec<Server>,
}

/// Two tenants, each with an owner of a server and of a global one, an administrator, and a disabled one.
async fn populate(path: &Path) -> People {
    let (store, clock) = (SledStore::open(path).unwrap(), SampleClock::default());
    let mut people = People { tenants: Vec::new(), users: Vec::new(), servers: Vec::new() };
    for name in ["Acme", "Globex"] {
        let tenant = sample::tenant(&clock, name);
        store.create_tenant(&tenant, event(&clock, tenant.id)).await.unwrap();
        let owner = sample::user(&clock, &tenant, "Ada");
        let admin = User { role: Role::Admin, ..sample::user(&clock, &tenant, "Root") };
        let disabled = User { disabled: true, role: Role::Admin, ..sample::user(&clock, &tenant, "Old") };
        for user in [owner.clone(), admin, disabled] {
            store.create_user(&user, None, event(&clock, tenant.id)).await.unwrap();
            people.users.push(user);
        }
        for (name, tenant_id) in [("own", Some(tenant.id)), (name, None)] {
            let server = Server { tenant_id, ..sample::server(&clock, &owner, name) };
            let key = sample::key(&clock, &owner, name);
            store.create_server(&server, Some(&key), event(&clock, tenant.id)).await.unwrap();
            people.servers.push(server);
        }
        people.tenants.push(tenant);
    }
    store.close().await.unwrap();
    people
}

/// All that is in the folder, but for live events: no upgrade makes up those that were not told.
fn dump(path: &Path) -> Trees {
    let db = sled::open(path).unwrap();
    let mut trees = Trees::new();
    for name in db.tree_names() {
        let pairs = db.open_tree(&name).unwrap().iter().map(Result::unwrap);
        let pairs: BTreeMap<_, _> = pairs.map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
        trees.insert(String::from_utf8(name.to_vec()).unwrap(), pairs);
    }
    trees.get_mut("event").into_iter().for_each(BTreeMap::clear);
    trees
}

/// Makes a folder that holds this.
fn restore(trees: &Trees) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let db = sled::open(folder.path()).unwrap();
    for (name, pairs) in trees {
        let tree = db.open_tree(name).unwrap();
        for (key, value) in pairs {
            tree.insert(key, value.as_slice()).unwrap();
        }
    }
    db.flush().unwrap();
    drop(db);
    folder
}

/// The same as a store of format 1 has it.
fn downgraded(trees: &Trees) -> Trees {
    let names = trees["user_by_name"].iter().map(|(key, row)| (key.clone(), row[16..32].to_vec()));
    let mut old = trees.clone();
    old.retain(|name, _| OF_FORMAT_1.contains(&name.as_str()) || name == DEFAULT_TREE);
    old.insert("user_name".to_owned(), names.collect());
    old.get_mut("meta").unwrap().insert(b"format".to_vec(), 1_u32.to_be_bytes().to_vec());
    old.get_mut("total").unwrap().remove(&[&[0; 16][..], b"user"].concat()).unwrap();
    for (tree, fields) in [("tenant", TENANT_FIELDS), ("user", USER_FIELDS)] {
        for record in old.get_mut(tree).unwrap().values_mut() {
            let mut fields_of: serde_json::Map<String, Value> = serde_json::from_slice(record).unwrap();
            fields_of.retain(|name, _| fields.contains(&name.as_str()));
            assert_eq!(fields_of.len(), fields.len());
            *record = serde_json::to_vec(&fields_of).unwrap();
        }
    }
    old
}

/// Fails unless both have the same, the order of a record's fields aside.
fn assert_same(left: &Trees, right: &Trees) {
    assert!(left.keys().eq(right.keys()), "{:?} {:?}", left.keys(), right.keys());
    for (name, pairs) in left {
        assert!(pairs.keys().eq(right[name].keys()), "{name}");
        for (key, value) in pairs {
            let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_else(|_| json!(bytes));
            let (left, right): (Value, Value) = (json(value), json(&right[name][key]));
            assert_eq!(left, right, "{name} {key:?}");
        }
    }
}

/// Opens and closes the store in a folder that holds this; what it holds then.
async fn opened(trees: &Trees) -> Trees {
    let folder = restore(trees);
    SledStore::open(folder.path()).unwrap().close().await.unwrap();
    dump(folder.path())
}

#[tokio::test]
async fn a_store_of_format_1_becomes_what_the_present_one_would_have_made() {
    let folder = tempfile::tempdir().unwrap();
    populate(folder.path()).await;
    let present = dump(folder.path());
    let old = downgraded(&present);
    assert!(old["server"].len() == 4 && old["user_name"].len() == 6 && !old.contains_key("user_all"));
    assert_eq!(present["meta"][&b"format"[..]], FORMAT.to_be_bytes());
    let upgraded = opened(&old).await;
    assert_same(&upgraded, &present);
    assert_same(&opened(&upgraded).await, &present);
}

#[tokio::test]
async fn an_upgrade_that_was_interrupted_anywhere_is_finished_by_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    populate(folder.path()).await;
    let present = dump(folder.path());
    let old = downgraded(&present);
    for seed in 0..8_usize {
        let mut torn = old.clone();
        // Some of what the upgrade writes is there, and rows of what the older version removed since.
        for (name, pairs) in present.iter().filter(|(name, _)| *name != "meta") {
            let tree = torn.entry(name.clone()).or_default();
            let some = pairs.iter().enumerate().filter(|(at, _)| (at * 7 + seed * 3 + name.len()) % 8 < seed);
            tree.extend(some.map(|(_, (key, value))| (key.clone(), value.clone())));
        }
        for (name, length) in [("admin", 32), ("server_ref", 48), ("user_by_name", 20), ("user_all", 20)] {
            torn.get_mut(name).unwrap().insert(vec![9; length], vec![9; 40]);
        }
        assert_same(&opened(&torn).await, &present);
    }
    // Interrupted after the format was written, before the old tree was gone.
    let mut late = present.clone();
    late.insert("user_name".to_owned(), old["user_name"].clone());
    assert_same(&opened(&late).await, &present);
}

#[tokio::test]
async fn an_upgraded_store_reads_lists_and_guards_what_the_old_one_held() {
    let folder = tempfile::tempdir().unwrap();
    let people = populate(folder.path()).await;
    let folder = restore(&downgraded(&dump(folder.path())));
    let (store, clock) = (SledStore::open(folder.path()).unwrap(), SampleClock::default());
    for tenant in &people.tenants {
        assert_eq!(store.tenant(tenant.id).await.unwrap().as_ref(), Some(tenant));
    }
    for server in &people.servers {
        assert_eq!(store.server(Reach::AllTenants, server.id).await.unwrap().as_ref(), Some(server));
    }
    let all = store.users(&UserQuery::new(Reach::AllTenants)).await.unwrap();
    let mut expected = people.users.clone();
    expected.sort_by_key(|user| (user.name_key(), user.tenant_id));
    assert_eq!((all.total, &all.items), (6, &expected));
    let [owner, admin, ..] = &people.users[..] else { panic!("there are six") };
    let named = store.users_named(&owner.name_key(), 10).await.unwrap();
    assert_eq!(
        named.iter().map(|user| user.tenant_id).collect::<Vec<_>>(),
        people.tenants.iter().map(|tenant| tenant.id).collect::<Vec<_>>()
    );
    let delete = |user: &User| {
        let (tenant, id, event) = (user.tenant_id, user.id, event(&clock, user.tenant_id));
        store.delete_user(tenant, id, 1, event)
    };
    assert!(matches!(delete(owner).await, Err(StoreError::InUse(_))));
    delete(admin).await.unwrap();
    assert!(matches!(delete(&people.users[4]).await, Err(StoreError::LastAdmin)));
}

#[tokio::test]
async fn a_store_of_format_1_with_a_damaged_user_is_refused_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    populate(folder.path()).await;
    let mut old = downgraded(&dump(folder.path()));
    old.get_mut("user").unwrap().values_mut().next().unwrap()[1] = b'#';
    let folder = restore(&old);
    let refusal = SledStore::open(folder.path()).unwrap_err().to_string();
    let expected = format!("has format 1 and could not be brought to format {FORMAT}");
    assert!(refusal.contains(&expected), "{refusal}");
    let after = dump(folder.path());
    for tree in ["meta", "user_name", "server", "total"] {
        assert_eq!(after[tree], old[tree], "{tree}");
    }
}

/// The fields that a key and counters of format 2 lack.
const NOT_OF_FORMAT_2: [&str; 5] = ["tools", "errors_by_kind", "bytes_in", "bytes_out", "latencies"];

#[tokio::test]
async fn a_store_of_format_2_is_read_and_called_by_the_present_format() {
    let folder = tempfile::tempdir().unwrap();
    let people = populate(folder.path()).await;
    let mut old = dump(folder.path());
    let key: ApiKey = serde_json::from_slice(old["key"].values().next().unwrap()).unwrap();
    let subject = UsageSubject::Key(key.id);
    let counted = json!({ "requests": 7, "errors": 2, "bytes_transferred": 900, "total_latency_us": 5_000,
        "last_used_at": null, "last_used_ip": null });
    let usage_key = {
        let store = SledStore::open(folder.path()).unwrap();
        store.add_usage(&[(subject, Usage { requests: 1, ..Usage::default() })]).await.unwrap();
        store.close().await.unwrap();
        dump(folder.path())["usage"].keys().next().unwrap().clone()
    };
    old.get_mut("usage").unwrap().insert(usage_key, counted.to_string().into_bytes());
    old.get_mut("meta").unwrap().insert(b"format".to_vec(), 2_u32.to_be_bytes().to_vec());
    for record in old.get_mut("key").unwrap().values_mut() {
        let mut fields: serde_json::Map<String, Value> = serde_json::from_slice(record).unwrap();
        fields.retain(|name, _| !NOT_OF_FORMAT_2.contains(&name.as_str()));
        *record = serde_json::to_vec(&fields).unwrap();
    }
    let folder = restore(&old);
    let store = SledStore::open(folder.path()).unwrap();
    assert_eq!(store.key(Reach::AllTenants, key.id).await.unwrap(), Some(key.clone()));
    let usage = store.usage(Some(people.tenants[0].id), subject).await.unwrap();
    let expected = Usage { requests: 7, errors: 2, bytes_transferred: 900, ..Usage::default() };
    assert_eq!(usage, expected);
    store.close().await.unwrap();
    assert_eq!(dump(folder.path())["meta"][&b"format"[..]], FORMAT.to_be_bytes());
}

#[tokio::test]
async fn servers_of_format_3_are_watched_from_now_on() {
    let folder = tempfile::tempdir().unwrap();
    let people = populate(folder.path()).await;
    let mut old = dump(folder.path());
    old.get_mut("meta").unwrap().insert(b"format".to_vec(), 3_u32.to_be_bytes().to_vec());
    for tree in ["watch", "due"] {
        assert_eq!(old.remove(tree).unwrap().len(), people.servers.len(), "{tree}");
    }
    for record in old.get_mut("server").unwrap().values_mut() {
        let mut fields: serde_json::Map<String, Value> = serde_json::from_slice(record).unwrap();
        fields.remove("depends_on").unwrap();
        fields["health_policy"].as_object_mut().unwrap().remove("degraded_above_ms").unwrap();
        *record = serde_json::to_vec(&fields).unwrap();
    }
    for record in old.get_mut("server_health").unwrap().values_mut() {
        let mut fields: serde_json::Map<String, Value> = serde_json::from_slice(record).unwrap();
        fields.remove("last_deep_at").unwrap();
        *record = serde_json::to_vec(&fields).unwrap();
    }
    let folder = restore(&old);
    let store = SledStore::open(folder.path()).unwrap();
    let now = sample::at_us(1_900_000_000_000_000);
    let mut claimed = store.claim_due(now, now, 10).await.unwrap();
    claimed.sort_by_key(|claim| claim.server.id);
    let mut servers = people.servers.clone();
    servers.sort_by_key(|server| server.id);
    assert_eq!(claimed.into_iter().map(|claim| claim.server).collect::<Vec<_>>(), servers);
}
