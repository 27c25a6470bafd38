//! Clients that we did not write, each connected to servers that we did not write: what they see through the gateway is
//! what they see directly. `clients/scenario.rs` has the table of what they do, `tests/peers/clients` the clients.

mod client;
mod rmcp_client;
mod rmcp_server;
mod same;
mod scenario;
mod upstream;

use black_box_tests::{Options, Service, StoreKind};
use client::Client::{Python, Rmcp, TypescriptV1, TypescriptV2};
use client::Era::{Legacy, Modern};
use registry_gateway::launcher::Launchers;
use upstream::Upstream::{
    Conforming, ConformingByStdio, Everything, EverythingBySse, EverythingByStdio, ModernOnly,
    RmcpByWebSocket, RmcpServer, Sockets,
};

use super::program::launchers;
use crate::support::text;

/// One test for each client, server and era.
macro_rules! alike {
    ($($test:ident: $client:expr, $upstream:expr, $era:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            compare($client, $upstream, $era).await;
        }
    )+};
}

alike! {
    typescript_v1_and_everything: TypescriptV1, Everything, Legacy;
    typescript_v1_and_conforming: TypescriptV1, Conforming, Legacy;
    typescript_v1_and_rmcp: TypescriptV1, RmcpServer, Legacy;
    typescript_v2_and_everything: TypescriptV2, Everything, Legacy;
    typescript_v2_and_conforming: TypescriptV2, Conforming, Legacy;
    typescript_v2_and_conforming_of_2026_07_28: TypescriptV2, Conforming, Modern;
    typescript_v2_and_modern_only: TypescriptV2, ModernOnly, Modern;
    typescript_v2_and_rmcp_of_2026_07_28: TypescriptV2, RmcpServer, Modern;
    python_and_everything: Python, Everything, Legacy;
    python_and_conforming: Python, Conforming, Legacy;
    python_and_conforming_of_2026_07_28: Python, Conforming, Modern;
    python_and_modern_only: Python, ModernOnly, Modern;
    python_and_rmcp_of_2026_07_28: Python, RmcpServer, Modern;
    typescript_v1_and_everything_by_sse: TypescriptV1, EverythingBySse, Legacy;
    typescript_v1_and_everything_by_stdio: TypescriptV1, EverythingByStdio, Legacy;
    typescript_v1_and_a_websocket: TypescriptV1, Sockets, Legacy;
    typescript_v2_and_everything_by_sse: TypescriptV2, EverythingBySse, Legacy;
    typescript_v2_and_everything_by_stdio: TypescriptV2, EverythingByStdio, Legacy;
    typescript_v2_and_a_websocket: TypescriptV2, Sockets, Legacy;
    python_and_everything_by_sse: Python, EverythingBySse, Legacy;
    python_and_everything_by_stdio: Python, EverythingByStdio, Legacy;
    python_and_a_websocket: Python, Sockets, Legacy;
    typescript_v1_and_conforming_by_stdio: TypescriptV1, ConformingByStdio, Legacy;
    typescript_v2_and_conforming_by_stdio_of_2026_07_28: TypescriptV2, ConformingByStdio, Modern;
    python_and_conforming_by_stdio_of_2026_07_28: Python, ConformingByStdio, Modern;
    rmcp_and_conforming_by_stdio_of_2026_07_28: Rmcp, ConformingByStdio, Modern;
    typescript_v1_and_rmcp_over_a_websocket: TypescriptV1, RmcpByWebSocket, Legacy;
    typescript_v2_and_rmcp_over_a_websocket_of_2026_07_28: TypescriptV2, RmcpByWebSocket, Modern;
    python_and_rmcp_over_a_websocket_of_2026_07_28: Python, RmcpByWebSocket, Modern;
    rmcp_and_rmcp_over_a_websocket_of_2026_07_28: Rmcp, RmcpByWebSocket, Modern;
    rmcp_and_everything_by_sse: Rmcp, EverythingBySse, Legacy;
    rmcp_and_everything_by_stdio: Rmcp, EverythingByStdio, Legacy;
    rmcp_and_everything: Rmcp, Everything, Legacy;
    rmcp_and_conforming: Rmcp, Conforming, Legacy;
    rmcp_and_conforming_of_2026_07_28: Rmcp, Conforming, Modern;
    rmcp_and_modern_only: Rmcp, ModernOnly, Modern;
    rmcp_and_rmcp_of_2026_07_28: Rmcp, RmcpServer, Modern;
}

/// The client goes through the scenario of this server, directly and through the gateway.
async fn compare(client: client::Client, upstream: upstream::Upstream, era: client::Era) {
    let upstream = upstream.start().await;
    let steps = scenario::of(upstream.kind, era);
    let direct = client.run(upstream.url(), None, era, &steps).await;
    same::assert_went_well(&steps, &direct);

    let launchers = Launchers::parse(&launchers(), &|_| None).expect("launchers");
    let service = Service::start_with(StoreKind::Memory, Options { launchers, ..Options::default() }).await;
    // Only an administrator registers a server over stdio.
    let owner = service.admin().await;
    let made = owner.client.post("/api/servers", &upstream.registration("Upstream")).await.expect(201);
    let url = format!("http://{}/mcp/upstream", service.address);
    let through = client.run(&url, Some(text(&made, "apiKey")), era, &steps).await;
    same::assert_same(&steps, &direct, &through);
    service.stop().await;
}
