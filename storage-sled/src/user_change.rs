//! Changes of users: each takes the user's index rows, password, sessions, preferences and keys with it.

use registry_core::clock::Timestamp;
use registry_core::model::id::ApiKeyId;
use registry_core::model::password::{PasswordChange, PasswordHash};
use registry_core::model::server::Revision;
use registry_core::model::session::EndedSessions;
use registry_core::model::user::User;
use registry_core::store::{StoreError, UserUpdate};

use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::user_list::NOUN;
use crate::user_row::{self, key_of};
use crate::{admin, codec, key, preference, session, tenant};

/// The user whose record has this key, if it has this revision.
fn expect(draft: &Draft<'_>, key: &[u8], expected: Revision) -> Result<User, StoreError> {
    let user: User = draft.record(Table::User, key)?.ok_or(StoreError::Missing)?;
    if user.revision == expected { Ok(user) } else { Err(StoreError::Stale) }
}

/// Plans a new user.
pub(crate) fn create(
    draft: &mut Draft<'_>,
    user: &User,
    password: Option<&PasswordHash>,
) -> Result<(), StoreError> {
    tenant::require(draft, user.tenant_id)?;
    home::require_new(draft, Id::User(user.id))?;
    user_row::check(draft, user)?;
    home::put(draft, Id::User(user.id), Some(user.tenant_id));
    draft.count_up(codec::owner(Some(user.tenant_id)), NOUN)?;
    draft.count_up(codec::owner(None), NOUN)?;
    set_password(draft, user, password.map_or(PasswordChange::Keep, PasswordChange::Set))?;
    replace(draft, None, user)
}

/// Plans a user in the place of the old one, with its index rows.
pub(crate) fn replace(draft: &mut Draft<'_>, old: Option<&User>, user: &User) -> Result<(), StoreError> {
    let key = key_of(user);
    user_row::replace(draft, old, Some(user));
    admin::replace(draft, &key, old, Some(user));
    draft.put_record(Table::User, &key, user)
}

fn set_password(draft: &mut Draft<'_>, user: &User, change: PasswordChange<'_>) -> Result<(), StoreError> {
    match change {
        PasswordChange::Keep => Ok(()),
        PasswordChange::Set(hash) => draft.put_record(Table::Password, &key_of(user), hash),
        PasswordChange::Remove => draft.remove_record(Table::Password, &key_of(user)),
    }
}

/// Plans a change of a user.
pub(crate) fn update(draft: &mut Draft<'_>, update: &UserUpdate<'_>) -> Result<(), StoreError> {
    let user = update.user;
    let key = key_of(user);
    let old = expect(draft, &key, update.expected)?;
    user_row::check(draft, user)?;
    if old.is_acting_admin() && !user.is_acting_admin() {
        admin::keep_one(draft, &key)?;
    }
    if let Some(which) = update.ends {
        session::end(draft, &key, which)?;
    }
    set_password(draft, user, update.password)?;
    replace(draft, Some(&old), user)
}

/// Plans the removal of a user with all that goes with it. Answers with the keys that it revokes.
pub(crate) fn delete(
    draft: &mut Draft<'_>,
    key: &[u8],
    expected: Revision,
    now: Timestamp,
) -> Result<Vec<ApiKeyId>, StoreError> {
    let user = expect(draft, key, expected)?;
    if draft.has_stored(Table::ServerRef, user.id.0.as_bytes())? {
        return Err(StoreError::InUse("the user owns servers"));
    }
    if user.is_acting_admin() {
        admin::keep_one(draft, key)?;
    }
    session::end(draft, key, EndedSessions::All)?;
    preference::remove_user(draft, key)?;
    set_password(draft, &user, PasswordChange::Remove)?;
    user_row::replace(draft, Some(&user), None);
    admin::replace(draft, key, Some(&user), None);
    home::remove(draft, Id::User(user.id));
    draft.count_down(codec::owner(Some(user.tenant_id)), NOUN)?;
    draft.count_down(codec::owner(None), NOUN)?;
    draft.remove_record(Table::User, key)?;
    key::revoke_owned(draft, user.id, now)
}
