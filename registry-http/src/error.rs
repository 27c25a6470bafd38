//! The one shape of every error answer: `{error, code, details?, timestamp}`.
//!
//! Handlers return [`ApiError`]; [`ErrorRenderer`] turns it, and every error of the framework, into the answer.

mod allow;
mod code;
mod core;
mod openapi;
mod render;

use std::fmt;

use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, StatusCode, header};
use poem_openapi::Object;
use serde::Serialize;
use serde_json::map::Entry;
use serde_json::{Map, Value};

pub use self::{allow::AllowTable, code::ErrorCode, render::ErrorRenderer};

/// The error of a request, as handlers return it.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    details: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of every error answer.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "Error")]
pub struct ErrorBody {
    /// What went wrong, for people.
    pub error: String,
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// More about it. For invalid input: each bad field with its problem.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// When it went wrong.
    pub timestamp: DateTime<Utc>,
}

impl ApiError {
    /// An error of this code with a text for people. The text is sent as it is: it must not show internals.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, headers: Vec::new() }
    }

    /// Input that does not hold; add each bad field by [`ApiError::field`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    /// A failure of ours. The cause goes to the log, never into the answer.
    pub fn internal() -> Self {
        Self::new(ErrorCode::InternalError, "The service could not handle this request")
    }

    /// What does not exist, or may not be seen by the caller.
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("{what} was not found"))
    }

    /// Adds a field and its problem to the details; a second problem of a field is added to the first.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        let details = self.details.get_or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(fields) = details {
            match fields.entry(field) {
                Entry::Vacant(entry) => drop(entry.insert(Value::String(message.into()))),
                Entry::Occupied(mut entry) => {
                    let first = entry.get().as_str().unwrap_or_default();
                    let both = format!("{first}; {}", message.into());
                    entry.insert(Value::String(both));
                }
            }
        }
        self
    }

    /// Sets the details.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Tells the client to try again after so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The code of this error.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The answer in the one shape.
    pub fn into_response(self, now: DateTime<Utc>) -> poem::Response {
        let status = self.status();
        let body = ErrorBody { error: self.message, code: self.code, details: self.details, timestamp: now };
        // Strings, an enum and a JSON value always serialise; an empty body is still the right status.
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response =
            poem::Response::builder().status(status).content_type("application/json").body(bytes);
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<ApiError> for poem::Error {
    fn from(error: ApiError) -> Self {
        let status = error.status();
        poem::Error::new(error, status)
    }
}
