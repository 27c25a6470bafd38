//! A real rmcp server in this process, reached through the guarded client, in both protocol eras.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use registry_gateway::transport::streamable_http::{StreamableHttp, any_era};
use rmcp::{
    ErrorData, RoleClient, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
    },
    service::{ClientLifecycleMode, ClientServiceExt, RequestContext, RunningService},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio::net::TcpListener;

use crate::fixture::{loopback_client, url};

#[derive(Clone)]
struct Echo;

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
        let schema = schema.as_object().cloned().unwrap();
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

/// How the web server before the MCP server treats `server/discover`.
#[derive(Clone, Copy)]
enum Era {
    Modern,
    /// As a server of an older era does: with this status and a body that is no JSON.
    Legacy(StatusCode),
}

/// What arrived: method and headers of each request.
type Seen = Arc<Mutex<Vec<(Method, HeaderMap)>>>;

/// An upstream on loopback; returns its URL and what it sees.
async fn upstream(era: Era, config: StreamableHttpServerConfig) -> (String, Seen) {
    let mcp: StreamableHttpService<Echo, LocalSessionManager> =
        StreamableHttpService::new(|| Ok(Echo), Arc::default(), config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    let log = seen.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (mcp, log) = (mcp.clone(), log.clone());
            let service = service_fn(move |request| answer(era, mcp.clone(), log.clone(), request));
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(tcp), service)
                    .await;
            });
        }
    });
    (format!("http://{address}/mcp"), seen)
}

async fn answer(
    era: Era,
    mcp: StreamableHttpService<Echo, LocalSessionManager>,
    log: Seen,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let (head, body) = request.into_parts();
    log.lock().unwrap().push((head.method.clone(), head.headers.clone()));
    let body = body.collect().await.unwrap().to_bytes();
    let asks_discovery = String::from_utf8_lossy(&body).contains("server/discover");
    if let Era::Legacy(status) = era
        && asks_discovery
    {
        let mut refusal = Response::new(Full::from("Not here").boxed());
        *refusal.status_mut() = status;
        return Ok(refusal);
    }
    Ok(mcp.handle(Request::from_parts(head, Full::new(body))).await)
}

async fn connect(target: &str, lifecycle: ClientLifecycleMode) -> RunningService<RoleClient, ()> {
    let key = (HeaderName::from_static("x-api-key"), HeaderValue::from_static("canary"));
    let backend =
        StreamableHttp::new(loopback_client(), HeaderMap::from_iter([key]), Duration::from_secs(10)).unwrap();
    ().serve_with_lifecycle(backend.transport(&url(target)), lifecycle).await.unwrap()
}

/// Lists the tools, calls one and closes; returns the negotiated protocol version.
async fn exercise(target: &str, lifecycle: ClientLifecycleMode) -> ProtocolVersion {
    let client = connect(target, lifecycle).await;
    let version = client.peer().peer_info().unwrap().protocol_version.clone();
    let tools = client.list_tools(None).await.unwrap();
    assert_eq!(tools.tools.iter().map(|tool| tool.name.as_ref()).collect::<Vec<_>>(), ["echo"]);
    let arguments = serde_json::json!({"text": "hello"}).as_object().cloned().unwrap();
    let result =
        client.call_tool(CallToolRequestParams::new("echo").with_arguments(arguments)).await.unwrap();
    assert_eq!(result.content[0].as_text().unwrap().text, "hello");
    client.cancel().await.unwrap();
    version
}

#[tokio::test]
async fn a_modern_server_is_discovered_and_has_no_session() {
    let (target, seen) = upstream(Era::Modern, StreamableHttpServerConfig::default()).await;
    assert_eq!(exercise(&target, any_era()).await, ProtocolVersion::V_2026_07_28);
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|(_, headers)| headers["x-api-key"] == "canary"));
    assert!(seen.iter().all(|(_, headers)| headers["mcp-protocol-version"] == "2026-07-28"));
    assert!(seen.iter().all(|(_, headers)| !headers.contains_key("mcp-session-id")));
    assert!(
        seen.iter().any(|(_, headers)| headers.get("mcp-method").is_some_and(|value| value == "tools/call"))
    );
}

#[tokio::test]
async fn an_older_server_is_initialized_after_it_refused_discovery() {
    for status in [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED] {
        let (target, seen) = upstream(Era::Legacy(status), StreamableHttpServerConfig::default()).await;
        assert_eq!(exercise(&target, any_era()).await, ProtocolVersion::V_2025_11_25, "{status}");
        let seen = seen.lock().unwrap();
        assert!(seen.iter().all(|(_, headers)| headers["x-api-key"] == "canary"));
        let with_session = |method: &Method| {
            seen.iter().any(|(seen, headers)| seen == method && headers.contains_key("mcp-session-id"))
        };
        assert!(with_session(&Method::GET) && with_session(&Method::DELETE), "{seen:?}");
    }
}

#[tokio::test]
async fn answers_as_plain_json_are_understood_too() {
    let mut config = StreamableHttpServerConfig::default();
    config.legacy_session_mode = false;
    config.json_response = true;
    let (target, _) = upstream(Era::Modern, config).await;
    assert_eq!(exercise(&target, any_era()).await, ProtocolVersion::V_2026_07_28);
    assert_eq!(exercise(&target, ClientLifecycleMode::Initialize).await, ProtocolVersion::V_2025_11_25);
}
