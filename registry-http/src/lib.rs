//! The HTTP service and the binary of the MCP Registry Gateway.
