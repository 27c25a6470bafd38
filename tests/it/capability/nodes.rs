//! On several nodes: what one withholds or approves, the others refuse or let through within a second (I6, A4).

use std::time::{Duration, Instant};

use black_box_tests::{Answer, Changing, Client, eventually, server_at};
use futures::future::join_all;
use serde_json::json;

use super::kit::{assert_withheld, call, tool};
use crate::nodes::Nodes;
use crate::support::{server_path, with};

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

/// From the bound on, no call may be answered otherwise.
async fn within_the_bound(client: &Client, status: u16, check: impl Fn(&Answer)) {
    let start = Instant::now();
    let known = async || (call(client, "pay").await.status == status).then_some(());
    eventually("the other node knows", PATIENCE, known).await;
    let took = start.elapsed();
    assert!(took < BOUND, "{status} after {took:?}");
    for _ in 0..10 {
        for answer in join_all((0..20).map(|_| call(client, "pay"))).await {
            check(&answer);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i6_a_tool_that_one_node_withholds_or_approves_is_so_on_the_others_within_a_second() {
    let nodes = Nodes::new().await;
    let (first, second) = (nodes.start(), nodes.start());
    let (admin, other) = (first.admin(), second.admin());
    let upstream = Changing::with(&[tool("pay", "1"), tool("look", "1")]).start().await;
    let holds = json!({ "settings": { "toolChanges": "hold" } });
    let body = with(server_at("Weather", &upstream.url), &holds);
    let path = server_path(&admin.post("/api/servers", &body).await.expect(201));
    for number in 2..5 {
        call(&other, "pay").await.assert(200);
        upstream.tools.set(&[tool("pay", &number.to_string()), tool("look", "1")]);
        admin.post(&format!("{path}/health-check"), &json!({ "deep": true })).await.assert(200);
        within_the_bound(&other, 403, assert_withheld).await;
        call(&other, "look").await.assert(200);
        let tools = admin.get(&format!("{path}/tools")).await.expect(200);
        let digest = json!({ "digest": tools["items"][1]["digest"] });
        admin.post(&format!("{path}/tools/pay/approve"), &digest).await.assert(200);
        within_the_bound(&other, 200, |answer| {
            answer.assert(200);
        })
        .await;
    }
    nodes.stop([first, second]).await;
}
