//! What a client is told of its limits (draft-ietf-httpapi-ratelimit-headers-10).

use std::cell::RefCell;

use http::{HeaderMap, HeaderName, HeaderValue};
use registry_core::limit::{Decision, LimitKind, Standing};

/// The limit, and over which time.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Adds the fields of the limit that is nearest, if there is one.
pub fn tell(headers: &mut HeaderMap, decision: &Decision) {
    let Some(standing) = decision.standing() else { return };
    let left = HeaderValue::from_bytes(standing.limit_field().as_bytes()).ok();
    for (name, value) in [(RATE_LIMIT_POLICY, policy(standing)), (RATE_LIMIT, left)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}

/// The limit as it is told. That of the last call is kept, for it is mostly that of the next one.
fn policy(standing: &Standing) -> Option<HeaderValue> {
    thread_local! {
        static LAST: RefCell<Option<(LimitKind, u32, HeaderValue)>> = const { RefCell::new(None) };
    }
    let of = (standing.kind(), standing.quota().rpm());
    LAST.with_borrow_mut(|last| match last {
        Some((kind, rpm, value)) if (*kind, *rpm) == of => Some(value.clone()),
        _ => {
            let value = HeaderValue::from_bytes(standing.policy_field().as_bytes()).ok()?;
            *last = Some((of.0, of.1, value.clone()));
            Some(value)
        }
    })
}
