//! Calls the script that decides.

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Script};
use registry_core::limit::{Bucket, Buckets, Decision, Standing};

/// What the keys of buckets begin with.
const PREFIX: &str = "mcp-registry:limit";

/// Why a decision failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("the script gave an answer that it cannot give")]
    Answer,
}

/// The script, which Redis knows by its digest after the first call.
pub(crate) struct TakeScript(Script);

impl TakeScript {
    pub(crate) fn new() -> Self {
        Self(Script::new(include_str!("gcra.lua")))
    }

    /// One round trip; three if Redis does not know the script yet.
    pub(crate) async fn take(
        &self,
        connection: &mut MultiplexedConnection,
        buckets: &Buckets<'_>,
    ) -> Result<Decision, TakeError> {
        if buckets.iter().next().is_none() {
            return Ok(Decision::Unlimited);
        }
        let mut call = self.0.prepare_invoke();
        for bucket in buckets.iter() {
            let interval = u64::try_from(bucket.quota().interval().as_nanos()).unwrap_or(u64::MAX);
            call.key(key(bucket)).arg(interval).arg(bucket.quota().burst());
        }
        decision(buckets, call.invoke_async(connection).await?)
    }
}

/// The quota is part of the key: as on one node, a bucket with another quota is another bucket.
fn key(bucket: &Bucket) -> String {
    let quota = bucket.quota();
    format!("{PREFIX}:{}:{}:{}", bucket.name(), quota.rpm(), quota.burst())
}

fn decision(buckets: &Buckets<'_>, answer: (bool, usize, u64)) -> Result<Decision, TakeError> {
    let (is_allowed, number, debt) = answer;
    let strictest = number.checked_sub(1).and_then(|index| buckets.iter().nth(index));
    let bucket = strictest.ok_or(TakeError::Answer)?;
    let standing = Standing::new(bucket.kind(), bucket.quota(), debt);
    Ok(if is_allowed { Decision::Allowed(standing) } else { Decision::Denied(standing) })
}
