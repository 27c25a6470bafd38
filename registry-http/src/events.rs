//! Streams of live events: what a subscription tells, with heartbeats, as server-sent events or over a WebSocket.
//!
//! A stream ends when its credential does, within a second, and when the service stops.

mod feed;
mod sse;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use registry_core::Registry;
use registry_gateway::proxy::Pulse;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

pub(crate) use feed::Feed;
pub(crate) use sse::as_server_sent;
pub(crate) use websocket::{handshake, over_websocket};

/// How long WebSockets get for their farewell when the service stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the streams of this node share.
pub struct EventStreams {
    pulse: Arc<Pulse>,
    /// The WebSockets, which the accept loop does not wait for.
    tasks: TaskTracker,
}

impl EventStreams {
    /// Of this registry.
    pub fn new(registry: &Arc<Registry>) -> Arc<Self> {
        Arc::new(Self { pulse: Pulse::new(registry.clone()), tasks: TaskTracker::new() })
    }

    /// Waits until all WebSockets have ended, for a moment. To be called once their subscriptions were.
    pub async fn ended(&self) {
        self.tasks.close();
        // Who does not read the farewell is left without.
        let _ = timeout(FAREWELL, self.tasks.wait()).await;
    }
}
