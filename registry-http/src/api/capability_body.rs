//! What servers list, as the API shows it. Names and definitions are a server's own words: data, never markup.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::capability::{
    Capability, CapabilityChange, CapabilityKind, ChangeNature, Definition, FoundTool,
};
use registry_core::model::page::Page;
use registry_core::service::ServerCapabilities;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::page::Pagination;
use crate::word::Word;

/// A tool, resource, resource template or prompt.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Capability")]
pub(super) struct CapabilityBody {
    /// Its name among those of its kind: of a resource its URI, of a resource template its URI template.
    name: String,
    /// Its title, for people.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What the server says that it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// All that the server says of it, as MCP has it: schemas, annotations, arguments and so on.
    definition: BTreeMap<String, Value>,
    /// Whether the definition was too large to be kept.
    is_cut: bool,
    /// SHA-256 over the canonical JSON (RFC 8785) of the definition: what an approval names.
    digest: String,
    /// Whether calls of it are refused until somebody approves the definition.
    held: bool,
    /// Since when it is listed.
    first_seen_at: DateTime<Utc>,
    /// When its definition last changed.
    changed_at: DateTime<Utc>,
}

/// A page of what a server lists of one kind.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct CapabilityList {
    /// What it lists, in the order of the names.
    items: Vec<CapabilityBody>,
    /// Whether its list was ever read.
    known: bool,
    /// How many more it lists, at least, that are not kept.
    left_out: u32,
    /// Where the page stands.
    pagination: Pagination,
}

/// A tool of some server.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct FoundToolBody {
    /// Its server.
    server_id: Uuid,
    /// Its server's name.
    server_name: String,
    /// Its server's name in URLs: `/mcp/{slug}` calls it.
    server_slug: String,
    /// Its name.
    name: String,
    /// Its title, for people.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What the server says that it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// All that the server says of it, as MCP has it.
    definition: BTreeMap<String, Value>,
}

/// A page of the tools that a search found.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct ToolList {
    /// The tools, in the order of their names.
    tools: Vec<FoundToolBody>,
    /// Where the page stands.
    pagination: Pagination,
}

/// A change of what a server lists.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "CapabilityChange")]
pub(super) struct ChangeBody {
    /// When it was found out.
    timestamp: DateTime<Utc>,
    /// What kind of thing changed.
    kind: Word<CapabilityKind>,
    /// Its name.
    name: String,
    /// What happened to it.
    nature: Word<ChangeNature>,
    /// What the server said of it before; absent if it is new.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<BTreeMap<String, Value>>,
    /// What it said from then on; absent if it is gone.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<BTreeMap<String, Value>>,
    /// The digest of that.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// Whether the tool was held for it.
    held: bool,
}

/// A page of the changes of what a server lists.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct ChangeList {
    /// The changes, newest first; the last 100 are kept.
    changes: Vec<ChangeBody>,
    /// Where the page stands.
    pagination: Pagination,
}

/// The approval of a tool.
#[derive(Object, Deserialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct ApproveRequest {
    /// The digest of the definition that was looked at.
    pub(super) digest: String,
}

fn fields(definition: &Definition) -> BTreeMap<String, Value> {
    definition.to_map().into_iter().collect()
}

fn text(definition: &BTreeMap<String, Value>, field: &str) -> Option<String> {
    definition.get(field).and_then(Value::as_str).map(str::to_owned)
}

impl CapabilityBody {
    pub(super) fn new(capability: Capability, held: bool) -> Self {
        let definition = fields(&capability.definition);
        Self {
            title: text(&definition, "title"),
            description: text(&definition, "description"),
            name: capability.name,
            definition,
            is_cut: capability.is_cut,
            digest: capability.digest.to_string(),
            held,
            first_seen_at: capability.first_seen_at,
            changed_at: capability.changed_at,
        }
    }
}

impl From<ServerCapabilities> for CapabilityList {
    fn from(found: ServerCapabilities) -> Self {
        let (pagination, left_out) = (Pagination::from(&found.page.items), found.page.left_out);
        let body = |one: &Capability| CapabilityBody::new(one.clone(), found.withholds(one));
        let items = found.page.items.items.iter().map(body).collect();
        Self { items, known: left_out.is_some(), left_out: left_out.unwrap_or_default(), pagination }
    }
}

impl From<FoundTool> for FoundToolBody {
    fn from(found: FoundTool) -> Self {
        let definition = fields(&found.tool.definition);
        Self {
            server_id: found.server_id.0,
            server_slug: found.server_name.slug(),
            server_name: found.server_name.into(),
            name: found.tool.name,
            title: text(&definition, "title"),
            description: text(&definition, "description"),
            definition,
        }
    }
}

impl From<Page<FoundTool>> for ToolList {
    fn from(page: Page<FoundTool>) -> Self {
        let pagination = Pagination::from(&page);
        Self { tools: page.items.into_iter().map(FoundToolBody::from).collect(), pagination }
    }
}

impl From<CapabilityChange> for ChangeBody {
    fn from(change: CapabilityChange) -> Self {
        Self {
            timestamp: change.at,
            kind: Word(change.kind),
            name: change.name,
            nature: Word(change.nature),
            before: change.before.as_ref().map(fields),
            after: change.after.as_ref().map(fields),
            digest: change.digest.map(|digest| digest.to_string()),
            held: change.held,
        }
    }
}

impl From<Page<CapabilityChange>> for ChangeList {
    fn from(page: Page<CapabilityChange>) -> Self {
        let pagination = Pagination::from(&page);
        Self { changes: page.items.into_iter().map(ChangeBody::from).collect(), pagination }
    }
}
