//! Capability: a tool, a resource, a resource template or a prompt, as a server lists it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::field::Invalid;
use super::id::{ServerId, TenantId};
use super::page::{Page, PageRequest};
use super::role::spelled;
use super::server::{Server, ServerStatus};
use super::text::ServerName;
use crate::access::Reach;
use crate::clock::Timestamp;

/// The longest definition that is kept, in bytes as JSON.
pub const MAX_DEFINITION_BYTES: usize = 64 * 1024;
/// The deepest definition that is kept, in levels.
pub const MAX_DEFINITION_DEPTH: usize = 64;
/// How much of a tool's texts a search looks in, in bytes.
pub const MAX_SEARCH_BYTES: usize = 1_024;

spelled! {
    /// What a server offers.
    CapabilityKind {
        /// Something to call.
        Tool = "tool",
        /// Something to read.
        Resource = "resource",
        /// A form of what can be read.
        ResourceTemplate = "resource_template",
        /// A text to begin with.
        Prompt = "prompt",
    }
}

impl CapabilityKind {
    /// The field of a definition that names it among those of its kind.
    pub const fn name_field(self) -> &'static str {
        match self {
            Self::Tool | Self::Prompt => "name",
            Self::Resource => "uri",
            Self::ResourceTemplate => "uriTemplate",
        }
    }
}

spelled! {
    /// What is done with a tool whose definition changes, or that is new.
    ToolChanges {
        /// It is taken as it is.
        Accept = "accept",
        /// It is withheld until somebody approves it.
        Hold = "hold",
    }
}

spelled! {
    /// What happened to a capability between two looks at its server.
    ChangeNature {
        /// It is listed now, and was not.
        Added = "added",
        /// Its definition is another.
        Changed = "changed",
        /// It is listed no more.
        Removed = "removed",
    }
}

/// SHA-256 over the canonical JSON (RFC 8785) of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DefinitionDigest(#[serde(with = "hex::serde")] pub [u8; 32]);

impl DefinitionDigest {
    /// The digest of `definition`. What has no canonical JSON is taken as it is written.
    pub fn of(definition: &Value) -> Self {
        let text = serde_json_canonicalizer::to_vec(definition);
        Self(Sha256::digest(text.unwrap_or_else(|_| definition.to_string().into_bytes())).into())
    }

    /// The digest of two definitions under one name.
    pub(super) fn and(self, other: Self) -> Self {
        Self(Sha256::new().chain_update(self.0).chain_update(other.0).finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`Invalid`] if it is something else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut digest = [0; 32];
        let read = hex::decode_to_slice(text, &mut digest);
        read.map(|()| Self(digest)).map_err(|_| Invalid::new("must be 64 hexadecimal digits"))
    }
}

impl std::fmt::Display for DefinitionDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What a server says of a capability: the text of a JSON object, of at most [`MAX_DEFINITION_BYTES`] and
/// [`MAX_DEFINITION_DEPTH`]. It is the server's own word: data, to be shown as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Definition(Box<str>);

impl Definition {
    /// The definition, whose text this is, if it is within the bounds.
    pub(super) fn of(value: &Value, text: String) -> Option<Self> {
        let fits = text.len() <= MAX_DEFINITION_BYTES && value.is_object();
        (fits && depth(value, MAX_DEFINITION_DEPTH).is_some()).then(|| Self(text.into()))
    }

    /// The definition as a store kept it.
    pub fn from_text(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The JSON object; an empty one if what a store kept is none.
    pub fn to_map(&self) -> Map<String, Value> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

/// The levels that are left below `value` out of `left`; `None` if it is deeper.
fn depth(value: &Value, left: usize) -> Option<usize> {
    match value {
        Value::Array(items) => {
            items.iter().try_fold(left.checked_sub(1)?, |left, item| depth(item, left).map(|_| left))
        }
        Value::Object(fields) => {
            fields.values().try_fold(left.checked_sub(1)?, |left, field| depth(field, left).map(|_| left))
        }
        _ => Some(left),
    }
}

/// A capability of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// What it is.
    pub kind: CapabilityKind,
    /// Its name among those of its kind: of a resource its URI, of a template the URI's form.
    pub name: String,
    /// What the server says of it.
    pub definition: Definition,
    /// Whether the definition was too large to be kept, and only its name is.
    pub is_cut: bool,
    /// The digest of the whole definition.
    pub digest: DefinitionDigest,
    /// The digest that it may be called with: of its first definition, or of one that was approved or accepted.
    pub approved: Option<DefinitionDigest>,
    /// Since when it is listed.
    pub first_seen_at: Timestamp,
    /// When its definition last changed.
    pub changed_at: Timestamp,
}

impl Capability {
    /// Whether it waits for somebody to approve its definition.
    pub fn is_held(&self) -> bool {
        self.kind == CapabilityKind::Tool && self.approved != Some(self.digest)
    }

