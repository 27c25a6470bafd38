//! Dependencies between servers.

use std::collections::BTreeSet;

use registry_core::access::Reach;
use registry_core::model::dependency::{Dependencies, Walk, walk};
use registry_core::model::id::ServerId;
use registry_core::model::server::{HealthStatus, Server, ServerHealth};
use registry_core::store::StoreError;

use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::server;
use crate::table::Table;

/// The row that says that the server whose record has this key depends on `on`.
fn row(on: ServerId, key: &[u8]) -> Vec<u8> {
    [&on.0.as_bytes()[..], key].concat()
}

/// Plans what a change of a server, whose record has this key, means for its dependencies.
pub(crate) fn change(
    draft: &mut Draft<'_>,
    key: &[u8],
    old: Option<&Server>,
    new: &Server,
) -> Result<(), StoreError> {
    if old.map_or(&Dependencies::default(), |old| &old.depends_on) == &new.depends_on {
        return Ok(());
    }
    match walk(&new.depends_on, |id| Ok(id == new.id), |id| on(draft, id))? {
        Walk::Nothing => {}
        Walk::Found(_) | Walk::TooFar => return Err(StoreError::DependsOnItself),
    }
    for gone in old.into_iter().flat_map(|old| old.depends_on.as_slice()) {
        draft.remove(Table::Dependent, row(*gone, key));
    }
    for on in new.depends_on.as_slice() {
        draft.put(Table::Dependent, row(*on, key), Vec::new());
    }
    Ok(())
}

/// Plans that nothing depends on the server any more, whose record has this key and which is being removed.
pub(crate) fn remove(draft: &mut Draft<'_>, key: &[u8], server: &Server) -> Result<(), StoreError> {
    for on in server.depends_on.as_slice() {
        draft.remove(Table::Dependent, row(*on, key));
    }
    for (row, _) in draft.stored(Table::Dependent, server.id.0.as_bytes())? {
        let key = &row[ID..];
        if let Some(dependent) = draft.record::<Server>(Table::Server, key)? {
            let depends_on = dependent.depends_on.clone().without(server.id);
            draft.put_record(Table::Server, key, &Server { depends_on, ..dependent })?;
        }
        draft.remove(Table::Dependent, row.to_vec());
    }
    Ok(())
}

fn find(read: &impl Read, id: ServerId) -> Result<Option<Server>, StoreError> {
    home::find(read, Id::Server(id))?.map_or(Ok(None), |key| server::load(read, &key))
}

fn on(read: &impl Read, id: ServerId) -> Result<Dependencies, StoreError> {
    Ok(find(read, id)?.map(|server| server.depends_on).unwrap_or_default())
}

/// The servers within `reach` that depend on this one.
pub(crate) fn dependents(
    core: &Core,
    reach: Reach,
    id: ServerId,
    limit: u32,
) -> Result<Vec<Server>, StoreError> {
    let mut found = Vec::new();
    for pair in core.view.prefix(Table::Dependent, id.0.as_bytes(), false) {
        let (row, _) = pair?;
        found.extend(server::load(&core.view, &row[ID..])?.filter(|server| reach.sees(server)));
    }
    found.sort_by_key(|server| server.id);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// Those of the servers that depend on an unhealthy one, and on which.
pub(crate) fn failing(core: &Core, ids: &[ServerId]) -> Result<Vec<(ServerId, ServerId)>, StoreError> {
    let is_unhealthy =
        |id| Ok(find(&core.view, id)?.is_some_and(|server| server.health.status == HealthStatus::Unhealthy));
    let mut failing = Vec::new();
    for id in ids {
        if let Walk::Found(by) = walk(&on(&core.view, *id)?, is_unhealthy, |id| on(&core.view, id))? {
            failing.push((*id, by));
        }
    }
    Ok(failing)
}

/// The healthy servers that depend on an unhealthy one, by id: from the unhealthy ones on, the rows are followed backwards.
pub(crate) fn impaired(core: &Core, limit: u32) -> Result<Vec<ServerId>, StoreError> {
    let view = &core.view;
    let mut next = unhealthy(core)?;
    let mut seen = BTreeSet::new();
    while let Some(on) = next.pop() {
        for pair in view.prefix(Table::Dependent, on.0.as_bytes(), false) {
            let (row, _) = pair?;
            let id = ServerId(codec::uuid_at(&row, 2 * ID)?);
            if seen.insert((id, row[ID..].to_vec())) {
                next.push(id);
            }
        }
    }
    let mut impaired = Vec::new();
    for (id, key) in seen {
        if impaired.len() < limit as usize && status(core, &key)? == Some(HealthStatus::Healthy) {
            impaired.push(id);
        }
    }
    Ok(impaired)
}

/// The unhealthy servers that others depend on.
fn unhealthy(core: &Core) -> Result<Vec<ServerId>, StoreError> {
    let mut found = Vec::new();
    let mut last = None;
    for pair in core.view.prefix(Table::Dependent, &[], false) {
        let id = ServerId(codec::uuid_at(&pair?.0, 0)?);
        if last.replace(id) == Some(id) {
            continue;
        }
        let key = home::find(&core.view, Id::Server(id))?;
        if key.map(|key| status(core, &key)).transpose()?.flatten() == Some(HealthStatus::Unhealthy) {
            found.push(id);
        }
    }
    Ok(found)
}

/// What checks said last of the server whose record has this key.
fn status(core: &Core, key: &[u8]) -> Result<Option<HealthStatus>, StoreError> {
    let health = core.view.record::<ServerHealth>(Table::ServerHealth, key)?;
    Ok(health.map(|health| health.status))
}
