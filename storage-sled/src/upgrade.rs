//! Brings a store of an older format to the present one.
//!
//! Format 3 knew no queue of servers that are to be checked. It is made from the servers; an older version of the program
//! would not keep it in step with them.
//!
//! Format 2 knew no keys that are narrowed to tools. Its records are good as they are; but an older version of the program
//! would let a narrowed key call every tool, and so has to know that it does not know the store.
//!
//! Format 1 knew no changes of tenants and users, and had fewer indexes. Its records get the fields that they lack, and
//! the new trees are filled. All of that an older version of the program passes over; only when it is on disk is the
//! store called by the present format. So whoever stops in between, and for whatever reason, leaves a store of format 1, which the
//! older version still opens; and the next upgrade begins by emptying the trees that it fills.

use registry_core::model::id::UserId;
use registry_core::model::server::Server;
use registry_core::model::user::User;
use registry_core::model::watch::due_after_change;
use registry_core::store::StoreError;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sled::Db;

use crate::codec;
use crate::core::Core;
use crate::disk::Syncer;
use crate::fault;
use crate::open::{FORMAT, FORMAT_KEY};
use crate::plan::Draft;
use crate::record::{self, Read as _};
use crate::table::Table;
use crate::{server, user_change, user_list, watch};

/// The first format with changes of tenants and users.
const TENANTS_CHANGE: u32 = 2;
/// The first format with a queue of servers that are to be checked.
const SERVERS_ARE_WATCHED: u32 = 4;
/// The trees of that queue.
const QUEUE: [Table; 2] = [Table::Watch, Table::Due];
/// The trees that the upgrade from a format before tenants changed fills.
const FILLED: [Table; 4] = [Table::UserName, Table::UserAll, Table::Admin, Table::ServerRef];
/// The tree of format 1 that [`Table::UserName`] replaced.
const OLD_USER_NAME: &str = "user_name";

/// A JSON record.
type Record = Map<String, Value>;

/// The part of a server's record that the upgrade needs.
#[derive(Deserialize)]
struct Owned {
    owner_id: UserId,
}

/// Brings a store of format `found` to the present format, and removes what that no longer has.
pub(crate) fn run(core: &Core, db: &Db, syncer: &mut Syncer, found: u32) -> Result<(), StoreError> {
    if found < FORMAT {
        tracing::info!(found, to = FORMAT, "the data is brought to the present format");
        if found < TENANTS_CHANGE {
            fill(core)?;
            sync(db, syncer)?;
        }
        if found < SERVERS_ARE_WATCHED {
            queue(core)?;
            sync(db, syncer)?;
        }
        let meta = core.view.tables.of(Table::Meta);
        meta.insert(FORMAT_KEY, &FORMAT.to_be_bytes()).map_err(fault::of)?;
        sync(db, syncer)?;
    }
    // It does no harm where it is; the next opening tries again.
    if let Err(error) = db.drop_tree(OLD_USER_NAME) {
        tracing::warn!(%error, "a tree that is not used any more could not be removed");
    }
    Ok(())
}

fn sync(db: &Db, syncer: &mut Syncer) -> Result<(), StoreError> {
    db.flush().map_err(fault::of)?;
    syncer.sync().map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn fill(core: &Core) -> Result<(), StoreError> {
    let tables = &core.view.tables;
    for table in FILLED {
        tables.of(table).clear().map_err(fault::of)?;
    }
    let total = record::total_key(codec::owner(None), user_list::NOUN);
    tables.of(Table::Total).remove(total).map_err(fault::of)?;
    each(core, Table::Tenant, tenant)?;
    each(core, Table::User, user)?;
    each(core, Table::Server, server)
}

/// Puts the servers that are watched into the queue, at their first check after they were registered.
fn queue(core: &Core) -> Result<(), StoreError> {
    for table in QUEUE {
        core.view.tables.of(table).clear().map_err(fault::of)?;
    }
    each(core, Table::Server, |draft, key| {
        let server: Server = draft.indexed(Table::Server, key)?;
        watch::change(draft, key, due_after_change(None, &server))
    })
}

/// Plans and makes the changes for each record of a tree.
fn each(
    core: &Core,
    table: Table,
    plan: impl Fn(&mut Draft<'_>, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for pair in core.view.prefix(table, &[], false) {
        let (key, _) = pair?;
        let mut draft = Draft::new(core);
        plan(&mut draft, &key)?;
        for ((table, key), value) in draft.finish().changes {
            let tree = core.view.tables.of(table);
            match value {
                Some(value) => tree.insert(key, value).map_err(fault::of)?,
                None => tree.remove(key).map_err(fault::of)?,
            };
        }
    }
    Ok(())
}

fn tenant(draft: &mut Draft<'_>, key: &[u8]) -> Result<(), StoreError> {
    let mut record: Record = draft.indexed(Table::Tenant, key)?;
    complete(&mut record, [("disabled", json!(false)), ("requests_per_minute", Value::Null)]);
    draft.put_record(Table::Tenant, key, &record)
}

fn user(draft: &mut Draft<'_>, key: &[u8]) -> Result<(), StoreError> {
    let mut record: Record = draft.indexed(Table::User, key)?;
    complete(&mut record, [("email", Value::Null), ("identities", json!([]))]);
    let user: User = serde_json::from_value(Value::Object(record))
        .map_err(|error| StoreError::Corrupt(format!("a user of format 1: {error}")))?;
    draft.count_up(codec::owner(None), user_list::NOUN)?;
    user_change::replace(draft, None, &user)
}

fn server(draft: &mut Draft<'_>, key: &[u8]) -> Result<(), StoreError> {
    let Owned { owner_id } = draft.indexed(Table::Server, key)?;
    draft.put(Table::ServerRef, server::owner_row(owner_id, key), Vec::new());
    Ok(())
}

/// Adds the fields that a record of format 1 lacks: these, and when and how often it was changed.
fn complete(record: &mut Record, fields: [(&str, Value); 2]) {
    let created = record.get("created_at").cloned().unwrap_or_default();
    let since = [("updated_at", created), ("revision", json!(1))];
    for (name, value) in fields.into_iter().chain(since) {
        record.entry(name).or_insert(value);
    }
}
