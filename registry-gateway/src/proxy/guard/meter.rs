//! What is measured and logged of circuits.

use std::sync::{Arc, Once};

use registry_core::circuit::CircuitState;
use registry_core::model::id::ServerId;

const CIRCUIT: &str = "mcp_registry_gateway_circuit_open";
const OPENED: &str = "mcp_registry_gateway_circuit_opened_total";

/// Notes a change of a server's circuit. A server whose circuit never opened has no gauge.
pub(super) fn note(id: ServerId, label: &Arc<str>, state: CircuitState) {
    describe();
    let value = if state == CircuitState::Closed { 0.0 } else { 1.0 };
    metrics::gauge!(CIRCUIT, "server" => label.clone()).set(value);
    match state {
        CircuitState::Open => {
            metrics::counter!(OPENED, "server" => label.clone()).increment(1);
            tracing::warn!(server = %id, "the circuit is open: the server fails, and is not called for a while");
        }
        CircuitState::HalfOpen => {
            tracing::info!(server = %id, "the circuit is half-open: one call tries the server")
        }
        CircuitState::Closed => {
            tracing::info!(server = %id, "the circuit is closed: the server is called again")
        }
    }
}

fn describe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        metrics::describe_gauge!(CIRCUIT, "1 while the server's circuit is open or half-open on this node");
        metrics::describe_counter!(OPENED, "How often the server's circuit opened on this node");
    });
}
