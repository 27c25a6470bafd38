//! An MCP client that goes through the gateway: it lists the tools of a server and calls one.
//!
//! ```text
//! cargo run -p registry-examples --example client -- http://127.0.0.1:8080/mcp/demo --key mcp_...
//! cargo run -p registry-examples --example client -- http://127.0.0.1:8080/mcp/demo --key mcp_... \
//!     --tool add --arguments '{"a": 2, "b": 40}'
//! ```
//!
//! Any MCP client works: to a client the gateway is a streamable HTTP server that wants a bearer token. The
//! HTTP here is the gateway's own (`registry_gateway::transport`), which needs no other HTTP library; with
//! rmcp's `reqwest` transport the key goes into `StreamableHttpClientTransportConfig::auth_header`.
#![expect(clippy::print_stdout, reason = "the output is what the program is run for")]

use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use registry_gateway::{
    dial::{Dialer, EgressPolicy, UpstreamClient, UpstreamTls},
    transport::streamable_http::{StreamableHttp, any_era},
};
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, JsonObject},
    service::{ClientServiceExt, RunningService},
};
use url::Url;

/// How long the gateway may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Lists the tools of a server behind the gateway and calls one.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server's address at the gateway.
    url: Url,
    /// The key; in the environment it stays out of the process list. Without one, none is sent.
    #[arg(long, env = "MCP_KEY", hide_env_values = true)]
    key: Option<String>,
    /// The tool to call.
    #[arg(long, default_value = "echo")]
    tool: String,
    /// Its arguments, a JSON object.
    #[arg(long, default_value = r#"{"text": "hello"}"#, value_parser = json_object)]
    arguments: JsonObject,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let client = connect(&arguments.url, arguments.key.as_deref()).await?;
    for tool in client.list_tools(None).await?.tools {
        println!("{}: {}", tool.name, tool.description.unwrap_or_default());
    }
    let call = CallToolRequestParams::new(arguments.tool).with_arguments(arguments.arguments);
    let result = client.call_tool(call).await?;
    println!("{}", serde_json::to_string_pretty(&result)?);
    client.cancel().await?;
    Ok(())
}

async fn connect(url: &Url, key: Option<&str>) -> anyhow::Result<RunningService<RoleClient, ()>> {
    // The address is of this program's own user, so it may be in any network.
    let anywhere = vec!["0.0.0.0/0".parse()?, "::/0".parse()?];
    let policy = EgressPolicy::new(anywhere).allow_insecure_upstreams(true);
    let client = UpstreamClient::new(Dialer::new(policy, UpstreamTls::new()?));
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let bearer = HeaderValue::try_from(format!("Bearer {key}")).context("the key is not one")?;
        headers.insert(AUTHORIZATION, bearer);
    }
    let transport = StreamableHttp::new(client, headers, TIMEOUT)?.transport(url);
    ().serve_with_lifecycle(transport, any_era()).await.with_context(|| format!("cannot connect to {url}"))
}

fn json_object(text: &str) -> Result<JsonObject, serde_json::Error> {
    serde_json::from_str(text)
}
