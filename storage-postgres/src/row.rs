//! Row: reads a row's columns in order, into values that are checked like any input.

use std::net::IpAddr;

use registry_core::model::field::Invalid;
use registry_core::model::page::{Page, PageRequest};
use registry_core::store::StoreError;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};
use uuid::Uuid;

use crate::error::Failure;

/// The columns of a row, from left to right. A row of a join is several nouns one after the other.
pub(crate) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Begins with the column of this index.
    pub(crate) fn from(row: &'r PgRow, next: usize) -> Self {
        Self { row, next }
    }

    /// The next column as it is.
    pub(crate) fn take<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, Failure> {
        let index = self.next;
        self.next += 1;
        Ok(self.row.try_get(index)?)
    }

    /// The next column, an id.
    pub(crate) fn id<T>(&mut self, kind: fn(Uuid) -> T) -> Result<T, Failure> {
        self.take().map(kind)
    }

    /// The next column, an id that may be absent.
    pub(crate) fn id_opt<T>(&mut self, kind: fn(Uuid) -> T) -> Result<Option<T>, Failure> {
        Ok(self.take::<Option<Uuid>>()?.map(kind))
    }

    /// The next column, a text with rules.
    pub(crate) fn parsed<T>(&mut self, parse: fn(&str) -> Result<T, Invalid>) -> Result<T, Failure> {
        parse(self.take()?).map_err(|invalid| self.damaged(&invalid))
    }

    /// The next column, a text with rules that may be absent.
    pub(crate) fn parsed_opt<T>(
        &mut self,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Failure> {
        let text = self.take::<Option<&str>>()?;
        text.map(parse).transpose().map_err(|invalid| self.damaged(&invalid))
    }

    /// The next column, `json` that was cast to text.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        serde_json::from_str(self.take()?).map_err(|error| self.damaged(&error))
    }

    /// The next column, `json` that was cast to text and may be absent.
    pub(crate) fn json_opt<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        let text = self.take::<Option<&str>>()?;
        text.map(serde_json::from_str).transpose().map_err(|error| self.damaged(&error))
    }

    /// The next column, a `bigint` that stands for something smaller.
    pub(crate) fn number<T: TryFrom<i64, Error: std::fmt::Display>>(&mut self) -> Result<T, Failure> {
        T::try_from(self.take()?).map_err(|error| self.damaged(&error))
    }

    /// The next column, a `bigint` that stands for something smaller and may be absent.
    pub(crate) fn number_opt<T: TryFrom<i64, Error: std::fmt::Display>>(
        &mut self,
    ) -> Result<Option<T>, Failure> {
        let number = self.take::<Option<i64>>()?;
        number.map(T::try_from).transpose().map_err(|error| self.damaged(&error))
    }

    /// The next column, a network address that may be absent.
    pub(crate) fn address_opt(&mut self) -> Result<Option<IpAddr>, Failure> {
        let text = self.take::<Option<&str>>()?;
        text.map(str::parse).transpose().map_err(|error| self.damaged(&error))
    }

    /// The next column, a hash of 32 bytes.
    pub(crate) fn hash(&mut self) -> Result<[u8; 32], Failure> {
        <[u8; 32]>::try_from(self.take::<&[u8]>()?).map_err(|error| self.damaged(&error))
    }

    /// The next column, a hash of 32 bytes that may be absent.
    pub(crate) fn hash_opt(&mut self) -> Result<Option<[u8; 32]>, Failure> {
        let bytes = self.take::<Option<&[u8]>>()?;
        bytes.map(<[u8; 32]>::try_from).transpose().map_err(|error| self.damaged(&error))
    }

    /// That the column read last makes no sense.
    pub(crate) fn damaged(&self, reason: &dyn std::fmt::Display) -> Failure {
        let column = self.next.saturating_sub(1);
        let name = sqlx::Column::name(self.row.column(column));
        StoreError::Corrupt(format!("column {name}: {reason}")).into()
    }
}

/// A number as a `bigint`.
pub(crate) fn bigint(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|error| StoreError::backend(error).into())
}

/// A value as the text of a `json` column.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| StoreError::backend(error).into())
}

/// Whether PostgreSQL has no such text, so that no record can have it: it does not keep U+0000.
pub(crate) fn cannot_be_stored(text: &str) -> bool {
    text.contains('\0')
}

/// A page from rows that begin with the number of all items, then have an item; one without item is a page
/// beyond the last, which still tells the number.
pub(crate) fn page_of<T>(
    rows: &[PgRow],
    request: PageRequest,
    item: impl Fn(&mut Columns<'_>) -> Result<T, Failure>,
) -> Result<Page<T>, Failure> {
    let mut page = Page { items: Vec::with_capacity(rows.len()), total: 0, request };
    for row in rows {
        page.total = Columns::from(row, 0).number()?;
        if Columns::from(row, 1).take::<Option<Uuid>>()?.is_some() {
            page.items.push(item(&mut Columns::from(row, 1))?);
        }
    }
    Ok(page)
}

/// Whether the revision that is stored, if any, is the one that an update was made from.
pub(crate) fn check_revision(stored: Option<i64>, expected: u64) -> Result<(), Failure> {
    match stored.map(u64::try_from) {
        None => Err(StoreError::Missing.into()),
        Some(Ok(stored)) if stored == expected => Ok(()),
        Some(_) => Err(StoreError::Stale.into()),
    }
}
