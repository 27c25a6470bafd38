//! Who was away is told what it missed, once.

use black_box_tests::{EventsOver, Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::json;

use super::kit::{BOTH, after, is_change_of, open, positions, told, touch};
use crate::support::register;

on_every_store!(
    a_resumed_stream_has_lost_and_doubled_nothing,
    a_position_that_nobody_knows_resets,
    what_happened_while_nobody_listened_is_told,
);

/// More than are at hand for one step, so that a resumed stream takes several.
const MANY: usize = 300;

async fn a_resumed_stream_has_lost_and_doubled_nothing(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "One").await;
    let end = register(&owner, "End").await;
    for over in BOTH {
        let (mut whole, mut broken) = (open(&owner.client, over).await, open(&owner.client, over).await);
        let mut seen = Vec::new();
        for round in 0..3 {
            touch(&owner.client, &server, &format!("{over:?} {round}")).await;
            seen.push(broken.next().await);
            drop(broken);
            for number in 0..MANY / 100 {
                touch(&owner.client, &server, &format!("{over:?} {round} {number}")).await;
            }
            broken = after(&owner.client, over, &seen.last().unwrap()["position"]).await;
        }
        touch(&owner.client, &end, &format!("{over:?}")).await;
        seen.extend(broken.until(is_change_of(&end)).await);
        let expected = whole.until(is_change_of(&end)).await;
        assert_eq!(seen, expected, "{over:?}");
        let numbers = positions(&seen);
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    }
}

async fn a_position_that_nobody_knows_resets(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "One").await;
    for over in BOTH {
        for unknown in ["999999999", "-1", "x", "18446744073709551615", ""] {
            let (mut stream, hello) =
                owner.client.events(over, &format!("/api/events?after={unknown}")).await;
            let reset = stream.next().await;
            assert_eq!(
                (&reset["kind"], &reset["position"]),
                (&json!("reset"), &hello["position"]),
                "{unknown}"
            );
            touch(&owner.client, &server, &format!("{over:?} {unknown}")).await;
            assert_eq!(stream.next().await["event"]["type"], "server_updated");
        }
    }
    // A browser that comes back tells the last that it knows, and still asks as it did first.
    let (_, hello) = owner.client.events(EventsOver::Sse, "/api/events").await;
    let browser = owner.client.with("last-event-id", hello["position"].as_str().unwrap());
    touch(&owner.client, &server, "meanwhile").await;
    let (mut stream, again) = browser.events(EventsOver::Sse, "/api/events?after=999999999").await;
    assert_eq!(again["position"], hello["position"]);
    assert_eq!(told(&[stream.next().await])[0].0, "server_updated");
}

async fn what_happened_while_nobody_listened_is_told(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (_, hello) = owner.client.events(EventsOver::Sse, "/api/events").await;
    let server = register(&owner, "One").await;
    for number in 0..MANY / 10 {
        touch(&owner.client, &server, &number.to_string()).await;
    }
    let mut stream = after(&owner.client, EventsOver::Sse, &hello["position"]).await;
    let registered = stream.next().await;
    assert_eq!(registered["event"]["type"], "server_registered");
    for _ in 0..MANY / 10 {
        let changed = stream.next().await;
        assert_eq!(changed["event"]["type"], "server_updated");
    }
}
