//! The bare reverse proxy that the gateway is held against: hyper in, a key looked up by its SHA-256, hyper-util's
//! pooled client out. It bounds nothing, counts nothing, logs nothing and hides nothing.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use registry_core::model::key::KeyDigest;

type Body = Either<Incoming, Empty<Bytes>>;

/// The proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, Incoming>,
    keys: Arc<HashSet<KeyDigest>>,
    upstream: Authority,
}

impl Proxy {
    pub(crate) fn new(upstream: SocketAddr, key: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let keys = Arc::new(HashSet::from([KeyDigest::of(key)]));
        // An address is always an authority.
        let upstream = Authority::try_from(upstream.to_string()).unwrap_or(Authority::from_static("invalid"));
        Self { client, keys, upstream }
    }

    /// Passes a call on, if its key is known.
    pub(crate) async fn pass(self, mut request: Request<Incoming>) -> Response<Body> {
        if !self.knows(&request) {
            return refused(StatusCode::UNAUTHORIZED);
        }
        let mut target = std::mem::take(request.uri_mut()).into_parts();
        (target.scheme, target.authority) = (Some(Scheme::HTTP), Some(self.upstream.clone()));
        let Ok(target) = Uri::from_parts(target) else { return refused(StatusCode::BAD_REQUEST) };
        *request.uri_mut() = target;
        request.headers_mut().remove(header::HOST);
        request.headers_mut().remove(header::AUTHORIZATION);
        match self.client.request(request).await {
            Ok(response) => response.map(Either::Left),
            Err(_) => refused(StatusCode::BAD_GATEWAY),
        }
    }

    fn knows(&self, request: &Request<Incoming>) -> bool {
        let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = value.and_then(|value| value.strip_prefix("Bearer "));
        key.is_some_and(|key| self.keys.contains(&KeyDigest::of(key)))
    }
}

fn refused(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Right(Empty::new()));
    *response.status_mut() = status;
    response
}
