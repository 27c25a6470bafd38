//! The core's errors as answers: the one `match` from what a service says to a status and a code.

use http::{HeaderValue, header};
use registry_core::Error;
use registry_core::error::AuthError;
use registry_core::model::field::FieldErrors;
use serde_json::json;

use super::{ApiError, ErrorCode};

/// When to try again while the store is away, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Unauthenticated(error) => error.into(),
            Error::Forbidden(_) => Self::new(ErrorCode::Forbidden, text),
            Error::NotFound => Self::not_found("What you ask for"),
            Error::Invalid(errors) => errors.into(),
            Error::Conflict { field, message } => Self::new(ErrorCode::Conflict, text).field(field, message),
            Error::Stale => Self::new(ErrorCode::PreconditionFailed, text),
            Error::Unreachable(check) => Self::new(ErrorCode::UnprocessableEntity, text)
                .details(json!({ "endpointUrl": check.message, "reason": check.code })),
            Error::TooMany(_) => Self::new(ErrorCode::RateLimitExceeded, text).retry_after(1),
            Error::Busy => Self::new(ErrorCode::ServiceUnavailable, text).retry_after(1),
            Error::IssuerUnavailable(reason) => {
                tracing::warn!(reason, "an issuer of tokens is not available");
                Self::new(ErrorCode::ServiceUnavailable, text).retry_after(RETRY_AFTER_SECONDS)
            }
            Error::Unavailable(cause) => {
                tracing::error!(error = registry_core::error::chain(&cause), "the store is not available");
                Self::new(ErrorCode::ServiceUnavailable, text).retry_after(RETRY_AFTER_SECONDS)
            }
            Error::Internal(cause) => {
                tracing::error!(error = registry_core::error::chain(&*cause), "a service failed");
                Self::internal()
            }
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Self::new(ErrorCode::Unauthorized, error.to_string())
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        let start = Self::invalid("The input is not valid; see details");
        errors.as_slice().iter().fold(start, |error, problem| error.field(&problem.field, &problem.message))
    }
}
