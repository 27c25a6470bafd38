//! `/mcp/{server}`: calls through the gateway, to real MCP servers and to ones that misbehave.

/// One test on the store in memory per named function: what it shows has nothing to do with the store.
macro_rules! on_memory {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() {
                black_box_tests::run(black_box_tests::StoreKind::Memory, super::$test).await;
            }
        }
    )+};
}

mod address;
mod bridge;
mod canary;
mod change;
mod channel;
mod channel_launcher;
mod clients;
mod conformance;
mod door;
mod egress;
mod era;
mod failure;
mod forwarder;
mod framing;
mod guard;
mod headers;
mod inventory;
mod kit;
mod nodes;
mod oauth;
mod oauth_discovery;
mod origin;
mod peer;
mod program;
mod raw;
mod refusal;
mod secret;
mod secret_audit;
mod session;
mod story;
mod stream;
mod together;
mod usage;
