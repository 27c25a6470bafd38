//! Limits that nodes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redis::AsyncCommands;
use registry_core::clock::{Clock, SystemClock};
use registry_core::limit::{Bucket, BucketName, Buckets, Decision, LimitKind};
use registry_core::model::id::{TenantId, UserId};

use crate::node::{Node, fresh};
use crate::server::{connection, eventually, url};

/// Long enough that no decision is this node's own because the machine is busy.
const UNHURRIED: Duration = Duration::from_secs(10);

async fn node() -> Arc<Node> {
    Arc::new(Node::new(&url().into(), UNHURRIED).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_tasks_on_two_nodes_exactly_the_burst_is_allowed() {
    let (nodes, name) = ([node().await, node().await], fresh());
    let allowed = Arc::new(AtomicU32::new(0));
    let tasks = (0..64).map(|task| {
        let (node, allowed) = (Arc::clone(&nodes[task % 2]), Arc::clone(&allowed));
        tokio::spawn(async move {
            let bucket = node.bucket(name, 1, 100);
            for _ in 0..10 {
                allowed.fetch_add(u32::from(node.take(&bucket).await.is_allowed()), Ordering::Relaxed);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no call panics");
    }
    assert_eq!(allowed.load(Ordering::Relaxed), 100);
    assert!(nodes.iter().all(|node| node.is_shared()), "a node decided by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_under_four_times_the_limit_allow_one_limit_together() {
    const PER_SECOND: f64 = 100.0;
    const CALLS: u32 = 600;
    let (nodes, name) = ([node().await, node().await], fresh());
    let start = Instant::now();
    let load = nodes.map(|node| {
        tokio::spawn(async move {
            let bucket = node.bucket(name, 6_000, 50);
            steadily(&node, &bucket, 2.0 * PER_SECOND, CALLS).await
        })
    });
    let mut allowed = 0;
    for node in load {
        allowed += node.await.expect("no call panics");
    }
    let most = 50.0 + PER_SECOND * start.elapsed().as_secs_f64();
    let allowed = f64::from(allowed);
    assert!(allowed <= most + 1.0, "{allowed} of {most}");
    assert!(allowed >= 0.9 * most, "{allowed} of {most}");
}

/// Calls so often a second, and as often in all. How many were allowed.
async fn steadily(node: &Node, bucket: &Bucket, per_second: f64, calls: u32) -> u32 {
    let mut beat = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
    let mut allowed = 0;
    for _ in 0..calls {
        beat.tick().await;
        allowed += u32::from(node.take(bucket).await.is_allowed());
    }
    allowed
}

#[tokio::test]
async fn a_call_is_taken_from_all_buckets_or_from_none_and_the_strictest_is_named() {
    let (node, other, key, id) = (node().await, node().await, fresh(), SystemClock.new_id());
    let limits = [(key, 10), (BucketName::User(UserId(id)), 3), (BucketName::Tenant(TenantId(id)), 5)];
    for remaining in [2, 1, 0] {
        let decision = take_from(&node, limits).await;
        let standing = decision.standing().expect("it is limited");
        assert_eq!((standing.kind(), standing.remaining()), (LimitKind::User, remaining));
        assert!(decision.is_allowed());
    }
    for _ in 0..5 {
        let decision = take_from(&other, limits).await;
        assert_eq!(decision.standing().map(|standing| standing.kind()), Some(LimitKind::User));
        assert!(decision.retry_after().is_some_and(|seconds| (50..=60).contains(&seconds)), "{decision:?}");
    }
    let alone = other.take(&other.bucket(key, 1, 10)).await;
    assert_eq!(alone.standing().map(|standing| standing.remaining()), Some(6));
}

/// A call of which each name has so many, and one a minute.
async fn take_from(node: &Node, limits: [(BucketName, u32); 3]) -> Decision {
    let buckets = limits.map(|(name, burst)| node.bucket(name, 1, burst));
    node.limiter.take(&Buckets::from(buckets.each_ref().map(|bucket| Some(&**bucket)))).await
}

#[tokio::test]
async fn a_bucket_with_another_quota_is_another_bucket() {
    let (node, name) = (node().await, fresh());
    assert!(node.take(&node.bucket(name, 1, 1)).await.is_allowed());
    assert!(!node.take(&node.bucket(name, 1, 1)).await.is_allowed());
    let changed = node.take(&node.bucket(name, 100, 100)).await;
    assert_eq!(changed.standing().map(|standing| standing.remaining()), Some(99));
}

#[tokio::test]
async fn a_bucket_is_gone_from_redis_when_it_is_full_again() {
    let (node, name) = (node().await, fresh());
    // A call in 600 ms: so long does the key live.
    assert!(node.take(&node.bucket(name, 100, 100)).await.is_allowed());
    let key = format!("mcp-registry:limit:{name}:100:100");
    let left: i64 = connection().await.pttl(&key).await.expect("an answer");
    assert!((1..=600).contains(&left), "{left} ms");
    eventually("the key is gone", async || {
        let exists: bool = connection().await.exists(&key).await.expect("an answer");
        !exists
    })
    .await;
}
