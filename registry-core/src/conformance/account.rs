//! Account: a user with all that belongs to it alone.

use super::page::all_pages;
use crate::access::Reach;
use crate::model::id::UserId;
use crate::model::password::PasswordHash;
use crate::model::preference::Preference;
use crate::model::session::{Session, SessionHolder};
use crate::model::user::{User, UserQuery};
use crate::store::Store;

/// All that a store holds of a user.
#[derive(Debug, PartialEq)]
pub(super) struct Account {
    user: User,
    password: Option<PasswordHash>,
    sessions: Vec<Session>,
    holders: Vec<Option<SessionHolder>>,
    preferences: Vec<Preference>,
    /// Whom its name and each of its identities lead to.
    found: Vec<Option<UserId>>,
}

impl Account {
    pub(super) async fn of(store: &dyn Store, user: User) -> Self {
        let (tenant_id, id) = (user.tenant_id, user.id);
        let sessions = store.sessions(tenant_id, id).await.unwrap();
        let mut holders = Vec::new();
        for session in &sessions {
            holders.push(store.session_by_digest(&session.digest).await.unwrap());
        }
        let password = store.password(tenant_id, id).await.unwrap();
        let preferences = store.preferences(tenant_id, id).await.unwrap();
        let found = found(store, &user).await;
        Self { user, password, sessions, holders, preferences, found }
    }
}

async fn found(store: &dyn Store, user: &User) -> Vec<Option<UserId>> {
    let by_name = store.user_by_name_key(user.tenant_id, &user.name_key()).await.unwrap();
    let mut found = vec![by_name];
    for identity in &user.identities {
        found.push(store.user_by_identity(identity).await.unwrap());
    }
    found.into_iter().map(|user| user.map(|user| user.id)).collect()
}

/// The users of every tenant.
pub(super) async fn all_users(store: &dyn Store) -> Vec<User> {
    let query = UserQuery::new(Reach::AllTenants);
    all_pages(async |page| store.users(&UserQuery { page, ..query.clone() }).await).await
}

/// The user after a change, with the revision that follows.
pub(super) fn changed(user: &User, change: impl FnOnce(&mut User)) -> User {
    let mut user = User { revision: user.revision + 1, ..user.clone() };
    change(&mut user);
    user
}
