//! The servers that clients are connected to.

use black_box_tests::server_at;
use serde_json::Value;

use super::super::program::Program;
use super::rmcp_server::RmcpServer;

/// Whose server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upstream {
    /// npm `server-everything`: sessions.
    Everything,
    /// Ours around npm `@modelcontextprotocol/server`, with all that the conformance suite asks for: both eras.
    Conforming,
    /// Ours around npm `@modelcontextprotocol/server`: 2026-07-28 only.
    ModernOnly,
    /// rmcp's: both eras.
    RmcpServer,
}

/// One that runs.
pub(super) struct Running {
    /// Whose it is.
    pub(super) kind: Upstream,
    place: Place,
}

enum Place {
    Program(Program),
    Rmcp(RmcpServer),
}

impl Upstream {
    /// Starts it.
    pub(super) async fn start(self) -> Running {
        let place = match self {
            Self::Everything => Place::Program(Program::everything().await),
            Self::Conforming => Place::Program(Program::conforming().await),
            Self::ModernOnly => Place::Program(Program::modern().await),
            Self::RmcpServer => Place::Rmcp(RmcpServer::start().await),
        };
        Running { kind: self, place }
    }
}

impl Running {
    /// Where a client reaches it without the gateway.
    pub(super) fn url(&self) -> &str {
        match &self.place {
            Place::Program(program) => &program.url,
            Place::Rmcp(server) => &server.url,
        }
    }

    /// How it is registered under this name.
    pub(super) fn registration(&self, name: &str) -> Value {
        server_at(name, self.url())
    }
}
