//! Opening channels to upstreams.

use std::{future::Future, sync::Arc, time::Duration};

use http::HeaderMap;
use registry_core::model::endpoint::{Endpoint, Transport};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    budget::{Account, Budget, MAX_BUFFERED_BYTES},
    channel::{Channel, ChannelError},
    legacy_sse, request, stdio, websocket,
};
use crate::{dial::Dialer, era::Eras, launcher::Launchers};

/// How long [`Channels::close`] waits for all conversations to end.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a [`Channel`] to an upstream that is not reached by streamable HTTP. Cheap to clone; clones share the bounds
/// of launchers, and what is known of the eras of upstreams.
#[derive(Debug, Clone)]
pub struct Channels {
    dialer: Dialer,
    launchers: Launchers,
    eras: Eras,
    tasks: Tasks,
}

impl Channels {
    /// Channels whose every connection is opened by `dialer`. No process is started.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        Self { dialer, launchers: Launchers::default(), eras: Eras::default(), tasks: Tasks::default() }
    }

    /// The same, and processes of these launchers for endpoints of stdio.
    #[must_use]
    pub fn with_launchers(self, launchers: Launchers) -> Self {
        Self { launchers, ..self }
    }

    /// The same, with this many bytes for what waits of all conversations that are opened from now on.
    #[must_use]
    pub fn with_budget(self, bytes: usize) -> Self {
        let tasks = Tasks { budget: Budget::new(bytes), ..self.tasks };
        Self { tasks, ..self }
    }

    /// The dialer.
    #[must_use]
    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// Which era each upstream spoke when it was last looked at.
    pub(crate) fn eras(&self) -> &Eras {
        &self.eras
    }

    /// Whether there is a launcher that `endpoint` names; always false for another transport than stdio.
    #[must_use]
    pub fn launches(&self, endpoint: &Endpoint) -> bool {
        endpoint.transport() == Transport::Stdio && self.launchers.of(endpoint.url()).is_some()
    }

    /// Opens a conversation of its own with the server at `endpoint`, with `credentials` in each HTTP request and
    /// handshake; a process gets none. It ends when the channel is dropped.
    ///
    /// # Errors
    /// Any [`ChannelError`]; `Protocol` for an endpoint of streamable HTTP, which has no channel.
    pub async fn open(&self, endpoint: &Endpoint, credentials: &HeaderMap) -> Result<Channel, ChannelError> {
        let credentials = request::credentials(credentials.clone())?;
        let (tasks, dialer, url) = (&self.tasks, self.dialer.clone(), endpoint.url());
        match endpoint.transport() {
            Transport::Sse => legacy_sse::open(tasks, dialer, url, credentials).await,
            Transport::Websocket => websocket::open(tasks, dialer, url, credentials).await,
            Transport::Stdio => match self.launchers.of(url) {
                Some(launcher) => stdio::open(tasks, launcher).await,
                None => Err(ChannelError::NoLauncher),
            },
            Transport::Http => Err(ChannelError::Protocol("streamable HTTP has no channel")),
        }
    }

    /// Ends every conversation, for the end of the service, and waits for it at most [`CLOSE_TIMEOUT`].
    pub async fn close(&self) {
        self.tasks.end.cancel();
        self.tasks.running.close();
        if timeout(CLOSE_TIMEOUT, self.tasks.running.wait()).await.is_err() {
            tracing::warn!("conversations with upstreams did not end in time");
        }
    }
}

/// The tasks behind all channels.
#[derive(Debug, Clone)]
pub(super) struct Tasks {
    running: TaskTracker,
    end: CancellationToken,
    budget: Budget,
}

impl Default for Tasks {
    fn default() -> Self {
        let (running, end) = (TaskTracker::default(), CancellationToken::default());
        Self { running, end, budget: Budget::new(MAX_BUFFERED_BYTES) }
    }
}

impl Tasks {
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(task);
    }

    /// What one more conversation holds.
    pub(super) fn account(&self) -> Arc<Account> {
        self.budget.open()
    }

    /// Cancelled when all are to end; to be cancelled when one is.
    pub(super) fn end_of_one(&self) -> CancellationToken {
        self.end.child_token()
    }
}
