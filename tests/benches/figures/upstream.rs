//! The upstream: an MCP server reduced to its answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Collected, Either, Full};
use hyper::body::{Frame, Incoming};
use serde_json::{Value, json};

use crate::unsteady;

/// The path that is answered with one JSON document.
pub(crate) const JSON: &str = "/json";
/// The path that is answered with an event stream of one event.
pub(crate) const SSE: &str = "/sse";

/// What the paths begin with that are answered with one event, after which the stream stays open.
pub(crate) const STREAM: &str = "/stream-";
/// What the paths begin with at which there is an MCP server that says of itself what it is.
pub(crate) const WATCHED: &str = "/watched-";
/// The same, of one that fails and answers again when it is told to.
pub(crate) const UNSTEADY: &str = "/unsteady-";
/// What the paths begin with that turn those: what failed answers from then on, and what answered fails.
pub(crate) const TURN: &str = "/turn-";
/// What stands in every answer.
pub(crate) const ANSWERED: &str = "celsius";

/// The result of a `tools/call`, about 200 bytes.
const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"town\":\"Bergen\",\"sky\":\"rain\",\"celsius\":11.5,\"wind\":\"south-west\",\"until\":\"2026-01-02T18:00:00Z\"}"}],"isError":false}}"#;

type Body = Either<Full<Bytes>, Events>;

/// An event stream of one event, which may stay open.
pub(crate) struct Events {
    event: Option<Bytes>,
    stays: bool,
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.event.take() {
            Some(event) => Poll::Ready(Some(Ok(Frame::data(event)))),
            // Nobody wakes it: hyper drops it with its connection.
            None if self.stays => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

/// Reads the call and answers it.
pub(crate) async fn answer(request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path();
    if let Some(name) = path.strip_prefix(TURN) {
        unsteady::turn(name);
    }
    let unsteady = path.strip_prefix(UNSTEADY);
    let fails = unsteady.is_some_and(unsteady::fails);
    let (is_stream, stays) = (path == SSE, path.starts_with(STREAM));
    let is_watched = path.starts_with(WATCHED) || unsteady.is_some();
    // A body that breaks off is the load generator's end.
    let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    if fails {
        let mut failure = Response::new(Either::Left(Full::default()));
        *failure.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return failure;
    }
    if is_watched {
        return typed(Either::Left(Full::new(told(&body).into())), "application/json");
    }
    if is_stream || stays {
        let event = Some(Bytes::from_static(event().as_bytes()));
        return typed(Either::Right(Events { event, stays }), "text/event-stream");
    }
    typed(Either::Left(Full::new(Bytes::from_static(RESULT.as_bytes()))), "application/json")
}

/// What a server of MCP 2026-07-28 with one tool says of itself; other requests are answered as calls.
fn told(request: &[u8]) -> String {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let result = match request["method"].as_str() {
        Some("server/discover") => json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private" }),
        Some("tools/list") => json!({ "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
            "tools": [{ "name": "weather", "inputSchema": { "type": "object" } }] }),
        _ => return RESULT.to_owned(),
    };
    json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string()
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
