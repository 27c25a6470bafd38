//! A server to test and a client that sends exactly the bytes it is told.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use poem::Route;
use poem_openapi::{
    ApiResponse, Object, OpenApi, OpenApiService,
    param::{Path, Query},
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ambient::Ambient,
    docs,
    error::{AllowTable, ApiError, ErrorRenderer},
    listen::{App, EventLoops, Limits, McpService, serve},
    payload::Json,
    request_id::RequestContext,
};

/// Far more than any test needs; a test that gets there has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Object, Serialize, Deserialize)]
pub(super) struct Item {
    name: String,
    size: u8,
}

#[derive(Default)]
pub(super) struct Gate {
    pub(super) entered: Notify,
    pub(super) open: Notify,
}

#[derive(ApiResponse)]
enum Created {
    /// It exists now.
    #[oai(status = 201)]
    Created(Json<Item>, #[oai(header = "ETag")] String),
}

/// A failure with a cause.
#[derive(Debug, thiserror::Error)]
#[error("reading failed")]
struct Failing(#[source] std::fmt::Error);

struct Api(Arc<Gate>);

#[OpenApi]
impl Api {
    /// Tells the handler's view of the request.
    #[oai(path = "/api/items/:id", method = "get")]
    async fn get(
        &self,
        context: RequestContext,
        id: Path<Uuid>,
        size: Query<Option<u8>>,
    ) -> Result<Json<Item>, ApiError> {
        if id.0.is_nil() {
            self.0.entered.notify_one();
            self.0.open.notified().await;
        }
        let name = format!("{} {}", context.request_id, context.client);
        Ok(Json(Item { name, size: size.0.unwrap_or(0) }))
    }

    /// Echoes an item.
    #[oai(path = "/api/items", method = "post")]
    async fn create(&self, item: Json<Item>) -> Result<Created, ApiError> {
        match item.0.name.as_str() {
            "panic" => panic!("secret text"),
            "thread" => Ok(Created::Created(Json(Item { name: thread_name(), size: 1 }), "\"1\"".to_owned())),
            "broken" => Err(ApiError::internal()),
            "twice" => Err(ApiError::invalid("Two fields").field("a", "1").field("b", "2")),
            "failed" => Err(registry_core::Error::Internal(Box::new(Failing(std::fmt::Error))).into()),
            "busy" => {
                Err(ApiError::new(crate::error::ErrorCode::RateLimitExceeded, "Slow down").retry_after(3))
            }
            _ => Ok(Created::Created(item, "\"1\"".to_owned())),
        }
    }
}

struct Mcp;

impl McpService for Mcp {
    type Body = Full<Bytes>;

    async fn call(
        &self,
        request: http::Request<Incoming>,
        context: &RequestContext,
    ) -> http::Response<Self::Body> {
        assert!(request.uri().path() != "/mcp/panic", "secret text");
        if request.uri().path() == "/mcp/warn" {
            tracing::warn!("a call failed");
        }
        if request.uri().path() == "/mcp/upgrade" {
            return upgrade(request);
        }
        if request.uri().path() == "/mcp/thread" {
            return http::Response::new(Full::from(thread_name()));
        }
        let id = context.request_id.to_string();
        let body = request.into_body().collect().await.map_or(0, |body| body.to_bytes().len());
        http::Response::new(Full::from(format!("mcp {id} {body}")))
    }
}

fn thread_name() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// Speaks a protocol of its own: echoes every byte.
fn upgrade(request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
    tokio::spawn(async move {
        let mut stream = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        while let Ok(byte) = stream.read_u8().await {
            stream.write_u8(byte).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    let response =
        http::Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
    response.body(Full::default()).unwrap()
}

pub(super) struct Toy {
    pub(super) address: SocketAddr,
    pub(super) gate: Arc<Gate>,
    pub(super) shutdown: CancellationToken,
    pub(super) serving: JoinHandle<()>,
}

pub(super) fn ambient() -> Ambient {
    let ids = AtomicU64::new(1);
    Ambient::new(|| DateTime::UNIX_EPOCH, move || Uuid::from_u128(ids.fetch_add(1, Ordering::Relaxed).into()))
}

impl Toy {
    pub(super) async fn start(change: impl FnOnce(&mut Limits)) -> Self {
        Self::driven_by(EventLoops::default(), change).await
    }

    pub(super) async fn driven_by(event_loops: EventLoops, change: impl FnOnce(&mut Limits)) -> Self {
        crate::log::capture::settle();
        let mut limits = Limits::default();
        change(&mut limits);
        let gate = Arc::<Gate>::default();
        let service = OpenApiService::new(Api(Arc::clone(&gate)), "toy", "1");
        let document = docs::document(&service.spec()).unwrap();
        let allow = AllowTable::of_document(&document, "");
        let web = docs::mount(Route::new().nest("/", service), &document).unwrap();
        let app = App::new(Mcp, web, ErrorRenderer::new(ambient(), allow), ambient(), limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, Arc::new(app), event_loops, shutdown.clone()));
        Self { address, gate, shutdown, serving }
    }

    pub(super) async fn plain() -> Self {
        Self::start(|_| {}).await
    }

    #[expect(clippy::disallowed_methods, reason = "this connection is a client's, to the service under test")]
    pub(super) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    #[expect(clippy::disallowed_methods, reason = "this connection is a client's, to the service under test")]
    pub(super) async fn is_closed(&self) -> bool {
        TcpStream::connect(self.address).await.is_err()
    }

    /// Sends one request on a connection of its own; `\n` stands for CR LF in `head`.
    pub(super) async fn send(&self, head: &str, body: &str) -> Answer {
        let mut client = self.connect().await;
        client.write(&head.replace('\n', "\r\n")).await;
        client.write("\r\n").await;
        client.write(body).await;
        client.read().await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\nHost: x\n"), "").await
    }

    pub(super) async fn post(&self, body: &str) -> Answer {
        let length = body.len();
        let head = format!(
            "POST /api/items HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: {length}\n"
        );
        self.send(&head, body).await
    }
}

pub(super) struct Client(TcpStream);

impl Client {
    /// Writes raw bytes; a peer that has closed already is seen by the next read.
    pub(super) async fn write(&mut self, text: &str) {
        let _ = self.0.write_all(text.as_bytes()).await;
    }

    /// The next byte of an upgraded connection.
    pub(super) async fn read_byte(&mut self) -> u8 {
        timeout(PATIENCE, self.0.read_u8()).await.unwrap().unwrap()
    }

    /// The next answer, or none when the connection is closed.
    pub(super) async fn read(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read_answer()).await.unwrap()
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let mut answer = Answer { head: String::from_utf8(head).unwrap(), body: String::new() };
        let length: usize = answer.header("content-length").map_or(0, |value| value.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Checks that this is an error of the one shape.
    #[track_caller]
    pub(super) fn assert_error(&self, status: u16, code: &str) -> serde_json::Value {
        assert_eq!(self.status(), status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(self.header("x-request-id").is_some());
        let json = self.json();
        assert_eq!(json["code"], code);
        assert_eq!(json["timestamp"], "1970-01-01T00:00:00Z");
        assert!(!json["error"].as_str().unwrap().is_empty());
        assert!(!self.body.contains("secret"));
        json
    }
}
