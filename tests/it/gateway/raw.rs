//! An upstream that answers each request with bytes that need not be HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A running upstream. It ends when it is dropped.
pub(super) struct Raw {
    /// Its URL.
    pub(super) url: String,
    connections: Arc<AtomicUsize>,
    _task: AbortOnDropHandle<()>,
}

/// What it does after its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Closes the connection.
    Close,
    /// Does nothing more.
    Hold,
}

impl Raw {
    /// One that answers with `bytes`.
    pub(super) async fn start(bytes: impl Into<Vec<u8>>, after: After) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let (bytes, connections) = (Arc::new(bytes.into()), Arc::<AtomicUsize>::default());
        let count = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let bytes = bytes.clone();
                // Who is answered may have gone.
                tokio::spawn(async move { answer(tcp, &bytes, after).await.unwrap_or_default() });
            }
        });
        Self { url, connections, _task: AbortOnDropHandle::new(task) }
    }

    /// How often somebody connected.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(mut tcp: TcpStream, bytes: &[u8], after: After) -> std::io::Result<()> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !is_whole(&request) {
        match tcp.read(&mut buffer).await? {
            0 => return Ok(()),
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    tcp.write_all(bytes).await?;
    tcp.flush().await?;
    match after {
        After::Close => tcp.shutdown().await,
        After::Hold => std::future::pending().await,
    }
}

/// Whether head and body are here; the tests' bodies have a length.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    request.len() >= end + 4 + length.unwrap_or(0_usize)
}
