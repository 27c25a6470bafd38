//! What a trace shows of a request.

use http::{Request, StatusCode};
use opentelemetry::{
    propagation::TextMapPropagator,
    trace::{Status, TraceContextExt},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{metrics::Measure, request_id::RequestContext};

/// Has the span continue the client's trace, and the request name the span as its parent (W3C Trace Context).
pub(crate) fn begin<B>(
    span: &Span,
    context: &mut RequestContext,
    request: &mut Request<B>,
    measure: &Measure,
) {
    let propagator = TraceContextPropagator::new();
    if span.set_parent(propagator.extract(&HeaderExtractor(request.headers()))).is_err() {
        // Nothing is exported.
        return;
    }
    let (method, route) = (measure.method(), measure.route());
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.route", route.to_owned());
    span.set_attribute("mcp_registry.request_id", context.request_id.to_string());
    let own = span.context();
    let trace_id = own.span().span_context().trace_id();
    own.span().update_name(format!("{method} {route}"));
    propagator.inject_context(&own, &mut HeaderInjector(request.headers_mut()));
    let trace_id = trace_id.to_string();
    if context.trace_id.as_deref() != Some(&trace_id) {
        span.record("trace_id", &*trace_id);
        context.trace_id = Some(trace_id.into());
    }
}

/// Notes the status of the answer.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use http::{Method, Request};
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    use crate::{
        forwarded::TrustedProxies, log::capture, metrics::HttpMetrics, request_id::RequestContext, trace,
    };

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    /// The `traceparent` that goes on, and the trace id of the log, for a request with this one.
    fn passed_on(traceparent: Option<&str>) -> (Option<String>, Option<String>) {
        let request = traceparent.into_iter().fold(Request::post("/mcp/a"), |request, value| {
            request.header("traceparent", value).header("tracestate", "a=b")
        });
        let mut request = request.body(()).unwrap();
        let ambient = crate::ambient::Ambient::new(|| chrono::DateTime::UNIX_EPOCH, uuid::Uuid::nil);
        let remote = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut context =
            RequestContext::new(request.headers(), remote, &TrustedProxies::default(), &ambient);
        let measure = HttpMetrics::new(std::iter::empty()).mcp(&Method::POST);
        trace::begin(&mut context, &mut request, &measure);
        let sent = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
        (sent, context.trace_id.as_deref().map(str::to_owned))
    }

    fn exporting<T>(ask: impl FnOnce() -> T) -> T {
        capture::settle();
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), ask)
    }

    #[test]
    fn a_span_of_ours_is_the_parent_that_goes_up() {
        let given = format!("00-{TRACE}-{PARENT}-01");
        let (sent, trace_id) = exporting(|| passed_on(Some(&given)));
        let sent = sent.unwrap();
        let parts: Vec<_> = sent.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3]), ("00", TRACE, "01"), "{sent}");
        assert_ne!(parts[2], PARENT);
        assert_eq!(trace_id.as_deref(), Some(TRACE));
    }

    #[test]
    fn a_request_without_a_trace_begins_one() {
        for given in [None, Some("nonsense")] {
            let (sent, trace_id) = exporting(|| passed_on(given));
            assert_eq!(sent.unwrap().split('-').nth(1), trace_id.as_deref());
        }
    }

    #[test]
    fn without_an_export_the_clients_header_goes_on_as_it_is() {
        let given = format!("00-{TRACE}-{PARENT}-01");
        capture::settle();
        assert_eq!(passed_on(Some(&given)), (Some(given), Some(TRACE.to_owned())));
        assert_eq!(passed_on(None), (None, None));
    }
}
