//! Several nodes: who decides, and what happens when the shared limits are away.

use std::time::Duration;

use registry_core::limit::{Buckets, Decision, LimitKind};
use tokio::time::Instant;

use crate::lines::Lines;
use crate::node::{Node, WAIT, expected, node};
use crate::world::{Mood, key};

#[tokio::test(start_paused = true)]
async fn the_shared_limits_decide_and_are_counted() {
    let node = node();
    for _ in 0..3 {
        assert!(node.take().await.is_allowed());
    }
    let metrics = [("decisions_total key allowed shared", 3), ("shared_up", 1)];
    assert_eq!(node.metrics(), expected(metrics));
    assert!(node.limiter.try_take_local(&Buckets::default()).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_node_denies_what_other_nodes_have_used_up_and_takes_nothing_for_it() {
    let node = node();
    let key = key(&node.limiter, 1, 100);
    for _ in 0..100 {
        assert!(node.shared.take_elsewhere(&Buckets::from([Some(&*key)])).is_allowed());
    }
    assert!(!node.take().await.is_allowed());
    let metrics = [("decisions_total key denied shared", 1), ("shared_up", 1)];
    assert_eq!(node.metrics(), expected(metrics));
    node.shared.set(Mood::Fail);
    let decision = node.take().await;
    assert_eq!(decision.standing().map(|standing| standing.remaining()), Some(99));
}

#[tokio::test(start_paused = true)]
async fn a_flood_that_this_node_denies_does_not_reach_the_shared_limits() {
    let node = node();
    for _ in 0..100 {
        assert!(node.take().await.is_allowed());
    }
    assert_eq!(node.shared.asked(), 100);
    for _ in 0..1_000 {
        assert!(!node.take().await.is_allowed());
    }
    assert_eq!(node.shared.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_shared_limits_have_forgotten_this_node_still_limits() {
    let node = node();
    let key = key(&node.limiter, 1, 100);
    for _ in 0..99 {
        assert!(node.limiter.take(&Buckets::from([Some(&*key)])).await.is_allowed());
    }
    node.shared.forget();
    // Both see the last call of this node, and the shared limits would allow a hundred.
    let (one, other) = tokio::join!(node.take(), node.take());
    assert_eq!([one, other].iter().filter(|decision| decision.is_allowed()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn failing_shared_limits_leave_the_limit_in_force_where_it_stood() {
    let node = node();
    for _ in 0..40 {
        assert!(node.take().await.is_allowed());
    }
    node.shared.set(Mood::Fail);
    let mut allowed = 0;
    for _ in 0..200 {
        allowed += u32::from(node.take().await.is_allowed());
    }
    assert_eq!(allowed, 60);
    assert_eq!(node.shared.asked(), 41);
    let metrics = [
        ("decisions_total key allowed local", 60),
        ("decisions_total key allowed shared", 40),
        ("decisions_total key denied local", 140),
        ("shared_errors_total", 1),
    ];
    assert_eq!(node.metrics(), expected(metrics));
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_no_longer_than_the_bound_and_later_calls_not_at_all() {
    let node = node();
    node.shared.set(Mood::Hang);
    let start = Instant::now();
    assert!(node.take().await.is_allowed());
    assert!(start.elapsed() <= WAIT + Duration::from_millis(1), "{:?}", start.elapsed());
    let start = Instant::now();
    assert!(node.take().await.is_allowed());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_one_call_probes_and_pauses_double_to_half_a_minute() {
    let node = node();
    node.shared.set(Mood::Fail);
    let _ = node.take().await;
    for pause in [1, 2, 4, 8, 16, 30, 30] {
        probes_after(&node, pause).await;
    }
    node.shared.set(Mood::Work);
    probes_after(&node, 30).await;
    node.shared.set(Mood::Fail);
    let _ = node.take().await;
    for pause in [1, 2] {
        probes_after(&node, pause).await;
    }
}

/// Nobody asks for so many seconds, and then one does, or all if it is answered.
async fn probes_after(node: &Node, seconds: u64) {
    node.shared.asked();
    node.ticks.advance(Duration::from_secs(seconds) - Duration::from_nanos(1));
    let _ = node.take().await;
    assert_eq!(node.shared.asked(), 0, "within {seconds} s");
    node.ticks.advance(Duration::from_nanos(1));
    let _ = tokio::join!(node.take(), node.take(), node.take());
    assert_eq!(node.shared.asked(), 1, "after {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn of_many_calls_at_once_one_probes() {
    let node = node();
    node.shared.set(Mood::Fail);
    let _ = node.take().await;
    node.shared.set(Mood::Hang);
    node.shared.asked();
    node.ticks.advance(Duration::from_secs(1));
    let (a, b, c) = tokio::join!(node.take(), node.take(), node.take());
    assert!([a, b, c].iter().all(Decision::is_allowed));
    assert_eq!(node.shared.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_prober_that_goes_away_leaves_the_next_turn_to_another() {
    let node = node();
    node.shared.set(Mood::Fail);
    let _ = node.take().await;
    node.shared.set(Mood::Hang);
    node.shared.asked();
    node.ticks.advance(Duration::from_secs(1));
    let gone = tokio::time::timeout(Duration::from_millis(1), node.take()).await;
    assert!(gone.is_err(), "it was dropped while it probed");
    assert_eq!(node.shared.asked(), 1);
    node.shared.set(Mood::Work);
    node.ticks.advance(Duration::from_secs(1));
    assert!(node.take().await.is_allowed());
    assert!(node.take().await.is_allowed());
    assert_eq!(node.shared.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn shared_limits_that_come_back_decide_again() {
    let node = node();
    node.shared.set(Mood::Fail);
    for _ in 0..2 {
        assert!(node.take().await.is_allowed());
    }
    node.metrics();
    node.shared.set(Mood::Work);
    node.ticks.advance(Duration::from_secs(1));
    for _ in 0..3 {
        let decision = node.take().await;
        assert_eq!(decision.standing().map(|standing| standing.kind()), Some(LimitKind::Key));
    }
    let metrics = [("decisions_total key allowed shared", 3), ("shared_up", 1)];
    assert_eq!(node.metrics(), expected(metrics));
}

#[tokio::test(start_paused = true)]
async fn going_away_and_coming_back_are_one_line_each() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let node = node();
    node.shared.set(Mood::Fail);
    let _ = tokio::join!(node.take(), node.take(), node.take());
    node.ticks.advance(Duration::from_secs(1));
    let _ = node.take().await;
    node.shared.set(Mood::Work);
    node.ticks.advance(Duration::from_secs(2));
    let _ = tokio::join!(node.take(), node.take());
    let text = lines.text();
    let levels: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(levels, ["WARN", "INFO"], "{text}");
    assert!(text.contains("error=refused"), "{text}");
}
