//! Which request the lines of this thread are of, without a span for each request.
//!
//! A span is made, entered, left and closed for each request, and its fields are written each time, though most requests
//! log nothing but their access line. Where nobody but the log wants spans, it is enough to know the request while its
//! future is polled.

use std::{
    cell::RefCell,
    fmt,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use serde_json::json;
use tracing_subscriber::filter::Targets;

use crate::{request_id::RequestContext, trace};

/// Whether the log names requests by itself.
static NAMES: AtomicBool = AtomicBool::new(false);

thread_local! {
    static CURRENT: RefCell<Option<RequestContext>> = const { RefCell::new(None) };
}

/// Has the log name requests by itself from now on, if its filter would let their span through and looks into no span.
pub(super) fn name_by(filter: Option<&Targets>) {
    let wants = filter.is_some_and(|targets| targets.would_enable(trace::TARGET, &tracing::Level::INFO));
    NAMES.store(wants, Ordering::Relaxed);
}

/// Whether the log names requests by itself, so that no span is needed.
pub(crate) fn names_requests() -> bool {
    NAMES.load(Ordering::Relaxed)
}

pin_project_lite::pin_project! {
    /// A future in which the log names the request.
    pub(crate) struct Named<F> {
        #[pin]
        inner: F,
        context: Option<RequestContext>,
    }
}

impl<F> Named<F> {
    /// Names the lines of `inner` by `context`, if it is there.
    pub(crate) fn new(inner: F, context: Option<RequestContext>) -> Self {
        Self { inner, context }
    }
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.context.is_none() {
            return this.inner.poll(cx);
        }
        let _back = Exchanged::with(this.context);
        this.inner.poll(cx)
    }
}

/// What is current on this thread, and what is to be again when this is dropped.
struct Exchanged<'a>(&'a mut Option<RequestContext>);

impl<'a> Exchanged<'a> {
    fn with(context: &'a mut Option<RequestContext>) -> Self {
        exchange(context);
        Self(context)
    }
}

impl Drop for Exchanged<'_> {
    fn drop(&mut self) {
        exchange(self.0);
    }
}

fn exchange(context: &mut Option<RequestContext>) {
    CURRENT.with_borrow_mut(|current| std::mem::swap(current, context));
}

/// Writes a line of the log, an object of JSON, with the request that this thread is at.
pub(super) fn write_named(line: &str, out: &mut impl fmt::Write) -> fmt::Result {
    CURRENT.with_borrow(|current| match (current, line.trim_end().strip_suffix('}')) {
        (Some(context), Some(open)) => {
            let mut span = json!({ "name": "request", "request_id": &*context.request_id });
            if let Some(trace_id) = context.trace_id.as_deref() {
                span["trace_id"] = trace_id.into();
            }
            writeln!(out, "{open},\"span\":{span}}}")
        }
        _ => out.write_str(line),
    })
}

/// Whether this thread is at a request that the log names.
pub(super) fn is_current() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::Named;
    use crate::{
        ambient::Ambient, forwarded::TrustedProxies, log::capture::Capture, request_id::RequestContext,
    };

    #[tokio::test]
    async fn a_line_within_a_request_names_it_and_one_after_it_does_not() {
        let (capture, _guard) = Capture::start("info");
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let headers: HeaderMap = [("x-request-id", "one"), ("traceparent", trace)]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        let ambient = Ambient::new(|| unreachable!("nothing here asks for the time"), uuid::Uuid::nil);
        let remote = "192.0.2.1:80".parse().unwrap();
        let context = RequestContext::new(&headers, remote, &TrustedProxies::default(), &ambient);
        let within = async {
            tracing::warn!(odd = "a\"}\n", "within");
            tokio::task::yield_now().await;
            tracing::warn!("after a pause");
        };
        Named::new(within, Some(context)).await;
        tracing::warn!("after it");
        Named::new(async { tracing::warn!("of no request") }, None).await;
        let lines = capture.lines();
        for line in &lines[..2] {
            assert_eq!(
                (&line["span"]["request_id"], &line["span"]["name"]),
                (&"one".into(), &"request".into())
            );
            assert_eq!(line["span"]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        }
        assert_eq!((&lines[0]["odd"], &lines[0]["message"]), (&"a\"}\n".into(), &"within".into()));
        assert!(lines[2..].len() == 2 && lines[2..].iter().all(|line| line["span"].is_null()), "{lines:?}");
    }
}
