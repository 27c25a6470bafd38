//! Bounds of bridged sessions.

use std::time::Duration;

use crate::transport::budget::MAX_BUFFERED_BYTES;
pub(super) use crate::transport::budget::STALL;

/// How many messages wait for one stream of a client's before the upstream has to wait too.
pub(super) const MAX_STREAM_MESSAGES: usize = 64;
/// How many messages wait for a client that listens on no stream; further requests of the upstream are answered with an
/// error, further notifications are dropped.
pub(super) const MAX_UNHEARD_MESSAGES: usize = 64;
/// How many bytes those have.
pub(super) const MAX_UNHEARD_BYTES: usize = 1024 * 1024;
/// How many requests one session has in flight.
pub(super) const MAX_REQUESTS: usize = 128;
/// How many messages a batch has.
pub(super) const MAX_BATCH: usize = 32;
/// From how many bytes of responses on they are sent as events, and no more in one array.
pub(super) const MAX_BATCH_BYTES: usize = 1024 * 1024;
/// How many streams of GET one session has; one more ends the oldest.
pub(super) const MAX_LISTENERS: usize = 4;
/// After which time without a word a comment is sent in an event stream, so that it is not cut on its way.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long an answer is waited for before it becomes an event stream.
pub(super) const SETTLE: Duration = Duration::from_secs(5);
/// How long after the client cancelled its request the answer to it is still taken.
pub(super) const CANCEL_GRACE: Duration = Duration::from_secs(1);
/// How long the notice that the client is gone, or hears nothing, may take to be handed to the upstream.
pub(super) const NOTICE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an upstream is waited for that was never heard of, and is asked whether it speaks versions without sessions.
pub(super) const DISCOVERY: Duration = Duration::from_secs(10);
/// How many versions an upstream may say that it speaks; more are not kept.
pub(super) const MAX_VERSIONS: usize = 16;
/// How long a subscription may be silent. (Timers know no longer time than two years.)
pub(super) const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Bounds of the sessions with servers whose transport is not streamable HTTP. Each has an upstream connection, or a
/// process, of its own.
#[derive(Debug, Clone)]
pub struct SessionLimits {
    /// How many there are on this node.
    pub max_sessions: usize,
    /// How many with one server.
    pub max_per_server: usize,
    /// How many of one key, or of one person's tokens. At this bound the one that is idle for longest ends.
    pub max_per_credential: usize,
    /// How many bytes of messages wait for clients, over all sessions of this node. When there is no more room the session
    /// ends for which most of them wait. At least the largest message's.
    pub max_buffered_bytes: usize,
    /// How long one lasts in which no request is made and no stream is open.
    pub idle_timeout: Duration,
    /// How many channels the requests without a session share, of one key or one person's tokens to one server. They
    /// count as sessions too.
    pub max_shared: usize,
    /// How long one of those lasts over which no request is made.
    pub shared_idle_timeout: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            max_sessions: 2_048,
            max_per_server: 512,
            max_per_credential: 32,
            max_buffered_bytes: MAX_BUFFERED_BYTES,
            idle_timeout: Duration::from_secs(30 * 60),
            max_shared: 4,
            shared_idle_timeout: Duration::from_secs(5 * 60),
        }
    }
}
