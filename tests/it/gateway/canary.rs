//! A port that must not be connected to.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// A listener that tells whether anybody connected: on loopback a connection is in its queue before `connect`
/// returns, so there is nothing to wait for.
pub(super) struct Canary(TcpListener);

impl Canary {
    /// On every address of this machine, of both families if it has both.
    pub(super) fn everywhere() -> Self {
        Self::bind("[::]:0").unwrap_or_else(|| Self::bind("0.0.0.0:0").expect("a port"))
    }

    fn bind(address: &str) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        listener.set_nonblocking(true).expect("a listener");
        Some(Self(listener))
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        self.0.local_addr().expect("an address").port()
    }

    /// An URL of it.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port())
    }

    /// Who connected, if anybody did since the last look.
    pub(super) fn touched_by(&self) -> Option<SocketAddr> {
        match self.0.accept() {
            Ok((_, peer)) => Some(peer),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Nobody connected since the last look.
    #[track_caller]
    pub(super) fn assert_untouched(&self, what: &str) {
        assert_eq!(self.touched_by(), None, "{what}: somebody connected");
    }
}
