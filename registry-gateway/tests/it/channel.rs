//! What the tests of channels share.

use std::time::Duration;

use http::HeaderMap;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_gateway::{
    dial::EgressPolicy,
    transport::{
        Channels,
        channel::{Channel, ChannelError, Received},
    },
};
use tokio::time::timeout;

use crate::fixture::dialer;

/// The longest that anything may take here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn on_loopback() -> Channels {
    Channels::new(dialer(EgressPolicy::default().allow_loopback(true)))
}

/// Headers as a server's credentials give them.
pub(crate) fn credentials() -> HeaderMap {
    HeaderMap::from_iter([("authorization".parse().unwrap(), "Bearer canary".parse().unwrap())])
}

pub(crate) async fn open(transport: Transport, url: &str) -> Result<Channel, ChannelError> {
    open_of(&on_loopback(), transport, url).await
}

pub(crate) async fn open_of(
    channels: &Channels,
    transport: Transport,
    url: &str,
) -> Result<Channel, ChannelError> {
    let endpoint = Endpoint::parse(transport, url).unwrap();
    timeout(PATIENCE, channels.open(&endpoint, &credentials())).await.unwrap()
}

/// What comes next, in time.
pub(crate) async fn next(channel: &mut Channel) -> Option<Result<Received, ChannelError>> {
    timeout(PATIENCE, channel.receive()).await.unwrap()
}

/// The next message.
pub(crate) async fn message(channel: &mut Channel) -> String {
    let message = next(channel).await.unwrap().unwrap();
    String::from_utf8(message.to_vec()).unwrap()
}

/// The error with which the conversation ends.
pub(crate) async fn last_error(channel: &mut Channel) -> ChannelError {
    loop {
        match next(channel).await.unwrap() {
            Ok(_) => {}
            Err(error) => {
                assert!(next(channel).await.is_none(), "an error is the last of it");
                return error;
            }
        }
    }
}
