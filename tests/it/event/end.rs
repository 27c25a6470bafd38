//! How a stream ends: with its credential, and with the service.

use std::time::{Duration, Instant};

use black_box_tests::{EventStream, EventsOver, Service, StoreKind, on_every_store};
use registry_core::model::account_input::UserChange;
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::kit::{BOTH, open};
use crate::access::session::session_client;

on_every_store!(a_stream_ends_with_its_credential, a_user_has_so_many_streams_only);

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);

async fn assert_ends(mut stream: EventStream, what: &str) {
    let start = Instant::now();
    let end = loop {
        let message = stream.next().await;
        if message["kind"] == "end" {
            break message;
        }
    };
    let took = start.elapsed();
    assert_eq!(end["reason"], "credential_ended", "{what}");
    assert!(took < BOUND, "{what}: {took:?}");
    assert_eq!(stream.try_next().await, None, "{what}");
}

async fn a_stream_ends_with_its_credential(service: &Service) {
    let admin = service.admin().await;
    for over in BOTH {
        let owner =
            service.actor("acme", &format!("olga-{}", over == EventsOver::Sse), Role::ServerOwner).await;
        let key = owner.mint(service, Scope::ALL, None).await;
        let client = service.client().with_key(key.secret.expose());
        let (stream, bystander) = (open(&client, over).await, open(&owner.client, over).await);
        admin.client.delete(&format!("/api/api-keys/{}", key.key.id)).await.assert(204);
        assert_ends(stream, "a revoked key").await;

        let session = session_client(service, &owner).await;
        let stream = open(&session, over).await;
        session.post_empty("/api/auth/logout").await.assert(204);
        assert_ends(stream, "somebody who signed out").await;

        let change = UserChange { disabled: Some(true), ..UserChange::default() };
        service.registry.users.update(&admin.caller, owner.caller.user_id(), change, None).await.unwrap();
        assert_ends(bystander, "a disabled user").await;
    }
}

async fn a_user_has_so_many_streams_only(service: &Service) {
    let (owner, other) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "otto", Role::ServerOwner).await,
    );
    let mut streams = Vec::new();
    for number in 0..100 {
        streams.push(open(&owner.client, BOTH[number % 2]).await);
    }
    for over in BOTH {
        let Err(refused) = owner.client.try_events(over, "/api/events").await else { panic!("one too many") };
        refused.assert(429);
        assert_eq!(refused.json["code"], json!("RATE_LIMIT_EXCEEDED"));
    }
    open(&other.client, EventsOver::WebSocket).await;
    streams.truncate(50);
    let again = async || owner.client.try_events(EventsOver::WebSocket, "/api/events").await.ok();
    black_box_tests::eventually("there is room again", Duration::from_secs(10), again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_told_that_the_service_stops() {
    let service = Service::start(StoreKind::Memory).await;
    let admin = service.admin().await;
    let mut streams = Vec::new();
    for over in BOTH {
        streams.push(open(&admin.client, over).await);
    }
    let stopped = tokio::spawn(service.stop());
    for mut stream in streams {
        assert_eq!(stream.next().await["reason"], "shutdown");
        assert_eq!(stream.try_next().await, None);
    }
    stopped.await.unwrap();
}
