//! rmcp's client, which does what `tests/peers/clients/steps.mjs` does with others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use black_box_tests::{eventually, within};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamClient, UpstreamTls};
use registry_gateway::transport::streamable_http::StreamableHttp;
use rmcp::model::{
    ClientConfig, ClientResult, ErrorData, ProtocolVersion, ServerNotification, ServerRequest,
    SubscriptionFilter,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, RequestContext, RunningService, ServiceError,
};
use rmcp::{RoleClient, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Era;
use super::scenario;

/// The longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server sent since a step began, by method.
type Seen = Arc<Mutex<HashMap<String, Vec<Value>>>>;

#[derive(Clone, Default)]
struct Handler(Seen);

impl Handler {
    fn add(&self, message: &Value) -> String {
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        let mut params = message["params"].clone();
        if let Some(params) = params.as_object_mut() {
            params.remove("_meta");
            params.remove("progressToken");
        }
        self.lock().entry(method.clone()).or_default().push(params);
        method
    }

    fn count(&self, method: &str) -> usize {
        self.lock().get(method).map_or(0, Vec::len)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service<RoleClient> for Handler {
    async fn handle_request(
        &self,
        request: ServerRequest,
        _: RequestContext<RoleClient>,
    ) -> Result<ClientResult, ErrorData> {
        let method = self.add(&plain(&request));
        let answer = scenario::answers()[&method].clone();
        match request {
            ServerRequest::CreateMessageRequest(_) => {
                Ok(ClientResult::CreateMessageResult(Box::new(given(&answer))))
            }
            ServerRequest::ElicitRequest(_) => Ok(ClientResult::ElicitResult(given(&answer))),
            ServerRequest::ListRootsRequest(_) => Ok(ClientResult::ListRootsResult(given(&answer))),
            _ => Ok(ClientResult::empty(())),
        }
    }

    async fn handle_notification(
        &self,
        notification: ServerNotification,
        _: NotificationContext<RoleClient>,
    ) -> Result<(), ErrorData> {
        self.add(&plain(&notification));
        Ok(())
    }

    fn get_info(&self) -> ClientConfig {
        given(&json!({ "protocolVersion": "2025-11-25", "capabilities": {
            "sampling": {}, "elicitation": {}, "roots": {} },
            "clientInfo": { "name": "rmcp", "version": "1.0.0" } }))
    }
}

fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("JSON")
}

fn given<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

struct Steps {
    client: RunningService<RoleClient, Handler>,
    handler: Handler,
    era: Era,
}

/// Connects, goes through the steps, and says what became of each.
pub(super) async fn run(url: &str, key: Option<&str>, era: Era, steps: &[Value]) -> Vec<Value> {
    let handler = Handler::default();
    let client = connect(url, key, era, handler.clone()).await;
    let connected = Steps { client, handler, era };
    let mut outcomes = Vec::new();
    for step in steps {
        outcomes.push(connected.done(step).await);
    }
    connected.client.cancel().await.expect("it ends");
    outcomes
}

async fn connect(
    url: &str,
    key: Option<&str>,
    era: Era,
    handler: Handler,
) -> RunningService<RoleClient, Handler> {
    let dialer = Dialer::new(EgressPolicy::default().allow_loopback(true), UpstreamTls::new().expect("TLS"));
    let bearer = key.map(|key| (AUTHORIZATION, format!("Bearer {key}").parse().expect("a header")));
    let headers = HeaderMap::from_iter(bearer);
    let http = StreamableHttp::new(UpstreamClient::new(dialer), headers, PATIENCE).expect("headers");
    let lifecycle = match era {
        Era::Legacy => ClientLifecycleMode::Initialize,
        Era::Modern => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::LATEST] },
    };
    let connecting = handler.serve_with_lifecycle(http.transport(&url.parse().expect("a URL")), lifecycle);
    within("the client is connected", PATIENCE, connecting).await.expect("it connects")
}

