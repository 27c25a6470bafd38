//! The last administrator, when two nodes take one away each at the same moment.

use std::sync::Arc;

use registry_core::access::Reach;
use registry_core::model::audit::AuditEvent;
use registry_core::model::password::PasswordChange;
use registry_core::model::role::Role;
use registry_core::model::tenant::Tenant;
use registry_core::model::user::User;
use registry_core::store::{StoreError, TenantStore, UserStore, UserUpdate};
use storage_postgres::PostgresStore;

use crate::account::Nodes;

/// What keeps an administrator from acting.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Demote,
    Disable,
    Remove,
    DisableTenant,
}

const BLOWS: [Blow; 4] = [Blow::Demote, Blow::Disable, Blow::Remove, Blow::DisableTenant];

async fn strike(
    store: Arc<PostgresStore>,
    blow: Blow,
    admin: User,
    event: AuditEvent,
) -> Result<(), StoreError> {
    match blow {
        Blow::Demote => update(&store, &User { role: Role::User, revision: 2, ..admin }, event).await,
        Blow::Disable => update(&store, &User { disabled: true, revision: 2, ..admin }, event).await,
        Blow::Remove => store.delete_user(admin.tenant_id, admin.id, 1, event).await,
        Blow::DisableTenant => {
            let tenant = store.tenant(admin.tenant_id).await?.expect("it is there");
            store.update_tenant(&Tenant { disabled: true, revision: 2, ..tenant }, 1, event).await
        }
    }
}

async fn update(store: &PostgresStore, user: &User, event: AuditEvent) -> Result<(), StoreError> {
    let update = UserUpdate { user, expected: 1, password: PasswordChange::Keep, ends: None };
    store.update_user(update, event).await
}

#[tokio::test]
async fn of_two_blows_at_the_last_two_administrators_one_is_refused() {
    let nodes = Nodes::start().await;
    let mut last = nodes.user(Role::Admin, "first").await;
    for (number, blows) in BLOWS.iter().flat_map(|one| BLOWS.map(|other| (*one, other))).enumerate() {
        let next = nodes.user(Role::Admin, &format!("tenant {number}")).await;
        let mut hold = nodes.hold(&[last.tenant_id, next.tenant_id]).await;
        let [here, there] = nodes.stores.clone();
        let one = tokio::spawn(strike(here, blows.0, last.clone(), nodes.event(last.tenant_id)));
        hold.until_waiting(1).await;
        let other = tokio::spawn(strike(there, blows.1, next.clone(), nodes.event(next.tenant_id)));
        hold.until_waiting(2).await;
        hold.release().await;
        one.await.expect("it ends").expect("another is left");
        let refused = other.await.expect("it ends");
        assert!(matches!(refused, Err(StoreError::LastAdmin)), "{blows:?}: {refused:?}");
        let left = nodes.store().user(Reach::Tenant(next.tenant_id), next.id).await.expect("an answer");
        assert_eq!(left.as_ref(), Some(&next), "{blows:?}");
        last = next;
    }
    nodes.database.remove().await;
}

#[tokio::test]
async fn changes_that_take_no_administrator_away_wait_for_none_that_does() {
    let nodes = Nodes::start().await;
    let (one, other) = (nodes.user(Role::Admin, "one").await, nodes.user(Role::Admin, "other").await);
    let ordinary = nodes.user(Role::User, "ordinary").await;
    let mut hold = nodes.hold(&[one.tenant_id]).await;
    let [here, there] = nodes.stores.clone();
    let demotion = tokio::spawn(strike(here, Blow::Demote, one.clone(), nodes.event(one.tenant_id)));
    hold.until_waiting(1).await;
    let renamed = User { display_name: None, revision: 2, ..other.clone() };
    update(&there, &renamed, nodes.event(other.tenant_id)).await.expect("it is changed meanwhile");
    strike(there, Blow::Remove, ordinary.clone(), nodes.event(ordinary.tenant_id)).await.expect("it goes");
    nodes.user(Role::Admin, "new").await;
    hold.release().await;
    demotion.await.expect("it ends").expect("others are left");
    nodes.database.remove().await;
}
