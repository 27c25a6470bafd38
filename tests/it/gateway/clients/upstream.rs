//! The servers that clients are connected to.

use black_box_tests::{Upstream as Echo, WebSocketUpstream, server_at};
use serde_json::Value;

use super::super::program::Program;
use super::rmcp_server::{Handler, RmcpServer};

/// Whose server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upstream {
    /// npm `server-everything`: sessions.
    Everything,
    /// The same; the gateway reaches it over HTTP with server-sent events.
    EverythingBySse,
    /// The same; the gateway starts it.
    EverythingByStdio,
    /// rmcp's, with the tool `echo`; the gateway reaches it over a WebSocket.
    Sockets,
    /// Ours around npm `@modelcontextprotocol/server`, with all that the conformance suite asks for: both eras.
    Conforming,
    /// The same; the gateway starts it.
    ConformingByStdio,
    /// Ours around npm `@modelcontextprotocol/server`: 2026-07-28 only.
    ModernOnly,
    /// rmcp's: both eras.
    RmcpServer,
    /// The same; the gateway reaches it over a WebSocket.
    RmcpByWebSocket,
}

/// One that runs.
pub(super) struct Running {
    /// Whose it is.
    pub(super) kind: Upstream,
    direct: Place,
    /// Where the gateway reaches it, if not there.
    other: Option<Place>,
}

enum Place {
    Program(Program),
    Rmcp(RmcpServer),
    Echo(Echo),
    Sockets(WebSocketUpstream),
    /// One that the gateway starts, by its launcher.
    Launcher(&'static str),
}

impl Upstream {
    /// Starts it, for a client to reach it over streamable HTTP, and as the gateway is to reach it.
    pub(super) async fn start(self) -> Running {
        let direct = match self {
            Self::Everything | Self::EverythingBySse | Self::EverythingByStdio => {
                Place::Program(Program::everything().await)
            }
            Self::Conforming | Self::ConformingByStdio => Place::Program(Program::conforming().await),
            Self::ModernOnly => Place::Program(Program::modern().await),
            Self::RmcpServer | Self::RmcpByWebSocket => Place::Rmcp(RmcpServer::start().await),
            Self::Sockets => Place::Echo(Echo::start().await),
        };
        let other = match self {
            Self::EverythingBySse => Some(Place::Program(Program::everything_by_sse().await)),
            Self::EverythingByStdio => Some(Place::Launcher("stdio:everything")),
            Self::ConformingByStdio => Some(Place::Launcher("stdio:conforming")),
            Self::RmcpByWebSocket => Some(Place::Sockets(WebSocketUpstream::of(Handler::default()).await)),
            Self::Sockets => Some(Place::Sockets(WebSocketUpstream::start().await)),
            _ => None,
        };
        Running { kind: self, direct, other }
    }

    fn transport(self) -> &'static str {
        match self {
            Self::EverythingBySse => "sse",
            Self::EverythingByStdio | Self::ConformingByStdio => "stdio",
            Self::Sockets | Self::RmcpByWebSocket => "websocket",
            _ => "http",
        }
    }
}

impl Running {
    /// Where a client reaches it without the gateway.
    pub(super) fn url(&self) -> &str {
        self.direct.url()
    }

    /// How it is registered under this name.
    pub(super) fn registration(&self, name: &str) -> Value {
        let mut body = server_at(name, self.other.as_ref().unwrap_or(&self.direct).url());
        body["transportType"] = self.kind.transport().into();
        body
    }
}

impl Place {
    fn url(&self) -> &str {
        match self {
            Self::Program(program) => &program.url,
            Self::Rmcp(server) => &server.url,
            Self::Echo(server) => &server.url,
            Self::Sockets(server) => &server.url,
            Self::Launcher(url) => url,
        }
    }
}
