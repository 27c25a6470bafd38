//! What a probe asks a server that it is connected to: its lists, or a sign of life.

use registry_core::model::capability::CapabilityKind;
use registry_core::model::inventory::FoundList;
use rmcp::{
    RoleClient,
    model::{
        ClientRequest, ErrorCode, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest,
        ListToolsRequest, PaginatedRequestParams, PingRequest, ServerResult,
    },
    service::{Peer, ServiceError},
};
use serde::Serialize;
use serde_json::Value;

use super::{fault::Fault, session::Session};

/// How many pages of a list are read.
pub const MAX_PAGES: usize = 100;

/// How many entries of a list are counted; a longer list counts as this many, or as the pages up to here.
pub const MAX_ITEMS: u32 = 10_000;

/// A list that servers offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct List(CapabilityKind);

/// The entries on a page, and the cursor of the next.
type ListPage = (Vec<Value>, Option<String>);

impl List {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        CapabilityKind::ALL.iter().copied().map(Self)
    }

    pub(super) fn kind(self) -> CapabilityKind {
        self.0
    }

    /// Its method, and its capability before the slash.
    pub(super) fn method(self) -> &'static str {
        match self.0 {
            CapabilityKind::Tool => "tools/list",
            CapabilityKind::Resource => "resources/list",
            CapabilityKind::ResourceTemplate => "resources/templates/list",
            CapabilityKind::Prompt => "prompts/list",
        }
    }

    pub(super) fn is_declared(self, capabilities: &[String]) -> bool {
        capabilities.iter().any(|name| self.method().starts_with(&format!("{name}/")))
    }

    fn request(self, cursor: Option<String>) -> ClientRequest {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        match self.0 {
            CapabilityKind::Tool => ClientRequest::ListToolsRequest(ListToolsRequest::with_param(page)),
            CapabilityKind::Resource => {
                ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(page))
            }
            CapabilityKind::ResourceTemplate => {
                ClientRequest::ListResourceTemplatesRequest(ListResourceTemplatesRequest::with_param(page))
            }
            CapabilityKind::Prompt => ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(page)),
        }
    }

    fn page(self, result: ServerResult) -> Option<ListPage> {
        match (self.0, result) {
            (CapabilityKind::Tool, ServerResult::ListToolsResult(page)) => {
                Some((values(&page.tools)?, page.next_cursor))
            }
            (CapabilityKind::Resource, ServerResult::ListResourcesResult(page)) => {
                Some((values(&page.resources)?, page.next_cursor))
            }
            (CapabilityKind::ResourceTemplate, ServerResult::ListResourceTemplatesResult(page)) => {
                Some((values(&page.resource_templates)?, page.next_cursor))
            }
            (CapabilityKind::Prompt, ServerResult::ListPromptsResult(page)) => {
                Some((values(&page.prompts)?, page.next_cursor))
            }
            _ => None,
        }
    }

    /// Whether a server may declare resources and have no such list.
    fn may_be_missing(self, error: &ServiceError) -> bool {
        let is_unknown =
            matches!(error, ServiceError::McpError(error) if error.code == ErrorCode::METHOD_NOT_FOUND);
        self.0 == CapabilityKind::ResourceTemplate && is_unknown
    }
}

/// The entries as JSON.
fn values<T: Serialize>(entries: &[T]) -> Option<Vec<Value>> {
    entries.iter().map(serde_json::to_value).collect::<Result<_, _>>().ok()
}

impl Session {
    /// Reads a list, page by page. Requests go past rmcp's cache of answers, which would keep every page.
    pub(super) async fn read(&self, list: List) -> Result<FoundList, Fault> {
        let (mut found, mut cursor) = (FoundList::new(list.kind()), None);
        for _ in 0..MAX_PAGES {
            let result = match self.peer().send_request(list.request(cursor.clone())).await {
                Err(error) if list.may_be_missing(&error) => return Ok(found),
                result => result.map_err(|error| self.fault(&error))?,
            };
            let (entries, next) = list.page(result).ok_or(Fault::NotMcp)?;
            entries.iter().for_each(|entry| found.add(entry));
            let Some(next) = next else { return Ok(found) };
            // The same page again and again is no list.
            if cursor.as_ref() == Some(&next) {
                return Err(Fault::NotMcp);
            }
            if found.is_full() || found.count() >= MAX_ITEMS {
                break;
            }
            cursor = Some(next);
        }
        // There is more than was read.
        found.leave_out(1);
        Ok(found)
    }

    /// Asks for a sign of life. Any JSON-RPC answer is one: not every server knows `ping`.
    pub(super) async fn ping(&self) -> Result<(), Fault> {
        let ping = ClientRequest::PingRequest(PingRequest::default());
        match self.peer().send_request(ping).await {
            Ok(_) | Err(ServiceError::McpError(_)) => Ok(()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    fn fault(&self, error: &ServiceError) -> Fault {
        Fault::of_use(error).unwrap_or_else(|| self.hidden_fault())
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.client.peer()
    }
}
