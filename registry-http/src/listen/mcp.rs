//! The seam to the service that answers `/mcp`: no web framework in between, and bodies that stream unboxed.

use std::{error::Error, future::Future};

use bytes::Bytes;
use hyper::body::Incoming;

use crate::request_id::RequestContext;

/// Any error of a body.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What answers `/mcp` and everything below it.
///
/// The request has passed the checks of the listener: one well-formed `Host`, unambiguous framing, an origin-form
/// target without dot segments. The body is neither bounded in size nor in total time; the service does both, for it knows
/// the server's settings.
/// When the client goes away the future, or the body of the answer, is dropped.
pub trait McpService: Send + Sync + 'static {
    /// The body of the answers.
    type Body: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;

    /// Answers one request, which has this name; errors are answers too.
    fn call(
        &self,
        request: http::Request<Incoming>,
        context: &RequestContext,
    ) -> impl Future<Output = http::Response<Self::Body>> + Send;
}
