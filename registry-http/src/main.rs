//! The binary `mcp-registry`.
fn main() {}
