//! Settings that keep upstream servers from too many calls.

use clap::Args;
use registry_gateway::proxy::GuardLimits;

/// The most that a bound may be set to.
const MAX: i64 = 1_000_000;

/// Bounds of the calls to one server, on this node.
#[derive(Debug, Clone, Args)]
pub(crate) struct GuardSettings {
    /// The most calls to one server at once; further ones wait.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_CALLS_PER_SERVER", default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=MAX))]
    max_calls_per_server: u32,
    /// The most calls that wait for one server; further ones are answered 503.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_WAITING_PER_SERVER", default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(0..=MAX))]
    max_waiting_per_server: u32,
    /// The most streams of one server that clients only listen on.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_STREAMS_PER_SERVER", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(0..=MAX))]
    max_streams_per_server: u32,
}

impl GuardSettings {
    /// The bounds.
    pub(crate) fn limits(&self) -> GuardLimits {
        GuardLimits {
            max_calls: self.max_calls_per_server as usize,
            max_waiting: self.max_waiting_per_server as usize,
            max_streams: self.max_streams_per_server as usize,
            ..GuardLimits::default()
        }
    }
}
