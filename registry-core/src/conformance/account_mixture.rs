//! A mixture of every kind of write of tenants, users, and what belongs to a user alone.

use super::account::changed;
use super::mixture::Writer;
use super::{sample, tenant_change};
use crate::clock::Clock;
use crate::model::audit::EventType;
use crate::model::password::PasswordChange;
use crate::model::server::Server;
use crate::model::session::EndedSessions;
use crate::model::tenant::Tenant;
use crate::model::ticket::TicketPurpose;
use crate::model::user::User;
use crate::store::UserUpdate;

impl Writer<'_> {
    pub(super) async fn tenant(&mut self, tenant: &Tenant) {
        let tenant = tenant_change::changed(tenant, |tenant| tenant.requests_per_minute = Some(600));
        let event = self.event(EventType::TenantUpdated);
        self.world.store().update_tenant(&tenant, 1, event).await.unwrap();
    }

    pub(super) async fn tenant_that_goes(&mut self, name: &str) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let tenant = sample::tenant(clock, name);
        store.create_tenant(&tenant, self.event(EventType::TenantCreated)).await.unwrap();
        store.delete_tenant(tenant.id, 1, self.event(EventType::TenantDeleted)).await.unwrap();
    }

    pub(super) async fn user_that_goes(&mut self, tenant: &Tenant) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let user = sample::full_user(clock, tenant, "gone");
        let hash = sample::password_hash("gone");
        store.create_user(&user, Some(&hash), self.event(EventType::UserCreated)).await.unwrap();
        let session = sample::session(clock, &user);
        store.create_session(&session, self.event(EventType::Login)).await.unwrap();
        let event = self.event(EventType::UserDeleted);
        store.delete_user(tenant.id, user.id, user.revision, event).await.unwrap();
        self.revoked_none();
    }

    /// Begins three sessions, uses one, and ends another; the rest end with [`update`](Self::update).
    pub(super) async fn sessions(&mut self, user: &User) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let mut sessions = vec![sample::full_session(clock, user)];
        sessions.extend((0..2).map(|_| sample::session(clock, user)));
        for session in &sessions {
            store.create_session(session, self.event(EventType::Login)).await.unwrap();
        }
        store.touch_session(&sessions[1].digest, clock.now()).await.unwrap();
        let (which, event) = (EndedSessions::One(sessions[0].id), self.event(EventType::Logout));
        store.end_sessions(user.tenant_id, user.id, which, event).await.unwrap();
        store.put_ticket(&sample::full_ticket(clock, TicketPurpose::Oidc)).await.unwrap();
    }

    pub(super) async fn update(&mut self, user: &User) -> User {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let kept = sample::session(clock, user);
        store.create_session(&kept, self.event(EventType::Login)).await.unwrap();
        let subject = format!("ada of {}", user.tenant_id);
        let user = changed(user, |user| user.identities = vec![sample::identity(&subject)]);
        let hash = sample::password_hash("changed");
        let (password, ends) = (PasswordChange::Set(&hash), Some(EndedSessions::AllBut(kept.id)));
        let update = UserUpdate { user: &user, expected: 1, password, ends };
        store.update_user(update, self.event(EventType::PasswordChanged)).await.unwrap();
        let last = sample::full_session(clock, &user);
        store.create_session(&last, self.event(EventType::Login)).await.unwrap();
        user
    }

    pub(super) async fn prefer(&mut self, user: &User, server: &Server) {
        let (store, clock) = (self.world.store(), &*self.world.clock);
        let preferences = [sample::full_preference(clock, server.id)];
        let event = self.event(EventType::PreferencesUpdated);
        store.put_preferences(user.tenant_id, user.id, &preferences, event).await.unwrap();
    }
}
