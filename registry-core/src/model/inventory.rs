//! Inventory: what a look at a server found it to list, and what follows from it for what is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::alert_step::AlertStep;
use super::audit::{AuditEvent, EventType};
use super::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityList, ChangeNature, Definition, DefinitionDigest,
    ToolChanges,
};
use super::id::{ServerId, TenantId};
use crate::clock::Timestamp;

/// How many capabilities of a kind are kept of a server; what is over is counted.
pub const MAX_CAPABILITIES: usize = 1_000;
/// How many bytes the definitions of a kind have together; of what is over only name and digest are kept.
pub const MAX_LIST_BYTES: usize = 1024 * 1024;
/// How many bytes of definitions of a kind are looked at before a list counts as read.
pub const MAX_READ_BYTES: usize = 8 * MAX_LIST_BYTES;
/// The longest name (or URI) of a capability, in bytes; what has a longer one is counted.
pub const MAX_CAPABILITY_NAME: usize = 1_024;
/// How many changes are kept of a server: the last ones.
pub const MAX_CHANGES: usize = 100;
/// How many names of each sort an audit event has.
const MAX_EVENT_NAMES: usize = 20;
/// How much of a name an audit event has, in bytes.
const MAX_EVENT_NAME: usize = 128;

/// A capability that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    definition: Definition,
    is_cut: bool,
    digest: DefinitionDigest,
}

/// What a server lists of one kind: a whole list, but for what is over the bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundList {
    kind: CapabilityKind,
    items: BTreeMap<String, Found>,
    /// How many bytes of definitions are in it.
    kept: usize,
    /// How many were looked at.
    read: usize,
    left_out: u32,
}

impl FoundList {
    /// A list of nothing.
    pub fn new(kind: CapabilityKind) -> Self {
        Self { kind, items: BTreeMap::new(), kept: 0, read: 0, left_out: 0 }
    }

    /// Of which kind.
    pub fn kind(&self) -> CapabilityKind {
        self.kind
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(String::as_str)
    }

    /// Adds what the server says of a capability. Two under one name are one, whose digest is of both.
    pub fn add(&mut self, definition: &Value) {
        let name = definition.get(self.kind.name_field()).and_then(Value::as_str).unwrap_or_default();
        let is_known = self.items.contains_key(name);
        let has_room = is_known || self.items.len() < MAX_CAPABILITIES;
        if name.is_empty() || name.len() > MAX_CAPABILITY_NAME || !has_room {
            self.leave_out(1);
            return;
        }
        let mut found = self.found(name, definition);
        if let Some(first) = self.items.get(name) {
            found.digest = first.digest.and(found.digest);
        }
        self.items.insert(name.to_owned(), found);
    }

    /// Whether more is not looked at.
    pub fn is_full(&self) -> bool {
        self.read > MAX_READ_BYTES
    }

    /// How many the server lists, as far as they were counted.
    pub fn count(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX).saturating_add(self.left_out)
    }

    /// Counts so many that are not looked at.
    pub fn leave_out(&mut self, number: u32) {
        self.left_out = self.left_out.saturating_add(number);
    }

    fn found(&mut self, name: &str, definition: &Value) -> Found {
        let digest = DefinitionDigest::of(definition);
        let text = definition.to_string();
        self.read += text.len();
        let left = MAX_LIST_BYTES.saturating_sub(self.kept);
        match Definition::of(definition, text).filter(|kept| kept.as_str().len() <= left) {
            Some(definition) => {
                self.kept += definition.as_str().len();
                Found { definition, is_cut: false, digest }
            }
            None => {
                let named = json!({ self.kind.name_field(): name });
                Found { definition: Definition::from_text(named.to_string()), is_cut: true, digest }
            }
        }
    }
}

/// What a look at a server found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The look's id.
    pub id: Uuid,
    /// The server's tenant.
    pub tenant_id: Option<TenantId>,
    /// The server.
    pub server_id: ServerId,
    /// When it was looked at.
    pub at: Timestamp,
    /// The lists that were read to their end, one of a kind. Of other kinds nothing follows.
    pub lists: Vec<FoundList>,
}

/// What follows from an inventory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conclusion {
    /// The lists that are to be kept in the place of those before.
    pub lists: Vec<CapabilityList>,
    /// All that changed; nothing of a kind whose list is the server's first.
    pub changes: Vec<CapabilityChange>,
    /// What follows for the server's alerts.
    pub alerts: Vec<AlertStep>,
    /// The kinds whose list is the first.
    first: Vec<CapabilityKind>,
}

impl Inventory {
    /// What follows for the lists that are kept, or `None` if they are what was found.
    pub fn conclude(&self, policy: ToolChanges, mut kept: Vec<CapabilityList>) -> Option<Conclusion> {
        let mut conclusion = Conclusion::default();
        for found in &self.lists {
            match kept.iter().position(|list| list.kind == found.kind) {
                None => conclusion.begin(found, self.at),
                Some(place) => conclusion.follow(self, found, kept.swap_remove(place), policy),
            }
        }
        for (number, change) in (0..).zip(&mut conclusion.changes) {
            change.number = number;
        }
        conclusion.alerts = self.alerts(policy, &conclusion);
        (!conclusion.lists.is_empty()).then_some(conclusion)
    }

