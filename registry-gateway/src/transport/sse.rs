//! Server-sent events of bounded size.

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sse_stream::{Error as SseError, Sse, SseStream};

/// The events of `body`. An event of more than `max_event` bytes ends the stream with an error; how many
/// events come, and for how long, is the reader's to bound.
pub(super) fn events(body: Incoming, max_event: usize) -> BoxStream<'static, Result<Sse, SseError>> {
    SseStream::from_bytes_stream(limited(body.into_data_stream().map_err(SseBodyError::Upstream), max_event))
        .boxed()
}

/// Whether the connection broke, and not what came over it.
pub(super) fn is_broken(error: &SseError) -> bool {
    let SseError::Body(source) = error else { return false };
    matches!(source.downcast_ref(), Some(SseBodyError::Upstream(_)))
}

#[derive(Debug, thiserror::Error)]
enum SseBodyError {
    #[error("the event stream broke off")]
    Upstream(#[source] hyper::Error),
    #[error("an event is larger than {0} bytes")]
    EventTooLarge(usize),
}

fn limited<S>(chunks: S, max_event: usize) -> impl Stream<Item = Result<Bytes, SseBodyError>> + Send
where
    S: Stream<Item = Result<Bytes, SseBodyError>> + Send,
{
    let mut size = EventSize::default();
    chunks.map(move |chunk| {
        let chunk = chunk?;
        size.observe(&chunk, max_event).map(|()| chunk)
    })
}

/// Counts the bytes since the last blank line. The parser holds an event until that line, so without this
/// an upstream could make it hold everything.
#[derive(Debug, Default)]
struct EventSize {
    event: usize,
    line: usize,
    after_cr: bool,
}

impl EventSize {
    fn observe(&mut self, chunk: &[u8], max_event: usize) -> Result<(), SseBodyError> {
        for byte in chunk {
            self.count(*byte);
            if self.event > max_event {
                return Err(SseBodyError::EventTooLarge(max_event));
            }
        }
        Ok(())
    }

    /// A line ends with CR, LF or both (HTML standard, 9.2.6); an empty one ends the event.
    fn count(&mut self, byte: u8) {
        let completes_crlf = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
        match byte {
            _ if completes_crlf => {}
            b'\r' | b'\n' if self.line == 0 => self.event = 0,
            b'\r' | b'\n' => {
                self.event += 1;
                self.line = 0;
            }
            _ => {
                self.event += 1;
                self.line += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EventSize;

    /// The most bytes between two blank lines, counted in the simplest way.
    fn longest_event(stream: &[u8]) -> usize {
        let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
        text.split("\n\n").map(|event| event.trim_start_matches('\n').len()).max().unwrap_or_default()
    }

    /// Fuzz target: how a stream is cut into chunks does not matter, and no event outgrows its bound.
    #[test]
    fn fuzz_sse() {
        bolero::check!().for_each(|input: &[u8]| {
            let Some((&cut, stream)) = input.split_first() else { return };
            let stream: Vec<u8> = stream.iter().map(u8::to_ascii_lowercase).filter(u8::is_ascii).collect();
            let (whole, mut pieces) =
                (EventSize::default().observe(&stream, 8).is_ok(), EventSize::default());
            let in_pieces =
                stream.chunks(usize::from(cut % 7) + 1).all(|chunk| pieces.observe(chunk, 8).is_ok());
            assert_eq!(whole, in_pieces);
            // A line's end counts as one byte, and the one before the blank line as part of the event.
            assert!(!whole || longest_event(&stream) <= 8);
            assert!(whole || longest_event(&stream) >= 8);
        });
    }

    #[test]
    fn every_line_ending_ends_an_event() {
        for text in ["data: a\n\n", "data: a\r\r", "data: a\r\n\r\n"] {
            let mut size = EventSize::default();
            for _ in 0..100 {
                assert!(size.observe(text.as_bytes(), 8).is_ok(), "{text:?}");
            }
        }
    }

    #[test]
    fn an_event_without_end_is_cut_also_across_chunks_and_lines() {
        let mut size = EventSize::default();
        assert!(size.observe(b"data: 1\n", 16).is_ok());
        assert!(size.observe(b"data: 2\r\n", 16).is_ok());
        assert!(size.observe(b"d", 16).is_err());
    }
}
