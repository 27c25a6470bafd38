//! An MCP server to try the registry with. It speaks streamable HTTP of every protocol version since
//! 2025-03-26 and needs no credentials.
//!
//! ```text
//! cargo run -p registry-examples --example demo_server -- --listen 127.0.0.1:3001
//! ```
//!
//! Register the printed URL in the dashboard, or with the API, with the transport `http`.
#![expect(clippy::print_stdout, reason = "the printed URL is what the program is started for")]

mod server;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use clap::Parser;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::net::TcpListener;

use crate::server::DemoServer;

/// An MCP server to try the registry with.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
    /// A host name by which others reach this server, besides localhost; may be repeated. Requests for any
    /// other name are refused, so that no web page can reach it by rebinding its own name.
    #[arg(long = "host")]
    hosts: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    println!("http://{}/mcp", listener.local_addr()?);
    let service = service(arguments.hosts);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (tcp, _) = accepted?;
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(async move {
                    // A client that goes away is no news to a demo.
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(tcp), service)
                        .await;
                });
            }
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

fn service(hosts: Vec<String>) -> StreamableHttpService<DemoServer, LocalSessionManager> {
    let mut config = StreamableHttpServerConfig::default();
    config.allowed_hosts.extend(hosts);
    StreamableHttpService::new(|| Ok(DemoServer), Arc::default(), config)
}
