//! A real MCP server (rmcp, streamable HTTP) on loopback, with a door that tests can close.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// What an upstream does with requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// The MCP server answers.
    #[default]
    Open,
    /// The MCP server answers who brings this header, lower-case name and value; others get 401.
    Requires(String, String),
    /// The MCP server answers after so long.
    Slow(Duration),
    /// Every request gets this status.
    Status(u16),
    /// No request gets an answer.
    Silent,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The HTTP method.
    pub method: http::Method,
    /// The path and query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

type Answered = Result<Response<BoxBody<Bytes, Infallible>>, Infallible>;
type Mcp = StreamableHttpService<Echo, LocalSessionManager>;

/// A running MCP server with the tool `echo`, which answers its argument `text`. It ends when it is dropped.
pub struct Upstream {
    /// Its URL.
    pub url: String,
    state: Arc<Mutex<State>>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct State {
    mode: Mode,
    seen: Vec<Seen>,
}

impl Upstream {
    /// A server on a port of its own.
    pub async fn start() -> Self {
        let mcp: Mcp =
            StreamableHttpService::new(|| Ok(Echo), Arc::default(), StreamableHttpServerConfig::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let state = Arc::<Mutex<State>>::default();
        let task = tokio::spawn(accept(listener, mcp, state.clone()));
        Self { url, state, _task: AbortOnDropHandle::new(task) }
    }

    /// The same server by another host name: another origin for those who compare them.
    pub fn url_by_name(&self) -> String {
        self.url.replace("127.0.0.1", "localhost")
    }

    /// From now on it does this.
    pub fn set(&self, mode: Mode) {
        self.state().mode = mode;
    }

    /// What arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, mcp: Mcp, state: Arc<Mutex<State>>) {
    while let Ok((tcp, _)) = listener.accept().await {
        let (mcp, state) = (mcp.clone(), state.clone());
        let service = service_fn(move |request| answer(mcp.clone(), state.clone(), request));
        tokio::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            // A peer that goes away is no matter of the upstream's.
            let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
        });
    }
}

async fn answer(mcp: Mcp, state: Arc<Mutex<State>>, request: Request<Incoming>) -> Answered {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Ok(plain(StatusCode::BAD_REQUEST)) };
    let body = body.to_bytes();
    let mode = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.seen.push(Seen {
            method: head.method.clone(),
            target: head.uri.to_string(),
            headers: head.headers.clone(),
            body: body.clone(),
        });
        state.mode.clone()
    };
    match mode {
        Mode::Requires(name, value) if head.headers.get(&name).is_none_or(|given| given != &value) => {
            Ok(plain(StatusCode::UNAUTHORIZED))
        }
        Mode::Slow(time) => {
            tokio::time::sleep(time).await;
            Ok(mcp.handle(Request::from_parts(head, Full::new(body))).await)
        }
        Mode::Open | Mode::Requires(..) => Ok(mcp.handle(Request::from_parts(head, Full::new(body))).await),
        Mode::Status(status) => Ok(plain(StatusCode::from_u16(status).expect("a status"))),
        Mode::Silent => std::future::pending().await,
    }
}

fn plain(status: StatusCode) -> Response<BoxBody<Bytes, Infallible>> {
    let mut response = Response::new(Full::new(Bytes::new()).boxed());
    *response.status_mut() = status;
    response
}

#[derive(Clone)]
pub(crate) struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = serde_json::json!({"type": "object", "properties": {"text": {"type": "string"}}});
        let schema = schema.as_object().cloned().unwrap_or_default();
        Ok(ListToolsResult::with_all_items(vec![Tool::new("echo", "Says it again", Arc::new(schema))]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = request.arguments.and_then(|arguments| Some(arguments.get("text")?.as_str()?.to_owned()));
        Ok(CallToolResult::success(vec![ContentBlock::text(text.unwrap_or_default())]).into())
    }
}
