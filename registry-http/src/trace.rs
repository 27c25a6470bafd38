//! The span of a request: what is logged inside of it has the request's name, and what a trace shows of it.

use http::{Request, StatusCode};
use tracing::Span;

use crate::{
    log::{self, request::Named},
    metrics::Measure,
    request_id::RequestContext,
};

/// The target of the span.
pub(crate) const TARGET: &str = "request";

/// Begins the span of the request that is measured. When traces are exported, the span continues the client's trace; the
/// request then names the span as its parent to whoever it is passed on to, and `context` has the id of the trace.
pub(crate) fn begin<B>(context: &mut RequestContext, request: &mut Request<B>, measure: &Measure) -> Span {
    if log::request::names_requests() {
        // Its lines are named without a span, and nobody else wants one.
        return Span::none();
    }
    let (request_id, trace_id) = (&*context.request_id, context.trace_id.as_deref());
    #[cfg(not(feature = "otlp"))]
    let span = tracing::info_span!(target: TARGET, "request", request_id, trace_id);
    #[cfg(feature = "otlp")]
    let span = tracing::info_span!(target: TARGET, "request", request_id, trace_id, otel.kind = "server");
    #[cfg(feature = "otlp")]
    crate::otlp::begin(&span, context, request, measure);
    #[cfg(not(feature = "otlp"))]
    let _ = (request, measure);
    span
}

/// Has the log name the lines of `answer` by the request.
pub(crate) fn named<F: Future>(answer: F, context: &RequestContext) -> Named<F> {
    Named::new(answer, log::request::names_requests().then(|| context.clone()))
}

/// Notes that the answer began, with this status.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    #[cfg(feature = "otlp")]
    crate::otlp::answered(span, status);
    #[cfg(not(feature = "otlp"))]
    let _ = (span, status);
}
