//! Cases of writers of users and tenants at the same time, of whom one wins.

use super::account::changed;
use super::concurrency::{ROUNDS, WRITERS, all_at_once, is_conflict, one_winner};
use super::everything::verify_chains;
use super::sample::{self, identity, password_hash};
use super::tenant_change;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::SessionId;
use crate::model::password::{PasswordChange, PasswordHash};
use crate::model::session::Session;
use crate::model::text::{TenantName, UserName};
use crate::model::ticket::TicketPurpose;
use crate::model::user::User;
use crate::store::{StoreError, UniqueField, UserUpdate};

/// How many try to take one ticket.
const TAKERS: usize = 50;

pub(super) async fn one_of_many_gets_an_identity(world: &mut World) {
    let tenants = [world.make_tenant("first").await, world.make_tenant("second").await];
    for round in 0..ROUNDS {
        let wanted = identity(&format!("wanted {round}"));
        let writes = (0..WRITERS).map(|writer| {
            let tenant = &tenants[writer as usize % 2];
            let user = sample::user(&*world.clock, tenant, &format!("user-{round}-{writer}"));
            let user = User { identities: vec![wanted.clone()], ..user };
            let (store, event) = (world.handle(), world.event(tenant.id));
            async move { store.create_user(&user, None, event).await }
        });
        one_winner(&all_at_once(writes).await, is_conflict(UniqueField::Identity));
        assert!(world.store().user_by_identity(&wanted).await.unwrap().is_some());
    }
}

pub(super) async fn one_of_many_takes_an_identity_and_a_name(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for round in 0..ROUNDS {
        let mut users = Vec::new();
        for writer in 0..WRITERS {
            users.push(world.make_user(&tenant, &format!("user-{round}-{writer}")).await);
        }
        for (field, name) in [(UniqueField::Identity, None), (UniqueField::UserName, Some("wanted"))] {
            let writes = users.iter().map(|user| {
                let user = changed(user, |user| match name {
                    Some(name) => user.username = UserName::parse(&format!("{name}-{round}")).unwrap(),
                    None => user.identities = vec![identity(&format!("wanted {round}"))],
                });
                let (store, event) = (world.handle(), world.event(tenant.id));
                async move { store.update_user(update_of(&user, PasswordChange::Keep), event).await }
            });
            one_winner(&all_at_once(writes.collect::<Vec<_>>()).await, is_conflict(field));
            for user in &mut users {
                *user = world.store().user(Reach::Tenant(tenant.id), user.id).await.unwrap().unwrap();
            }
        }
    }
}

fn update_of<'a>(user: &'a User, password: PasswordChange<'a>) -> UserUpdate<'a> {
    UserUpdate { user, expected: user.revision - 1, password, ends: None }
}

pub(super) async fn one_of_many_changes_a_user_and_its_password(world: &mut World) {
    let mut user = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        let changes: Vec<(User, PasswordHash)> = (0..WRITERS)
            .map(|writer| (identity(&format!("{writer} of {}", user.revision)), writer))
            .map(|(identity, writer)| {
                let user = changed(&user, |user| user.identities = vec![identity]);
                (user, password_hash(&writer.to_string()))
            })
            .collect();
        let writes = changes.iter().cloned().map(|(user, hash)| {
            let (store, event) = (world.handle(), world.event(user.tenant_id));
            async move { store.update_user(update_of(&user, PasswordChange::Set(&hash)), event).await }
        });
        one_winner(&all_at_once(writes.collect::<Vec<_>>()).await, |error| {
            matches!(error, StoreError::Stale)
        });
        user = world.store().user(Reach::Tenant(user.tenant_id), user.id).await.unwrap().unwrap();
        let password = world.store().password(user.tenant_id, user.id).await.unwrap();
        for (change, hash) in changes {
            let found = world.store().user_by_identity(&change.identities[0]).await.unwrap();
            let is_winner = change.identities == user.identities;
            assert_eq!(found, is_winner.then(|| user.clone()), "losers leave no identity behind");
            assert_eq!(password.as_ref() == Some(&hash), is_winner, "nor a password");
        }
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn one_of_many_changes_a_tenant(world: &mut World) {
    let mut tenant = world.make_tenant("acme").await;
    for round in 0..ROUNDS {
        let writes = (0..WRITERS).map(|writer| {
            let name = TenantName::parse(&format!("acme {round} {writer}")).unwrap();
            let tenant = tenant_change::changed(&tenant, |tenant| tenant.name = name);
            let (store, event) = (world.handle(), world.event(tenant.id));
            async move { store.update_tenant(&tenant, tenant.revision - 1, event).await }
        });
        one_winner(&all_at_once(writes).await, |error| matches!(error, StoreError::Stale));
        tenant = world.store().tenant(tenant.id).await.unwrap().unwrap();
        let by_name = world.store().tenant_by_name_key(&tenant.name_key()).await.unwrap();
        assert_eq!(by_name.as_ref(), Some(&tenant));
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn one_of_many_removes_a_user_and_its_tenant(world: &mut World) {
    for _ in 0..ROUNDS {
        let user = world.make_owner("acme").await;
        let (tenant_id, id) = (user.tenant_id, user.id);
        let writes = (0..WRITERS).map(|_| {
            let (store, event) = (world.handle(), world.event(tenant_id));
            async move { store.delete_user(tenant_id, id, 1, event).await }
        });
        one_winner(&all_at_once(writes).await, |error| matches!(error, StoreError::Missing));
        let writes = (0..WRITERS).map(|_| {
            let (store, event) = (world.handle(), world.event(tenant_id));
            async move { store.delete_tenant(tenant_id, 1, event).await }
        });
        one_winner(&all_at_once(writes).await, |error| matches!(error, StoreError::Missing));
        assert_eq!(world.store().audit_head(tenant_id).await.unwrap().seq, 4, "made and removed");
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn one_of_many_begins_a_session_with_a_digest(world: &mut World) {
    let user = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        let session = sample::session(&*world.clock, &user);
        let writes = (0..WRITERS).map(|_| {
            let session = Session { id: SessionId(world.clock.new_id()), ..session.clone() };
            let (store, event) = (world.handle(), world.event(user.tenant_id));
            async move { store.create_session(&session, event).await }
        });
        one_winner(&all_at_once(writes).await, is_conflict(UniqueField::Id));
    }
    let sessions = world.store().sessions(user.tenant_id, user.id).await.unwrap();
    assert_eq!(sessions.len(), ROUNDS as usize);
}

pub(super) async fn one_of_many_takes_a_ticket(world: &mut World) {
    for _ in 0..ROUNDS {
        let ticket = sample::full_ticket(&*world.clock, TicketPurpose::Setup);
        world.store().put_ticket(&ticket).await.unwrap();
        let takes = (0..TAKERS).map(|_| {
            let (store, digest) = (world.handle(), ticket.digest);
            async move { store.take_ticket(TicketPurpose::Setup, &digest).await.unwrap() }
        });
        let taken: Vec<_> = all_at_once(takes).await.into_iter().flatten().collect();
        assert_eq!(taken, [ticket]);
    }
}
