//! Sample inventories.

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::model::capability::CapabilityKind;
use crate::model::inventory::{FoundList, Inventory};
use crate::model::server::Server;

/// What a look at `server` finds, of one kind.
pub fn inventory(clock: &dyn Clock, server: &Server, kind: CapabilityKind, found: &[Value]) -> Inventory {
    let mut list = FoundList::new(kind);
    found.iter().for_each(|definition| list.add(definition));
    Inventory {
        id: clock.new_id(),
        tenant_id: server.tenant_id,
        server_id: server.id,
        at: clock.now(),
        lists: vec![list],
    }
}

/// The definition of a tool.
pub fn tool(name: &str, description: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { "x": { "type": "number", "minimum": 0.5 } } });
    json!({ "name": name, "description": description, "inputSchema": schema })
}
