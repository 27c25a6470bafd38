//! A channel as a transport of rmcp's.

use std::sync::Arc;

use bytes::Bytes;
use rmcp::{
    RoleClient,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use super::{fault::Fault, transport::Trace};
use crate::transport::channel::{Channel, ChannelError, Incoming};

/// The two ends of a channel, which ends when this is dropped.
pub(super) struct Conversation {
    outgoing: mpsc::Sender<Bytes>,
    incoming: Incoming,
    trace: Arc<Trace>,
    _guard: DropGuard,
}

impl Conversation {
    pub(super) fn new(channel: Channel, trace: Arc<Trace>) -> Self {
        let (outgoing, incoming, _, guard) = channel.split();
        Self { outgoing, incoming, trace, _guard: guard }
    }
}

impl Transport<RoleClient> for Conversation {
    type Error = ChannelError;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), ChannelError>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        async move {
            let json = serde_json::to_vec(&message)
                .map_err(|_| ChannelError::Protocol("a message to the server cannot be encoded"))?;
            outgoing.send(json.into()).await.map_err(|_| ChannelError::Closed)
        }
    }

    /// The next message. What is none ends the conversation: nothing good follows it.
    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        let message = self.incoming.recv().await.and_then(|next| {
            let message = next.map_err(|error| self.trace.keep(Fault::of_channel(&error))).ok()?;
            self.trace.note_answer();
            serde_json::from_slice(&message).map_err(|_| self.trace.keep(Fault::NotMcp)).ok()
        });
        if message.is_none() {
            self.trace.keep(Fault::Broken);
        }
        message
    }

    async fn close(&mut self) -> Result<(), ChannelError> {
        Ok(())
    }
}
