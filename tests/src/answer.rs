//! An answer of the service.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer of the service, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Bytes,
    /// The body as JSON; null if it is none.
    pub json: Value,
    /// The method and path of the request, for messages.
    pub request: String,
}

impl Answer {
    /// The JSON of an answer with this status.
    ///
    /// # Panics
    /// If the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        self.assert(status);
        self.json
    }

    /// The same, when it has this status.
    ///
    /// # Panics
    /// If the status is another.
    #[track_caller]
    pub fn assert(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.request, self.text());
        self
    }

    /// The `details` of an error with this status.
    ///
    /// # Panics
    /// If the status is another.
    #[track_caller]
    pub fn details(self, status: u16) -> Value {
        self.expect(status)["details"].clone()
    }

    /// A header's value.
    ///
    /// # Panics
    /// If it is not there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.request));
        value.to_str().expect("a header of ASCII")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The id of the record in the body.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{} gave no id: {}", self.request, self.text()))
            .into()
    }
}

/// The codes and their statuses.
const CODES: [(u16, &str); 16] = [
    (400, "INVALID_REQUEST"),
    (401, "UNAUTHORIZED"),
    (403, "FORBIDDEN"),
    (404, "NOT_FOUND"),
    (405, "METHOD_NOT_ALLOWED"),
    (406, "NOT_ACCEPTABLE"),
    (408, "REQUEST_TIMEOUT"),
    (409, "CONFLICT"),
    (412, "PRECONDITION_FAILED"),
    (413, "PAYLOAD_TOO_LARGE"),
    (415, "UNSUPPORTED_MEDIA_TYPE"),
    (422, "UNPROCESSABLE_ENTITY"),
    (428, "PRECONDITION_REQUIRED"),
    (429, "RATE_LIMIT_EXCEEDED"),
    (500, "INTERNAL_ERROR"),
    (503, "SERVICE_UNAVAILABLE"),
];

/// Every error is `{error, code, details?, timestamp}` as JSON with an `X-Request-Id` (R159 to R165).
///
/// # Panics
/// If this one is not.
#[track_caller]
pub fn assert_error_shape(answer: &Answer) {
    let Answer { status, json, request, .. } = answer;
    let text = answer.text();
    assert!(!answer.header("x-request-id").is_empty(), "{request}: an empty request id");
    assert_eq!(answer.header("content-type"), "application/json", "{request}: {text}");
    let fields = json.as_object().unwrap_or_else(|| panic!("{request}: {status} is no object: {text}"));
    let known = ["error", "code", "details", "timestamp"];
    assert!(fields.keys().all(|field| known.contains(&field.as_str())), "{request}: other fields in {text}");
    assert!(json["error"].as_str().is_some_and(|error| !error.is_empty()), "{request}: no text in {text}");
    let code = CODES.iter().find(|(number, _)| *number == status.as_u16()).map(|(_, code)| *code);
    assert_eq!(json["code"].as_str(), code, "{request}: {status} with {text}");
    let time = json["timestamp"].as_str().map(chrono::DateTime::parse_from_rfc3339);
    assert!(time.is_some_and(|time| time.is_ok()), "{request}: no timestamp in {text}");
    assert!(fields.get("details").is_none_or(serde_json::Value::is_object), "{request}: details of {text}");
}
