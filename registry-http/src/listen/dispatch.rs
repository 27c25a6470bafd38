//! What happens to one request: checked, named, sent on, answered, logged.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, StatusCode, Uri, header, uri::Scheme};
use http_body_util::{BodyExt, Either, combinators::BoxBody};
use hyper::body::Incoming;
use poem::{
    Addr, Endpoint, IntoResponse,
    web::{LocalAddr, RemoteAddr},
};
use registry_gateway::proxy::LingeringBody;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, Span};

use super::{
    access::{AccessRecord, LoggedBody, Peer},
    body::BoundedBody,
    guard::Shared,
    limits::Limits,
    mcp::McpService,
    validate,
};
use crate::{
    ambient::Ambient,
    error::{ApiError, ErrorRenderer},
    limit::LimitNote,
    metrics::{HttpMetrics, Measure},
    request_id::{RequestContext, X_REQUEST_ID},
    security_headers, trace,
};

type WebBody = BoxBody<Bytes, io::Error>;
type AnswerBody<M> = LoggedBody<Either<<M as McpService>::Body, WebBody>>;

/// Everything that answers requests.
pub struct App<M, E> {
    mcp: M,
    web: E,
    errors: ErrorRenderer,
    ambient: Ambient,
    limits: Limits,
    metrics: HttpMetrics,
}

impl<M: McpService, E: Endpoint + 'static> App<M, E> {
    /// `mcp` answers `/mcp` and everything below it, `web` all else.
    pub fn new(mcp: M, web: E, errors: ErrorRenderer, ambient: Ambient, limits: Limits) -> Self {
        let metrics = HttpMetrics::new(errors.routes().templates());
        Self { mcp, web, errors, ambient, limits, metrics }
    }

    /// The bounds of this application.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn measure(&self, request: &http::Request<Incoming>, is_mcp: bool) -> Measure {
        match is_mcp {
            true => self.metrics.mcp(request.method()),
            false => self.metrics.web(request.method(), self.errors.routes().place(request.uri().path())),
        }
    }

    async fn web(&self, request: http::Request<Incoming>, connection: &Connection<M, E>) -> poem::Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let body = match BoundedBody::new(
            LingeringBody::new(body),
            self.limits.max_body_bytes,
            self.limits.body_timeout,
        ) {
            Ok(body) => poem::Body::from(body.boxed()),
            Err(error) => return self.errors.api(error.into()),
        };
        let local = LocalAddr(Addr::SocketAddr(connection.local));
        let remote = RemoteAddr(Addr::SocketAddr(connection.remote));
        let parts = poem::RequestParts::from((parts, local, remote, Scheme::HTTP));
        match self.web.call(poem::Request::from_parts(parts, body)).await {
            Ok(response) => response.into_response(),
            Err(error) => self.errors.poem(error, &path),
        }
    }
}

/// One connection and the requests on it.
pub(super) struct Connection<M, E> {
    pub(super) app: Arc<App<M, E>>,
    /// What answers all but the calls of the gateway, if that is not what drives the connection.
    pub(super) runtime: Option<Handle>,
    pub(super) remote: SocketAddr,
    pub(super) peer: Arc<Peer>,
    pub(super) local: SocketAddr,
    pub(super) shared: Arc<Shared>,
    pub(super) served: AtomicU64,
}

