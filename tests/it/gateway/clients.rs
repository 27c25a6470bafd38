//! Clients that we did not write, each connected to servers that we did not write: what they see through the gateway is
//! what they see directly. `clients/scenario.rs` has the table of what they do, `tests/peers/clients` the clients.

mod client;
mod rmcp_client;
mod rmcp_server;
mod same;
mod scenario;
mod upstream;

use black_box_tests::{Service, StoreKind};
use client::Client::{Python, Rmcp, TypescriptV1, TypescriptV2};
use client::Era::{Legacy, Modern};
use registry_core::model::role::Role;
use upstream::Upstream::{Conforming, Everything, ModernOnly, RmcpServer};

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

    let service = Service::start(StoreKind::Memory).await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = owner.client.post("/api/servers", &upstream.registration("Upstream")).await.expect(201);
    let url = format!("http://{}/mcp/upstream", service.address);
    let through = client.run(&url, Some(text(&made, "apiKey")), era, &steps).await;
    same::assert_same(&steps, &direct, &through);
    service.stop().await;
}
