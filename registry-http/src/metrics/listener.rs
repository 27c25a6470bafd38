//! `GET /metrics` without a credential, on a listener of its own.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use poem::{Route, endpoint::make_sync, get};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{CONTENT_TYPE, Metrics};
use crate::{
    ambient::Ambient,
    error::{AllowTable, ErrorRenderer},
    listen::{self, App, EventLoops, Limits, McpService},
    request_id::RequestContext,
};

/// The path of the metrics, here and on the main listener.
pub(crate) const PATH: &str = "/metrics";

/// The most connections at once: scrapers are few.
const MAX_CONNECTIONS: usize = 16;

/// Serves the metrics, and nothing else, until `shutdown` is cancelled. Whoever reaches the listener may read them.
pub async fn serve(listener: TcpListener, metrics: Metrics, ambient: Ambient, shutdown: CancellationToken) {
    let text =
        make_sync(move |_| poem::Response::builder().content_type(CONTENT_TYPE).body(metrics.render()));
    let errors = ErrorRenderer::new(ambient.clone(), AllowTable::default().with(PATH, &["get"]));
    let limits = Limits { max_connections: MAX_CONNECTIONS, ..Limits::default() };
    let app = App::new(NoGateway, Route::new().at(PATH, get(text)), errors, ambient, limits);
    listen::serve(listener, Arc::new(app), EventLoops::default(), shutdown).await;
}

/// The gateway is on the main listener only.
struct NoGateway;

impl McpService for NoGateway {
    type Body = Full<Bytes>;

    async fn call(&self, _: http::Request<Incoming>, _: &RequestContext) -> Response<Self::Body> {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response.headers_mut().insert(header::CONTENT_LENGTH, header::HeaderValue::from_static("0"));
        response
    }
}
