//! Live events.

use std::sync::Arc;

use http::HeaderMap;
use poem::{IntoResponse, Request, Response};
use poem_openapi::param::Query;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry as Document};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Registry;
use registry_core::model::audit::EventType;
use registry_core::model::id::ServerId;
use registry_core::service::{EventFilter, ResumeFrom};
use uuid::Uuid;

use super::Tag;
use super::event_body::EventMessage;
use crate::auth::LongAuth;
use crate::error::ApiError;
use crate::events::{self, EventStreams, Feed};
use crate::word::Word;

/// The header in which a browser tells the last position that it knows.
const LAST_EVENT_ID: &str = "last-event-id";

/// A stream of events: the connection as a WebSocket, or server-sent events.
struct Stream(Response);

impl IntoResponse for Stream {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Stream {
    fn meta() -> MetaResponses {
        let response = |status, description, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: Vec::new(),
        };
        let events = MetaMediaType { content_type: "text/event-stream", schema: EventMessage::schema_ref() };
        let responses = vec![
            response(101, "A WebSocket: each text message is an EventMessage", Vec::new()),
            response(200, "Server-sent events: the data of each is an EventMessage", vec![events]),
        ];
        MetaResponses { responses }
    }

    fn register(document: &mut Document) {
        EventMessage::register(document);
    }
}

/// Operations on live events.
pub struct EventApi {
    registry: Arc<Registry>,
}

impl EventApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/events", tag = "Tag::Events")]
impl EventApi {
    /// Tells what happens to whatever the caller sees, as it happens: as server-sent events, or over a WebSocket if the
    /// request asks for the upgrade. Administrators who may read the audit log are told of everything.
    #[oai(path = "/", method = "get", operation_id = "events")]
    async fn events(
        &self,
        request: &Request,
        auth: LongAuth,
        /// The position of the last message that the caller knows: it is told what happened since. A `Last-Event-ID`
        /// goes before it.
        after: Query<Option<String>>,
        /// Only these types of event.
        #[oai(name = "type", default)]
        types: Query<Vec<Word<EventType>>>,
        /// Only what is about this server.
        #[oai(name = "serverId")]
        server_id: Query<Option<Uuid>>,
    ) -> Result<Stream, ApiError> {
        let filter = EventFilter {
            types: types.0.into_iter().map(|word| word.0).collect(),
            server_id: server_id.0.map(ServerId),
        };
        let from = resume_from(request.headers(), after.0);
        let caller = auth.grant.caller(auth.origin.clone());
        let handshake = events::handshake(request)?;
        let subscribed = self.registry.events.subscribe(caller, filter, from).await?;
        let streams = request.data::<Arc<EventStreams>>().ok_or_else(ApiError::internal)?;
        let feed = Feed::new(self.registry.clone(), streams, auth, subscribed);
        Ok(Stream(match handshake {
            Some(handshake) => events::over_websocket(streams, handshake, feed),
            None => events::as_server_sent(feed),
        }))
    }
}

/// Where to begin. A position that is none is one that is not known: the caller has to read lists anew.
fn resume_from(headers: &HeaderMap, after: Option<String>) -> ResumeFrom {
    let parse = |text: &str| text.parse().map_or(ResumeFrom::Unknown, ResumeFrom::After);
    match (headers.get(LAST_EVENT_ID), after) {
        (Some(last), _) => last.to_str().map_or(ResumeFrom::Unknown, parse),
        (None, Some(after)) => parse(&after),
        (None, None) => ResumeFrom::Now,
    }
}
