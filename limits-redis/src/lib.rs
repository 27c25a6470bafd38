//! Rate limits that all nodes share, in Redis 5 or later, or Valkey.
//!
//! [`RedisLimits`] implements [`SharedLimits`]: one Lua script, and so one round trip, decides over all buckets of
//! a call at once, by Redis's clock. Whether a node waits for it, and what happens when it is away, is the
//! business of [`Limiter`](registry_core::limit::Limiter).
//!
//! One Redis decides: a single server, or the primary behind one address. Redis Cluster is not supported, since
//! the buckets of one call lie in different slots. What Redis forgets (a restart without persistence, a fail-over
//! that lost a few writes, eviction when its memory is full) makes buckets full again, and nothing else.

mod link;
mod script;

use std::fmt;

use async_trait::async_trait;
use redis::Client;
use registry_core::limit::{Buckets, Decision, SharedLimits, SharedLimitsError};
use secrecy::{ExposeSecret, SecretString};

use link::Link;
use script::TakeScript;

/// Limits kept in Redis. It is connected, and connected again, in the background for as long as it lives.
pub struct RedisLimits {
    link: Link,
    script: TakeScript,
}

/// The address of the Redis server cannot be used. The text does not repeat it, as it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "not a Redis address: it must be redis://, rediss:// (TLS) or redis+unix://, then [user]:password@host:port/db"
)]
pub struct InvalidRedisUrl;

impl RedisLimits {
    /// Connects to `url`: `redis://`, `rediss://` for TLS by the system's certificates, or `redis+unix://`. Waits
    /// for the first attempt, two seconds at most, and is made even if that fails: Redis may come later.
    ///
    /// # Errors
    /// [`InvalidRedisUrl`], and only that.
    pub async fn connect(url: &SecretString) -> Result<Self, InvalidRedisUrl> {
        let client = Client::open(url.expose_secret()).map_err(|_| InvalidRedisUrl)?;
        Ok(Self { link: Link::start(client).await, script: TakeScript::new() })
    }
}

#[async_trait]
impl SharedLimits for RedisLimits {
    async fn take(&self, buckets: &Buckets<'_>) -> Result<Decision, SharedLimitsError> {
        let mut connection = self.link.connection().map_err(failed)?;
        self.script.take(&mut connection, buckets).await.map_err(|error| {
            self.link.lost();
            failed(error)
        })
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> SharedLimitsError {
    SharedLimitsError::Failed(Box::new(error))
}

impl fmt::Debug for RedisLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisLimits")
    }
}
