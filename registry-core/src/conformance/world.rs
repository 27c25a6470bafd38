//! World: a case's store, its clock, and short ways to put records into it.

use std::sync::Arc;

use super::everything::Everything;
use super::fixture::{Fixture, Keeper};
use super::sample::{self, SampleClock};
use crate::model::audit::{AuditEvent, EventType};
use crate::model::id::TenantId;
use crate::model::key::ApiKey;
use crate::model::password::{PasswordChange, PasswordHash};
use crate::model::preference::Preference;
use crate::model::server::Server;
use crate::model::session::{EndedSessions, Session};
use crate::model::tenant::Tenant;
use crate::model::user::User;
use crate::store::{Store, StoreError, UserUpdate};

/// What a case works with.
pub(super) struct World {
    keeper: Option<Box<dyn Keeper>>,
    store: Option<Arc<dyn Store>>,
    pub(super) clock: Arc<SampleClock>,
}

impl World {
    /// A world with an empty store.
    pub(super) async fn open<F: Fixture>() -> Self {
        let keeper: Box<dyn Keeper> = Box::new(F::open().await);
        let store = keeper.store();
        Self { keeper: Some(keeper), store: Some(store), clock: Arc::default() }
    }

    pub(super) async fn finish(mut self) {
        self.store = None;
        self.keeper.take().unwrap().finish().await;
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_deref().unwrap()
    }

    /// The store, for tasks. All handles are dropped before [`reopen`](Self::reopen).
    pub(super) fn handle(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap()
    }

    /// Closes the store and opens its data again.
    pub(super) async fn reopen(&mut self) {
        self.store = None;
        let again = self.keeper.take().unwrap().reopen().await;
        let keeper =
            again.expect("a store that keeps nothing is named so: suite!(Fixture, forgets: \"why\")");
        self.store = Some(keeper.store());
        self.keeper = Some(keeper);
    }

    /// All that the store holds.
    pub(super) async fn everything(&self) -> Everything {
        Everything::of(self.store()).await
    }

    /// An event for a write whose event does not matter.
    pub(super) fn event(&self, tenant_id: TenantId) -> AuditEvent {
        sample::event(&*self.clock, tenant_id, EventType::ServerUpdated, None)
    }

    pub(super) async fn make_tenant(&self, name: &str) -> Tenant {
        let tenant = sample::tenant(&*self.clock, name);
        self.store().create_tenant(&tenant, self.event(tenant.id)).await.unwrap();
        tenant
    }

    pub(super) async fn make_user(&self, tenant: &Tenant, name: &str) -> User {
        let user = sample::user(&*self.clock, tenant, name);
        self.store().create_user(&user, None, self.event(tenant.id)).await.unwrap();
        user
    }

    pub(super) async fn put_user(&self, user: &User, password: Option<&PasswordHash>) {
        self.store().create_user(user, password, self.event(user.tenant_id)).await.unwrap();
    }

    /// A tenant with this name and an administrator in it.
    pub(super) async fn make_admin(&self, tenant: &str) -> User {
        let tenant = self.make_tenant(tenant).await;
        let admin = sample::admin(&*self.clock, &tenant, "admin");
        self.put_user(&admin, None).await;
        admin
    }

    pub(super) async fn put_session(&self, session: &Session) {
        self.store().create_session(session, self.event(session.tenant_id)).await.unwrap();
    }

    pub(super) async fn make_session(&self, user: &User) -> Session {
        let session = sample::session(&*self.clock, user);
        self.put_session(&session).await;
        session
    }

    pub(super) async fn prefer(&self, user: &User, preferences: &[Preference]) -> Result<(), StoreError> {
        let event = self.event(user.tenant_id);
        self.store().put_preferences(user.tenant_id, user.id, preferences, event).await
    }

    /// Replaces the user's record, and nothing else of it; the revision before is the one it was made from.
    pub(super) async fn update_user(&self, user: &User) -> Result<(), StoreError> {
        self.change_user(user, PasswordChange::Keep, None).await
    }

    pub(super) async fn change_user(
        &self,
        user: &User,
        password: PasswordChange<'_>,
        ends: Option<EndedSessions>,
    ) -> Result<(), StoreError> {
        let update = UserUpdate { user, expected: user.revision - 1, password, ends };
        self.store().update_user(update, self.event(user.tenant_id)).await
    }

    pub(super) async fn delete_user(&self, user: &User) -> Result<(), StoreError> {
        let event = self.event(user.tenant_id);
        self.store().delete_user(user.tenant_id, user.id, user.revision, event).await
    }

    /// Replaces the tenant's record; the revision before is the one it was made from.
    pub(super) async fn update_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        self.store().update_tenant(tenant, tenant.revision - 1, self.event(tenant.id)).await
    }

    pub(super) async fn delete_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        self.store().delete_tenant(tenant.id, tenant.revision, self.event(tenant.id)).await
    }

    /// A tenant with this name and a user in it.
    pub(super) async fn make_owner(&self, tenant: &str) -> User {
        let tenant = self.make_tenant(tenant).await;
        self.make_user(&tenant, "owner").await
    }

    pub(super) async fn put_server(&self, server: &Server) {
        let chain = server.tenant_id.unwrap_or(TenantId::SYSTEM);
        self.store().create_server(server, None, self.event(chain)).await.unwrap();
    }

    pub(super) async fn make_server(&self, owner: &User, name: &str) -> Server {
        let server = sample::server(&*self.clock, owner, name);
        self.put_server(&server).await;
        server
    }

    pub(super) async fn put_key(&self, key: &ApiKey) {
        self.store().create_key(key, self.event(key.tenant_id)).await.unwrap();
    }

    pub(super) async fn make_key(&self, owner: &User, name: &str) -> ApiKey {
        let key = sample::key(&*self.clock, owner, name);
        self.put_key(&key).await;
        key
    }
}
