//! What the demo server offers.

use std::{sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
        GetPromptResponse, GetPromptResult, Implementation, JsonObject, ListPromptsResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, Prompt, PromptArgument, PromptMessage,
        ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents,
        Role, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

/// The longest that the tool `slow` waits, in seconds.
const MAX_SLOW_SECONDS: f64 = 60.0;

/// The texts that are offered as resources: URI, name, content.
const RESOURCES: [(&str, &str, &str); 2] = [
    ("demo://about", "about", "A demo server of the MCP Registry Gateway."),
    ("demo://haiku", "haiku", "A key at the gate\nthe call goes through to the tools\nevery step is logged"),
];

/// A server without state: each request is answered from its arguments alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DemoServer;

impl ServerHandler for DemoServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("demo-server", env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![
            tool("echo", "Says the text again", &[("text", "string")]),
            tool("add", "Adds two numbers", &[("a", "number"), ("b", "number")]),
            tool("slow", "Answers after some seconds, 60 at most", &[("seconds", "number")]),
        ]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let text = match request.name.as_ref() {
            "echo" => text(&arguments, "text")?.to_owned(),
            "add" => (number(&arguments, "a")? + number(&arguments, "b")?).to_string(),
            "slow" => slow(number(&arguments, "seconds")?).await,
            other => return Err(ErrorData::invalid_params(format!("there is no tool {other}"), None)),
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = RESOURCES.map(|(uri, name, _)| Resource::new(uri, name).with_mime_type("text/plain"));
        Ok(ListResourcesResult::with_all_items(resources.into()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (uri, _, text) = RESOURCES
            .into_iter()
            .find(|(uri, _, _)| *uri == request.uri)
            .ok_or_else(|| ErrorData::resource_not_found("there is no such resource", None))?;
        Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri)]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let who = PromptArgument::new("name").with_description("Whom to greet").with_required(true);
        let greet = Prompt::new("greet", Some("Asks for a greeting"), Some(vec![who]));
        Ok(ListPromptsResult::with_all_items(vec![greet]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name != "greet" {
            return Err(ErrorData::invalid_params("there is no such prompt", None));
        }
        let arguments = request.arguments.unwrap_or_default();
        let message = format!("Greet {} in one sentence.", text(&arguments, "name")?);
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, message)]).into())
    }
}

async fn slow(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, MAX_SLOW_SECONDS);
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    format!("waited for {seconds} s")
}

/// A tool whose arguments are all required: names with their JSON types.
fn tool(name: &'static str, description: &'static str, arguments: &[(&str, &str)]) -> Tool {
    let property = |(name, kind): &(&str, &str)| ((*name).to_owned(), json!({ "type": kind }));
    let schema = JsonObject::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(arguments.iter().map(property).collect())),
        ("required".to_owned(), arguments.iter().map(|(name, _)| json!(name)).collect()),
    ]);
    Tool::new(name, description, Arc::new(schema))
}

fn text<'a>(arguments: &'a JsonObject, name: &str) -> Result<&'a str, ErrorData> {
    let found = arguments.get(name).and_then(Value::as_str);
    found.ok_or_else(|| ErrorData::invalid_params(format!("{name} must be a string"), None))
}

fn number(arguments: &JsonObject, name: &str) -> Result<f64, ErrorData> {
    let found = arguments.get(name).and_then(Value::as_f64);
    found.ok_or_else(|| ErrorData::invalid_params(format!("{name} must be a number"), None))
}
