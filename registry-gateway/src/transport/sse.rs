//! Server-sent events of bounded size (HTML standard, 9.2.6).
//!
//! Lines are read here and not by a library: those that there are refuse a stream for a field that they do not know, for one
//! that stands twice, or for one without a colon, which the standard takes.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream, stream::BoxStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sse_stream::{Error as SseError, Sse};

/// A mark at the beginning of a text, which is no part of it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The events of `body`. An event of more than `max_event` bytes ends the stream with an error; how many
/// events come, and for how long, is the reader's to bound.
pub(super) fn events(body: Incoming, max_event: usize) -> BoxStream<'static, Result<Sse, SseError>> {
    let chunks = body.into_data_stream().map(|chunk| chunk.map_err(SseBodyError::Upstream));
    of_chunks(chunks, max_event).boxed()
}

fn of_chunks(
    chunks: impl Stream<Item = Result<Bytes, SseBodyError>> + Send + Unpin,
    max_event: usize,
) -> impl Stream<Item = Result<Sse, SseError>> + Send {
    let reader = Reader::new(max_event);
    stream::unfold(Some((chunks, reader)), async |state| {
        let (mut chunks, mut reader) = state?;
        loop {
            if let Some(event) = reader.ready.pop_front() {
                return Some((Ok(event), Some((chunks, reader))));
            }
            let read = chunks.next().await?.map_err(|error| SseError::Body(Box::new(error)));
            if let Err(error) = read.and_then(|chunk| reader.read(&chunk)) {
                return Some((Err(error), None));
            }
        }
    })
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

/// Makes events of lines.
#[derive(Debug)]
struct Reader {
    max_event: usize,
    /// The line that has begun.
    line: Vec<u8>,
    /// How many bytes the lines before it have, since the last blank one.
    size: usize,
    after_cr: bool,
    is_first: bool,
    /// The event that has begun.
    event: Option<Sse>,
    /// Those that are whole.
    ready: VecDeque<Sse>,
}

impl Reader {
    fn new(max_event: usize) -> Self {
        Self {
            max_event,
            line: Vec::new(),
            size: 0,
            after_cr: false,
            is_first: true,
            event: None,
            ready: VecDeque::new(),
        }
    }

    fn read(&mut self, mut chunk: &[u8]) -> Result<(), SseError> {
        while let Some(first) = chunk.first() {
            // A line ends with CR, LF or both.
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                chunk = &chunk[1..];
                continue;
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            self.bound(part.len())?;
            self.line.extend_from_slice(part);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = chunk[end] == b'\r';
            chunk = &chunk[end + 1..];
            self.end_line()?;
        }
        Ok(())
    }

    /// The event is held until the blank line after it, so it must not grow for ever.
    fn bound(&self, more: usize) -> Result<(), SseError> {
        if self.size + self.line.len() + more > self.max_event {
            return Err(SseError::Body(Box::new(SseBodyError::EventTooLarge(self.max_event))));
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        let mut text = &line[..];
        if std::mem::take(&mut self.is_first) {
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        }
        if text.is_empty() {
            self.size = 0;
            self.ready.extend(self.event.take());
        } else {
            self.size += line.len() + 1;
            self.bound(0)?;
            self.field(text)?;
        }
        // The next line is likely to be as long.
        self.line = line;
        self.line.clear();
        Ok(())
    }

    /// A field; one that is not known, or a comment, is passed over.
    fn field(&mut self, line: &[u8]) -> Result<(), SseError> {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || std::str::from_utf8(value).map_err(SseError::Utf8Parse);
        match &line[..colon] {
            b"data" => {
                let data = &mut self.event.get_or_insert_default().data;
                match data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(text()?);
                    }
                    None => *data = Some(text()?.to_owned()),
                }
            }
            b"event" => self.event.get_or_insert_default().event = Some(text()?.to_owned()),
            b"id" if !value.contains(&0) => self.event.get_or_insert_default().id = Some(text()?.to_owned()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.event.get_or_insert_default().retry = text()?.parse().ok();
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]], max_event: usize) -> Result<Vec<Sse>, SseError> {
        let mut reader = Reader::new(max_event);
        chunks.iter().try_for_each(|chunk| reader.read(chunk))?;
        Ok(reader.ready.into())
    }

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
            let pieces: Vec<&[u8]> = stream.chunks(usize::from(cut % 7) + 1).collect();
            let (whole, in_pieces) = (read(&[&stream], 8), read(&pieces, 8));
            assert_eq!(whole.as_ref().ok(), in_pieces.as_ref().ok());
            // A line's end counts as one byte, and the one before the blank line as part of the event.
            assert!(whole.is_err() || longest_event(&stream) <= 8);
            assert!(whole.is_ok() || longest_event(&stream) >= 8);
        });
    }

    fn event(data: &str) -> Sse {
        Sse::default().data(data)
    }

    #[test]
    fn every_line_ending_ends_an_event() {
        for text in ["data: a\n\n", "data: a\r\r", "data: a\r\n\r\n"] {
            let chunks = [text.as_bytes(); 100];
            assert_eq!(read(&chunks, 8).unwrap(), vec![event("a"); 100], "{text:?}");
        }
    }

    /// What the standard's own examples say, and what it says of fields.
    #[test]
    fn fields_are_read_as_the_standard_says() {
        for (text, events) in [
            (": comment\nunknown: x\nDATA: x\n\ndata: a\n\n", vec![event("a")]),
            ("data: a\nmood: good\nretries\ndata:b\n\n", vec![event("a\nb")]),
            ("data\n\ndata\ndata\n\ndata:", vec![event(""), event("\n")]),
            ("data:  two\n\n", vec![event(" two")]),
            ("\u{feff}data: a\n\n", vec![event("a")]),
            ("event: x\nevent: y\nid: 1\nid: 2\ndata: a\n\n", vec![event("a").event("y").id("2")]),
            ("id: 1\nid: a\u{0}b\nretry: 1s\nretry: 5\n\n", vec![Sse::default().id("1").retry(5)]),
            ("retry: x\n\nretry:\n\n", vec![]),
        ] {
            assert_eq!(read(&[text.as_bytes()], 64).unwrap(), events, "{text:?}");
        }
    }

    #[test]
    fn an_event_without_end_is_cut_also_across_chunks_and_lines() {
        assert!(read(&[b"data: 1\n", b"data: 2\r\n"], 16).is_ok());
        assert!(read(&[b"data: 1\n", b"data: 2\r\n", b"d"], 16).is_err());
        assert!(matches!(read(&[b"data: \xff\n"], 16), Err(SseError::Utf8Parse(_))));
    }
}
