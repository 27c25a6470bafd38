//! How a stream begins, and from where.

use black_box_tests::{EventsOver, Service, on_every_store};
use registry_core::model::role::Role;

use super::kit::{BOTH, open};
use crate::access::session::session_client;

on_every_store!(a_page_of_another_site_gets_no_stream_with_a_session, a_handshake_that_is_none_is_refused);

/// A10: no browser asks first before it opens a WebSocket.
async fn a_page_of_another_site_gets_no_stream_with_a_session(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let session = session_client(service, &owner).await.without("x-csrf-token");
    let own = format!("http://{}", service.address);
    for over in BOTH {
        for foreign in [
            session.with("origin", "https://evil.example"),
            session.with("origin", "null"),
            session.with("sec-fetch-site", "cross-site").with("origin", &own),
        ] {
            let Err(refused) = foreign.try_events(over, "/api/events").await else { panic!("{over:?}") };
            refused.assert(403);
        }
        open(&session, over).await;
        open(&session.with("origin", &own).with("sec-fetch-site", "same-origin"), over).await;
        // A key is sent by whoever has it, and by no browser on its own.
        open(&owner.client.with("origin", "https://app.example"), over).await;
        let Err(refused) = service.client().try_events(over, "/api/events").await else { panic!("{over:?}") };
        refused.assert(401);
    }
}

async fn a_handshake_that_is_none_is_refused(service: &Service) {
    let client = service.actor("acme", "olga", Role::ServerOwner).await.client;
    let upgrade = client.with("upgrade", "websocket");
    let sound = upgrade.with("connection", "upgrade").with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    for flawed in [
        upgrade.clone(),
        sound.clone(),
        sound.with("sec-websocket-version", "8"),
        upgrade.with("connection", "upgrade").with("sec-websocket-version", "13"),
    ] {
        let answer = flawed.get("/api/events").await;
        assert_eq!(answer.assert(400).header("sec-websocket-version"), "13");
    }
    let (_, hello) = client.events(EventsOver::WebSocket, "/api/events").await;
    assert_eq!(hello["position"].as_str().map(|text| text.parse::<u64>().is_ok()), Some(true));
}
