//! The removal of users and tenants, when somebody else stores what refers to them at the same moment.

use std::sync::Arc;

use registry_core::access::Reach;
use registry_core::conformance::sample;
use registry_core::model::audit::{AuditEvent, AuditQuery};
use registry_core::model::key::ApiKey;
use registry_core::model::preference::Preference;
use registry_core::model::role::Role;
use registry_core::model::server::Server;
use registry_core::model::session::Session;
use registry_core::model::usage::{Usage, UsageSubject};
use registry_core::model::user::User;
use registry_core::store::{
    AuditStore, KeyStore, PreferenceStore, ServerStore, SessionStore, StoreError, TenantStore, UsageStore,
    UserStore,
};
use storage_postgres::PostgresStore;

use crate::account::{Nodes, preference, session};

/// Something that refers to a user.
#[derive(Debug, Clone)]
enum Belonging {
    Key(Box<ApiKey>),
    Server(Box<Server>),
    Session(Session),
    Preferences(Vec<Preference>),
}

impl Belonging {
    async fn store(self, on: Arc<PostgresStore>, user: User, event: AuditEvent) -> Result<(), StoreError> {
        match self {
            Self::Key(key) => on.create_key(&key, event).await,
            Self::Server(server) => on.create_server(&server, None, event).await,
            Self::Session(session) => on.create_session(&session, event).await,
            Self::Preferences(all) => on.put_preferences(user.tenant_id, user.id, &all, event).await,
        }
    }

    /// One of each kind. The last is for a server that is there.
    fn of(nodes: &Nodes, user: &User, server: &Server) -> Vec<Self> {
        let clock = &nodes.clock;
        vec![
            Self::Key(Box::new(sample::key(clock, user, "ci"))),
            Self::Server(Box::new(sample::server(clock, user, "Its own"))),
            Self::Session(session(clock, user)),
            Self::Preferences(vec![preference(clock, server.id)]),
        ]
    }
}

/// A server of somebody who stays.
async fn shared_server(nodes: &Nodes) -> Server {
    let owner = nodes.user(Role::ServerOwner, "others").await;
    let server = Server { is_public: true, ..sample::server(&nodes.clock, &owner, "Shared") };
    nodes.store().create_server(&server, None, nodes.event(owner.tenant_id)).await.expect("it is stored");
    server
}

/// Checks that nothing of the user is there but keys, which are revoked.
async fn assert_gone(nodes: &Nodes, user: &User, belonging: &Belonging) {
    let (store, reach) = (nodes.store(), Reach::AllTenants);
    match belonging {
        Belonging::Key(key) => {
            assert_eq!(store.key_by_digest(&key.digest).await.expect("an answer"), None);
            let found = store.key(reach, key.id).await.expect("an answer");
            assert!(found.is_none_or(|key| key.revoked_at.is_some()));
        }
        Belonging::Server(server) => assert_eq!(store.server(reach, server.id).await.expect("it"), None),
        Belonging::Session(session) => {
            assert_eq!(store.session_by_digest(&session.digest).await.expect("an answer"), None);
        }
        Belonging::Preferences(_) => {
            assert_eq!(store.preferences(user.tenant_id, user.id).await.expect("an answer"), []);
        }
    }
}

#[tokio::test]
async fn who_refers_to_a_user_being_removed_finds_it_missing() {
    let nodes = Nodes::start().await;
    let server = shared_server(&nodes).await;
    let user = nodes.user(Role::ServerOwner, "acme").await;
    let mut hold = nodes.hold(&[user.tenant_id]).await;
    let (here, event) = (nodes.stores[0].clone(), nodes.event(user.tenant_id));
    let (tenant_id, id) = (user.tenant_id, user.id);
    let removal = tokio::spawn(async move { here.delete_user(tenant_id, id, 1, event).await });
    hold.until_waiting(1).await;
    let mut stores = Vec::new();
    for belonging in Belonging::of(&nodes, &user, &server) {
        let store = belonging.clone().store(nodes.stores[1].clone(), user.clone(), nodes.event(tenant_id));
        stores.push((belonging, tokio::spawn(store)));
    }
    hold.until_waiting(5).await;
    hold.release().await;
    removal.await.expect("it ends").expect("the user is removed");
    for (belonging, store) in stores {
        let result = store.await.expect("it ends");
        assert!(matches!(result, Err(StoreError::Missing)), "{belonging:?}: {result:?}");
        assert_gone(&nodes, &user, &belonging).await;
    }
    nodes.database.remove().await;
}

