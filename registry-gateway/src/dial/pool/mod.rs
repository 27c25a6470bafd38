//! Connections to upstreams that are kept for the next call.
//!
//! The proxy's way out. hyper-util's pooled client does the same for the rest of the service; here each origin has a pool
//! of its own, which a call does not have to look up, and a connection is driven by the task of the call that it serves,
//! not by one of its own: nothing is handed from task to task, and a call that is dropped takes its connection along.

mod body;
mod connection;
mod idle;

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

pub use self::body::PooledBody;
use self::connection::{Broken, Connection};
use self::idle::Idle;
use super::{DialError, Dialer, UpstreamError};

/// How often connections are looked for that are too old or closed by their peer.
const SWEEP_INTERVAL: Duration = Duration::from_secs(15);

/// The pools of all upstreams.
#[derive(Debug)]
pub struct Pools<B: Body + 'static> {
    dialer: Dialer,
    pools: Mutex<HashMap<String, Weak<Pool<B>>>>,
    sweeping: Once,
}

/// The connections to one origin.
#[derive(Debug)]
pub struct Pool<B: Body + 'static> {
    dialer: Dialer,
    url: Url,
    host: HeaderValue,
    idle: Idle<Box<Connection<B>>>,
}

impl<B> Pools<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// No pools yet; their connections are opened by `dialer`.
    #[must_use]
    pub fn new(dialer: Dialer) -> Arc<Self> {
        Arc::new(Self { dialer, pools: Mutex::default(), sweeping: Once::new() })
    }

    /// The pool of the origin of `url`. Whoever calls often holds it.
    ///
    /// # Errors
    /// `InvalidUrl` if it has no host that could be named in a request.
    pub fn of(self: &Arc<Self>, url: &Url) -> Result<Arc<Pool<B>>, DialError> {
        self.sweeping.call_once(|| self.sweep_from_now_on());
        let origin = &url[..Position::BeforePath];
        let mut pools = self.lock();
        if let Some(pool) = pools.get(origin).and_then(Weak::upgrade) {
            return Ok(pool);
        }
        let pool = Arc::new(Pool::new(self.dialer.clone(), url)?);
        pools.insert(origin.to_owned(), Arc::downgrade(&pool));
        Ok(pool)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Pool<B>>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sweep_from_now_on(self: &Arc<Self>) {
        let pools = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                let Some(pools) = pools.upgrade() else { return };
                pools.sweep();
            }
        });
    }

    fn sweep(&self) {
        let mut living = Vec::new();
        self.lock().retain(|_, pool| pool.upgrade().map(|pool| living.push(pool)).is_some());
        for pool in living {
            pool.idle.retain(|connection| connection.is_open());
        }
    }
}

impl<B> Pool<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn new(dialer: Dialer, url: &Url) -> Result<Self, DialError> {
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]);
        let host = host.map_err(|_| DialError::InvalidUrl("the host cannot be named in a request"))?;
        Ok(Self { dialer, url: url.clone(), host, idle: Idle::default() })
    }

    /// Sends `request`, whose URI is the path, and returns the response once its head is there. `Host` is added. A request
    /// that a kept connection was not there any more to take is sent on another one.
    ///
    /// # Errors
    /// `Dial`, `Exchange`, or `Timeout` if the head is not there within `timeout`.
    pub async fn send(
        self: &Arc<Self>,
        mut request: Request<B>,
        timeout: Duration,
    ) -> Result<Response<PooledBody<B>>, UpstreamError> {
        let deadline = Instant::now() + timeout;
        request.headers_mut().insert(header::HOST, self.host.clone());
        loop {
            let (mut connection, is_kept) = match self.idle.pop() {
                Some(connection) => (connection, true),
                // Boxed, for it is large and rare: the future of every call would have to make room for it.
                None => (Box::pin(self.connect(deadline, timeout)).await?, false),
            };
            match connection.exchange(request, deadline).await {
                Ok(response) => return Ok(PooledBody::of(response, connection, self.clone())),
                Err(Broken::Unsent(unsent, _)) if is_kept => request = *unsent,
                Err(Broken::Unsent(_, error) | Broken::Lost(error)) => {
                    return Err(UpstreamError::Exchange(error.into()));
                }
                Err(Broken::Late) => return Err(UpstreamError::Timeout(timeout)),
            }
        }
    }

    async fn connect(
        &self,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Box<Connection<B>>, UpstreamError> {
        let stream = timeout_at(deadline, self.dialer.dial(&self.url)).await;
        Connection::on(stream.map_err(|_| UpstreamError::Timeout(timeout))??).await
    }
}
