//! npm `server-everything` over HTTP+SSE and stdio, called by rmcp through the gateway: what it sees is what a direct
//! connection to the same server over streamable HTTP shows. And a WebSocket server of rmcp's.
#![expect(deprecated, reason = "servers of today ask for samples and roots, and log")]

use std::sync::{Arc, Mutex};

use black_box_tests::{Options, Service, StoreKind, WebSocketUpstream, eventually, within};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use registry_core::model::role::Role;
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamClient, UpstreamTls};
use registry_gateway::launcher::Launchers;
use registry_gateway::transport::streamable_http::StreamableHttp;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientCapabilities, ClientConfig, ClientRequest,
    CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult, ElicitationAction,
    GetPromptRequestParams, Implementation, ListRootsResult, LoggingMessageNotificationParam,
    ProgressNotificationParam, ReadResourceRequestParams, Root, SamplingMessage, ServerResult,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RequestContext,
    RunningService,
};
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde_json::{Value, json};

use crate::gateway::kit::{PATIENCE, place};
use crate::gateway::program::{Program, everything_launcher};
use crate::support::text;

on_memory!(a_real_server_over_sse_hears_of_a_cancelled_call, a_real_server_over_a_websocket_is_called,);

/// A client that can do all that a server may ask for, and remembers what it was told.
#[derive(Clone, Default)]
struct Able {
    progress: Arc<Mutex<Vec<ProgressNotificationParam>>>,
    logged: Arc<Mutex<Vec<Value>>>,
}

impl ClientHandler for Able {
    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let said = format!("the model was asked with {} messages", params.messages.len());
        Ok(CreateMessageResult::new(SamplingMessage::assistant_text(said), "none".to_owned()))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::new(vec![Root::new("file:///the/root")]))
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({ "name": "Olga" })))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.lock().unwrap().push(params);
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.logged.lock().unwrap().push(params.data);
    }

    fn get_info(&self) -> ClientConfig {
        let able =
            ClientCapabilities::builder().enable_roots().enable_sampling().enable_elicitation().build();
        ClientConfig::new(able, Implementation::new("able", "1"))
    }
}

type Connection = RunningService<RoleClient, Able>;

async fn connect(url: &str, key: Option<&str>) -> (Connection, Able) {
    let dialer = Dialer::new(EgressPolicy::default().allow_loopback(true), UpstreamTls::new().unwrap());
    let bearer = key.map(|key| (AUTHORIZATION, format!("Bearer {key}").parse().unwrap()));
    let http = StreamableHttp::new(UpstreamClient::new(dialer), HeaderMap::from_iter(bearer), PATIENCE);
    let (transport, able) = (http.unwrap().transport(&url.parse().unwrap()), Able::default());
    let connecting = able.clone().serve_with_lifecycle(transport, ClientLifecycleMode::Initialize);
    (within("the client is connected", PATIENCE, connecting).await.unwrap(), able)
}

async fn call(client: &Connection, tool: &'static str, arguments: Value) -> Value {
    let call = CallToolRequestParams::new(tool).with_arguments(arguments.as_object().cloned().unwrap());
    let result = within(tool, PATIENCE, client.call_tool(call)).await.unwrap();
    serde_json::to_value(result).unwrap()
}

/// All that a client sees.
async fn tour((client, able): &(Connection, Able)) -> Vec<Value> {
    let mut seen = vec![json!(client.peer_info().unwrap())];
    // Which tools there are depends on what the client can do; the server adds some of them when it is initialized.
    let tools = eventually("all tools", PATIENCE, async || {
        let tools = client.list_all_tools().await.unwrap();
        tools.iter().any(|tool| tool.name == "trigger-sampling-request").then_some(tools)
    });
    seen.push(json!(tools.await));
    seen.push(json!(client.list_all_prompts().await.unwrap()));
    seen.push(json!(client.list_all_resources().await.unwrap()));
    seen.push(json!(client.list_all_resource_templates().await.unwrap()));
    let resource = client.list_all_resources().await.unwrap()[0].uri.clone();
    seen.push(json!(client.read_resource(ReadResourceRequestParams::new(resource)).await.unwrap()));
    seen.push(json!(client.get_prompt(GetPromptRequestParams::new("simple-prompt")).await.unwrap()));
    for (tool, arguments) in [
        ("echo", json!({ "message": "hello" })),
        ("get-sum", json!({ "a": 2, "b": 3 })),
        ("get-tiny-image", json!({})),
        ("trigger-sampling-request", json!({ "prompt": "hello" })),
        ("trigger-elicitation-request", json!({})),
        ("get-roots-list", json!({})),
        ("trigger-long-running-operation", json!({ "duration": 1, "steps": 4 })),
    ] {
        seen.push(call(client, tool, arguments).await);
    }
    assert!(text_of(&seen[10]).contains("the model was asked with 1 messages"), "{}", seen[10]);
    assert!(text_of(&seen[11]).contains("Olga"), "{}", seen[11]);
    assert!(text_of(&seen[12]).contains("file:///the/root"), "{}", seen[12]);
    let steps: Vec<f64> = able.progress.lock().unwrap().iter().map(|progress| progress.progress).collect();
    assert_eq!(steps, [1.0, 2.0, 3.0, 4.0]);
    seen
}

