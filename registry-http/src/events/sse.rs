//! Server-sent events (WHATWG HTML, "Server-sent events"). What happened has no name, so that `onmessage` of a browser gets
//! it; everything else is named by its kind.

use bytes::Bytes;
use futures::{Stream, stream};
use http::{HeaderValue, header};
use poem::{Body, Response};

use super::Feed;
use crate::api::{EventMessage, EventMessageKind};

/// How long a browser waits before it comes back, in milliseconds.
const RETRY_MILLIS: u32 = 1_000;
/// Tells nginx to pass on each message at once.
const X_ACCEL_BUFFERING: &str = "x-accel-buffering";

/// The answer that streams this feed.
pub(crate) fn as_server_sent(feed: Feed) -> Response {
    let mut response =
        Response::builder().content_type("text/event-stream").body(Body::from_bytes_stream(lines(feed)));
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

fn lines(feed: Feed) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::unfold(feed, async |mut feed| {
        let message = feed.next().await?;
        Some((written(&message), feed))
    })
}

fn written(message: &EventMessage) -> std::io::Result<Bytes> {
    let json = serde_json::to_string(message).map_err(std::io::Error::other)?;
    let (position, kind) = (&message.position, message.kind);
    let begin = match kind {
        EventMessageKind::Event => String::new(),
        EventMessageKind::Hello => format!("retry: {RETRY_MILLIS}\nevent: {}\n", kind.as_str()),
        _ => format!("event: {}\n", kind.as_str()),
    };
    Ok(format!("{begin}id: {position}\ndata: {json}\n\n").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_event_with_its_position_as_id() {
        let text =
            |kind| String::from_utf8(written(&EventMessage::plain(kind, 7)).unwrap().to_vec()).unwrap();
        assert_eq!(
            text(EventMessageKind::Hello),
            "retry: 1000\nevent: hello\nid: 7\ndata: {\"kind\":\"hello\",\"position\":\"7\"}\n\n"
        );
        assert_eq!(text(EventMessageKind::Event), "id: 7\ndata: {\"kind\":\"event\",\"position\":\"7\"}\n\n");
        assert_eq!(
            text(EventMessageKind::Reset),
            "event: reset\nid: 7\ndata: {\"kind\":\"reset\",\"position\":\"7\"}\n\n"
        );
    }
}
