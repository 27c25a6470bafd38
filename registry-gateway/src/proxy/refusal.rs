//! Why a message does not pass the door, as it is told.

use std::borrow::Cow;

use http::StatusCode;

/// The longest id of a request that an answer repeats, in bytes as it is written.
const MAX_ID: usize = 256;

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is none, or cannot be judged.
    Message,
    /// It is in another form than plain JSON.
    MediaType,
    /// Its answer would be of a type that the client does not take.
    Accept,
    /// It did not arrive in time.
    Late,
    /// Its headers differ from it.
    Mismatch,
    /// It calls a tool that the key may not call.
    Tool,
    /// It calls a tool that nobody may call until somebody approves it.
    Withheld,
}

/// Why a message does not pass, and its id if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    kind: Kind,
    message: Cow<'static, str>,
    /// As the client wrote it, in JSON.
    id: Option<Box<str>>,
}

impl Refusal {
    pub(super) fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), id: None }
    }

    /// The same, of the request with this id, as it is written. Only numbers and strings are ids.
    pub(super) fn of(self, id: Option<&str>) -> Self {
        let is_id = |id: &&str| {
            id.len() <= MAX_ID && id.starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        };
        Self { id: id.filter(is_id).map(Into::into), ..self }
    }

    pub(super) fn code(&self) -> &'static str {
        match self.kind {
            Kind::Message => "INVALID_REQUEST",
            Kind::MediaType => "UNSUPPORTED_MEDIA_TYPE",
            Kind::Accept => "NOT_ACCEPTABLE",
            Kind::Late => "REQUEST_TIMEOUT",
            Kind::Mismatch => "HEADER_MISMATCH",
            Kind::Tool => "TOOL_NOT_ALLOWED",
            Kind::Withheld => "TOOL_WITHHELD",
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self.kind {
            Kind::Message | Kind::Mismatch => StatusCode::BAD_REQUEST,
            Kind::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::Accept => StatusCode::NOT_ACCEPTABLE,
            Kind::Late => StatusCode::REQUEST_TIMEOUT,
            Kind::Tool | Kind::Withheld => StatusCode::FORBIDDEN,
        }
    }

    /// The code of the JSON-RPC error.
    pub(super) fn rpc_code(&self) -> i32 {
        match self.kind {
            // MCP 2026-07-28, HeaderMismatch.
            Kind::Mismatch => -32_020,
            _ => -32_600,
        }
    }

    pub(super) fn message(&self) -> Cow<'static, str> {
        self.message.clone()
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl From<Refusal> for super::Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Door(Box::new(refusal))
    }
}
