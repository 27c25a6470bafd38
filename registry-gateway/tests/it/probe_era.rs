//! The era of a server is remembered, and found out anew when it changes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use registry_core::{
    model::{credential::UpstreamAuth, health::CheckStatus},
    probe::{Probe, ProbeTarget},
};
use registry_gateway::probe::UpstreamProbe;

use crate::{
    probe::{LONG, endpoint, probe_on_loopback},
    probe_upstream::{Door, Offer, Upstream},
};

const OLDER: [&str; 4] = ["initialize", "notifications/initialized", "ping", "DELETE"];

/// What arrived at `upstream` of one look, which goes well.
async fn look(probe: &UpstreamProbe, upstream: &Upstream, deep: bool) -> Vec<String> {
    let (before, endpoint) = (upstream.seen().len(), endpoint(&upstream.url));
    let target = ProbeTarget { endpoint: &endpoint, auth: &UpstreamAuth::None, timeout: LONG, deep };
    let report = probe.probe(target).await.report;
    assert_eq!((report.status, &report.error), (CheckStatus::Healthy, &None));
    upstream.seen().split_off(before)
}

#[tokio::test]
async fn a_server_of_an_older_era_is_not_asked_for_discovery_again() {
    let (probe, upstream) = (probe_on_loopback(), Upstream::legacy(Offer::default()).await);
    assert_eq!(look(&probe, &upstream, false).await[0], "server/discover");
    for _ in 0..3 {
        assert_eq!(look(&probe, &upstream, false).await, OLDER);
    }
    assert_eq!(look(&probe, &upstream, true).await[0], "server/discover", "a deep look finds out anew");
    assert_eq!(look(&probe.clone(), &upstream, false).await, OLDER, "clones share what they know");
}

#[tokio::test]
async fn a_server_that_changes_its_era_is_found_out_at_once() {
    let is_modern = Arc::new(AtomicBool::new(false));
    let modern = is_modern.clone();
    let upstream = Upstream::with_door(Offer::default(), move |method| {
        let refused = if modern.load(Ordering::SeqCst) { "initialize" } else { "server/discover" };
        if method == refused { Door::Answer(400, &[], "Bad Request") } else { Door::Open }
    })
    .await;
    let probe = probe_on_loopback();
    look(&probe, &upstream, false).await;
    assert_eq!(look(&probe, &upstream, false).await, OLDER);
    is_modern.store(true, Ordering::SeqCst);
    assert_eq!(look(&probe, &upstream, false).await, ["initialize", "server/discover"]);
    assert_eq!(look(&probe, &upstream, false).await, ["server/discover"]);
    is_modern.store(false, Ordering::SeqCst);
    assert_eq!(look(&probe, &upstream, false).await[..2], ["server/discover", "initialize"]);
}
