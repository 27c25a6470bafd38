//! One log line and one measure per request, written when its answer has been sent or given up.

use std::{
    cell::RefCell,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::StatusCode;
use http_body::{Body, Frame, SizeHint};

use super::access_line::Line;
pub(super) use super::access_line::Peer;
use crate::{metrics::Measure, request_id::RequestContext};

thread_local! {
    /// The text of the line that is written.
    static MEMBERS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What the line says. It is written when the record is dropped, so that no way out of a request is silent.
pub(super) struct AccessRecord {
    /// Absent when the log does not want the line, so that it costs nothing.
    line: Option<Box<Line>>,
    measure: Measure,
}

impl AccessRecord {
    pub(super) fn new<B>(
        request: &http::Request<B>,
        context: &RequestContext,
        is_mcp: bool,
        peer: &Arc<Peer>,
        measure: Measure,
    ) -> Self {
        if !is_wanted(is_mcp) {
            return Self { line: None, measure };
        }
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let (context, peer) = (context.clone(), peer.clone());
        let line = Line { context, method, uri, peer, is_mcp, status: None, bytes: 0, complete: false };
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
        let took = self.measure.end();
        MEMBERS.with_borrow_mut(|members| {
            members.clear();
            line.write(members, took);
            match line.is_mcp {
                true => tracing::info!(target: "access::mcp", members = members.as_str()),
                false => tracing::info!(target: "access::web", members = members.as_str()),
            }
        });
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
