//! Sessions.
//!
//! Two trees by time say which sessions are over, so that pruning reads no others. A use moves the session's row in one
//! of them.

use std::cmp::Reverse;

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::session::{EndedSessions, Session, SessionDigest, SessionHolder};
use registry_core::model::tenant::Tenant;
use registry_core::model::user::User;
use registry_core::store::{SessionStore, StoreError, UniqueField};

use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::{self, Id};
use crate::page::Rows;
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, audit};

/// How many rows of each tree by time one write prunes at most, so that no other write waits for long.
const PRUNED_AT_ONCE: usize = 500;
/// The bytes of a row by time before the session's key.
const TIME: usize = 8;

fn user_key(tenant: TenantId, user: UserId) -> Vec<u8> {
    codec::pair(codec::owner(Some(tenant)), user.0)
}

fn key_of(session: &Session) -> Vec<u8> {
    [user_key(session.tenant_id, session.user_id), session.id.0.as_bytes().to_vec()].concat()
}

/// The key of the row by time of the session whose record has this key.
fn time_row(at: Timestamp, key: &[u8]) -> Vec<u8> {
    [&codec::time(at)[..], key].concat()
}

fn create(draft: &mut Draft<'_>, session: &Session) -> Result<(), StoreError> {
    if !draft.has(Table::User, &user_key(session.tenant_id, session.user_id))? {
        return Err(StoreError::Missing);
    }
    home::require_new(draft, Id::Session(session.id))?;
    if draft.has(Table::SessionDigest, &session.digest.0)? {
        return Err(StoreError::Conflict(UniqueField::Id));
    }
    let key = key_of(session);
    home::put(draft, Id::Session(session.id), Some(session.tenant_id));
    draft.put(Table::SessionDigest, session.digest.0.to_vec(), key.clone());
    draft.put(Table::SessionEnd, time_row(session.expires_at, &key), Vec::new());
    draft.put(Table::SessionSeen, time_row(session.last_seen_at, &key), Vec::new());
    draft.put_record(Table::Session, &key, session)
}

fn touch(draft: &mut Draft<'_>, digest: &SessionDigest, at: Timestamp) -> Result<(), StoreError> {
    let Some(key) = draft.get(Table::SessionDigest, &digest.0)? else { return Ok(()) };
    let mut session: Session = draft.indexed(Table::Session, &key)?;
    if session.last_seen_at >= at {
        return Ok(());
    }
    draft.remove(Table::SessionSeen, time_row(session.last_seen_at, &key));
    draft.put(Table::SessionSeen, time_row(at, &key), Vec::new());
    session.last_seen_at = at;
    draft.put_record(Table::Session, &key, &session)
}

/// Plans the end of sessions of the user whose record has this key. Answers with how many.
pub(crate) fn end(draft: &mut Draft<'_>, user: &[u8], which: EndedSessions) -> Result<u64, StoreError> {
    let mut ended = 0;
    for (key, _) in draft.stored(Table::Session, user)? {
        let session: Session = draft.indexed(Table::Session, &key)?;
        if which.has(session.id) {
            remove(draft, &session)?;
            ended += 1;
        }
    }
    Ok(ended)
}

fn remove(draft: &mut Draft<'_>, session: &Session) -> Result<(), StoreError> {
    let key = key_of(session);
    home::remove(draft, Id::Session(session.id));
    draft.remove(Table::SessionDigest, session.digest.0.to_vec());
    draft.remove(Table::SessionEnd, time_row(session.expires_at, &key));
    draft.remove(Table::SessionSeen, time_row(session.last_seen_at, &key));
    draft.remove_record(Table::Session, &key)
}

/// Plans the removal of sessions that are over, [`PRUNED_AT_ONCE`] of each tree. Answers with how many.
fn prune(draft: &mut Draft<'_>, now: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError> {
    let ended = (Table::SessionEnd, codec::after_time(now));
    let idle = (Table::SessionSeen, codec::time(seen_before));
    let mut pruned = 0;
    for (table, end) in [ended, idle] {
        let rows: Vec<_> = draft.keys(table, Some(&end)).take(PRUNED_AT_ONCE).collect::<Result<_, _>>()?;
        for row in rows {
            // One that has ended and was idle as well is gone already.
            if let Some(session) = draft.record::<Session>(Table::Session, &row[TIME..])? {
                remove(draft, &session)?;
                pruned += 1;
            }
        }
    }
    Ok(pruned)
}

fn holder(core: &Core, digest: &SessionDigest) -> Result<Option<SessionHolder>, StoreError> {
    let view = &core.view;
    let Some(key) = view.get(Table::SessionDigest, &digest.0)? else { return Ok(None) };
    // Any of them may have been removed since the read before.
    let Some(session) = view.record::<Session>(Table::Session, &key)? else { return Ok(None) };
    let Some(user) = view.record::<User>(Table::User, &key[..2 * ID])? else { return Ok(None) };
    let tenant = view.record::<Tenant>(Table::Tenant, &key[..ID])?;
    Ok(tenant.map(|tenant| SessionHolder { session, user, tenant }))
}

fn list(core: &Core, user: &[u8]) -> Result<Vec<Session>, StoreError> {
    let rows = core.view.prefix(Table::Session, user, false).collect::<Result<Vec<_>, _>>()?;
    let found = Rows { total: rows.len() as u64, rows };
    let mut sessions: Vec<Session> = found.records(&core.view, Table::Session, |(key, _)| Ok(key))?;
    sessions.sort_by_key(|session| Reverse((session.created_at, session.id)));
    Ok(sessions)
}

#[async_trait]
impl SessionStore for SledStore {
    async fn create_session(&self, session: &Session, audit: AuditEvent) -> Result<(), StoreError> {
        let session = session.clone();
        self.write(audit, move |draft, _| create(draft, &session)).await
    }

    async fn session_by_digest(&self, digest: &SessionDigest) -> Result<Option<SessionHolder>, StoreError> {
        holder(&*self.core()?, digest)
    }

    async fn sessions(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        self.read(move |core| list(core, &user_key(tenant_id, user_id))).await
    }

    async fn touch_session(&self, digest: &SessionDigest, at: Timestamp) -> Result<(), StoreError> {
        let digest = *digest;
        self.write_unaudited(move |draft| touch(draft, &digest, at)).await
    }

    async fn end_sessions(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        which: EndedSessions,
        audit: AuditEvent,
    ) -> Result<u64, StoreError> {
        let plan = move |draft: &mut Draft<'_>| {
            let ended = end(draft, &user_key(tenant_id, user_id), which)?;
            if ended > 0 {
                audit::append(draft, audit)?;
            }
            Ok(ended)
        };
        self.write_unaudited(plan).await
    }

    async fn prune_sessions(&self, now: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            match self.write_unaudited(move |draft| prune(draft, now, seen_before)).await? {
                0 => return Ok(pruned),
                more => pruned += more,
            }
        }
    }
}
