//! The pooled HTTP client for upstreams.

use std::{error::Error, time::Duration};

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, Client},
    rt::{TokioExecutor, TokioTimer},
};

use super::{
    connector::{Dialer, GuardedConnector},
    error::DialError,
};

/// How long an unused connection to an upstream is kept.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// How many unused connections are kept for one upstream origin.
pub const MAX_IDLE_PER_UPSTREAM: usize = 256;

/// The largest response head that is accepted, in bytes; hyper also allows at most 100 header lines.
pub const MAX_RESPONSE_HEAD_BYTES: usize = 128 * 1024;

/// An HTTP/1.1 client whose every connection is opened by a [`Dialer`]. Cheap to clone, clones share the pool.
///
/// It follows no redirect and reads no proxy from the environment. It bounds the response head; bodies and
/// the time to the response are the caller's to bound.
#[derive(Debug, Clone)]
pub struct UpstreamClient<B> {
    client: Client<GuardedConnector, B>,
}

/// A request to an upstream that failed.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection: refused by policy, unreachable, or TLS failed.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The connection broke, or the peer does not speak HTTP.
    #[error("the exchange with the upstream failed")]
    Exchange(#[source] Box<dyn Error + Send + Sync>),
    /// The response body broke off.
    #[error("the upstream's response broke off")]
    Body(#[source] hyper::Error),
    /// No complete response in this time.
    #[error("no response from the upstream in {0:?}")]
    Timeout(Duration),
    /// The request could not be built from its parts.
    #[error("the request to the upstream is invalid")]
    Request(#[from] http::Error),
    /// The message could not be written as JSON.
    #[error("the message cannot be encoded")]
    Encode(#[from] serde_json::Error),
}

impl<B> UpstreamClient<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// A client with an empty pool.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_PER_UPSTREAM)
            .http1_max_buf_size(MAX_RESPONSE_HEAD_BYTES)
            .build(GuardedConnector::new(dialer));
        Self { client }
    }

    /// Sends `request` and returns the response once its head is there; the URI must be absolute.
    ///
    /// # Errors
    /// `Dial` when there is no connection, else `Exchange`.
    pub async fn send(&self, request: Request<B>) -> Result<Response<Incoming>, UpstreamError> {
        self.client.request(request).await.map_err(UpstreamError::from)
    }
}

impl From<legacy::Error> for UpstreamError {
    /// Finds the dialer's own error again, which hyper-util wraps as a source.
    fn from(error: legacy::Error) -> Self {
        let mut source = error.source();
        while let Some(inner) = source {
            if let Some(dial) = inner.downcast_ref::<DialError>() {
                return Self::Dial(dial.clone());
            }
            source = inner.source();
        }
        Self::Exchange(error.into())
    }
}
