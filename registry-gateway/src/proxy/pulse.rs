//! When open streams ask whether they may go on. Ten thousand streams that each look once a second cost more than the few
//! changes in a day: so one task looks, and wakes them when there is something to see.

use std::sync::{Arc, Once, Weak};
use std::time::Duration;

use registry_core::Registry;
use registry_core::service::Grant;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How often it is looked whether anything changed: the time in which a revoked key's streams end.
const INTERVAL: Duration = Duration::from_millis(900);
/// How long a stream goes without asking although nothing changed.
const LONGEST: Duration = Duration::from_secs(10);
/// How long it goes without asking at least, also when its grant has ended and nobody can say so.
const SHORTEST: Duration = Duration::from_millis(90);

/// Beats when a stream may have lost its right to go on: in each interval in which a grant or a server changed, and in
/// every one where other nodes write to the same store.
pub struct Pulse {
    registry: Arc<Registry>,
    beats: watch::Sender<()>,
    running: Once,
}

impl Pulse {
    /// The pulse of this registry. It begins to beat when somebody feels it.
    pub fn new(registry: Arc<Registry>) -> Arc<Self> {
        Arc::new(Self { registry, beats: watch::Sender::new(()), running: Once::new() })
    }

    /// The beats from now on.
    pub fn feel(self: &Arc<Self>) -> Beats {
        self.running.call_once(|| {
            tokio::spawn(run(Arc::downgrade(self), self.epoch()));
        });
        Beats(self.beats.subscribe())
    }

    /// Grows with every change that matters to a stream.
    fn epoch(&self) -> u64 {
        self.registry.auth.epoch() + self.registry.servers.epoch()
    }
}

async fn run(pulse: Weak<Pulse>, mut seen: u64) {
    loop {
        sleep(INTERVAL).await;
        let Some(pulse) = pulse.upgrade() else { return };
        let epoch = pulse.epoch();
        if epoch != seen || pulse.registry.is_shared() {
            seen = epoch;
            pulse.beats.send_replace(());
        }
    }
}

/// What one stream feels of the pulse.
pub struct Beats(watch::Receiver<()>);

impl Beats {
    /// Waits until a stream that began lately asks for the first time. What changed while it began is seen then.
    pub async fn first(&mut self) {
        sleep(INTERVAL).await;
        self.0.mark_unchanged();
    }

    /// Waits until there may be something to see for the holder of `grant`: a beat, or the end of the grant.
    pub async fn next(&mut self, registry: &Registry, grant: &Grant) {
        let left = (grant.valid_until() - registry.clock().now()).to_std().unwrap_or_default();
        // When the pulse is gone the service is ending, and its streams end by other means.
        let _ = timeout(left.clamp(SHORTEST, LONGEST), self.0.changed()).await;
        self.0.mark_unchanged();
    }
}
