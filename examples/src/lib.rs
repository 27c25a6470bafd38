//! Examples of the MCP Registry Gateway; each is a program in `examples/`.
//!
//! | Program | Shows |
//! |---|---|
//! | `demo_server` | an MCP server to register: tools, resources and a prompt over streamable HTTP |
//! | `client` | an MCP client that calls a tool through the gateway with a key |
//! | `embed` | the registry inside of a program of one's own |
//! | `own_store` | a store of one's own, and the conformance suite on it |
//!
//! ```text
//! cargo run -p registry-examples --example demo_server -- --listen 127.0.0.1:3001
//! cargo run -p registry-examples --example client -- http://127.0.0.1:8080/mcp/demo --key mcp_...
//! ```
