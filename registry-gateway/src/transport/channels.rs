//! Opening channels to upstreams.

use http::HeaderMap;
use registry_core::model::endpoint::{Endpoint, Transport};

use super::{
    channel::{Channel, ChannelError},
    legacy_sse, request, websocket,
};
use crate::dial::Dialer;

/// Opens a [`Channel`] to an upstream that is not reached by streamable HTTP. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Channels {
    dialer: Dialer,
}

impl Channels {
    /// Channels whose every connection is opened by `dialer`. No process is started.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        Self { dialer }
    }

    /// The dialer.
    #[must_use]
    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// Opens a conversation of its own with the server at `endpoint`, with `credentials` in each HTTP request and
    /// handshake. It ends when the channel is dropped.
    ///
    /// # Errors
    /// Any [`ChannelError`]; `Protocol` for an endpoint of streamable HTTP, which has no channel.
    pub async fn open(&self, endpoint: &Endpoint, credentials: &HeaderMap) -> Result<Channel, ChannelError> {
        let credentials = request::credentials(credentials.clone())?;
        match endpoint.transport() {
            Transport::Sse => legacy_sse::open(self.dialer.clone(), endpoint.url(), credentials).await,
            Transport::Websocket => websocket::open(self.dialer.clone(), endpoint.url(), credentials).await,
            Transport::Stdio => Err(ChannelError::NoLauncher),
            Transport::Http => Err(ChannelError::Protocol("streamable HTTP has no channel")),
        }
    }
}
