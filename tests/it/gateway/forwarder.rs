//! A forwarder that adds a key to each request, for programs that cannot send one. It changes nothing else.

use std::net::SocketAddr;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A place where requests arrive. Nothing is forwarded before [`Forwarder::start`].
pub(super) struct Forwarder {
    /// Where it listens.
    pub(super) address: SocketAddr,
    listener: TcpListener,
}

impl Forwarder {
    /// One on a port of its own.
    pub(super) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self { address: listener.local_addr().expect("an address"), listener }
    }

    /// Forwards to `target` with this key, until what it returns is dropped.
    pub(super) fn start(self, target: SocketAddr, key: &str) -> AbortOnDropHandle<()> {
        let bearer: HeaderValue = format!("Bearer {key}").parse().expect("a header");
        AbortOnDropHandle::new(tokio::spawn(async move {
            while let Ok((tcp, _)) = self.listener.accept().await {
                let bearer = bearer.clone();
                let service = service_fn(move |request| forward(request, target, bearer.clone()));
                let builder = hyper::server::conn::http1::Builder::new();
                // Whoever goes away in the middle of an answer is no matter of the forwarder's.
                tokio::spawn(builder.serve_connection(TokioIo::new(tcp), service));
            }
        }))
    }
}

#[expect(clippy::disallowed_methods, reason = "it stands before the service, as a client of it")]
async fn forward(
    mut request: Request<Incoming>,
    target: SocketAddr,
    bearer: HeaderValue,
) -> anyhow::Result<Response<Incoming>> {
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let tcp = TcpStream::connect(target).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}
