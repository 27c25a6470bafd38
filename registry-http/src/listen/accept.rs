//! Accepting connections and shutting down.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, atomic::AtomicU64},
    task::Poll,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use metrics::Gauge;
use poem::Endpoint;
use registry_gateway::wake::TaskWaker;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    access::Peer,
    dispatch::{App, Connection},
    event_loop::{EventLoops, Place},
    guard::{Guarded, OpenConnection, Shared},
    limits::{Limits, MAX_HEADERS},
    mcp::McpService,
    timer::ConnectionTimer,
};

/// The metric of open connections.
const CONNECTIONS: &str = "mcp_registry_connections";

/// How long accepting rests when the process has no file descriptors left, so that it does not spin.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Serves connections until `shutdown` is cancelled, then lets running requests finish within the grace. Connections, and with
/// them the calls of the gateway, are driven by `event_loops`; all other requests are answered by the runtime that this is
/// called on.
pub async fn serve<M: McpService, E: Endpoint + 'static>(
    listener: TcpListener,
    app: Arc<App<M, E>>,
    event_loops: EventLoops,
    shutdown: CancellationToken,
) {
    let server = Arc::new(Server::new(app, event_loops));
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = Arc::clone(&server).accept(&listener) => {}
    }
    server.ending.send_replace(true);
    // New connections are refused from here on, so that a balancer sends them elsewhere.
    drop(listener);
    server.drain().await;
}

struct Server<M, E> {
    app: Arc<App<M, E>>,
    event_loops: EventLoops,
    /// The runtime of whatever is no connection.
    runtime: Handle,
    http: http1::Builder,
    permits: Arc<Semaphore>,
    connections: Gauge,
    tasks: TaskTracker,
    /// Asks connections to end after their running request.
    ending: watch::Sender<bool>,
    /// Cuts the connections that are still there after the grace.
    cut: CancellationToken,
}

impl<M: McpService, E: Endpoint + 'static> Server<M, E> {
    fn new(app: Arc<App<M, E>>, event_loops: EventLoops) -> Self {
        metrics::describe_gauge!(CONNECTIONS, "Connections of clients that are open");
        let limits = app.limits();
        Self {
            http: http(limits),
            permits: Arc::new(Semaphore::new(limits.max_connections.min(Semaphore::MAX_PERMITS))),
            connections: metrics::gauge!(CONNECTIONS),
            tasks: TaskTracker::new(),
            ending: watch::Sender::new(false),
            cut: CancellationToken::new(),
            app,
            event_loops,
            runtime: Handle::current(),
        }
    }

    async fn accept(self: Arc<Self>, listener: &TcpListener) {
        // The semaphore is never closed, so this loop ends only by being dropped.
        while let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, remote)) => self.spawn(stream, remote, permit),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "accepting a connection failed");
                    sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }

    /// Has the connection driven where there is a place for it.
    fn spawn(self: &Arc<Self>, stream: TcpStream, remote: SocketAddr, permit: OwnedSemaphorePermit) {
        let server = Arc::clone(self);
        match self.event_loops.place() {
            Some(place) => {
                let runtime = place.runtime().clone();
                // It belongs to this runtime's event loop, and so changes over.
                let Ok(stream) = stream.into_std() else { return };
                let driven = async move {
                    let Ok(stream) = TcpStream::from_std(stream) else { return };
                    server.drive(stream, remote, permit, Some(place)).await;
                };
                self.tasks.spawn_on(driven, &runtime);
            }
            None => drop(self.tasks.spawn(async move { server.drive(stream, remote, permit, None).await })),
        }
    }

    async fn drive(
        &self,
        stream: TcpStream,
        remote: SocketAddr,
        permit: OwnedSemaphorePermit,
        place: Option<Place>,
    ) {
        // Both fail only for a connection that is gone already, which serving it will find out.
        let _ = stream.set_nodelay(true);
        let local = stream.local_addr().unwrap_or(remote);
        let shared = Arc::<Shared>::default();
        let guarded = Guarded::new(
            stream,
            self.app.limits(),
            Arc::clone(&shared),
            permit,
            OpenConnection::new(&self.connections),
        );
        let app = Arc::clone(&self.app);
        let (peer, served) = (Arc::new(Peer::new(remote)), AtomicU64::new(0));
        let runtime = place.as_ref().map(|_| self.runtime.clone());
        let connection = Arc::new(Connection { app, runtime, remote, peer, local, shared, served });
        let service = service_fn(move |request| {
            let connection = Arc::clone(&connection);
            // hyper hands it on, and keeps room for it while there is no request.
            Box::pin(async move { connection.answer(request).await })
        });
        let mut http = self.http.clone();
        http.timer(ConnectionTimer::default());
        let serving = http.serve_connection(TokioIo::new(guarded), service).with_upgrades();
        let mut serving = pin!(serving);
        let ended = match until(serving.as_mut(), self.ending.subscribe()).await {
            Some(ended) => ended,
            None => {
                serving.as_mut().graceful_shutdown();
                tokio::select! { ended = serving => ended, () = self.cut.cancelled() => Ok(()) }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, %remote, "connection ended early");
        }
    }

    async fn drain(&self) {
        self.tasks.close();
        if timeout(self.app.limits().shutdown_grace, self.tasks.wait()).await.is_err() {
            tracing::warn!(connections = self.tasks.len(), "cutting connections that outlived the grace");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // hyper's timer also runs between requests; the shorter one for a head that has begun is `Guarded`'s.
    http.header_read_timeout(limits.keep_alive_idle.max(limits.head_timeout))
        .max_header_size(limits.max_head_bytes)
        .max_buf_size(limits.max_buffer_bytes);
    if limits.max_headers != MAX_HEADERS {
        // Setting it, even to the same value, takes hyper off its fast path.
        http.max_headers(limits.max_headers);
    }
    http
}

/// What `serving` ends with, or `None` when the end was asked for before. A connection is polled several times for each
/// request, so this must take no lock that others take: a task has one waker for life, which waits from the first time
/// on, and to look is an atomic load.
async fn until<F: Future>(mut serving: Pin<&mut F>, ending: watch::Receiver<bool>) -> Option<F::Output> {
    let mut told = ending.clone();
    let mut told = pin!(told.changed());
    let (mut waits, mut waker) = (false, TaskWaker::default());
    poll_fn(|cx| {
        let is_told = !std::mem::replace(&mut waits, true) && told.as_mut().poll(cx).is_ready();
        if is_told || ending.has_changed().unwrap_or(true) {
            return Poll::Ready(None);
        }
        waker.poll(cx, |cx| serving.as_mut().poll(cx)).map(Some)
    })
    .await
}

/// Errors of one peer do not concern the next.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
