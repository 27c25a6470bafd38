//! The key that a client presents.

use http::{HeaderMap, header};
use registry_core::error::AuthError;

const X_API_KEY: &str = "x-api-key";

/// The one key in `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`. Two different ones are refused:
/// what judges the call and what logs it must not pick differently.
///
/// # Errors
/// [`AuthError`] if there is none, or not one.
pub fn presented(headers: &HeaderMap) -> Result<&str, AuthError> {
    let bearer =
        headers.get_all(header::AUTHORIZATION).iter().map(|value| value.to_str().ok().and_then(bearer));
    let plain = headers.get_all(X_API_KEY).iter().map(|value| value.to_str().ok());
    let mut keys = bearer.chain(plain);
    let first = keys.next().ok_or(AuthError::Missing)?.ok_or(AuthError::Format)?;
    match keys.all(|key| key == Some(first)) {
        true => Ok(first),
        false => Err(AuthError::Refused),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
