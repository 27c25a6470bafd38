//! A receiver of webhooks that checks signatures as Standard Webhooks says.

use registry_core::clock::{Clock, SystemClock};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use black_box_tests::eventually;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// How old a message may be, in seconds.
const TOLERANCE: i64 = 300;

/// A message that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    timestamp: i64,
    signatures: Vec<String>,
    body: String,
}

impl Message {
    fn of(headers: &HeaderMap, body: &Bytes) -> Self {
        let header = |name| headers.get(name).expect("a header").to_str().expect("ASCII").to_owned();
        Self {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp").parse().expect("seconds"),
            signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
            body: String::from_utf8(body.to_vec()).expect("UTF-8"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Whether it is new, and signed with the secret.
    pub(crate) fn verify(&self, secret: &str) -> Result<(), &'static str> {
        let age = SystemClock.now().timestamp() - self.timestamp;
        if age.abs() > TOLERANCE {
            return Err("it is too old");
        }
        self.signed_with(secret)
    }

    /// Whether it is signed with the secret.
    pub(crate) fn signed_with(&self, secret: &str) -> Result<(), &'static str> {
        let key =
            STANDARD.decode(secret.strip_prefix("whsec_").ok_or("no secret")?).map_err(|_| "no base64")?;
        let signed = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        let is_right = |signature: &String| {
            let Some(tag) = signature.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok()) else {
                return false;
            };
            let mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key will do");
            mac.chain_update(signed.as_bytes()).verify_slice(&tag).is_ok()
        };
        if self.signatures.iter().any(is_right) { Ok(()) } else { Err("no signature fits") }
    }
}

/// A running receiver. It ends when it is dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    status: Arc<AtomicU16>,
    messages: Arc<Mutex<Vec<Message>>>,
    /// Whether messages have to wait for their answer.
    held: watch::Sender<bool>,
    _task: AbortOnDropHandle<()>,
}

impl Receiver {
    /// A receiver on a port of its own that takes every message.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (status, messages) = (Arc::new(AtomicU16::new(204)), Arc::<Mutex<Vec<Message>>>::default());
        let held = watch::Sender::new(false);
        let task = tokio::spawn(accept(listener, status.clone(), messages.clone(), held.subscribe()));
        Self { url, status, messages, held, _task: AbortOnDropHandle::new(task) }
    }

    /// From now on messages are answered only once this is called with `false`.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// From now on it answers this status.
    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// How many messages arrived.
    pub(crate) fn count(&self) -> usize {
        self.all().len()
    }

    /// The messages, once there are so many.
    pub(crate) async fn messages(&self, number: usize, time: Duration) -> Vec<Message> {
        eventually("messages arrive", time, async || Some(self.all()).filter(|all| all.len() >= number)).await
    }

    /// The messages so far.
    pub(crate) fn all(&self) -> Vec<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn accept(
    listener: TcpListener,
    status: Arc<AtomicU16>,
    messages: Arc<Mutex<Vec<Message>>>,
    held: watch::Receiver<bool>,
) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        let (status, messages, held) = (status.clone(), messages.clone(), held.clone());
        let service =
            service_fn(move |request| answer(request, status.clone(), messages.clone(), held.clone()));
        connections.spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            // A peer that goes away is no matter of the receiver's.
            let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    status: Arc<AtomicU16>,
    messages: Arc<Mutex<Vec<Message>>>,
    mut held: watch::Receiver<bool>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    messages.lock().unwrap_or_else(PoisonError::into_inner).push(Message::of(&head.headers, &body));
    // It fails when the receiver is gone, and nobody waits any more.
    let _ = held.wait_for(|held| !held).await;
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = StatusCode::from_u16(status.load(Ordering::SeqCst)).expect("a status");
    Ok(response)
}
