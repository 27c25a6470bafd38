//! The listener over real TCP ports, before a toy API and a toy MCP service.

mod bounds;
mod errors;
mod event_loops;
mod framing;
mod logs;
mod toy;
