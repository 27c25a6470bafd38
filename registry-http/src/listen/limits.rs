//! The bounds of connections and requests, and whose word counts for who sent one.

use std::time::Duration;

use crate::forwarded::TrustedProxies;

/// How many connections are open at once; further ones wait in the kernel's backlog.
pub const MAX_CONNECTIONS: usize = 10_000;
/// How long a request's head may take from its first byte (for a new connection: from its start) to its last.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may idle between two requests.
pub const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(75);
/// The most bytes of a request's head (request line and headers).
pub const MAX_HEAD_BYTES: usize = 32 * 1024;
/// The most headers of a request. hyper has a faster parser for exactly this number.
pub const MAX_HEADERS: usize = 100;
/// The most bytes that hyper buffers of a connection, in each direction.
pub const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// The most bytes of a request's body outside of `/mcp`.
pub const MAX_BODY_BYTES: u64 = 1024 * 1024;
/// How long the whole body of a request may take outside of `/mcp`.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a body of a known length may pause, on every path.
pub const READ_STALL: Duration = Duration::from_secs(30);
/// How long a peer may leave what we send unread.
pub const WRITE_STALL: Duration = Duration::from_secs(60);
/// How long running requests may take to finish after the shutdown began.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(25);

/// The bounds of the listener; the defaults are the constants of this module.
#[derive(Debug, Clone)]
pub struct Limits {
    /// See [`MAX_CONNECTIONS`].
    pub max_connections: usize,
    /// See [`HEAD_TIMEOUT`].
    pub head_timeout: Duration,
    /// See [`KEEP_ALIVE_IDLE`].
    pub keep_alive_idle: Duration,
    /// See [`MAX_HEAD_BYTES`].
    pub max_head_bytes: usize,
    /// See [`MAX_HEADERS`].
    pub max_headers: usize,
    /// See [`MAX_BUFFER_BYTES`]. hyper needs at least 8 KiB, and the head must fit in.
    pub max_buffer_bytes: usize,
    /// See [`MAX_BODY_BYTES`].
    pub max_body_bytes: u64,
    /// See [`BODY_TIMEOUT`].
    pub body_timeout: Duration,
    /// See [`READ_STALL`].
    pub read_stall: Duration,
    /// See [`WRITE_STALL`].
    pub write_stall: Duration,
    /// See [`SHUTDOWN_GRACE`].
    pub shutdown_grace: Duration,
    /// The proxies that are believed when they say for whom they call.
    pub trusted_proxies: TrustedProxies,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: MAX_CONNECTIONS,
            head_timeout: HEAD_TIMEOUT,
            keep_alive_idle: KEEP_ALIVE_IDLE,
            max_head_bytes: MAX_HEAD_BYTES,
            max_headers: MAX_HEADERS,
            max_buffer_bytes: MAX_BUFFER_BYTES,
            max_body_bytes: MAX_BODY_BYTES,
            body_timeout: BODY_TIMEOUT,
            read_stall: READ_STALL,
            write_stall: WRITE_STALL,
            shutdown_grace: SHUTDOWN_GRACE,
            trusted_proxies: TrustedProxies::default(),
        }
    }
}
