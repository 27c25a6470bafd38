//! Pages of a list that is read from an index tree.

use registry_core::access::Reach;
use registry_core::model::id::TenantId;
use registry_core::model::page::PageRequest;
use registry_core::store::StoreError;
use serde::de::DeserializeOwned;

use crate::record::Read as _;
use crate::table::Table;
use crate::view::{Pair, Scan, View};

/// The index rows of one page, and how many rows there are in all.
pub(crate) struct Rows {
    pub(crate) rows: Vec<Pair>,
    pub(crate) total: u64,
}

impl Rows {
    /// The records that the rows name by `key_of`. One that was removed since its row was read is left out.
    pub(crate) fn records<T: DeserializeOwned>(
        &self,
        view: &View,
        table: Table,
        key_of: impl Fn(&Pair) -> Result<&[u8], StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut records = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            records.extend(view.record(table, key_of(row)?)?);
        }
        Ok(records)
    }

    /// No rows.
    pub(crate) fn none() -> Self {
        Self { rows: Vec::new(), total: 0 }
    }
}

/// Whose rows a list of users or keys is of: one tenant's, or everybody's (`Some(None)`); `None` if nobody's can be in
/// it. No tenant has the nil id, under which everybody's are counted.
pub(crate) fn whose(reach: Reach, asked: Option<TenantId>) -> Option<Option<TenantId>> {
    match (reach, asked) {
        (Reach::Tenant(own), Some(other)) if own != other => None,
        (_, Some(TenantId::SYSTEM)) | (Reach::Tenant(TenantId::SYSTEM), None) => None,
        (Reach::Tenant(tenant), _) | (Reach::AllTenants, Some(tenant)) => Some(Some(tenant)),
        (Reach::AllTenants, None) => Some(None),
    }
}

/// The page of all that `scan` finds, of which there are `total`.
pub(crate) fn counted(scan: Scan<'_>, page: PageRequest, total: u64) -> Result<Rows, StoreError> {
    let mut rows = Vec::new();
    if page.offset() < total {
        for pair in page.cut(scan) {
            rows.push(pair?);
        }
    }
    Ok(Rows { rows, total })
}

/// The page of what `scan` finds and `accept` takes. All of it is looked at, to count it.
pub(crate) fn filtered(
    scan: Scan<'_>,
    page: PageRequest,
    mut accept: impl FnMut(&Pair) -> Result<bool, StoreError>,
) -> Result<Rows, StoreError> {
    let within = page.range();
    let mut found = Rows { rows: Vec::new(), total: 0 };
    for pair in scan {
        let pair = pair?;
        if accept(&pair)? {
            if within.contains(&found.total) {
                found.rows.push(pair);
            }
            found.total += 1;
        }
    }
    Ok(found)
}
