//! What a call says of its upstream's health.

use std::error::Error;

use http::StatusCode;

use super::Failure;
use crate::dial::UpstreamError;

/// What a call says of its upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answers. A refusal is an answer too.
    Well,
    /// It fails.
    Failed,
    /// Nothing: the call did not come to it, or did not come to an end.
    Unknown,
}

impl Verdict {
    /// That of an answer which is passed on.
    pub(super) fn of_status(status: StatusCode) -> Self {
        if status.is_server_error() { Self::Failed } else { Self::Well }
    }

    /// That of a failure.
    pub(super) fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Unreachable | Failure::Timeout(_) | Failure::BadAnswer(_) => Self::Failed,
            Failure::UpstreamAuth | Failure::UpstreamRefusal { .. } => Self::Well,
            _ => Self::Unknown,
        }
    }
}

/// Whether it was the client that broke the exchange off, in the midst of its request's body.
pub(super) fn is_of_the_client(error: &UpstreamError) -> bool {
    find::<hyper::Error>(error).is_some_and(hyper::Error::is_user)
}

/// The first error of this type among `error` and its sources.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        source = error.source();
    }
    None
}
