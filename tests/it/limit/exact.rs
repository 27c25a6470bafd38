//! O3: limits under concurrency are exact.

use black_box_tests::{Client, Upstream};
use futures::future::join_all;
use registry_core::limit::RateLimits;
use registry_core::model::role::Role;

use super::kit::{ME, limited};
use crate::support::{initialize, register_at};

async fn of_200(call: impl AsyncFn(&Client) -> u16, client: &Client) -> (usize, usize) {
    let statuses = join_all((0..200).map(|_| call(client))).await;
    let count = |status: u16| statuses.iter().filter(|answered| **answered == status).count();
    (count(200), count(429))
}

/// O3.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn o3_of_200_calls_at_once_on_a_key_with_100_exactly_100_pass() {
    let (service, _ticks) =
        limited(|limits| *limits = RateLimits { own: true, ..RateLimits::unlimited() }).await;
    let upstream = Upstream::start().await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    register_at(&owner, "Weather", &upstream).await;
    let on_api = service.actor("acme", "api", Role::ServerOwner).await;
    assert_eq!(of_200(async |client| client.get(ME).await.status.as_u16(), &on_api.client).await, (100, 100));
    let on_mcp = service.actor("acme", "mcp", Role::ServerOwner).await;
    let before = upstream.seen().len();
    let call = async |client: &Client| initialize(client, "/weather").await.status.as_u16();
    assert_eq!(of_200(call, &on_mcp.client).await, (100, 100));
    assert_eq!(upstream.seen().len() - before, 100);
    service.stop().await;
}
