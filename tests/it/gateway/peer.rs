//! An upstream on HTTP whose answers a test makes, and which remembers what it was asked.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use black_box_tests::Seen;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// An answer of a [`Peer`].
pub(super) type Reply = Response<UnsyncBoxBody<Bytes, io::Error>>;
type Handler = dyn Fn(Seen) -> BoxFuture<'static, Reply> + Send + Sync;

/// A running upstream. It ends when it is dropped, and its connections break off.
pub(super) struct Peer {
    /// Its URL.
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _task: AbortOnDropHandle<()>,
}

impl Peer {
    /// One that answers as `answer` does.
    pub(super) async fn start<R>(answer: impl Fn(Seen) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Reply> + Send + 'static,
    {
        Self::start_at("127.0.0.1:0", answer).await
    }

    /// That, at this address: where another one was before.
    pub(super) async fn start_at<R>(address: &str, answer: impl Fn(Seen) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Reply> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |seen| Box::pin(answer(seen)));
        let listener = TcpListener::bind(address).await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let task = tokio::spawn(accept(listener, handler, seen.clone()));
        Self { url, seen, _task: AbortOnDropHandle::new(task) }
    }

    /// One that answers each call of `echo`, as JSON.
    pub(super) async fn echo() -> Self {
        Self::start(async |seen| json_reply(&echo_of(&seen))).await
    }

    /// That, at the address of one that is gone.
    pub(super) async fn echo_instead_of(url: &str) -> Self {
        let address = url.trim_start_matches("http://").trim_end_matches("/mcp");
        Self::start_at(address, async |seen| json_reply(&echo_of(&seen))).await
    }

    /// What arrived so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.lock().clone()
    }

    /// How many requests arrived so far.
    pub(super) fn hits(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Seen>>>) {
    // They end with this task.
    let mut connections = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (handler, seen) = (handler.clone(), seen.clone());
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let (handler, seen) = (handler.clone(), seen.clone());
            async move {
                let (head, body) = request.into_parts();
                let Ok(body) = body.collect().await else { return Ok(status(400)) };
                let (method, target, headers) = (head.method, head.uri.to_string(), head.headers);
                let request = Seen { method, target, headers, body: body.to_bytes() };
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
                Ok::<_, Infallible>(handler(request).await)
            }
        });
        connections.spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            // A peer that goes away is what some tests are about.
            let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
        });
    }
}

/// An answer without a body.
pub(super) fn status(status: u16) -> Reply {
    reply(status, None, "")
}

/// An answer with a body.
pub(super) fn reply(status: u16, content_type: Option<&str>, body: impl Into<Bytes>) -> Reply {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    let mut reply = Response::new(body);
    *reply.status_mut() = StatusCode::from_u16(status).expect("a status");
    if let Some(content_type) = content_type {
        reply.headers_mut().insert("content-type", content_type.parse().expect("a header"));
    }
    reply
}

/// An answer of JSON.
pub(super) fn json_reply(body: &Value) -> Reply {
    reply(200, Some("application/json"), body.to_string())
}

/// What the tool `echo` says to this request.
pub(super) fn echo_of(seen: &Seen) -> Value {
    let call: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let text = &call["params"]["arguments"]["text"];
    json!({ "jsonrpc": "2.0", "id": call["id"],
        "result": { "content": [{ "type": "text", "text": text }] } })
}

/// Sends the chunks of a body, one by one.
pub(super) type Chunks = UnboundedSender<Bytes>;

/// A body that has what is sent, as it is sent, and ends with the sender.
pub(super) fn chunks() -> (Chunks, UnboundedReceiver<Bytes>) {
    unbounded_channel()
}

/// An event stream of these chunks.
pub(super) fn events(mut chunks: UnboundedReceiver<Bytes>) -> Reply {
    let frames = futures::stream::poll_fn(move |cx| {
        chunks.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    });
    let mut reply = Response::new(StreamBody::new(frames).boxed_unsync());
    reply.headers_mut().insert("content-type", http::HeaderValue::from_static("text/event-stream"));
    reply
}