    /// What a search looks in, in lower case: name, title and description, of which the first [`MAX_SEARCH_BYTES`] count,
    /// without U+0000, which PostgreSQL cannot keep.
    pub fn search_text(&self) -> String {
        let definition = self.definition.to_map();
        let text = |field: &str| definition.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut all = format!("{}\n{}\n{}", self.name, text("title"), text("description")).to_lowercase();
        all.truncate(all.floor_char_boundary(MAX_SEARCH_BYTES));
        all.replace('\0', " ")
    }
}

/// The capabilities of one kind that a server lists, as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilityList {
    /// Of which kind.
    pub kind: CapabilityKind,
    /// How many more the server lists, which are not kept.
    pub left_out: u32,
    /// In the order of their names, byte by byte.
    pub items: Vec<Capability>,
}

/// A page of a server's capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityPage {
    /// The capabilities, in the order of their names.
    pub items: Page<Capability>,
    /// How many more the server lists, which are not kept; `None` if its list was never read.
    pub left_out: Option<u32>,
}

/// What became of a capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilityChange {
    /// The look that found it out.
    pub id: uuid::Uuid,
    /// Its number among the changes that this look found.
    pub number: u32,
    /// The server's tenant.
    pub tenant_id: Option<TenantId>,
    /// The server.
    pub server_id: ServerId,
    /// When it was found out.
    pub at: Timestamp,
    /// What it is.
    pub kind: CapabilityKind,
    /// Its name.
    pub name: String,
    /// What happened.
    pub nature: ChangeNature,
    /// What the server said of it before.
    pub before: Option<Definition>,
    /// What the server says of it now.
    pub after: Option<Definition>,
    /// The digest of what it says now.
    pub digest: Option<DefinitionDigest>,
    /// Whether it was withheld for it.
    pub held: bool,
}

/// Which tools a search finds. A store answers with those that match every part, in the order of their names, then of
/// their servers' ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolQuery {
    /// Whose servers can be seen at all.
    pub reach: Reach,
    /// Only this server's.
    pub only: Option<ServerId>,
    /// None of these servers'.
    pub without: Vec<ServerId>,
    /// Leave out servers that are not active.
    pub active_only: bool,
    /// Only those with this text in name, title or description, in lower case (see [`Capability::search_text`]).
    pub search: Option<String>,
    /// Which page.
    pub page: PageRequest,
}

impl ToolQuery {
    /// All tools within `reach`.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            only: None,
            without: Vec::new(),
            active_only: false,
            search: None,
            page: PageRequest::default(),
        }
    }

    /// Whether tools of `server` can be in the list.
    pub fn matches_server(&self, server: &Server) -> bool {
        self.reach.sees(server)
            && self.only.is_none_or(|id| server.id == id)
            && !self.without.contains(&server.id)
            && (!self.active_only || server.status == ServerStatus::Active)
    }

    /// Whether a tool with this search text can be in the list.
    pub fn matches_text(&self, text: &str) -> bool {
        self.search.as_ref().is_none_or(|search| text.contains(search))
    }
}

/// A tool that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTool {
    /// Its server.
    pub server_id: ServerId,
    /// Its server's name.
    pub server_name: ServerName,
    /// The tool.
    pub tool: Capability,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Definition, DefinitionDigest, MAX_DEFINITION_BYTES, MAX_DEFINITION_DEPTH};

    fn nested(levels: usize) -> Value {
        (1..levels).fold(json!({}), |value, _| json!({ "x": [1], "a": value }))
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_not_kept() {
        let long = json!({ "name": "x".repeat(MAX_DEFINITION_BYTES) });
        for odd in [json!([]), json!("x"), long, nested(MAX_DEFINITION_DEPTH + 1)] {
            assert_eq!(Definition::of(&odd, odd.to_string()), None);
        }
        let deepest = nested(MAX_DEFINITION_DEPTH);
        let kept = Definition::of(&deepest, deepest.to_string()).unwrap();
        assert_eq!(Value::Object(kept.to_map()), deepest);
    }

    #[test]
    fn the_digest_is_of_what_is_said_not_of_how_it_is_written() {
        let digest = |text: &str| DefinitionDigest::of(&serde_json::from_str(text).unwrap());
        let one = digest(r#"{"a": 1, "b": "\u0041"}"#);
        assert_eq!(one, digest(r#"{"b":"A","a":1.0}"#));
        assert_ne!(one, digest(r#"{"b":"A","a":2}"#));
        assert_eq!(DefinitionDigest::parse(&one.to_string()).unwrap(), one);
        assert!(DefinitionDigest::parse("abc").is_err());
    }
}