fn text_of(result: &Value) -> String {
    result["content"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_over_sse_and_stdio_shows_what_it_shows_directly() {
    let launchers = Launchers::parse(&everything_launcher(), &|_| None).unwrap();
    let service = Service::start_with(StoreKind::Memory, Options { launchers, ..Options::default() }).await;
    let admin = service.admin().await;
    let (http, sse) = tokio::join!(Program::everything(), Program::everything_by_sse());
    let direct = connect(&http.url, None).await;
    let expected = tour(&direct).await;
    direct.0.cancel().await.unwrap();
    for (transport, url) in [("sse", &*sse.url), ("stdio", "stdio:everything")] {
        let made = place(&admin, transport, url, json!({ "transportType": transport })).await;
        let through = format!("http://{}/mcp/{transport}", service.address);
        let through = connect(&through, Some(text(&made, "apiKey"))).await;
        for (expected, seen) in expected.iter().zip(tour(&through).await) {
            assert_eq!(*expected, seen, "{transport}");
        }
        hears_of_the_log(&through).await;
        through.0.cancel().await.unwrap();
    }
    service.stop().await;
}

async fn hears_of_the_log((client, able): &(Connection, Able)) {
    let logging = call(client, "toggle-simulated-logging", json!({})).await;
    assert!(text_of(&logging).contains("Started"), "{logging}");
    let logged = eventually("a message is logged", PATIENCE, async || able.logged.lock().unwrap().pop());
    assert!(!logged.await.is_null());
}

async fn a_real_server_over_a_websocket_is_called(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let upstream = WebSocketUpstream::start().await;
    let made = place(&owner, "Sockets", &upstream.url, json!({ "transportType": "websocket" })).await;
    let url = format!("http://{}/mcp/sockets", service.address);
    let (client, _) = connect(&url, Some(text(&made, "apiKey"))).await;
    assert!(client.list_all_tools().await.unwrap().iter().any(|tool| tool.name == "echo"));
    let echo = call(&client, "echo", json!({ "text": "hello" })).await;
    assert_eq!(echo["content"][0]["text"], "hello");
    client.cancel().await.unwrap();
}

async fn a_real_server_over_sse_hears_of_a_cancelled_call(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Program::everything_by_sse().await;
    let made = place(&owner, "One", &legacy.url, json!({ "transportType": "sse" })).await;
    let url = format!("http://{}/mcp/one", service.address);
    let (client, able) = connect(&url, Some(text(&made, "apiKey"))).await;
    let arguments = json!({ "duration": 60, "steps": 600 });
    let params = CallToolRequestParams::new("trigger-long-running-operation");
    let params = params.with_arguments(arguments.as_object().cloned().unwrap());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    let long = client.send_cancellable_request(request, PeerRequestOptions::no_options()).await.unwrap();
    let steps = || able.progress.lock().unwrap().len();
    eventually("it goes on", PATIENCE, async || (steps() > 2).then_some(())).await;
    long.cancel(Some("enough".to_owned())).await.unwrap();
    // The session goes on without it.
    let echo = call(&client, "echo", json!({ "message": "hello" })).await;
    assert!(text_of(&echo).contains("Echo: hello"));
    let lists =
        client.send_request(ClientRequest::ListToolsRequest(rmcp::model::ListToolsRequest::default()));
    assert!(matches!(lists.await.unwrap(), ServerResult::ListToolsResult(_)));
    client.cancel().await.unwrap();
}
