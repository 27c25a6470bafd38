//! The administrators who are not disabled, and the rule that one of them can always act.
//!
//! A tree has their keys alone, so that the rule is checked without a look at all users; and it is checked only when a
//! change takes somebody's power away.

use registry_core::model::tenant::Tenant;
use registry_core::model::user::User;
use registry_core::store::StoreError;

use crate::codec::{self, ID};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;

/// Plans the row of a user that takes the place of another.
pub(crate) fn replace(draft: &mut Draft<'_>, key: &[u8], old: Option<&User>, new: Option<&User>) {
    match (old.is_some_and(User::is_acting_admin), new.is_some_and(User::is_acting_admin)) {
        (false, true) => draft.put(Table::Admin, key.to_vec(), Vec::new()),
        (true, false) => draft.remove(Table::Admin, key.to_vec()),
        (true, true) | (false, false) => {}
    }
}

/// Fails if administrators can act, and none could without those whose keys begin with `going`: a user's key or a
/// tenant's id.
pub(crate) fn keep_one(draft: &Draft<'_>, going: &[u8]) -> Result<(), StoreError> {
    let mut loses = false;
    // Keys are sorted by tenant, so each tenant is read once.
    let mut known: Option<([u8; ID], bool)> = None;
    for key in draft.keys(Table::Admin, None) {
        let key = key?;
        let tenant = *codec::array_at(&key, 0)?;
        let enabled = match known {
            Some((same, enabled)) if same == tenant => enabled,
            _ => !draft.indexed::<Tenant>(Table::Tenant, &tenant)?.disabled,
        };
        known = Some((tenant, enabled));
        match (enabled, key.starts_with(going)) {
            (true, false) => return Ok(()),
            (true, true) => loses = true,
            (false, _) => {}
        }
    }
    if loses { Err(StoreError::LastAdmin) } else { Ok(()) }
}