impl<M: McpService, E: Endpoint + 'static> Connection<M, E> {
    pub(super) async fn answer(
        self: Arc<Self>,
        mut request: http::Request<Incoming>,
    ) -> Result<http::Response<AnswerBody<M>>, Infallible> {
        let mut context = RequestContext::new(
            request.headers(),
            self.remote,
            &self.app.limits.trusted_proxies,
            &self.app.ambient,
        );
        let is_mcp = is_mcp(request.uri().path());
        let measure = self.app.measure(&request, is_mcp);
        let span = trace::begin(&mut context, &mut request, &measure);
        let record = AccessRecord::new(&request, &context, is_mcp, &self.peer, measure);
        let checked = self.check(&request);
        // After a chunked body the framing is no longer followed, and after a flaw it is not trusted.
        let close = checked.is_err() || request.headers().contains_key(header::TRANSFER_ENCODING);
        let path = if is_mcp { None } else { Some(request.uri().path().to_owned()) };
        let response = match checked {
            Ok(()) => {
                // Pinned before it is wrapped: it is large, and each wrapping would copy it.
                let answer = pin!(self.dispatch(request, is_mcp, &context));
                trace::named(answer.instrument(span.clone()), &context).await
            }
            Err(error) => self.refuse(error),
        };
        trace::answered(&span, response.status());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            self.shared.upgraded.store(true, Ordering::Relaxed);
        }
        Ok(finish(response, record, &context, path.as_deref(), close))
    }

    fn check(&self, request: &http::Request<Incoming>) -> Result<(), ApiError> {
        let number = self.served.fetch_add(1, Ordering::Relaxed) + 1;
        match self.shared.flaw.get() {
            Some((flawed, flaw)) if *flawed <= number => Err(validate::flaw(*flaw)),
            _ => validate::check(request),
        }
    }

    async fn dispatch(
        self: &Arc<Self>,
        request: http::Request<Incoming>,
        is_mcp: bool,
        context: &RequestContext,
    ) -> http::Response<Either<M::Body, WebBody>> {
        let request = origin_form(request);
        let answer = pin!(async {
            match is_mcp {
                true => self.app.mcp.call(request, context).await.map(Either::Left),
                // Boxed, lest the future of every call to the gateway make room for it.
                false => into_http(Box::pin(self.web(request, context)).await),
            }
        });
        // The panic hook has logged where and why; here it only becomes an answer.
        AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(request_id = &*context.request_id, "a handler panicked");
            self.refuse(ApiError::internal())
        })
    }

    /// A handler may take long without a pause. Where the connection's thread has others to drive, it is not that one's work.
    async fn web(
        self: &Arc<Self>,
        mut request: http::Request<Incoming>,
        context: &RequestContext,
    ) -> poem::Response {
        let note = LimitNote::default();
        request.extensions_mut().insert(context.clone());
        request.extensions_mut().insert(note.clone());
        let connection = Arc::clone(self);
        let answer = async move { connection.app.web(request, &connection).await };
        let mut response = match &self.runtime {
            None => answer.await,
            Some(runtime) => {
                let answer = trace::named(answer.instrument(Span::current()), context);
                // With the client its handler goes; what that must not leave half done, it does in a task of its own.
                match AbortOnDropHandle::new(runtime.spawn(answer)).await {
                    Ok(response) => response,
                    Err(error) => panic::resume_unwind(error.into_panic()),
                }
            }
        };
        note.tell(response.headers_mut());
        response
    }

    fn refuse(&self, error: ApiError) -> http::Response<Either<M::Body, WebBody>> {
        into_http(self.app.errors.api(error))
    }
}

fn into_http<L>(response: poem::Response) -> http::Response<Either<L, WebBody>> {
    http::Response::<WebBody>::from(response).map(Either::Right)
}

fn is_mcp(path: &str) -> bool {
    path == "/mcp" || path.starts_with("/mcp/")
}

/// The absolute form has been checked against `Host`; nothing behind this point needs to know of it.
fn origin_form(mut request: http::Request<Incoming>) -> http::Request<Incoming> {
    if request.uri().authority().is_some()
        && let Some(target) = request.uri().path_and_query()
    {
        *request.uri_mut() = Uri::from(target.clone());
    }
    request
}

/// Adds what every answer carries. `path` is absent for `/mcp`, whose answers are the upstream's.
fn finish<B: http_body::Body>(
    mut response: http::Response<B>,
    record: AccessRecord,
    context: &RequestContext,
    path: Option<&str>,
    close: bool,
) -> http::Response<LoggedBody<B>> {
    let headers = response.headers_mut();
    if let Some(id) = context.header_value() {
        headers.insert(X_REQUEST_ID, id);
    }
    if let Some(path) = path {
        security_headers::apply(headers, path);
    }
    if close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let status = response.status();
    response.map(|body| LoggedBody::new(body, record.answered(status)))
}
