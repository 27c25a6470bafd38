//! What a probe asks a server that it is connected to: lists to count, or a sign of life.

use rmcp::{
    RoleClient,
    model::{
        ClientRequest, ListPromptsRequest, ListResourcesRequest, ListToolsRequest, PaginatedRequestParams,
        PingRequest, ServerResult,
    },
    service::{Peer, ServiceError},
};

use super::{fault::Fault, session::Session};

/// How many pages of a list are counted.
pub const MAX_PAGES: usize = 100;

/// How many entries of a list are counted; a longer list counts as this many, or as the pages up to here.
pub const MAX_ITEMS: usize = 10_000;

/// A list that servers offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Tools,
    Resources,
    Prompts,
}

impl List {
    pub(super) const ALL: [Self; 3] = [Self::Tools, Self::Resources, Self::Prompts];

    /// Its method, and its capability before the slash.
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::Prompts => "prompts/list",
        }
    }

    pub(super) fn is_declared(self, capabilities: &[String]) -> bool {
        capabilities.iter().any(|name| self.method().starts_with(&format!("{name}/")))
    }

    fn request(self, cursor: Option<String>) -> ClientRequest {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        match self {
            Self::Tools => ClientRequest::ListToolsRequest(ListToolsRequest::with_param(page)),
            Self::Resources => ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(page)),
            Self::Prompts => ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(page)),
        }
    }

    /// The entries on a page, and the cursor of the next.
    fn page(self, result: ServerResult) -> Option<(usize, Option<String>)> {
        match (self, result) {
            (Self::Tools, ServerResult::ListToolsResult(page)) => Some((page.tools.len(), page.next_cursor)),
            (Self::Resources, ServerResult::ListResourcesResult(page)) => {
                Some((page.resources.len(), page.next_cursor))
            }
            (Self::Prompts, ServerResult::ListPromptsResult(page)) => {
                Some((page.prompts.len(), page.next_cursor))
            }
            _ => None,
        }
    }
}

impl Session {
    /// Counts the entries of a list, page by page. Requests go past rmcp's cache of answers, which would
    /// keep every page.
    pub(super) async fn count(&self, list: List) -> Result<u32, Fault> {
        let (mut count, mut cursor) = (0_usize, None);
        for _ in 0..MAX_PAGES {
            let result = self.peer().send_request(list.request(cursor.clone())).await;
            let result = result.map_err(|error| self.fault(&error))?;
            let (entries, next) = list.page(result).ok_or(Fault::NotMcp)?;
            count = count.saturating_add(entries).min(MAX_ITEMS);
            if next.is_none() || count == MAX_ITEMS {
                break;
            }
            // The same page again and again is no list.
            if next == cursor {
                return Err(Fault::NotMcp);
            }
            cursor = next;
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
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
