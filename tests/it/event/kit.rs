//! What the tests of events need.

use black_box_tests::{Client, EventStream, EventsOver};
use serde_json::{Value, json};

use crate::support::{server_path, text};

pub(super) const BOTH: [EventsOver; 2] = [EventsOver::Sse, EventsOver::WebSocket];

/// The stream of everything from now on.
pub(super) async fn open(client: &Client, over: EventsOver) -> EventStream {
    client.events(over, "/api/events").await.0
}

/// The stream of everything after this position.
pub(super) async fn after(client: &Client, over: EventsOver, position: &Value) -> EventStream {
    let path = format!("/api/events?after={}", position.as_str().expect("a position"));
    client.events(over, &path).await.0
}

/// Changes the server, which tells whoever sees it.
pub(super) async fn touch(owner: &Client, server: &Value, description: &str) {
    change(owner, server, json!({ "description": description })).await;
}

pub(super) async fn change(owner: &Client, server: &Value, patch: Value) {
    owner.put(&server_path(server), &patch).await.assert(200);
}

/// Whether an event is that this server was changed.
pub(super) fn is_change_of(server: &Value) -> impl FnMut(&Value) -> bool {
    let id = text(server, "id").to_owned();
    move |event| event["type"] == "server_updated" && event["serverId"] == id
}

/// Type and record of each event.
pub(super) fn told(events: &[Value]) -> Vec<(String, String)> {
    let told = |message: &Value| {
        let event = &message["event"];
        (text(event, "type").to_owned(), event["resourceId"].as_str().unwrap_or_default().to_owned())
    };
    events.iter().map(told).collect()
}

/// The positions of events.
pub(super) fn positions(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| text(event, "position").parse().expect("a number")).collect()
}
