//! A client of HTTP/1.1 that costs as little as it can, for it shares the machine with what it measures.

use std::net::SocketAddr;

use anyhow::{Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The largest answer that is read.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";
const LENGTH: &[u8] = b"content-length:";
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    #[expect(
        clippy::disallowed_methods,
        reason = "the load generator is a client, on loopback; no dialer is in its way"
    )]
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        ensure!(address.ip().is_loopback(), "only this machine is measured");
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its whole answer, which must be a 200.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        while !is_whole(&self.answer)? {
            ensure!(self.answer.len() < MAX_ANSWER, "the answer is too large");
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the connection ended within an answer");
            }
        }
        Ok(&self.answer)
    }

    /// Sends a request and reads until `expected` has come; the rest of the answer stays open.
    pub(crate) async fn begin(&mut self, request: &[u8], expected: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        while !self.answer.windows(expected.len()).any(|bytes| bytes == expected) {
            ensure!(self.answer.len() < MAX_ANSWER, "the answer is too large");
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the connection ended: {}", String::from_utf8_lossy(&self.answer));
            }
        }
        Ok(())
    }
}

/// Whether an answer is there to its end. All that is measured here declares its length or is chunked.
fn is_whole(answer: &[u8]) -> Result<bool> {
    let Some(head) = answer.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END) else {
        return Ok(false);
    };
    if !answer.starts_with(b"HTTP/1.1 200 ") {
        bail!("an answer that is no 200: {}", String::from_utf8_lossy(answer));
    }
    let body = answer.len() - head - HEAD_END.len();
    match length(&answer[..head]) {
        Some(length) => Ok(body >= length),
        None => Ok(answer.ends_with(LAST_CHUNK)),
    }
}

fn length(head: &[u8]) -> Option<usize> {
    let mut lines = head.split(|byte| *byte == b'\n').filter_map(|line| line.split_at_checked(LENGTH.len()));
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case(LENGTH))?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}
