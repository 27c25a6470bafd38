//! Addresses of Redis, and the passwords in them.

use limits_redis::RedisLimits;
use registry_core::limit::{Buckets, Limiter, SharedLimits};
use registry_core::model::settings::RateLimit;

use crate::node::fresh;
use crate::server::{Server, eventually, url};

const PASSWORD: &str = "correct-horse-4711";

/// The outcome of one decision: the error's text, and all that can be printed.
async fn take(limits: &RedisLimits) -> Result<bool, String> {
    let bucket = Limiter::local().bucket(fresh(), RateLimit { rpm: 1, burst: 1 });
    let decision = limits.take(&Buckets::from([bucket.as_deref()])).await;
    decision.map(|decision| decision.is_allowed()).map_err(|error| format!("{error} {error:?} {limits:?}"))
}

#[tokio::test]
async fn a_password_is_used_and_never_printed() {
    let server = Server::start(&["--requirepass", PASSWORD]).await;
    let right = RedisLimits::connect(&server.url_with(PASSWORD)).await.expect("an address");
    assert_eq!(take(&right).await, Ok(true));
    let wrong = RedisLimits::connect(&server.url_with("wrong-secret-0815")).await.expect("an address");
    let text = take(&wrong).await.expect_err("it is the wrong one");
    assert!(text.contains("authentication") || text.contains("WRONGPASS"), "{text}");
    assert!(!text.contains("0815"), "{text}");
}

#[tokio::test]
async fn what_is_no_address_is_refused_without_repeating_it() {
    for address in
        ["", "hunter2", "http://:hunter2@localhost", "redis://:hunter2@", "redis://:hunter2@host:port"]
    {
        let error = RedisLimits::connect(&address.to_owned().into()).await.expect_err(address);
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_an_error_for_an_address_that_wants_it() {
    let address = url().replace("redis://", "rediss://");
    let limits = RedisLimits::connect(&address.into()).await.expect("an address");
    eventually("it was tried", async || {
        let text = take(&limits).await.expect_err("it speaks no TLS");
        !text.contains("not connected yet")
    })
    .await;
}
