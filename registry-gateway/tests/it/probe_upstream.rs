//! An upstream for the probe: a real rmcp server behind a door that can treat each request as it likes.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        ListPromptsResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams, Prompt, Resource,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio::net::TcpListener;

pub(crate) const PAGE: usize = 2;

/// A server with this many tools, resources and prompts, [`PAGE`] of them on a page.
#[derive(Clone, Copy, Default)]
pub(crate) struct Offer {
    pub(crate) tools: usize,
    pub(crate) resources: usize,
    pub(crate) prompts: usize,
    /// Every page of prompts names itself as the next.
    pub(crate) prompts_loop: bool,
}

type Page = Option<PaginatedRequestParams>;

/// The numbers of the entries on the asked page of `total`, and the cursor of the next page.
fn page(total: usize, asked: Page) -> (std::ops::Range<usize>, Option<String>) {
    let start: usize = asked.and_then(|page| page.cursor).map_or(0, |cursor| cursor.parse().unwrap());
    let end = (start + PAGE).min(total);
    (start..end, (end < total).then(|| end.to_string()))
}

impl ServerHandler for Offer {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
    }

    async fn list_tools(
        &self,
        asked: Page,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = Arc::new(serde_json::json!({"type": "object"}).as_object().cloned().unwrap());
        let (numbers, next) = page(self.tools, asked);
        let tools = numbers.map(|number| Tool::new(format!("t{number}"), "", schema.clone())).collect();
        let mut result = ListToolsResult::with_all_items(tools);
        result.next_cursor = next;
        Ok(result)
    }

    async fn list_resources(
        &self,
        asked: Page,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let (numbers, next) = page(self.resources, asked);
        let resources = numbers.map(|number| Resource::new(format!("file:///{number}"), "r")).collect();
        let mut result = ListResourcesResult::with_all_items(resources);
        result.next_cursor = next;
        Ok(result)
    }

    async fn list_prompts(
        &self,
        asked: Page,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let asked = asked.filter(|_| !self.prompts_loop);
        let (numbers, next) = page(self.prompts, asked);
        let prompts = numbers.map(|number| Prompt::new(format!("p{number}"), None::<String>, None)).collect();
        let mut result = ListPromptsResult::with_all_items(prompts);
        result.next_cursor = next;
        Ok(result)
    }
}

/// What the door does with a request.
pub(crate) enum Door {
    /// The MCP server answers.
    Open,
    /// This status, these headers (`name: value`) and this body.
    Answer(u16, &'static [(&'static str, &'static str)], &'static str),
    /// No answer ever.
    Silent,
    /// An event stream without events or end.
    SilentStream,
}

type Answered = Result<Response<BoxBody<Bytes, Infallible>>, Infallible>;
type Decide = Arc<dyn Fn(&str) -> Door + Send + Sync>;

/// A running upstream.
pub(crate) struct Upstream {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    /// What arrived: the JSON-RPC method of each POST, or the HTTP method of anything else.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// How many connections are open.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// A server of the modern era.
    pub(crate) async fn modern(offer: Offer) -> Self {
        Self::with_door(offer, |_| Door::Open).await
    }

    /// A server that knows no discovery.
    pub(crate) async fn legacy(offer: Offer) -> Self {
        Self::with_door(offer, |method| match method {
            "server/discover" => Door::Answer(400, &[], "Bad Request"),
            _ => Door::Open,
        })
        .await
    }

    /// A server that treats each request as `decide` says by its method (see [`Upstream::seen`]).
    pub(crate) async fn with_door(
        offer: Offer,
        decide: impl Fn(&str) -> Door + Send + Sync + 'static,
    ) -> Self {
        Self::start(offer, StreamableHttpServerConfig::default(), decide).await
    }

    pub(crate) async fn start(
        offer: Offer,
        config: StreamableHttpServerConfig,
        decide: impl Fn(&str) -> Door + Send + Sync + 'static,
    ) -> Self {
        let mcp: StreamableHttpService<Offer, LocalSessionManager> =
            StreamableHttpService::new(move || Ok(offer), Arc::default(), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (decide, seen): (Decide, _) = (Arc::new(decide), Arc::<Mutex<Vec<String>>>::default());
        let connections = Arc::<AtomicUsize>::default();
        let (log, open) = (seen.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (mcp, decide, log) = (mcp.clone(), decide.clone(), log.clone());
                let service =
                    service_fn(move |request| answer(mcp.clone(), decide.clone(), log.clone(), request));
                let open = open.clone();
                tokio::spawn(async move {
                    open.fetch_add(1, Ordering::SeqCst);
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(tcp), service)
                        .await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { url: format!("http://{address}/mcp"), seen, connections }
    }
}

async fn answer(
    mcp: StreamableHttpService<Offer, LocalSessionManager>,
    decide: Decide,
    log: Arc<Mutex<Vec<String>>>,
    request: Request<Incoming>,
) -> Answered {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let method = method(&head.method, &body);
    log.lock().unwrap().push(method.clone());
    match decide(&method) {
        Door::Open => Ok(mcp.handle(Request::from_parts(head, Full::new(body))).await),
        Door::Silent => std::future::pending().await,
        Door::SilentStream => {
            let silence = futures::stream::pending::<Result<Frame<Bytes>, Infallible>>();
            let response = Response::builder().header("content-type", "text/event-stream");
            Ok(response.body(StreamBody::new(silence).boxed()).unwrap())
        }
        Door::Answer(status, headers, body) => {
            let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            Ok(response.body(Full::from(body).boxed()).unwrap())
        }
    }
}

fn method(http: &Method, body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    json["method"].as_str().map_or_else(|| http.to_string(), str::to_owned)
}
