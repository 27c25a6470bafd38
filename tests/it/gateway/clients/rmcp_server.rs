//! A server of rmcp's, of both eras: tools, a resource, a prompt, progress, cancellation, and questions.
#![expect(deprecated, reason = "servers of today ask for samples")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CreateMessageRequestParams,
    GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, SamplingMessage, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// One that runs. It ends when it is dropped.
pub(super) struct RmcpServer {
    /// Its URL.
    pub(super) url: String,
    _task: AbortOnDropHandle<()>,
}

impl RmcpServer {
    /// One on a port of its own.
    pub(super) async fn start() -> Self {
        let handler = Handler::default();
        let config = StreamableHttpServerConfig::default();
        let mcp: StreamableHttpService<Handler, LocalSessionManager> =
            StreamableHttpService::new(move || Ok(handler.clone()), Arc::default(), config);
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
        Self { url, _task: AbortOnDropHandle::new(task) }
    }
}

/// `cancelled` counts the calls of `wait` that were taken back, until it is asked.
#[derive(Clone, Default)]
pub(super) struct Handler {
    cancelled: Arc<AtomicUsize>,
}

/// A result, with what 2026-07-28 wants of each that may be kept; rmcp leaves it out for older eras.
fn made<T: DeserializeOwned>(mut value: Value) -> T {
    let kept = json!({ "resultType": "complete", "ttlMs": 1000, "cacheScope": "private" });
    value.as_object_mut().expect("an object").extend(kept.as_object().expect("an object").clone());
    given(value)
}

fn given<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("as the protocol says")
}

fn said(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text.into())]).into()
}

type Context = RequestContext<RoleServer>;

impl Handler {
    async fn progress(&self, context: &Context, steps: u32) {
        let Some(token) = context.meta.get_progress_token() else { return };
        for step in 1..=steps {
            let progress = ProgressNotificationParam::new(token.clone(), f64::from(step)).with_total(3.0);
            // A client that is gone wants no progress.
            let _ = context.peer.notify_progress(progress).await;
        }
    }

    async fn wait(&self, context: &Context) -> CallToolResponse {
        self.progress(context, 1).await;
        let guard = CountOnDrop(self.cancelled.clone());
        context.ct.cancelled().await;
        drop(guard);
        said("Nobody waits for this")
    }
}

/// Has the client's model say something, in versions in which servers ask clients.
async fn ask(context: &Context) -> Result<CallToolResponse, ErrorData> {
    let params = CreateMessageRequestParams::new(vec![SamplingMessage::user_text("Say")], 10);
    let sampled = context.peer.create_message(params).await;
    let sampled = sampled.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(said(serde_json::to_string(&sampled.message).expect("JSON")))
}

/// Asks the user of the client, likewise.
async fn elicit(context: &Context) -> Result<CallToolResponse, ErrorData> {
    let schema = json!({ "type": "object", "properties": { "email": { "type": "string" } } });
    let asked = given(json!({ "mode": "form", "message": "Who?", "requestedSchema": schema }));
    let answer = context.peer.create_elicitation(asked).await;
    let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(said(serde_json::to_string(&answer).expect("JSON")))
}

/// Whether rmcp tells of the end by the token or by dropping the call: both count.
struct CountOnDrop(Arc<AtomicUsize>);

impl Drop for CountOnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({ "type": "object", "properties": { "text": { "type": "string" } } });
        let tool = |name: &str| json!({ "name": name, "description": "A tool", "inputSchema": schema });
        let tools: Vec<_> = ["echo", "progress", "wait", "cancelled", "ask", "elicit"].map(tool).to_vec();
        Ok(made(json!({ "tools": tools })))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        match request.name.as_ref() {
            "echo" => Ok(said(arguments["text"].as_str().unwrap_or_default())),
            "progress" => {
                self.progress(&context, 3).await;
                Ok(said("Progressed three times"))
            }
            "wait" => Ok(self.wait(&context).await),
            "ask" => ask(&context).await,
            "elicit" => elicit(&context).await,
            "cancelled" => Ok(said(format!("Taken back: {}", self.cancelled.swap(0, Ordering::Relaxed)))),
            name => Err(ErrorData::invalid_params(format!("no tool {name}"), None)),
        }
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(made(json!({ "resources": [{ "uri": "memo://one", "name": "one", "mimeType": "text/plain" }] })))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = json!([{ "uri": request.uri, "mimeType": "text/plain", "text": "A memo" }]);
        Ok(made::<ReadResourceResult>(json!({ "contents": contents })).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let argument = json!({ "name": "name", "required": true });
        Ok(made(json!({ "prompts": [{ "name": "greeting", "arguments": [argument] }] })))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let text = format!("Hello, {}", arguments["name"].as_str().unwrap_or_default());
        let message = json!({ "role": "user", "content": { "type": "text", "text": text } });
        Ok(made::<GetPromptResult>(json!({ "messages": [message] })).into())
    }
}
