//! Looks at the raw head of each request for what hyper lets through but two parsers could read differently.
//!
//! hyper drops `Content-Length` when `Transfer-Encoding` is there, folds equal lengths into one, and takes a bare
//! line feed for a line's end; after its parser nothing of that is visible any more. This scanner follows the
//! framing of the connection by lengths; after a chunked body it stops, and the connection is not used again.

use memchr::memchr;

const LENGTH: &[u8] = b"content-length:";
const ENCODING: &[u8] = b"transfer-encoding:";

/// Why the framing of a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    BareLineFeed,
    BadLength,
    DuplicateLength,
    BadEncoding,
    LengthAndEncoding,
}

/// What the scanner expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The first byte of a head.
    Idle,
    /// The rest of a head.
    Head,
    /// So many bytes of a body.
    Body(u64),
    /// Anything: the connection will not carry another request.
    Off,
}

#[derive(Debug)]
pub(super) struct HeadScanner {
    phase: Phase,
    /// How many heads have begun.
    heads: u64,
    max_head_bytes: usize,
    head_bytes: usize,
    /// The part of a line that came with an earlier read.
    partial: Vec<u8>,
    length: Option<u64>,
    chunked: bool,
}

impl HeadScanner {
    pub(super) fn new(max_head_bytes: usize) -> Self {
        Self {
            phase: Phase::Idle,
            heads: 0,
            max_head_bytes,
            head_bytes: 0,
            partial: Vec::new(),
            length: None,
            chunked: false,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// How many heads have begun, the current one included.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Follows what was read; returns the first flaw, after which nothing is followed any more.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Option<Flaw> {
        while !bytes.is_empty() {
            match self.phase {
                Phase::Off => return None,
                Phase::Idle => bytes = self.begin(bytes),
                Phase::Body(left) => bytes = self.skip_body(left, bytes),
                Phase::Head => match self.line(bytes) {
                    Ok(rest) => bytes = rest,
                    Err(flaw) => {
                        self.phase = Phase::Off;
                        return Some(flaw);
                    }
                },
            }
        }
        None
    }

    /// Empty lines before a request line are allowed.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(start) = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')) else { return &[] };
        self.phase = Phase::Head;
        self.heads += 1;
        (self.head_bytes, self.length, self.chunked) = (0, None, false);
        &bytes[start..]
    }

    fn skip_body<'a>(&mut self, left: u64, bytes: &'a [u8]) -> &'a [u8] {
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - taken as u64;
        self.phase = if left == 0 { Phase::Idle } else { Phase::Body(left) };
        &bytes[taken..]
    }

    fn line<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Flaw> {
        let end = memchr(b'\n', bytes);
        let piece = &bytes[..end.unwrap_or(bytes.len())];
        self.head_bytes += piece.len() + usize::from(end.is_some());
        if self.head_bytes > self.max_head_bytes {
            // hyper counts at least as many bytes and refuses the head.
            self.phase = Phase::Off;
            return Ok(&[]);
        }
        let Some(end) = end else {
            self.partial.extend_from_slice(piece);
            return Ok(&[]);
        };
        if self.partial.is_empty() {
            self.finish_line(piece)?;
        } else {
            let mut line = std::mem::take(&mut self.partial);
            line.extend_from_slice(piece);
            self.finish_line(&line)?;
        }
        Ok(&bytes[end + 1..])
    }

    fn finish_line(&mut self, line: &[u8]) -> Result<(), Flaw> {
        let line = line.strip_suffix(b"\r").ok_or(Flaw::BareLineFeed)?;
        if line.is_empty() {
            return self.finish_head();
        }
        if let Some(value) = value_of(line, LENGTH) {
            let length = parse_length(value).ok_or(Flaw::BadLength)?;
            if self.length.replace(length).is_some() {
                return Err(Flaw::DuplicateLength);
            }
        } else if let Some(value) = value_of(line, ENCODING) {
            let repeated = std::mem::replace(&mut self.chunked, true);
            if repeated || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Flaw::BadEncoding);
            }
        }
        Ok(())
    }

    fn finish_head(&mut self) -> Result<(), Flaw> {
        self.phase = match (self.length, self.chunked) {
            (Some(_), true) => return Err(Flaw::LengthAndEncoding),
            (None, true) => Phase::Off,
            (Some(length), false) if length > 0 => Phase::Body(length),
            _ => Phase::Idle,
        };
        Ok(())
    }
}

/// The value of a header line, if it has this name (which ends in the colon).
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, value) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Flaw, HeadScanner, Phase};

    fn scan(bytes: &str, step: usize) -> (Option<Flaw>, u64, Phase) {
        let mut scanner = HeadScanner::new(1024);
        let mut flaw = None;
        for piece in bytes.as_bytes().chunks(step) {
            flaw = flaw.or(scanner.feed(piece));
        }
        (flaw, scanner.heads(), scanner.phase())
    }

    /// P1, however the bytes are cut into reads.
    #[test]
    fn p1_flaws() {
        let cases = [
            ("A / HTTP/1.1\nHost: x\r\n\r\n", Flaw::BareLineFeed),
            ("A / HTTP/1.1\r\nHost: x\r\n\n", Flaw::BareLineFeed),
            ("A / HTTP/1.1\r\ncontent-LENGTH: 1\r\nContent-Length: 1\r\n\r\n", Flaw::DuplicateLength),
            ("A / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", Flaw::BadLength),
            ("A / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", Flaw::BadLength),
            ("A / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", Flaw::BadLength),
            ("A / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Flaw::BadEncoding),
            (
                "A / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                Flaw::BadEncoding,
            ),
            (
                "A / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                Flaw::LengthAndEncoding,
            ),
            (
                "A / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                Flaw::LengthAndEncoding,
            ),
        ];
        for (bytes, flaw) in cases {
            for step in [1, 2, 7, 1000] {
                assert_eq!(scan(bytes, step), (Some(flaw), 1, Phase::Off), "{bytes:?} by {step}");
            }
        }
    }

    #[test]
    fn follows_bodies_and_pipelines() {
        let two = "A / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\n\nB / HTTP/1.1\r\nHost: x\r\n\r\n";
        let flawed_second = "A / HTTP/1.1\r\nContent-Length: 0\r\n\r\n\r\nB / HTTP/1.1\n";
        for step in [1, 3, 1000] {
            assert_eq!(scan(two, step), (None, 2, Phase::Idle));
            assert_eq!(scan(flawed_second, step), (Some(Flaw::BareLineFeed), 2, Phase::Off));
        }
        assert_eq!(scan("A / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", 4).2, Phase::Body(3));
        assert_eq!(scan("A / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na", 9), (None, 1, Phase::Off));
        assert_eq!(scan(&"x".repeat(2000), 100).2, Phase::Off);
    }
}
