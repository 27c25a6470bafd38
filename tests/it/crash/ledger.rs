//! What a writer knows: what was acknowledged, and the one step whose answer never came.

use std::collections::BTreeMap;

use serde_json::Value;

/// One change that a writer asks for. Records are named by id, new ones by a name that is used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Register { name: String },
    Update { server: String, description: String },
    Delete { server: String },
    CreateKey { name: String },
    Rotate { key: String },
    Revoke { key: String },
}

impl Step {
    /// The name of what it makes, if it makes something.
    pub(crate) fn new_name(&self) -> Option<&str> {
        match self {
            Self::Register { name } | Self::CreateKey { name } => Some(name),
            _ => None,
        }
    }
}

/// A server as it has to be.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) revision: u64,
    pub(crate) deleted: bool,
    /// The key that its registration made.
    pub(crate) key: String,
}

/// A key as it has to be.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// What was shown of it; `None` if the answer with it never came.
    pub(crate) secret: Option<String>,
    /// The server whose registration made it.
    pub(crate) server: Option<String>,
    pub(crate) rotations: u64,
    pub(crate) revoked: bool,
    /// Whether it was revoked by itself, not with its server.
    pub(crate) revoked_alone: bool,
}

/// What one writer knows.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) servers: BTreeMap<String, Server>,
    pub(crate) keys: BTreeMap<String, Key>,
    /// Secrets that rotation ended.
    pub(crate) ended: Vec<String>,
    /// What was asked for and not answered.
    pub(crate) doubt: Option<Step>,
    /// How many changes were acknowledged.
    pub(crate) acknowledged: u64,
    /// Secrets of keys that were touched since the last check.
    pub(crate) touched: Vec<String>,
}

impl Ledger {
    /// Notes the answer to a step that was done.
    pub(crate) fn acknowledge(&mut self, step: &Step, body: &Value) {
        self.acknowledged += 1;
        self.note(step, body);
    }

    /// Notes a step that was done; what `body` does not have of a secret is not known.
    pub(crate) fn note(&mut self, step: &Step, body: &Value) {
        let secret = |field: &str| body[field].as_str().map(str::to_owned);
        match step {
            Step::Register { .. } => self.registered(body, secret("apiKey")),
            Step::CreateKey { .. } => self.key_made(body, secret("key")),
            Step::Update { server, description } => self.updated(server, description),
            Step::Delete { server } => self.deleted(server),
            Step::Rotate { key } => self.rotated(key, secret("key")),
            Step::Revoke { key } => self.revoked(key),
        }
    }

    /// Notes a registration: `body` is the server.
    fn registered(&mut self, body: &Value, secret: Option<String>) {
        let (id, key, name) = (text(body, "id"), text(body, "apiKeyId"), text(body, "name"));
        let made = Key {
            name: name.clone(),
            secret,
            server: Some(id.clone()),
            rotations: 0,
            revoked: false,
            revoked_alone: false,
        };
        self.touched.extend(made.secret.clone());
        self.keys.insert(key.clone(), made);
        let description = text(body, "description");
        self.servers.insert(id, Server { name, description, revision: 1, deleted: false, key });
    }

    /// Notes a new key: `body` is the key.
    fn key_made(&mut self, body: &Value, secret: Option<String>) {
        let (name, server) = (text(body, "name"), None);
        self.touched.extend(secret.clone());
        let key = Key { name, secret, server, rotations: 0, revoked: false, revoked_alone: false };
        self.keys.insert(text(body, "id"), key);
    }

    /// Notes a change of a server.
    fn updated(&mut self, server: &str, description: &str) {
        let server = self.servers.get_mut(server).expect("a writer changes its own servers");
        server.revision += 1;
        description.clone_into(&mut server.description);
    }

    /// Notes a removal, which revokes the server's key.
    fn deleted(&mut self, server: &str) {
        let server = self.servers.get_mut(server).expect("a writer removes its own servers");
        server.deleted = true;
        let key = self.keys.get_mut(&server.key).expect("a server has a key");
        key.revoked = true;
        self.touched.extend(key.secret.clone());
    }

    /// Notes a rotation.
    fn rotated(&mut self, key: &str, secret: Option<String>) {
        let key = self.keys.get_mut(key).expect("a writer rotates its own keys");
        key.rotations += 1;
        self.touched.extend(secret.clone());
        let ended = std::mem::replace(&mut key.secret, secret);
        self.touched.extend(ended.clone());
        self.ended.extend(ended);
    }

    /// Notes a revocation.
    fn revoked(&mut self, key: &str) {
        let key = self.keys.get_mut(key).expect("a writer revokes its own keys");
        (key.revoked, key.revoked_alone) = (true, true);
        self.touched.extend(key.secret.clone());
    }

    /// Every secret that was ever shown, and whether it works.
    pub(crate) fn secrets(&self) -> BTreeMap<&str, bool> {
        let keys = self.keys.values().filter_map(|key| Some((key.secret.as_deref()?, !key.revoked)));
        keys.chain(self.ended.iter().map(|secret| (secret.as_str(), false))).collect()
    }

    /// How many changes were made, acknowledged or not.
    pub(crate) fn changes(&self) -> u64 {
        self.entries().values().sum()
    }

    /// How many entries of which type the audit log has for which record.
    pub(crate) fn entries(&self) -> BTreeMap<(String, String), u64> {
        let mut entries = BTreeMap::new();
        let mut expect = |id: &String, event: &str, count: u64| {
            if count > 0 {
                entries.insert((id.clone(), event.to_owned()), count);
            }
        };
        for (id, server) in &self.servers {
            expect(id, "server_registered", 1);
            expect(id, "server_updated", server.revision - 1);
            expect(id, "server_deleted", server.deleted.into());
        }
        for (id, key) in &self.keys {
            expect(id, "api_key_generated", key.server.is_none().into());
            expect(id, "api_key_rotated", key.rotations);
            expect(id, "api_key_revoked", key.revoked_alone.into());
        }
        entries
    }
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_default().to_owned()
}
