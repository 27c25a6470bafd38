//! Tests of the gateway's outgoing side against real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "fixtures fail by panicking too")]

mod channel;
mod channel_sse;
mod channel_stdio;
mod channel_websocket;
mod dial;
mod fixture;
mod http_failures;
mod probe;
mod probe_channel;
mod probe_era;
mod probe_failures;
mod probe_list;
mod probe_upstream;
mod proxy_environment;
mod streamable_http;
mod tls;
