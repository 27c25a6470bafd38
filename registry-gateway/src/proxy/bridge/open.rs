//! Beginning a session.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, StatusCode};
use registry_core::model::endpoint::Endpoint;

use super::session::Session;
use super::{Bridge, pump};
use crate::proxy::admission::Admission;
use crate::proxy::upstream::Upstream;
use crate::proxy::{Failure, session as handle};
use crate::transport::Channels;
use crate::transport::channel::{Channel, ChannelError};

/// Opens channels.
#[async_trait]
pub(in crate::proxy) trait Opener: Send + Sync + 'static {
    /// A channel to the server at `endpoint`.
    async fn open(&self, endpoint: &Endpoint, credentials: &HeaderMap) -> Result<Channel, ChannelError>;
}

#[async_trait]
impl Opener for Channels {
    async fn open(&self, endpoint: &Endpoint, credentials: &HeaderMap) -> Result<Channel, ChannelError> {
        Self::open(self, endpoint, credentials).await
    }
}

impl Bridge {
    /// Opens a channel and begins a session over it; its handle, for the client.
    pub(super) async fn open(&self, admission: &Admission) -> Result<(Arc<Session>, HeaderValue), Failure> {
        let (scope, upstream) = (admission.scope(), admission.upstream());
        let place = self.sessions.reserve(scope)?;
        let timeout = admission.timeout();
        let opening = tokio::time::timeout(timeout, self.connect(upstream)).await;
        let channel = opening.map_err(|_| Failure::Timeout(timeout))??;
        let clock = self.registry.clock().as_ref();
        let id = clock.new_id();
        let name = HeaderValue::from_str(&id.to_string()).map_err(|_| Failure::Internal)?;
        let handle = handle::seal(self.registry.keyring(), clock, scope, &name)?;
        let withdrawn = Box::pin(admission.superseded(self.upstreams.clone(), &self.pulse));
        let (sessions, registry) = (&self.sessions, self.registry.clone());
        let session = pump::start(sessions, id, place, channel, withdrawn, &self.alive.0, registry);
        Ok((session, handle))
    }

    /// A channel with the credentials as they are now, or as they are after they were refused and could be renewed.
    async fn connect(&self, upstream: &Upstream) -> Result<Channel, Failure> {
        let presented = upstream.credentials.headers().await?;
        let opened = self.opener.open(&upstream.server.endpoint, &presented).await;
        let is_refused = matches!(opened, Err(ChannelError::Status(StatusCode::UNAUTHORIZED)));
        if !is_refused || !upstream.credentials.refused(&presented) {
            return Ok(opened?);
        }
        let presented = upstream.credentials.headers().await?;
        Ok(self.opener.open(&upstream.server.endpoint, &presented).await?)
    }
}
