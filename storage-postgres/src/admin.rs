//! Admin: there is always an administrator who can act.
//!
//! A change that takes one away looks, when it has made its change, whether another is left. Of those changes
//! one looks at a time, in whatever process: who comes next sees what the one before committed. So the lock is
//! taken after the locks on records and before the one on the audit chain. Changes that only add one do not
//! take it; that they are not seen before they are committed errs on the safe side.

use registry_core::model::id::TenantId;
use registry_core::store::StoreError;

use crate::error::Failure;
use crate::scope::Write;

/// The lock of who takes an administrator away; any number that nobody else uses in this database.
const LOCK: i64 = 0x6d63_705f_6164_6d69;

/// Whether an administrator of a tenant that is enabled can act.
macro_rules! somebody_can_act {
    () => {
        "SELECT EXISTS (SELECT FROM app_user u JOIN tenant t ON t.id = u.tenant_id
            WHERE u.role = 'admin' AND NOT u.disabled AND NOT t.disabled)"
    };
}

/// Fails if nobody can act now that an administrator of this tenant cannot any more, unless it could not
/// before because its tenant is disabled.
pub(crate) async fn keep_without_user(write: &mut Write, tenant_id: TenantId) -> Result<(), Failure> {
    const LOOK: &str = concat!(somebody_can_act!(), " OR (SELECT disabled FROM tenant WHERE id = $1)");
    keep(write, LOOK, tenant_id).await
}

/// Fails if nobody can act now that this tenant is disabled, unless it has no administrator who could before.
pub(crate) async fn keep_without_tenant(write: &mut Write, tenant_id: TenantId) -> Result<(), Failure> {
    const LOOK: &str = concat!(
        somebody_can_act!(),
        " OR NOT EXISTS (SELECT FROM app_user WHERE tenant_id = $1 AND role = 'admin' AND NOT disabled)"
    );
    keep(write, LOOK, tenant_id).await
}

async fn keep(write: &mut Write, look: &'static str, tenant_id: TenantId) -> Result<(), Failure> {
    write.widen().await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
    lock.execute(write.connection()).await?;
    // A statement of its own, so that it sees what was committed while this waited.
    let look = sqlx::query_scalar::<_, bool>(look).bind(tenant_id.0);
    match look.fetch_one(write.connection()).await? {
        true => Ok(()),
        false => Err(StoreError::LastAdmin.into()),
    }
}
