//! The port to limits that all nodes share. limits-redis implements it.

use std::time::Duration;

use async_trait::async_trait;

use super::bucket::Buckets;
use super::decision::Decision;

/// How long a call waits for the shared limits before this node decides by itself, unless an operator says
/// otherwise.
pub const SHARED_WAIT: Duration = Duration::from_millis(50);

/// Decides for all nodes together.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// Takes a call from all buckets or from none, in one step and by one clock for all nodes. The strictest
    /// bucket is chosen as [`Decision`] says.
    ///
    /// Dropping the future gives the answer up; the call may then have been taken.
    ///
    /// # Errors
    /// [`SharedLimitsError`] if there is no answer. It need not be retried: the limiter sees to that.
    async fn take(&self, buckets: &Buckets<'_>) -> Result<Decision, SharedLimitsError>;
}

/// Why the shared limits made no decision. Its text holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum SharedLimitsError {
    /// No answer within the bound.
    #[error("no answer in time")]
    Timeout,
    /// No connection, or an error as the answer.
    #[error("{0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
