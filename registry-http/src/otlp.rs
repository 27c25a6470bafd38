//! Traces to an OpenTelemetry collector, by OTLP over HTTP with protobuf.
//!
//! One span for each request, of the API and of the gateway: from its head to the head of its answer. It has no path, no
//! query, no header and no name: the method, the route, the status and the request's id are all that leaves the process.

mod client;
mod request;

use std::time::Duration;

use anyhow::Context;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use registry_gateway::dial::Dialer;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use url::Url;

use self::client::CollectorClient;
pub(crate) use self::request::{answered, begin};
use crate::trace::TARGET;

/// The path of traces at a collector (OTLP 1.0, "OTLP/HTTP Request").
const TRACES_PATH: &str = "v1/traces";

/// How long what still waits may take when the service stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Exports spans while it lives; what still waits is sent when it is dropped.
#[must_use = "the export ends when this is dropped"]
#[derive(Debug)]
pub struct Spans(SdkTracerProvider);

impl Spans {
    /// Starts to export to the collector at `endpoint` (`http://127.0.0.1:4318`), through `dialer`. Within Tokio.
    ///
    /// A queue bounds what waits; when it is full, spans are dropped rather than the service held up. Which requests are
    /// traced is up to the client's `traceparent`, else all; the variables `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*` and
    /// `OTEL_RESOURCE_ATTRIBUTES` of OpenTelemetry hold.
    ///
    /// # Errors
    /// If `endpoint` is not valid.
    pub fn export(endpoint: &Url, dialer: Dialer) -> anyhow::Result<Self> {
        let traces = traces_url(endpoint)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(CollectorClient::new(dialer))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(traces.as_str())
            .build()
            .context("the exporter of traces could not be made")?;
        let resource = Resource::builder()
            .with_service_name("mcp-registry")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource);
        Ok(Self(provider.build()))
    }

    /// What hands the spans of requests over, and nothing else: no events, no spans of libraries.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + Send + Sync + for<'span> LookupSpan<'span>,
    {
        let requests = filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("mcp-registry"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(requests.with_max_level_hint(LevelFilter::INFO))
    }
}

impl Drop for Spans {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(SHUTDOWN_TIMEOUT) {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

/// A collector's own URL has no path; one with a path is taken as it is.
fn traces_url(endpoint: &Url) -> anyhow::Result<Url> {
    match endpoint.path() {
        "/" => endpoint.join(TRACES_PATH).context("the endpoint of traces cannot be a base of URLs"),
        _ => Ok(endpoint.clone()),
    }
}
