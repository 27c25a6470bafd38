//! What a client is told of its limits (draft-ietf-httpapi-ratelimit-headers-10).

use http::{HeaderMap, HeaderName, HeaderValue};
use registry_core::limit::Decision;

/// The limit, and over which time.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Adds the fields of the limit that is nearest, if there is one.
pub fn tell(headers: &mut HeaderMap, decision: &Decision) {
    let Some(standing) = decision.standing() else { return };
    for (name, field) in [(RATE_LIMIT_POLICY, standing.policy_field()), (RATE_LIMIT, standing.limit_field())]
    {
        if let Ok(value) = HeaderValue::from_bytes(field.as_bytes()) {
            headers.insert(name, value);
        }
    }
}
