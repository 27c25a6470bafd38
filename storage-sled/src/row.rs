//! Row: what a list of servers sorts and filters by, without the record.

use std::cmp::Ordering;

use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::server::{HealthStatus, Server, ServerHealth, ServerSort, ServerStatus};
use registry_core::store::StoreError;
use uuid::Uuid;

use crate::codec;
use crate::record::Read;
use crate::table::Table;

/// Ends each part of a row's text. No name, tag or search text holds it.
const END: char = '\0';
/// The bytes of a stored row before its text.
const FIXED: usize = 22;

/// A server in a list. Stored as: status, public, creation, last change, two lengths, text.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: ServerId,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) public: bool,
    /// Index of the status in [`STATUSES`].
    pub(crate) status: u8,
    /// What checks said last. It is not stored with the row, but read beside it.
    pub(crate) health: HealthStatus,
    created: i64,
    updated: i64,
    name_end: u16,
    tags_end: u16,
    /// The name's sort key, then the tags, each followed by [`END`], then what a search looks in, unless
    /// [`Row::take_search_text`] took it.
    text: Box<str>,
}

/// The statuses in the order of their spelling, which is how lists sort them. The index is stored.
pub(crate) const STATUSES: [ServerStatus; 4] =
    [ServerStatus::Active, ServerStatus::Error, ServerStatus::Inactive, ServerStatus::Maintenance];

/// The index of a status in [`STATUSES`].
pub(crate) fn rank(status: ServerStatus) -> u8 {
    match status {
        ServerStatus::Active => 0,
        ServerStatus::Error => 1,
        ServerStatus::Inactive => 2,
        ServerStatus::Maintenance => 3,
    }
}

impl Row {
    /// The server's row.
    pub(crate) fn of(server: &Server) -> Result<Self, StoreError> {
        let mut text = server.name_key();
        let name_end = offset(&text)?;
        for tag in server.tags.as_slice() {
            text.push_str(tag.as_str());
            text.push(END);
        }
        let tags_end = offset(&text)?;
        text.push_str(&server.search_text());
        Ok(Self {
            id: server.id,
            tenant: server.tenant_id,
            public: server.is_public,
            status: rank(server.status),
            health: server.health.status,
            created: server.created_at.timestamp_micros(),
            updated: server.updated_at.timestamp_micros(),
            name_end,
            tags_end,
            text: text.into(),
        })
    }

    /// The same row of a server of which checks said this.
    pub(crate) fn with_health(self, health: HealthStatus) -> Self {
        Self { health, ..self }
    }

    /// The row's value in the tree; its key says the rest.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(FIXED + self.text.len());
        value.extend([self.status, u8::from(self.public)]);
        value.extend(self.created.to_be_bytes());
        value.extend(self.updated.to_be_bytes());
        value.extend(self.name_end.to_be_bytes());
        value.extend(self.tags_end.to_be_bytes());
        value.extend(self.text.as_bytes());
        value
    }

    /// The row with this key and value, and what checks said last of its server.
    pub(crate) fn read(read: &impl Read, key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let health = read.record::<ServerHealth>(Table::ServerHealth, key)?.unwrap_or_default().status;
        Ok(Self { health, ..Self::decode(key, value)? })
    }

    /// The row that is stored so.
    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let text = value.get(FIXED..).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(corrupt)?;
        let row = Self {
            id: ServerId(codec::uuid_at(key, codec::ID)?),
            tenant: codec::tenant_of(key)?,
            public: value[1] != 0,
            status: value[0],
            health: HealthStatus::Unknown,
            created: i64::from_be_bytes(*codec::array_at(value, 2)?),
            updated: i64::from_be_bytes(*codec::array_at(value, 10)?),
            name_end: u16::from_be_bytes(*codec::array_at(value, 18)?),
            tags_end: u16::from_be_bytes(*codec::array_at(value, 20)?),
            text: text.into(),
        };
        let name_end = usize::from(row.name_end);
        let whole = text.is_char_boundary(name_end)
            && text.is_char_boundary(row.tags_end.into())
            && row.name_end <= row.tags_end
            && usize::from(row.status) < STATUSES.len();
        if whole { Ok(row) } else { Err(corrupt()) }
    }

    /// The row's key in the tree.
    pub(crate) fn key(&self) -> Vec<u8> {
        codec::pair(codec::owner(self.tenant), self.id.0)
    }

    /// Whether every tenant sees the server.
    pub(crate) fn is_shared(&self) -> bool {
        self.public || self.tenant.is_none()
    }

    /// Takes the search text out, for the shelf to keep in its haystack.
    pub(crate) fn take_search_text(&mut self) -> Box<str> {
        let (rest, search) = self.text.split_at(self.tags_end.into());
        let (rest, search) = (rest.into(), search.into());
        self.text = rest;
        search
    }

    /// The tags.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.text[self.name_end.into()..self.tags_end.into()].split_terminator(END)
    }

    /// How the rows stand to each other in a list that is sorted so.
    pub(crate) fn compare(&self, other: &Self, sort: ServerSort) -> Ordering {
        let by_key = match sort {
            ServerSort::Name => self.name_key().cmp(other.name_key()),
            ServerSort::CreatedAt => self.created.cmp(&other.created),
            ServerSort::UpdatedAt => self.updated.cmp(&other.updated),
            ServerSort::Status => self.status.cmp(&other.status),
        };
        by_key.then_with(|| id(self).cmp(id(other)))
    }

    fn name_key(&self) -> &str {
        &self.text[..self.name_end.into()]
    }
}

fn id(row: &Row) -> &Uuid {
    &row.id.0
}

fn offset(text: &str) -> Result<u16, StoreError> {
    u16::try_from(text.len()).map_err(StoreError::backend)
}

fn corrupt() -> StoreError {
    StoreError::Corrupt("a row of the list of servers".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_stand_in_the_order_of_their_spelling() {
        assert!(STATUSES.map(ServerStatus::as_str).is_sorted());
        assert_eq!(STATUSES.len(), ServerStatus::ALL.len());
        assert!(STATUSES.iter().zip(0..).all(|(status, index)| rank(*status) == index));
    }

    #[test]
    fn damaged_rows_are_told() {
        let key = [1; 32];
        for value in [&[][..], &[0; 21], &[9; 22], &[0xff; 40]] {
            assert!(matches!(Row::decode(&key, value), Err(StoreError::Corrupt(_))));
        }
    }
}
