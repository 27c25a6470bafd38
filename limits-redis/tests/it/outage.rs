//! Redis goes away and comes back. Names hold "kill" so that these run alone: they time calls.

use registry_core::limit::SHARED_WAIT;

use crate::node::{Node, fresh};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_redis_leaves_calls_limited_and_prompt_and_decides_again_when_it_is_back() {
    let mut server = Server::start(&[]).await;
    let node = Node::new(&server.url(), SHARED_WAIT).await;
    let bucket = node.bucket(fresh(), 1, 100);
    assert_eq!(node.take_promptly(&bucket, 40).await, 40);
    assert!(node.is_shared());
    server.kill();
    assert_eq!(node.take_promptly(&bucket, 500).await, 60);
    assert!(!node.is_shared());
    server.restart().await;
    node.wait_until_shared().await;
    shares_again(&node, &Node::new(&server.url(), SHARED_WAIT).await).await;
    assert_eq!(node.take_promptly(&bucket, 100).await, 0, "this node remembers what an empty Redis does not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_redis_that_is_no_better_than_killed_bounds_every_wait() {
    let server = Server::start(&[]).await;
    let node = Node::new(&server.url(), SHARED_WAIT).await;
    let bucket = node.bucket(fresh(), 1, 100);
    assert_eq!(node.take_promptly(&bucket, 40).await, 40);
    server.freeze();
    assert_eq!(node.take_promptly(&bucket, 500).await, 60);
    assert!(!node.is_shared());
    server.thaw();
    node.wait_until_shared().await;
    shares_again(&node, &Node::new(&server.url(), SHARED_WAIT).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_before_the_start_is_used_when_it_comes() {
    let mut server = Server::start(&[]).await;
    server.kill();
    let node = Node::new(&server.url(), SHARED_WAIT).await;
    assert_eq!(node.take_promptly(&node.bucket(fresh(), 1, 10), 30).await, 10);
    assert!(!node.is_shared());
    server.restart().await;
    node.wait_until_shared().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis_killed_under_64_tasks_lets_no_call_too_many_through() {
    let mut server = Server::start(&[]).await;
    let node = std::sync::Arc::new(Node::new(&server.url(), SHARED_WAIT).await);
    let name = fresh();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let node = std::sync::Arc::clone(&node);
            tokio::spawn(async move { node.take_promptly(&node.bucket(name, 1, 1_000), 100).await })
        })
        .collect();
    server.kill();
    let mut allowed = 0;
    for task in tasks {
        allowed += task.await.expect("no call panics");
    }
    assert_eq!(allowed, 1_000);
}

/// What one node takes, the other has not.
async fn shares_again(node: &Node, other: &Node) {
    let name = fresh();
    assert_eq!(node.take_promptly(&node.bucket(name, 1, 50), 30).await, 30);
    assert_eq!(other.take_promptly(&other.bucket(name, 1, 50), 50).await, 20);
}