impl Steps {
    async fn done(&self, step: &Value) -> Value {
        self.handler.lock().clear();
        let says = step["says"].as_str().unwrap_or_default();
        let mut outcome = self.once(step).await;
        if step["again"] == true {
            let mut first = Some(outcome);
            let repeat = async || {
                let outcome = match first.take() {
                    Some(outcome) => outcome,
                    None => self.once(step).await,
                };
                (self.has(step) && outcome.to_string().contains(says)).then_some(outcome)
            };
            outcome = eventually(&step.to_string(), PATIENCE, repeat).await;
        }
        eventually(&step.to_string(), PATIENCE, async || self.has(step).then_some(())).await;
        outcome["seen"] =
            wanted(step).map(|(method, count)| (method.clone(), self.first(method, count))).collect();
        outcome
    }

    fn has(&self, step: &Value) -> bool {
        wanted(step).all(|(method, count)| self.handler.count(method) >= count)
    }

    /// rmcp hands each notification to a task of its own, so progress may be noted out of order.
    fn first(&self, method: &str, count: usize) -> Value {
        let mut seen = self.handler.lock()[method].clone();
        seen.sort_by(|one, other| {
            one["progress"].as_f64().partial_cmp(&other["progress"].as_f64()).expect("numbers")
        });
        seen.into_iter().take(count).collect()
    }

    async fn once(&self, step: &Value) -> Value {
        if step["cancel"] == true {
            let progress = async || (self.handler.count("notifications/progress") > 0).then_some(());
            return tokio::select! {
                outcome = self.call(step) => panic!("it is still to be taken back: {outcome:?}"),
                () = eventually("the call makes progress", PATIENCE, progress) => json!({ "error": "taken back" }),
            };
        }
        match within(&step.to_string(), PATIENCE, self.call(step)).await {
            Ok(result) => json!({ "result": result }),
            Err(ServiceError::McpError(error)) => json!({ "error": plain(&error) }),
            Err(error) => panic!("{step}: {error}"),
        }
    }

    async fn call(&self, step: &Value) -> Result<Value, ServiceError> {
        let (client, with) = (&self.client, &step["with"]);
        let result = match step["do"].as_str().expect("a method") {
            "initialize" => plain(&client.peer_info()),
            "ping" => self.old("ping", &json!({})).await?,
            "tools/list" => plain(&client.list_tools(None).await?),
            "tools/call" => plain(&client.call_tool(given(with)).await?),
            "resources/list" => plain(&client.list_resources(None).await?),
            "resources/templates/list" => plain(&client.list_resource_templates(None).await?),
            "resources/read" => plain(&client.read_resource(given(with)).await?),
            "prompts/list" => plain(&client.list_prompts(None).await?),
            "prompts/get" => plain(&client.get_prompt(given(with)).await?),
            "completion/complete" => plain(&client.complete(given(with)).await?),
            "logging/setLevel" => self.old("logging/setLevel", with).await?,
            "watch" => self.watch(with).await?,
            other => panic!("{other}"),
        };
        Ok(result)
    }

    /// What only the eras before 2026-07-28 have.
    async fn old(&self, method: &str, params: &Value) -> Result<Value, ServiceError> {
        let request = given(&json!({ "method": method, "params": params }));
        Ok(plain(&self.client.send_request(request).await?))
    }

    async fn watch(&self, with: &Value) -> Result<Value, ServiceError> {
        if self.era == Era::Legacy {
            return self.old("resources/subscribe", with).await;
        }
        let uri = with["uri"].as_str().expect("a URI");
        let filter = SubscriptionFilter::builder()
            .tools_list_changed()
            .prompts_list_changed()
            .resource_subscriptions([uri]);
        let mut subscription = self.client.listen(filter.build()).await?;
        let acknowledged = plain(subscription.acknowledged());
        let handler = self.handler.clone();
        tokio::spawn(async move {
            while let Ok(Some(notification)) = subscription.next().await {
                handler.add(&plain(&notification));
            }
        });
        Ok(acknowledged)
    }
}

fn wanted(step: &Value) -> impl Iterator<Item = (&String, usize)> {
    let counts = step["until"].as_object().into_iter().flatten();
    counts.map(|(method, count)| (method, count.as_u64().unwrap_or_default() as usize))
}
