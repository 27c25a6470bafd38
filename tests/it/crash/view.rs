//! Everything that a service shows: servers, keys, and the audit log.

use std::collections::BTreeMap;

use serde_json::Value;

use super::service::Api;

/// What is there, by id; and how many audit entries of which type there are for which record.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) servers: BTreeMap<String, Value>,
    pub(crate) keys: BTreeMap<String, Value>,
    pub(crate) entries: BTreeMap<(String, String), u64>,
}

impl View {
    /// Reads all of it.
    pub(crate) async fn read(api: &Api) -> Self {
        let (servers, keys, log) = tokio::join!(
            api.all("/api/servers", "servers"),
            api.all("/api/api-keys", "apiKeys"),
            api.all("/api/audit-logs", "entries"),
        );
        let by_id = |items: Vec<Value>| items.into_iter().map(|item| (text(&item, "id"), item)).collect();
        let mut view = Self { servers: by_id(servers), keys: by_id(keys), entries: BTreeMap::new() };
        for entry in log {
            let place = (text(&entry, "resourceId"), text(&entry, "eventType"));
            *view.entries.entry(place).or_default() += 1;
        }
        view
    }

    /// Takes away what was there before anybody wrote.
    pub(crate) fn without(mut self, before: &Self) -> Self {
        self.servers.retain(|id, _| !before.servers.contains_key(id));
        self.keys.retain(|id, _| !before.keys.contains_key(id));
        self.entries.retain(|place, count| before.entries.get(place) != Some(count));
        self
    }
}

/// A field that is text; empty if it is not there.
pub(crate) fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_default().to_owned()
}