    fn change(
        &self,
        after: &Capability,
        before: Option<&Capability>,
        nature: ChangeNature,
    ) -> CapabilityChange {
        let is_gone = nature == ChangeNature::Removed;
        CapabilityChange {
            id: self.id,
            number: 0,
            tenant_id: self.tenant_id,
            server_id: self.server_id,
            at: self.at,
            kind: after.kind,
            name: after.name.clone(),
            nature,
            before: before.map(|before| before.definition.clone()),
            after: (!is_gone).then(|| after.definition.clone()),
            digest: (!is_gone).then_some(after.digest),
            held: !is_gone && after.is_held(),
        }
    }
}

impl Conclusion {
    /// The changes that are kept.
    pub fn kept_changes(&self) -> &[CapabilityChange] {
        &self.changes[..self.changes.len().min(MAX_CHANGES)]
    }

    /// Tells `event` what changed: how many of each nature, and the names of the first ones. If nothing did, but a list is
    /// known for the first time, it becomes the event of that.
    pub fn describe(&self, event: &mut AuditEvent) {
        if self.changes.is_empty() && !self.first.is_empty() {
            event.event_type = EventType::CapabilitiesListed;
        }
        let metadata = &mut event.metadata;
        for nature in ChangeNature::ALL {
            let names = self.changes.iter().filter(|change| change.nature == *nature);
            tell(metadata, nature.as_str(), names);
        }
        tell(metadata, "held", self.changes.iter().filter(|change| change.held));
        if !self.first.is_empty() {
            let count = |list: &CapabilityList| (list.kind.as_str().to_owned(), json!(list.items.len()));
            let first = self.lists.iter().filter(|list| self.first.contains(&list.kind));
            metadata.insert("first".to_owned(), Value::Object(first.map(count).collect()));
        }
    }

    /// The first list of its kind: all of it is taken as it is.
    fn begin(&mut self, found: &FoundList, at: Timestamp) {
        let item = |(name, item): (&String, &Found)| Capability {
            approved: Some(item.digest),
            ..capability(item, found.kind, name, at)
        };
        let items = found.items.iter().map(item).collect();
        self.first.push(found.kind);
        self.lists.push(CapabilityList { kind: found.kind, left_out: found.left_out, items });
    }

    fn follow(&mut self, inventory: &Inventory, found: &FoundList, old: CapabilityList, policy: ToolChanges) {
        let (changes, left_out) = (self.changes.len(), old.left_out);
        let mut before: BTreeMap<String, Capability> =
            old.items.into_iter().map(|item| (item.name.clone(), item)).collect();
        let listed: BTreeSet<&String> = found.items.keys().collect();
        for gone in before.values().filter(|item| !listed.contains(&item.name)) {
            self.changes.push(inventory.change(gone, Some(gone), ChangeNature::Removed));
        }
        let mut items = Vec::with_capacity(found.items.len());
        for (name, found_item) in &found.items {
            let old = before.remove(name);
            let item = next(found.kind, name, found_item, old.as_ref(), policy, inventory.at);
            match &old {
                Some(old) if old.digest == item.digest => {}
                Some(old) => self.changes.push(inventory.change(&item, Some(old), ChangeNature::Changed)),
                None => self.changes.push(inventory.change(&item, None, ChangeNature::Added)),
            }
            items.push(item);
        }
        if self.changes.len() > changes || found.left_out != left_out {
            self.lists.push(CapabilityList { kind: found.kind, left_out: found.left_out, items });
        }
    }
}

/// A capability as it is kept from now on.
fn next(
    kind: CapabilityKind,
    name: &str,
    found: &Found,
    old: Option<&Capability>,
    policy: ToolChanges,
    at: Timestamp,
) -> Capability {
    let accepted = (policy == ToolChanges::Accept).then_some(found.digest);
    let new = capability(found, kind, name, at);
    match old {
        Some(old) if old.digest == found.digest => old.clone(),
        Some(old) => {
            Capability { first_seen_at: old.first_seen_at, approved: accepted.or(old.approved), ..new }
        }
        None => Capability { approved: accepted, ..new },
    }
}

fn capability(found: &Found, kind: CapabilityKind, name: &str, at: Timestamp) -> Capability {
    Capability {
        kind,
        name: name.to_owned(),
        definition: found.definition.clone(),
        is_cut: found.is_cut,
        digest: found.digest,
        approved: None,
        first_seen_at: at,
        changed_at: at,
    }
}

/// Tells how many there are, and the names of the first.
fn tell<'a>(
    metadata: &mut Map<String, Value>,
    what: &str,
    changes: impl Iterator<Item = &'a CapabilityChange>,
) {
    let (mut names, mut count) = (Vec::new(), 0_u32);
    for change in changes {
        if names.len() < MAX_EVENT_NAMES {
            let name = &change.name[..change.name.floor_char_boundary(MAX_EVENT_NAME)];
            names.push(json!({ "kind": change.kind, "name": name }));
        }
        count += 1;
    }
    if count > 0 {
        metadata.insert(what.to_owned(), json!({ "count": count, "items": names }));
    }
}
