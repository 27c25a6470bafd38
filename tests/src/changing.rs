//! A real MCP server (rmcp) whose tools a test changes.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// Its tools. A call of any of them answers its name; one of `tell` tells first that the tools changed.
#[derive(Clone, Default)]
pub struct Changing(Arc<Mutex<Vec<Value>>>);

/// One that runs on streamable HTTP. It ends when it is dropped.
pub struct ChangingUpstream {
    /// Its URL.
    pub url: String,
    /// Its tools.
    pub tools: Changing,
    _task: AbortOnDropHandle<()>,
}

impl Changing {
    /// A server with these tools, as MCP has them.
    pub fn with(tools: &[Value]) -> Self {
        let changing = Self::default();
        changing.set(tools);
        changing
    }

    /// From now on it has these tools.
    pub fn set(&self, tools: &[Value]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tools.to_vec();
    }

    /// Runs it on streamable HTTP, on a port of its own.
    pub async fn start(self) -> ChangingUpstream {
        let (tools, config) = (self.clone(), StreamableHttpServerConfig::default());
        let mcp: StreamableHttpService<Self, LocalSessionManager> =
            StreamableHttpService::new(move || Ok(self.clone()), Arc::default(), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let mcp = mcp.clone();
                let service = service_fn(move |request| {
                    let mcp = mcp.clone();
                    async move { Ok::<_, Infallible>(mcp.handle(request).await) }
                });
                tokio::spawn(async move {
                    let builder = auto::Builder::new(TokioExecutor::new());
                    // A peer that goes away is no matter of the server's.
                    let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
                });
            }
        });
        ChangingUpstream { url, tools, _task: AbortOnDropHandle::new(task) }
    }
}

impl ServerHandler for Changing {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let tools = tools.into_iter().map(|tool| serde_json::from_value(tool).expect("a tool"));
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name == "tell" {
            // A client that listens on no stream is told nothing.
            let _ = context.peer.notify_tool_list_changed().await;
        }
        Ok(CallToolResult::success(vec![ContentBlock::text(request.name.into_owned())]).into())
    }
}
