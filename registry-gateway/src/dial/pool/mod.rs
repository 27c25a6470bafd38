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

/// The time of a call.
#[derive(Debug, Clone, Copy)]
pub struct CallTime {
    length: Duration,
    end: Instant,
}

impl CallTime {
    /// So long, from now on.
    #[must_use]
    pub fn from_now(length: Duration) -> Self {
        Self { length, end: Instant::now() + length }
    }

    /// When it is over.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.end
    }
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
    /// `Dial`, `Exchange`, or `Timeout` if the head is not there at the end of `time`.
    pub async fn send(
        self: &Arc<Self>,
        mut request: Request<B>,
        time: CallTime,
    ) -> Result<Response<PooledBody<B>>, UpstreamError> {
        request.headers_mut().insert(header::HOST, self.host.clone());
        loop {
            let (mut connection, is_kept) = match self.idle.pop() {
                Some(connection) => (connection, true),
                // Boxed, for it is large and rare: the future of every call would have to make room for it.
                None => (Box::pin(self.connect(time)).await?, false),
            };
            match connection.exchange(request, time.end).await {
                Ok(response) => return Ok(PooledBody::of(response, connection, self.clone())),
                Err(Broken::Unsent(unsent, _)) if is_kept => request = *unsent,
                Err(Broken::Unsent(_, error) | Broken::Lost(error)) => {
                    return Err(UpstreamError::Exchange(error.into()));
                }
                Err(Broken::Late) => return Err(UpstreamError::Timeout(time.length)),
            }
        }
    }

    async fn connect(&self, time: CallTime) -> Result<Box<Connection<B>>, UpstreamError> {
        let stream = timeout_at(time.end, self.dialer.dial(&self.url)).await;
        Connection::on(stream.map_err(|_| UpstreamError::Timeout(time.length))??).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::{BodyExt, Full};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::{EgressPolicy, UpstreamTls};
    use super::*;

    const WAIT: Duration = Duration::from_secs(10);
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    /// Answers so many requests on each connection, and then closes it without a word. Counts the connections.
    async fn upstream(answers: usize) -> (Url, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap()).parse().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                for _ in 0..answers {
                    // A request here is small: it comes in one piece.
                    assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                    stream.write_all(ANSWER).await.unwrap();
                }
            }
        });
        (url, connections)
    }

    async fn call(pool: &Arc<Pool<Full<Bytes>>>) {
        let request = Request::post("/mcp").body(Full::new(Bytes::from_static(b"{}"))).unwrap();
        let response = pool.send(request, CallTime::from_now(WAIT)).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    }

    fn pools() -> Arc<Pools<Full<Bytes>>> {
        let policy = EgressPolicy::new(Vec::new()).allow_loopback(true);
        Pools::new(Dialer::new(policy, UpstreamTls::new().unwrap()))
    }

    #[tokio::test]
    async fn a_connection_is_kept_for_the_next_call() {
        let (url, connections) = upstream(3).await;
        let pool = pools().of(&url).unwrap();
        for _ in 0..3 {
            call(&pool).await;
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_call_finds_another_connection_when_the_kept_one_was_closed() {
        let (url, connections) = upstream(1).await;
        let pool = pools().of(&url).unwrap();
        for _ in 0..3 {
            call(&pool).await;
            // The close follows the answer on the same thread, which the next accept lets run.
            while !pool_is_closed(&pool) {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(connections.load(Ordering::SeqCst), 3);
    }

    /// Whether the connection is known to be closed. If it was kept it is put back, so that the next call meets it.
    fn pool_is_closed(pool: &Pool<Full<Bytes>>) -> bool {
        let Some(mut connection) = pool.idle.pop() else { return true };
        let is_closed = !connection.is_open();
        pool.idle.push(connection);
        is_closed
    }

    #[tokio::test]
    async fn a_call_that_is_not_answered_in_time_fails() {
        let (url, _) = upstream(0).await;
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent_url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
        let pools = pools();
        let request = || Request::post("/").body(Full::new(Bytes::new())).unwrap();
        let closed = pools.of(&url).unwrap().send(request(), CallTime::from_now(WAIT)).await;
        assert!(matches!(closed, Err(UpstreamError::Exchange(_))), "{closed:?}");
        let time = CallTime::from_now(Duration::from_millis(50));
        let late = pools.of(&silent_url).unwrap().send(request(), time).await;
        assert!(matches!(late, Err(UpstreamError::Timeout(_))), "{late:?}");
    }
}
