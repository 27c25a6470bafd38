//! The upstream: an MCP server reduced to its answer.

use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};

/// The path that is answered with one JSON document.
pub(crate) const JSON: &str = "/json";
/// The path that is answered with an event stream of one event.
pub(crate) const SSE: &str = "/sse";

/// The result of a `tools/call`, about 200 bytes.
const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"town\":\"Bergen\",\"sky\":\"rain\",\"celsius\":11.5,\"wind\":\"south-west\",\"until\":\"2026-01-02T18:00:00Z\"}"}],"isError":false}}"#;

type Body = Either<Full<Bytes>, StreamBody<stream::Iter<std::array::IntoIter<Event, 1>>>>;
type Event = Result<Frame<Bytes>, std::convert::Infallible>;

/// Reads the call and answers it.
pub(crate) async fn answer(request: Request<Incoming>) -> Response<Body> {
    let is_stream = request.uri().path() == SSE;
    // A body that breaks off is the load generator's end.
    let _ = request.into_body().collect().await;
    if is_stream {
        let event = Frame::data(Bytes::from_static(event().as_bytes()));
        let body = StreamBody::new(stream::iter([Ok(event)]));
        return typed(Either::Right(body), "text/event-stream");
    }
    typed(Either::Left(Full::new(Bytes::from_static(RESULT.as_bytes()))), "application/json")
}

/// The event is made once; an upstream that builds it each time would only blur the figures.
fn event() -> &'static str {
    static EVENT: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| format!("event: message\ndata: {RESULT}\n\n"));
    &EVENT
}

fn typed(body: Body, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
