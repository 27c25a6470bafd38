//! The HTTP of one probe: everything ends at its deadline, and nothing is asked for that it does not need.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream::BoxStream};
use http::{HeaderName, HeaderValue};
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::{
        common::client_side_sse::ExponentialBackoff,
        streamable_http_client::{
            SseError, StreamableHttpClient, StreamableHttpClientTransport,
            StreamableHttpClientTransportConfig, StreamableHttpError, StreamableHttpPostResponse,
        },
    },
};
use sse_stream::Sse;
use tokio::time::{Instant, sleep_until, timeout_at};
use url::Url;

use super::fault::Fault;
use crate::{
    dial::UpstreamError,
    transport::streamable_http::{Failure, MAX_SSE_EVENT_BYTES, MAX_STREAM_RESUMPTIONS, StreamableHttp},
};

/// How long the upstream may take to end the probe's session.
pub const SESSION_END_TIMEOUT: Duration = Duration::from_secs(2);

type Events = BoxStream<'static, Result<Sse, SseError>>;

/// What a transport saw. rmcp loses the cause when a stream fails within the handshake, and the code of an
/// error under another id than its request's.
#[derive(Debug, Default)]
pub(super) struct Trace {
    answered: AtomicBool,
    fault: OnceLock<Fault>,
}

impl Trace {
    /// Whether the upstream gave any answer.
    pub(super) fn answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Why the first request that failed did so.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault.get().copied()
    }

    fn note<T>(&self, outcome: &Result<T, Failure>) {
        let fault = outcome.as_ref().err().map(Fault::of);
        if fault.is_none_or(Fault::is_answer) {
            self.note_answer();
        }
        if let Some(fault) = fault {
            self.keep(fault);
        }
    }

    /// Notes that the upstream answered.
    pub(super) fn note_answer(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Keeps the first fault.
    pub(super) fn keep(&self, fault: Fault) {
        self.fault.get_or_init(|| fault);
    }
}

/// [`StreamableHttp`] until a deadline. rmcp's worker waits for the first answer without an eye on its own
/// cancellation: without the deadline an upstream that opens an event stream and sends nothing would keep
/// the worker and its connection for ever, one more with each probe.
#[derive(Clone)]
pub(super) struct ProbeHttp {
    inner: StreamableHttp,
    deadline: Instant,
    trace: Arc<Trace>,
}

impl ProbeHttp {
    pub(super) fn new(inner: StreamableHttp, deadline: Instant, trace: Arc<Trace>) -> Self {
        Self { inner, deadline, trace }
    }

    /// An rmcp transport to `url`. A session that is lost is not opened anew: a probe is to find that out.
    pub(super) fn transport(self, url: &Url) -> StreamableHttpClientTransport<Self> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
            .max_sse_event_size(MAX_SSE_EVENT_BYTES);
        let mut retry = ExponentialBackoff::default();
        retry.max_times = Some(MAX_STREAM_RESUMPTIONS);
        config.retry_config = Arc::new(retry);
        config.reinit_on_expired_session = false;
        StreamableHttpClientTransport::with_client(self, config)
    }

    async fn in_time<T>(&self, exchange: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let elapsed = Err(StreamableHttpError::Client(UpstreamError::Timeout(Duration::ZERO)));
        timeout_at(self.deadline, exchange).await.unwrap_or(elapsed)
    }

    fn until_deadline(&self, events: Events) -> Events {
        events.take_until(sleep_until(self.deadline)).boxed()
    }
}

impl StreamableHttpClient for ProbeHttp {
    type Error = UpstreamError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        bearer: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let post = self.inner.post_message(uri, message, session, bearer, custom);
        let outcome = self.in_time(post).await;
        self.trace.note(&outcome);
        if let Ok(StreamableHttpPostResponse::Json(ServerJsonRpcMessage::Error(error), _)) = &outcome {
            self.trace.keep(Fault::JsonRpc(error.error.code.0));
        }
        match outcome? {
            StreamableHttpPostResponse::Sse(events, session) => {
                Ok(StreamableHttpPostResponse::Sse(self.until_deadline(events), session))
            }
            other => Ok(other),
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        bearer: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failure> {
        let end = self.inner.delete_session(uri, session, bearer, custom);
        let elapsed = Err(StreamableHttpError::Client(UpstreamError::Timeout(SESSION_END_TIMEOUT)));
        tokio::time::timeout(SESSION_END_TIMEOUT, end).await.unwrap_or(elapsed)
    }

    /// Resumes a broken answer. The stream for notifications is declined: a probe listens to none, so it
    /// spares the upstream that request.
    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        bearer: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<Events, Failure> {
        if last_event.is_none() {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        let get = self.inner.get_stream(uri, session, last_event, bearer, custom);
        self.in_time(get).await.map(|events| self.until_deadline(events))
    }
}
