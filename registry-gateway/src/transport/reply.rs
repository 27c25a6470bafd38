//! What a streamable HTTP upstream's response means to rmcp.

use http::{
    HeaderMap, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use hyper::body::Incoming;
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, ErrorData, ServerJsonRpcMessage},
    transport::{
        common::http_header::{EVENT_STREAM_MIME_TYPE, HEADER_SESSION_ID, JSON_MIME_TYPE},
        streamable_http_client::{
            AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
            StreamableHttpPostResponse,
        },
    },
};

use super::{
    body,
    streamable_http::{Failure, MAX_ERROR_BODY_BYTES, MAX_JSON_BODY_BYTES},
};

/// The media types that MCP uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Events,
    Other,
}

impl Media {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(JSON_MIME_TYPE) {
            Self::Json
        } else if essence.eq_ignore_ascii_case(EVENT_STREAM_MIME_TYPE) {
            Self::Events
        } else {
            Self::Other
        }
    }
}

/// The error for a content type that is neither JSON nor an event stream.
pub(super) fn unexpected_media(headers: &HeaderMap) -> Failure {
    let text = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    StreamableHttpError::UnexpectedContentType(text)
}

/// The session id of a response, when the upstream opened a session.
pub(super) fn session_id(headers: &HeaderMap) -> Option<String> {
    headers.get(HEADER_SESSION_ID).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The error that a failed status alone tells: a challenge with 401 or 403, else the status itself.
pub(super) fn status_error(status: StatusCode, headers: &HeaderMap) -> Failure {
    match (status, challenge(headers)) {
        (StatusCode::UNAUTHORIZED, Some(text)) => {
            StreamableHttpError::AuthRequired(AuthRequiredError::new(text))
        }
        (StatusCode::FORBIDDEN, Some(text)) => {
            StreamableHttpError::InsufficientScope(InsufficientScopeError::new(text, None))
        }
        _ => {
            let retry_after =
                headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
            HttpStatusError::new(status.as_u16(), retry_after).into()
        }
    }
}

/// The Bearer challenge if there is one, as only that leads to OAuth (RFC 9728), else the first one.
fn challenge(headers: &HeaderMap) -> Option<String> {
    let challenges =
        || headers.get_all(WWW_AUTHENTICATE).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let bearer =
        challenges().find(|text| text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")));
    bearer.or_else(|| challenges().next()).map(|text| text.into_owned())
}

/// Reads the whole JSON reply to a request.
pub(super) async fn json(response: Response<Incoming>) -> Result<StreamableHttpPostResponse, Failure> {
    let session_id = session_id(response.headers());
    let body = body::read(response.into_body(), MAX_JSON_BODY_BYTES).await?;
    let message = serde_json::from_slice(&body).map_err(|error| {
        StreamableHttpError::UnexpectedServerResponse(
            format!("the body is no JSON-RPC message: {error}").into(),
        )
    })?;
    Ok(StreamableHttpPostResponse::Json(message, session_id))
}

/// Judges a POST that failed. The body is read before the status is judged, because servers of every era
/// put JSON-RPC errors behind 4xx and 5xx.
pub(super) async fn failure(
    response: Response<Incoming>,
    message: &ClientJsonRpcMessage,
    in_session: bool,
) -> Result<StreamableHttpPostResponse, Failure> {
    let (head, body) = response.into_parts();
    let by_status = status_error(head.status, &head.headers);
    match head.status {
        StatusCode::NOT_FOUND if in_session => return Err(StreamableHttpError::SessionExpired),
        // A credential or rate problem stays one, whatever the body says.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            return Err(by_status);
        }
        _ => {}
    }
    let error = match body::read(body, MAX_ERROR_BODY_BYTES).await {
        Ok(body) => json_rpc_error(&body),
        Err(_) => None,
    };
    if let Some(reply) = discovery_refused(message, in_session, head.status, error.as_ref()) {
        return Ok(reply);
    }
    match error {
        Some(error) if Media::of(&head.headers) == Media::Json => {
            Ok(StreamableHttpPostResponse::Json(error, session_id(&head.headers)))
        }
        _ => Err(by_status),
    }
}

fn json_rpc_error(body: &[u8]) -> Option<ServerJsonRpcMessage> {
    serde_json::from_slice(body).ok().filter(|message| matches!(message, ServerJsonRpcMessage::Error(_)))
}

/// A 4xx to `server/discover` is how a server of an older era says that it does not know it. rmcp's
/// lifecycle falls back to `initialize` only on a JSON-RPC error with the id of its request, which such a
/// server, or the web server before it, seldom sends: so it is written here.
fn discovery_refused(
    message: &ClientJsonRpcMessage,
    in_session: bool,
    status: StatusCode,
    error: Option<&ServerJsonRpcMessage>,
) -> Option<StreamableHttpPostResponse> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    let is_discovery = matches!(request.request, ClientRequest::DiscoverRequest(_));
    if in_session || !is_discovery || !status.is_client_error() {
        return None;
    }
    let error = match error {
        Some(ServerJsonRpcMessage::Error(error)) => error.error.clone(),
        _ => ErrorData::invalid_request(format!("server/discover was refused with HTTP {status}"), None),
    };
    let reply = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
    Some(StreamableHttpPostResponse::Json(reply, None))
}
