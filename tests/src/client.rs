//! An HTTP client that knows a key.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::answer::{Answer, assert_error_shape};
use crate::wait::within;

/// The longest that a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of the service. Every answer that is an error must have the one shape of errors, unless it is asked
/// by [`Client::send`].
#[derive(Debug, Clone)]
pub struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    headers: HeaderMap,
}

impl Client {
    /// A client without a key.
    pub fn new(address: SocketAddr) -> Self {
        Self { pool: Pool::builder(TokioExecutor::new()).build_http(), address, headers: HeaderMap::new() }
    }

    /// The same client, calling from this address of the machine: all of 127.0.0.0/8 are its own.
    #[must_use]
    pub fn from_address(&self, address: IpAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(address));
        Self { pool: Pool::builder(TokioExecutor::new()).build(connector), ..self.clone() }
    }

    /// The same client with this bearer key instead.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        self.without("authorization").with("authorization", &format!("Bearer {key}"))
    }

    /// The same client with one more header on each request.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"));
        client
    }

    /// The same client without this header.
    #[must_use]
    pub fn without(&self, name: &'static str) -> Self {
        let mut client = self.clone();
        client.headers.remove(name);
        client
    }

    /// Where the service is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// POST with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// POST without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.call(Method::POST, path, None).await
    }

    /// PUT with JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// PATCH with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Any method; the shape of an error is asserted.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        self.checked(request.body(body).expect("a request")).await
    }

    /// A request of the test's own making; the shape of an error is asserted.
    pub async fn checked(&self, request: Request<Bytes>) -> Answer {
        let is_head = request.method() == Method::HEAD;
        let answer = self.send(request).await;
        if (answer.status.is_client_error() || answer.status.is_server_error()) && !is_head {
            assert_error_shape(&answer);
        }
        answer
    }

    /// The headers that it adds to each request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Any request, to any path; nothing is asserted. The client's own headers are added.
    pub async fn send(&self, request: Request<Bytes>) -> Answer {
        let line = format!("{} {}", request.method(), request.uri());
        let (head, body) = self.begin(request).await.into_parts();
        let body = within(&line, PATIENCE, body.collect()).await;
        let bytes = body.unwrap_or_else(|error| panic!("{line}: {error:?}")).to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: head.status, headers: head.headers, bytes, json, request: line }
    }

    /// As [`send`](Self::send), up to where the answer's body begins.
    pub(crate) async fn begin(&self, request: Request<Bytes>) -> Response<Incoming> {
        let (mut parts, body) = request.into_parts();
        let line = format!("{} {}", parts.method, parts.uri);
        parts.uri = format!("http://{}{}", self.address, parts.uri).parse().expect("a path");
        for (name, value) in &self.headers {
            parts.headers.append(name, value.clone());
        }
        let request = Request::from_parts(parts, Full::new(body));
        let response = within(&line, PATIENCE, self.pool.request(request)).await;
        response.unwrap_or_else(|error| panic!("{line}: {error:?}"))
    }
}
