//! Health checks.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::health::HealthCheck;
use registry_core::model::health_record::{Conclusion, HealthBefore, HealthRecord};
use registry_core::model::id::ServerId;
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::server::{Server, ServerHealth};
use registry_core::store::{HealthStore, StoreError};

use crate::SledStore;
use crate::codec::{self, ID};
use crate::core::Core;
use crate::page;
use crate::plan::Draft;
use crate::record;
use crate::server;
use crate::table::Table;
use crate::{alert, audit};

fn check_key(check: &HealthCheck) -> Vec<u8> {
    let server = codec::pair(codec::owner(check.tenant_id), check.server_id.0);
    [&server[..], &codec::time(check.performed_at), check.id.0.as_bytes()].concat()
}

/// The noun of the counter of a server's checks.
fn noun(server: &[u8]) -> Vec<u8> {
    [b"check", server].concat()
}

fn record(draft: &mut Draft<'_>, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
    let check = &record.check;
    let owner = codec::owner(check.tenant_id);
    let place = codec::pair(owner, check.server_id.0);
    let Server { health, health_policy, .. } = server::load(draft, &place)?.ok_or(StoreError::Missing)?;
    let Conclusion { health, events, alerts, .. } =
        record.conclude(&HealthBefore { health, policy: health_policy });
    let key = check_key(check);
    if !draft.has(Table::Check, &key)? {
        draft.count_up(owner, &noun(check.server_id.0.as_bytes()))?;
    }
    draft.put_record(Table::Check, &key, check)?;
    draft.put_record(Table::ServerHealth, &place, &health)?;
    for event in events {
        audit::append(draft, event)?;
    }
    alert::take(draft, &alerts)?;
    Ok(health)
}

/// Plans the removal of all checks of the server whose record has this key.
pub(crate) fn remove_all(draft: &mut Draft<'_>, server: &[u8]) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::Check, server)? {
        draft.remove_record(Table::Check, &key)?;
    }
    let (owner, id) = server.split_at(ID);
    draft.remove(Table::Total, [owner, &noun(id)].concat());
    Ok(())
}

fn list(
    core: &Core,
    reach: Reach,
    id: ServerId,
    request: PageRequest,
) -> Result<Page<HealthCheck>, StoreError> {
    let view = &core.view;
    let Some(server) = server::find(view, reach, id)? else {
        return Ok(Page { items: Vec::new(), total: 0, request });
    };
    let owner = codec::owner(server.tenant_id);
    let total = record::total(view, &record::total_key(owner, &noun(id.0.as_bytes())))?;
    let scan = view.prefix(Table::Check, &codec::pair(owner, id.0), true);
    let found = page::counted(scan, request, total)?;
    let items = found.records(view, Table::Check, |(key, _)| Ok(key))?;
    Ok(Page { items, total, request })
}

#[async_trait]
impl HealthStore for SledStore {
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
        let record = record.clone();
        self.write_unaudited(move |draft| self::record(draft, &record)).await
    }

    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        page: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError> {
        self.read(move |core| list(core, reach, server_id, page)).await
    }
}
