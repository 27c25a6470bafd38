//! Where a record stands: the tenant of a user, server, key or session, by its id.

use registry_core::access::Reach;
use registry_core::model::id::{ApiKeyId, ServerId, SessionId, TenantId, UserId};
use registry_core::store::{StoreError, UniqueField};
use uuid::Uuid;

use crate::codec;
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;

/// An id of a record that has a home.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Id {
    User(UserId),
    Server(ServerId),
    Key(ApiKeyId),
    Session(SessionId),
}

impl Id {
    /// The id itself.
    pub(crate) fn uuid(self) -> Uuid {
        match self {
            Self::User(UserId(id))
            | Self::Server(ServerId(id))
            | Self::Key(ApiKeyId(id))
            | Self::Session(SessionId(id)) => id,
        }
    }

    /// Its key in the tree.
    pub(crate) fn key(self) -> Vec<u8> {
        let kind = match self {
            Self::User(_) => b'u',
            Self::Server(_) => b's',
            Self::Key(_) => b'k',
            Self::Session(_) => b'n',
        };
        [&[kind][..], self.uuid().as_bytes()].concat()
    }
}

/// The key of the record with this id in its tree: owner and id; `None` if there is no such record.
pub(crate) fn find(read: &impl Read, id: Id) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(home) = read.get(Table::Home, &id.key())? else { return Ok(None) };
    Ok(Some(codec::pair(*codec::array_at(&home, 0)?, id.uuid())))
}

/// As [`find`], for records that only their tenant sees.
pub(crate) fn find_within(read: &impl Read, reach: Reach, id: Id) -> Result<Option<Vec<u8>>, StoreError> {
    match reach {
        Reach::Tenant(tenant) => Ok(Some(codec::pair(codec::owner(Some(tenant)), id.uuid()))),
        Reach::AllTenants => find(read, id),
    }
}

/// Fails if there is a record of this kind with this id already.
pub(crate) fn require_new(draft: &Draft<'_>, id: Id) -> Result<(), StoreError> {
    if draft.has(Table::Home, &id.key())? { Err(StoreError::Conflict(UniqueField::Id)) } else { Ok(()) }
}

/// Notes where a new record stands.
pub(crate) fn put(draft: &mut Draft<'_>, id: Id, tenant: Option<TenantId>) {
    draft.put(Table::Home, id.key(), codec::owner(tenant).to_vec());
}

/// Forgets where a record stood.
pub(crate) fn remove(draft: &mut Draft<'_>, id: Id) {
    draft.remove(Table::Home, id.key());
}
