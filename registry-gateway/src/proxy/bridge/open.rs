//! Beginning a session.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, StatusCode};
use registry_core::model::endpoint::Endpoint;
use uuid::Uuid;

use super::Bridge;
use super::pump::{self, Begun};
use super::session::{Common, Session, Whose};
use super::sessions::Place;
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
        Ok((self.start(id, place, channel, admission, None), handle))
    }

    /// Begins a session over `channel`, for as long as who calls, or another credential of the holder's, may have it.
    pub(super) fn start(
        &self,
        id: Uuid,
        place: Place,
        channel: Channel,
        admission: &Admission,
        common: Option<Common>,
    ) -> Arc<Session> {
        let holders = admission.holders();
        let withdrawn = admission.superseded(self.upstreams.clone(), &self.pulse, holders.clone());
        let whose = Whose { id, scope: admission.scope(), holders, common };
        let registry = self.registry.clone();
        let begun = Begun { whose, place, channel, withdrawn: Box::pin(withdrawn), registry };
        pump::start(&self.sessions, begun, &self.alive.0)
    }

    /// A channel with the credentials as they are now, or as they are after they were refused and could be renewed.
    pub(super) async fn connect(&self, upstream: &Upstream) -> Result<Channel, Failure> {
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
