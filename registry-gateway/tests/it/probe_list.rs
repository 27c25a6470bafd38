//! What a deep look lists.

use std::time::Duration;

use registry_core::{
    model::{
        capability::CapabilityKind::{Prompt, Resource, ResourceTemplate, Tool},
        credential::UpstreamAuth,
        endpoint::{Endpoint, Transport},
        inventory::FoundList,
    },
    probe::{Probe, ProbeTarget},
};
use serde_json::json;

use crate::probe::{OFFER, probe_on_loopback};
use crate::probe_upstream::{Door, Upstream};

async fn lists(upstream: &Upstream, deep: bool) -> Vec<FoundList> {
    let endpoint = Endpoint::parse(Transport::Http, &upstream.url).unwrap();
    let (auth, timeout) = (&UpstreamAuth::None, Duration::from_secs(10));
    probe_on_loopback().probe(ProbeTarget { endpoint: &endpoint, auth, timeout, deep }).await.lists
}

#[tokio::test]
async fn a_deep_look_lists_what_the_server_has() {
    for upstream in [Upstream::modern(OFFER).await, Upstream::legacy(OFFER).await] {
        let lists = lists(&upstream, true).await;
        let found: Vec<_> = lists.iter().map(|list| (list.kind(), list.len())).collect();
        assert_eq!(found, [(Tool, 5), (Resource, 2), (ResourceTemplate, 0), (Prompt, 3)]);
        let mut tools = FoundList::new(Tool);
        for number in 0..5 {
            let schema = json!({ "type": "object" });
            tools.add(&json!({ "name": format!("t{number}"), "description": "", "inputSchema": schema }));
        }
        assert_eq!(lists[0], tools);
    }
}

#[tokio::test]
async fn a_list_that_fails_is_not_told_and_one_that_is_not_declared_is_empty() {
    let upstream = Upstream::with_door(OFFER, |method| match method {
        "tools/list" => Door::Answer(500, &[], ""),
        _ => Door::Open,
    })
    .await;
    let kinds: Vec<_> = lists(&upstream, true).await.iter().map(FoundList::kind).collect();
    assert_eq!(kinds, [Resource, ResourceTemplate, Prompt]);
    assert_eq!(lists(&upstream, false).await, []);
    let away = Upstream::with_door(OFFER, |_| Door::Answer(500, &[], "")).await;
    assert_eq!(lists(&away, true).await, []);
}
