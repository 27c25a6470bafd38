//! Settings of sessions with servers whose transport is not streamable HTTP.

use std::time::Duration;

use clap::Args;
use registry_gateway::proxy::SessionLimits;

/// The most that a number may be set to.
const MAX: i64 = 1_000_000;
/// The longest that something may be idle, in seconds.
const MAX_IDLE: i64 = 24 * 60 * 60;

/// Bounds of the sessions with servers over `sse`, `websocket` and `stdio`, on this node.
#[derive(Debug, Clone, Args)]
pub(crate) struct BridgeSettings {
    /// The most sessions with servers over sse, websocket and stdio.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_BRIDGED_SESSIONS", default_value_t = 2048,
        value_parser = clap::value_parser!(u32).range(1..=MAX))]
    max_bridged_sessions: u32,
    /// The most of them with one server.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_BRIDGED_SESSIONS_PER_SERVER", default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..=MAX))]
    max_bridged_sessions_per_server: u32,
    /// The most of them of one key, or of one person's tokens; one more ends the one that is idle for longest.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_BRIDGED_SESSIONS_PER_KEY", default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(1..=MAX))]
    max_bridged_sessions_per_key: u32,
    /// After how many seconds without use one ends.
    #[arg(long, global = true, env = "MCP_REGISTRY_BRIDGED_SESSION_IDLE_SECONDS", default_value_t = 1800,
        value_parser = clap::value_parser!(u32).range(1..=MAX_IDLE))]
    bridged_session_idle_seconds: u32,
    /// The most connections or processes that calls without a session share, of one key to one such server.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_SHARED_CHANNELS", default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(1..=1_000))]
    max_shared_channels: u32,
    /// After how many seconds without a call one of them ends.
    #[arg(long, global = true, env = "MCP_REGISTRY_SHARED_CHANNEL_IDLE_SECONDS", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=MAX_IDLE))]
    shared_channel_idle_seconds: u32,
    /// How many MiB of what such servers said may wait for clients.
    #[arg(long, global = true, env = "MCP_REGISTRY_MAX_BUFFERED_MIB", default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(16..=1_048_576))]
    max_buffered_mib: u32,
}

impl BridgeSettings {
    /// The bounds.
    pub(crate) fn limits(&self) -> SessionLimits {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        SessionLimits {
            max_sessions: self.max_bridged_sessions as usize,
            max_per_server: self.max_bridged_sessions_per_server as usize,
            max_per_credential: self.max_bridged_sessions_per_key as usize,
            max_buffered_bytes: self.max_buffered_mib as usize * 1024 * 1024,
            idle_timeout: seconds(self.bridged_session_idle_seconds),
            max_shared: self.max_shared_channels as usize,
            shared_idle_timeout: seconds(self.shared_channel_idle_seconds),
        }
    }
}
