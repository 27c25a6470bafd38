//! Rows of tenants: what is written into one, and what is made of one.

use registry_core::model::id::TenantId;
use registry_core::model::tenant::Tenant;
use registry_core::model::text::TenantName;

use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::server_row::Statement;

/// What [`tenant`] reads, of a table `t`.
macro_rules! tenant_columns {
    () => {
        "t.id, t.name, t.disabled, t.requests_per_minute::bigint, t.created_at, t.updated_at, t.revision"
    };
}
pub(crate) use tenant_columns;

/// Decodes a tenant.
pub(crate) fn tenant(columns: &mut Columns<'_>) -> Result<Tenant, Failure> {
    Ok(Tenant {
        id: columns.id(TenantId)?,
        name: columns.parsed(TenantName::parse)?,
        disabled: columns.take()?,
        requests_per_minute: columns.number_opt()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        revision: columns.number()?,
    })
}

/// Binds $1 to $8: what an update may change, after the id.
pub(crate) fn bind_tenant<'q>(
    statement: Statement<'q>,
    tenant: &'q Tenant,
) -> Result<Statement<'q>, Failure> {
    Ok(statement
        .bind(tenant.id.0)
        .bind(tenant.name.as_str())
        .bind(tenant.name_key())
        .bind(tenant.disabled)
        .bind(tenant.requests_per_minute.map(i64::from))
        .bind(tenant.created_at)
        .bind(tenant.updated_at)
        .bind(bigint(tenant.revision)?))
}
