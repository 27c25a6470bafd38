//! What a service answers when it does not do as asked.

use crate::model::field::FieldErrors;
use crate::model::health::CheckError;
use crate::secret::SecretError;
use crate::store::StoreError;

/// Why a presented credential is refused. What was presented and refused is not told apart further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Nothing was presented.
    #[error("authentication is required: send a key as `Authorization: Bearer mcp_...` or in `X-API-Key`")]
    Missing,
    /// It does not begin with `mcp_`.
    #[error("Invalid API key format: a key begins with `mcp_`")]
    Format,
    /// It is unknown, revoked or expired, or its owner is disabled.
    #[error("the API key is not valid")]
    Refused,
    /// The session is over, or never was one.
    #[error("the session has ended; sign in again")]
    Session,
    /// The user name or the password is wrong, or the user may not sign in.
    #[error(
        "the user name or the password is wrong (or users of several tenants have the name: then name the tenant too)"
    )]
    SignIn,
    /// The issuer vouches for somebody who has no account here, and gets none by the operator's rules.
    #[error("there is no account for you here; ask an administrator")]
    NoAccount,
    /// What was to be used once was used, or its time is over.
    #[error("the link or the sign-in that was begun is not valid any more; begin again")]
    Ticket,
}

/// An error with all of its causes, for a log.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Why a service did not do as asked. After any of these nothing has changed, but for a failure of the store (see
/// [`StoreError`]).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Who calls is not known.
    #[error(transparent)]
    Unauthenticated(#[from] AuthError),
    /// The caller may not do this.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// There is no such thing, or the caller may not know of it.
    #[error("not found")]
    NotFound,
    /// The input has problems.
    #[error("the input is not valid: {0}")]
    Invalid(FieldErrors),
    /// Another record is in the way.
    #[error("{message}")]
    Conflict {
        /// The field of the input that clashes.
        field: &'static str,
        /// What to do about it.
        message: String,
    },
    /// The record was changed since the caller read it.
    #[error("the record was changed meanwhile; read it again and repeat the change")]
    Stale,
    /// The server's endpoint did not pass its check.
    #[error("the server could not be reached as configured: {}", .0.message)]
    Unreachable(CheckError),
    /// Too much of the same is under way.
    #[error("the service is busy with this; try again in a moment")]
    Busy,
    /// The caller has as many of these as one may have.
    #[error("{0}")]
    TooMany(&'static str),
    /// An issuer of tokens cannot be asked for its keys.
    #[error("the issuer of the token is not available; try again later")]
    IssuerUnavailable(String),
    /// The store does not answer.
    #[error("the store is not available; try again later")]
    Unavailable(#[source] StoreError),
    /// Something is broken here.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing => Self::NotFound,
            StoreError::Stale => Self::Stale,
            StoreError::InUse(reason) => Self::Conflict { field: "id", message: reason.to_owned() },
            StoreError::DependsOnItself => {
                FieldErrors::one("dependsOn", "would make it depend on itself, or on more than 1000 servers")
                    .into()
            }
            StoreError::LastAdmin => Self::Conflict {
                field: "role",
                message: "it is the last administrator who can act; make another one first".to_owned(),
            },
            StoreError::Unavailable(_) => Self::Unavailable(error),
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<SecretError> for Error {
    fn from(error: SecretError) -> Self {
        Self::Internal(Box::new(error))
    }
}
