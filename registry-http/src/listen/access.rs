//! One log line and one measure per request, written when its answer has been sent or given up.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use http::{Method, StatusCode, Uri};
use http_body::{Body, Frame, SizeHint};

use crate::{metrics::Measure, request_id::RequestContext};

/// The most characters of a path in the log.
const MAX_LOGGED_PATH: usize = 256;

/// What the line says. It is written when the record is dropped, so that no way out of a request is silent.
pub(super) struct AccessRecord {
    /// Absent when the log does not want the line, so that it costs nothing.
    line: Option<Box<Line>>,
    measure: Measure,
}

struct Line {
    context: RequestContext,
    method: Method,
    uri: Uri,
    is_mcp: bool,
    started: Instant,
    status: Option<StatusCode>,
    bytes: u64,
    complete: bool,
}

impl AccessRecord {
    pub(super) fn new<B>(
        request: &http::Request<B>,
        context: RequestContext,
        is_mcp: bool,
        measure: Measure,
    ) -> Self {
        if !is_wanted(is_mcp) {
            return Self { line: None, measure };
        }
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let started = Instant::now();
        let line = Line { context, method, uri, is_mcp, started, status: None, bytes: 0, complete: false };
        Self { line: Some(Box::new(line)), measure }
    }

    pub(super) fn answered(mut self, status: StatusCode) -> Self {
        self.measure.answered(status);
        if let Some(line) = &mut self.line {
            line.status = Some(status);
        }
        self
    }

    fn sent(&mut self, bytes: usize) {
        if let Some(line) = &mut self.line {
            line.bytes += bytes as u64;
        }
    }

    fn complete(&mut self) {
        if let Some(line) = &mut self.line {
            line.complete = true;
        }
    }
}

impl Line {
    fn path(&self) -> &str {
        let path = self.uri.path();
        path.char_indices().nth(MAX_LOGGED_PATH).map_or(path, |(end, _)| &path[..end])
    }
}

/// The two kinds have targets of their own, so that an operator can silence the busy one.
fn is_wanted(is_mcp: bool) -> bool {
    if is_mcp {
        tracing::enabled!(target: "access::mcp", tracing::Level::INFO)
    } else {
        tracing::enabled!(target: "access::web", tracing::Level::INFO)
    }
}

impl Drop for AccessRecord {
    fn drop(&mut self) {
        let Some(line) = self.line.take() else { return };
        macro_rules! write_line {
            ($target:literal) => {
                tracing::info!(
                    target: $target,
                    method = line.method.as_str(),
                    path = line.path(),
                    // 499 is what proxies write for a client that left before the answer.
                    status = line.status.map_or(499, |status| status.as_u16()),
                    duration_ms = (line.started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
                    bytes = line.bytes,
                    complete = line.complete,
                    request_id = &*line.context.request_id,
                    trace_id = line.context.trace_id.as_deref(),
                    client = %line.context.client,
                    remote = %line.context.remote,
                )
            };
        }
        if line.is_mcp { write_line!("access::mcp") } else { write_line!("access::web") }
    }
}

pin_project_lite::pin_project! {
    /// The body of an answer, which writes the log line at its end.
    pub(super) struct LoggedBody<B> {
        #[pin]
        inner: B,
        record: AccessRecord,
    }
}

impl<B: Body> LoggedBody<B> {
    pub(super) fn new(inner: B, mut record: AccessRecord) -> Self {
        // hyper does not poll a body that has ended already.
        if inner.is_end_stream() {
            record.complete();
        }
        Self { inner, record }
    }
}

impl<B: Body> Body for LoggedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = std::task::ready!(this.inner.as_mut().poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
            this.record.sent(bytes::Buf::remaining(data));
        }
        if frame.is_none() || this.inner.is_end_stream() {
            this.record.complete();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
