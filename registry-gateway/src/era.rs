//! Which era each upstream spoke when it was last looked at, so that the next look begins with it.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use registry_core::model::endpoint::{Endpoint, Transport};
use tokio::time::Instant;
use url::Url;

/// Of how many upstreams the era is kept.
pub const MAX_ERAS: usize = 10_000;
/// How long it is kept: a server that learnt a newer era meanwhile is then found out.
pub const ERA_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// For how many room is made at the start.
const INITIAL_ERAS: usize = 64;

/// How an upstream begins a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// By `server/discover` (MCP 2026-07-28).
    Discover,
    /// By `initialize` (before).
    Initialize,
}

/// The eras of upstreams. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Eras(Arc<Cache<(Transport, Url), (Era, Instant)>>);

impl Default for Eras {
    fn default() -> Self {
        Self(Arc::new(Cache::with_weighter(INITIAL_ERAS, MAX_ERAS as u64, UnitWeighter)))
    }
}

impl Eras {
    /// The era of an upstream, if it is known.
    pub(crate) fn of(&self, endpoint: &Endpoint) -> Option<Era> {
        let (era, found_at) = self.0.get(&key(endpoint))?;
        (found_at.elapsed() < ERA_LIFETIME).then_some(era)
    }

    /// Notes what a look found; a look that failed forgets. What is known keeps its age.
    pub(crate) fn note(&self, endpoint: &Endpoint, found: Option<Era>) {
        match found {
            Some(era) if self.of(endpoint) == Some(era) => {}
            Some(era) => self.0.insert(key(endpoint), (era, Instant::now())),
            None => drop(self.0.remove(&key(endpoint))),
        }
    }
}

fn key(endpoint: &Endpoint) -> (Transport, Url) {
    (endpoint.transport(), endpoint.url().clone())
}

#[cfg(test)]
mod tests {
    use registry_core::model::endpoint::{Endpoint, Transport};

    use super::{ERA_LIFETIME, Era, Eras};

    #[tokio::test(start_paused = true)]
    async fn an_era_is_known_until_a_look_fails_or_an_hour_is_over() {
        let (eras, one) =
            (Eras::default(), Endpoint::parse(Transport::Http, "http://127.0.0.1:1/mcp").unwrap());
        let other = Endpoint::parse(Transport::Websocket, "ws://127.0.0.1:1/mcp").unwrap();
        eras.note(&one, Some(Era::Initialize));
        assert_eq!((eras.of(&one), eras.of(&other)), (Some(Era::Initialize), None));
        eras.note(&one, None);
        assert_eq!(eras.of(&one), None);
        eras.note(&one, Some(Era::Discover));
        tokio::time::advance(ERA_LIFETIME / 2).await;
        eras.note(&one, Some(Era::Discover));
        assert_eq!(eras.of(&one), Some(Era::Discover));
        tokio::time::advance(ERA_LIFETIME / 2).await;
        assert_eq!(eras.of(&one), None, "looking does not make it younger");
    }
}