#[tokio::test]
async fn a_removal_waits_for_what_refers_to_the_user_and_sees_it() {
    let nodes = Nodes::start().await;
    let server = shared_server(&nodes).await;
    for number in 0..4 {
        let user = nodes.user(Role::ServerOwner, &format!("tenant {number}")).await;
        let belonging = Belonging::of(&nodes, &user, &server).swap_remove(number);
        let mut hold = nodes.hold(&[user.tenant_id]).await;
        let event = nodes.event(user.tenant_id);
        let store = belonging.clone().store(nodes.stores[1].clone(), user.clone(), event);
        let store = tokio::spawn(store);
        hold.until_waiting(1).await;
        let (here, event) = (nodes.stores[0].clone(), nodes.event(user.tenant_id));
        let (tenant_id, id) = (user.tenant_id, user.id);
        let removal = tokio::spawn(async move { here.delete_user(tenant_id, id, 1, event).await });
        hold.until_waiting(2).await;
        hold.release().await;
        store.await.expect("it ends").expect("it is stored");
        let removed = removal.await.expect("it ends");
        if matches!(belonging, Belonging::Server(_)) {
            assert!(matches!(removed, Err(StoreError::InUse(_))), "{removed:?}");
            continue;
        }
        removed.expect("the user is removed");
        assert_gone(&nodes, &user, &belonging).await;
        let log = AuditQuery { tenant_id: Some(tenant_id), ..AuditQuery::new(Reach::AllTenants) };
        let log = nodes.store().audit(&log).await.expect("the log");
        let mut revoked = log.items.iter().filter_map(|entry| entry.event.metadata.get("revokedKeys"));
        let expected: Vec<_> = match &belonging {
            Belonging::Key(key) => vec![key.id.to_string()],
            _ => Vec::new(),
        };
        assert_eq!(revoked.next(), Some(&expected.into()), "{belonging:?}");
    }
    nodes.database.remove().await;
}

#[tokio::test]
async fn a_tenant_and_its_new_user_are_not_both_there_and_gone() {
    let nodes = Nodes::start().await;
    for is_removal_first in [true, false] {
        let tenant = sample::tenant(&nodes.clock, &format!("removal first: {is_removal_first}"));
        nodes.store().create_tenant(&tenant, nodes.event(tenant.id)).await.expect("it is stored");
        let user = sample::user(&nodes.clock, &tenant, "new");
        let mut hold = nodes.hold(&[tenant.id]).await;
        let ([here, there], events) = (nodes.stores.clone(), [(); 2].map(|()| nodes.event(tenant.id)));
        let ([event, other_event], new) = (events, user.clone());
        let removal = async move { here.delete_tenant(tenant.id, 1, event).await };
        let creation = async move { there.create_user(&new, None, other_event).await };
        let (removed, created) = if is_removal_first {
            let removal = tokio::spawn(removal);
            hold.until_waiting(1).await;
            (removal, tokio::spawn(creation))
        } else {
            let creation = tokio::spawn(creation);
            hold.until_waiting(1).await;
            (tokio::spawn(removal), creation)
        };
        hold.until_waiting(2).await;
        hold.release().await;
        match (removed.await.expect("it ends"), created.await.expect("it ends")) {
            (Ok(()), Err(StoreError::Missing)) => assert!(is_removal_first),
            (Err(StoreError::InUse(_)), Ok(())) => assert!(!is_removal_first),
            other => panic!("{other:?}"),
        }
    }
    nodes.database.remove().await;
}

/// Who removes a server locks it, and then the keys that are for it.
#[tokio::test]
async fn who_counts_calls_has_no_key_locked_while_waiting_for_a_server() {
    let nodes = Nodes::start().await;
    let owner = nodes.user(Role::ServerOwner, "acme").await;
    let key = sample::key(&nodes.clock, &owner, "registration");
    let server = Server { api_key_id: Some(key.id), ..sample::server(&nodes.clock, &owner, "Weather") };
    let key = ApiKey { server_id: Some(server.id), ..key };
    let event = nodes.event(owner.tenant_id);
    nodes.store().create_server(&server, Some(&key), event).await.expect("it is stored");
    let mut hold = nodes.hold_server(server.id).await;
    let usage = Usage { requests: 1, ..Usage::default() };
    let batch = [(UsageSubject::Key(key.id), usage.clone()), (UsageSubject::Server(server.id), usage)];
    let here = nodes.stores[0].clone();
    let counting = tokio::spawn(async move { here.add_usage(&batch).await });
    hold.until_waiting(1).await;
    hold.lock("SELECT id FROM api_key WHERE id = $1 FOR UPDATE NOWAIT", key.id.0).await;
    hold.release().await;
    counting.await.expect("it ends").expect("the calls are counted");
    nodes.database.remove().await;
}
