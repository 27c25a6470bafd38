//! Session handles: what a client holds instead of the upstream's `Mcp-Session-Id`.
//!
//! A handle is the upstream's id, sealed for one credential, tenant and server. Any node opens it, another credential cannot
//! use it, and nothing is stored.

use http::HeaderValue;
use registry_core::clock::Clock;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::secret::{Keyring, Sealed, SecretContext};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::Failure;

/// The longest session id of an upstream, in bytes.
const MAX_SESSION_ID: usize = 1_024;

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionScope {
    pub(super) tenant: TenantId,
    /// The key, or who has the token.
    pub(super) credential: Uuid,
    pub(super) server: ServerId,
}

/// The handle for an upstream's session id.
pub(super) fn seal(
    keyring: &Keyring,
    clock: &dyn Clock,
    scope: SessionScope,
    id: &HeaderValue,
) -> Result<HeaderValue, Failure> {
    if id.len() > MAX_SESSION_ID {
        return Err(Failure::BadAnswer("its session id is too long"));
    }
    let holder = scope.credential.to_string();
    let sealed =
        keyring.seal(clock, context(scope, &holder), id.as_bytes()).map_err(|_| Failure::Internal)?;
    HeaderValue::from_str(sealed.as_str()).map_err(|_| Failure::Internal)
}

/// The upstream's session id of a handle. A handle that does not open, be it another key's, is a session that does not
/// exist: the client then begins a new one.
pub(super) fn open(
    keyring: &Keyring,
    scope: SessionScope,
    handle: &HeaderValue,
) -> Result<HeaderValue, Failure> {
    let handle = handle.to_str().map_err(|_| Failure::NoSuchSession)?;
    let holder = scope.credential.to_string();
    let opened = keyring.open(context(scope, &holder), &Sealed::from_text(handle.to_owned()));
    let id = opened.map_err(|_| Failure::NoSuchSession)?;
    HeaderValue::from_bytes(id.expose_secret()).map_err(|_| Failure::NoSuchSession)
}

fn context(scope: SessionScope, holder: &str) -> SecretContext<'_> {
    SecretContext { tenant: Some(scope.tenant), table: "session", record: scope.server.0, field: holder }
}
