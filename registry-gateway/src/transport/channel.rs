//! Channels: a conversation with an upstream that is not one HTTP exchange a message: legacy HTTP+SSE, a WebSocket, the
//! standard input and output of a child process.
//!
//! A channel carries JSON-RPC messages as the JSON text that they are, one at a time, in order, and knows nothing of
//! sessions or eras. Whoever holds it owns the conversation: dropping it ends the connection, or the process.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

/// How many messages wait in each direction before whoever sends has to wait too.
pub const MAX_WAITING_MESSAGES: usize = 64;

/// The largest message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Why a channel could not be opened, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The channel is closed.
    #[error("the connection to the server ended")]
    Closed,
    /// What the server sent is no JSON-RPC message, or too large.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
}

/// An open conversation with an upstream.
#[derive(Debug)]
pub struct Channel {
    outgoing: mpsc::Sender<Bytes>,
    incoming: mpsc::Receiver<Result<Bytes, ChannelError>>,
    /// Ends the tasks that carry the messages, and what they hold.
    guard: DropGuard,
}

impl Channel {
    /// Of these queues; `guard` ends what is behind them.
    #[must_use]
    pub fn new(
        outgoing: mpsc::Sender<Bytes>,
        incoming: mpsc::Receiver<Result<Bytes, ChannelError>>,
        guard: DropGuard,
    ) -> Self {
        Self { outgoing, incoming, guard }
    }

    /// Its two ends, for whoever sends from one task and receives in another, and what ends it when it is dropped.
    #[must_use]
    pub fn split(self) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Result<Bytes, ChannelError>>, DropGuard) {
        (self.outgoing, self.incoming, self.guard)
    }

    /// Sends a message; waits while [`MAX_WAITING_MESSAGES`] are before it.
    ///
    /// # Errors
    /// [`ChannelError::Closed`].
    pub async fn send(&self, message: Bytes) -> Result<(), ChannelError> {
        self.outgoing.send(message).await.map_err(|_| ChannelError::Closed)
    }

    /// The next message of the upstream; `None` once the upstream ended the conversation. An error is the last of it.
    pub async fn receive(&mut self) -> Option<Result<Bytes, ChannelError>> {
        self.incoming.recv().await
    }
}
