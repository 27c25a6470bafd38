//! Channels: a conversation with an upstream that is not one HTTP exchange a message: legacy HTTP+SSE, a WebSocket, the
//! standard input and output of a child process.
//!
//! A channel carries JSON-RPC messages as the JSON text that they are, one at a time, in order, and knows nothing of
//! sessions or eras. Whoever holds it owns the conversation: dropping it ends the connection, or the process.

use std::{future::Future, io, ops::Deref, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    budget::{Account, Room},
    channels::Tasks,
    streamable_http::ReservedHeader,
};
use crate::dial::{DialError, UpstreamError};

/// How many messages wait in each direction before whoever sends has to wait too. How many bytes those of the upstream
/// have is bounded by the [`budget`](super::budget).
pub const MAX_WAITING_MESSAGES: usize = 8;

/// The largest message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Why a channel could not be opened, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The channel is closed.
    #[error("the connection to the server ended")]
    Closed,
    /// Its holder took nothing for too long.
    #[error("what the server sent was not taken in time")]
    Stalled,
    /// It held most when all channels together held as much as they may.
    #[error("too much of what servers sent is waiting to be taken")]
    Crowded,
    /// What the server sent is no JSON-RPC message, or too large.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// No connection was opened.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// An HTTP exchange with the server failed.
    #[error(transparent)]
    Upstream(UpstreamError),
    /// The server refused the handshake, or a message, with this HTTP status.
    #[error("the server answered HTTP {0}")]
    Status(StatusCode),
    /// Something took longer than it may; the text says what.
    #[error("time-out while {0}")]
    Timeout(&'static str),
    /// The server asked for its messages to be sent to another origin, with the credentials: nothing was sent there.
    #[error("the server names an endpoint of another origin")]
    OtherOrigin,
    /// A credential is for a header that the protocol sets itself.
    #[error(transparent)]
    Reserved(#[from] ReservedHeader),
    /// The operator's file has no launcher of that name, or there is no file.
    #[error("the operator of this registry has no launcher of that name")]
    NoLauncher,
    /// The launcher runs as many processes as it may.
    #[error("the launcher runs as many processes as it may")]
    Busy,
    /// The launcher's command could not be started.
    #[error("the launcher's command cannot be started")]
    Start(#[source] io::Error),
}

impl From<UpstreamError> for ChannelError {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::Dial(error) => Self::Dial(error),
            other => Self::Upstream(other),
        }
    }
}

/// A message of an upstream, and the room that it takes until it is sent on.
#[derive(Debug)]
pub struct Received {
    /// The message.
    pub message: Bytes,
    /// Its room; one that was not received takes none.
    pub room: Option<Room>,
}

impl Deref for Received {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.message
    }
}

impl From<Bytes> for Received {
    fn from(message: Bytes) -> Self {
        Self { message, room: None }
    }
}

/// What comes of an upstream; an error is the last of it.
pub type Incoming = mpsc::Receiver<Result<Received, ChannelError>>;

/// An open conversation with an upstream.
#[derive(Debug)]
pub struct Channel {
    outgoing: mpsc::Sender<Bytes>,
    incoming: Incoming,
    account: Arc<Account>,
    /// Ends the tasks that carry the messages, and what they hold.
    guard: DropGuard,
}

impl Channel {
    /// Its two ends, for whoever sends from one task and receives in another, what says when it holds too much, and what
    /// ends it when it is dropped.
    #[must_use]
    pub fn split(self) -> (mpsc::Sender<Bytes>, Incoming, Arc<Account>, DropGuard) {
        (self.outgoing, self.incoming, self.account, self.guard)
    }

    /// Sends a message; waits while [`MAX_WAITING_MESSAGES`] are before it.
    ///
    /// # Errors
    /// [`ChannelError::Closed`].
    pub async fn send(&self, message: Bytes) -> Result<(), ChannelError> {
        self.outgoing.send(message).await.map_err(|_| ChannelError::Closed)
    }

    /// The next message of the upstream; `None` once the upstream ended the conversation. An error is the last of it.
    pub async fn receive(&mut self) -> Option<Result<Received, ChannelError>> {
        self.incoming.recv().await
    }
}

/// What the task behind a channel has of it.
#[derive(Debug)]
pub(super) struct Backend {
    /// What the holder sends.
    pub(super) outgoing: mpsc::Receiver<Bytes>,
    /// What the holder receives.
    pub(super) incoming: Delivery,
    /// Cancelled when the holder let the channel go.
    pub(super) dropped: CancellationToken,
}

/// Where the task behind a channel hands over what comes.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    queue: mpsc::Sender<Result<Received, ChannelError>>,
    account: Arc<Account>,
}

/// A channel, and what the task behind it needs. It also ends with all of `tasks`.
pub(super) fn pair(tasks: &Tasks) -> (Channel, Backend) {
    let (to_upstream, outgoing) = mpsc::channel(MAX_WAITING_MESSAGES);
    let (queue, incoming) = mpsc::channel(MAX_WAITING_MESSAGES);
    let (account, dropped) = (tasks.account(), tasks.end_of_one());
    let guard = dropped.clone().drop_guard();
    let channel = Channel { outgoing: to_upstream, incoming, account: account.clone(), guard };
    (channel, Backend { outgoing, incoming: Delivery { queue, account }, dropped })
}

/// Hands a message of the upstream to the holder, once there is room for it.
pub(super) async fn deliver(incoming: &Delivery, message: Bytes) -> Result<(), ChannelError> {
    let room = Some(incoming.account.take(message.len()).await?);
    incoming.queue.send(Ok(Received { message, room })).await.map_err(|_| ChannelError::Closed)
}

/// Runs a conversation until it ends by itself, holds too much, or the holder lets it go. Its error is the last that the
/// holder receives.
pub(super) async fn carry(
    incoming: Delivery,
    dropped: CancellationToken,
    conversation: impl Future<Output = Result<(), ChannelError>>,
) {
    let with_last_word = async {
        let end = tokio::select! {
            end = conversation => end,
            error = incoming.account.over() => Err(error),
        };
        if let Err(error) = end {
            tracing::debug!(%error, "a channel to an upstream ended");
            // Whoever receives no more does not want it.
            let _ = incoming.queue.send(Err(error)).await;
        }
    };
    tokio::select! { () = dropped.cancelled() => {} () = with_last_word => {} }
}

/// `message` on one line: a line break in JSON is only ever space, for strings escape theirs. Event streams and standard
/// output end messages with it.
pub(crate) fn on_one_line(message: Bytes) -> Bytes {
    let breaks = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if !message.iter().any(breaks) {
        return message;
    }
    let line = message.iter().map(|byte| if breaks(byte) { b' ' } else { *byte });
    line.collect::<Vec<u8>>().into()
}
