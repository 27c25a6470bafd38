//! The way to the collector: the guarded dialer, as for every outgoing connection.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry_http::{HttpClient, HttpError};
use registry_gateway::dial::{Dialer, UpstreamClient};
use tokio::{runtime::Handle, time::timeout};

/// How long one export may take, from the connection to the end of the answer.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of a collector's answer.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Sends what the exporter has. The exporter runs in a thread of its own, outside of Tokio.
#[derive(Debug)]
pub(super) struct CollectorClient {
    client: UpstreamClient<Full<Bytes>>,
    runtime: Handle,
}

impl CollectorClient {
    /// Within Tokio.
    pub(super) fn new(dialer: Dialer) -> Self {
        Self { client: UpstreamClient::new(dialer), runtime: Handle::current() }
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        // The timer is Tokio's too, so it is made within.
        let sending = async move { timeout(EXPORT_TIMEOUT, exchange(client, request)).await };
        let answer = self.runtime.spawn(sending).await?.map_err(HttpError::from).flatten();
        match &answer {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "the collector refused spans"),
            Err(error) => {
                let error = registry_core::error::chain(&**error);
                tracing::warn!(error, "spans could not be exported");
            }
        }
        answer
    }
}

async fn exchange(
    client: UpstreamClient<Full<Bytes>>,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = client.send(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}
