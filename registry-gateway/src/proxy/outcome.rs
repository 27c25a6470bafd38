//! How a call ended, as a label of metrics.

use http::StatusCode;

use super::Failure;

/// The words: how a call may end beside a failure, and then the codes of [`Failure`] in lower case.
pub(super) const OUTCOMES: [&str; 36] = [
    "ok",
    "upstream_4xx",
    "upstream_5xx",
    "client_gone",
    "cut",
    "unauthorized",
    "forbidden",
    "rate_limit_exceeded",
    "not_found",
    "session_not_found",
    "method_not_allowed",
    "payload_too_large",
    "invalid_request",
    "unsupported_protocol_version",
    "server_changed",
    "too_many_sessions",
    "too_much_unread",
    "not_acceptable",
    "unsupported_media_type",
    "request_timeout",
    "header_mismatch",
    "tool_not_allowed",
    "server_not_active",
    "server_busy",
    "server_circuit_open",
    "unsupported_transport",
    "refused_address",
    "upstream_unreachable",
    "upstream_timeout",
    "upstream_unauthorized",
    "upstream_token_failed",
    "upstream_refusal",
    "upstream_error",
    "incomplete_request",
    "service_unavailable",
    "internal_error",
];

/// How a call ended: a place in [`OUTCOMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome(usize);

impl Outcome {
    /// The client went away before the upstream answered.
    pub(super) const CLIENT_GONE: Self = Self(3);
    /// The answer began, and broke off.
    pub(super) const CUT: Self = Self(4);

    /// That of an answer which is passed on.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400..=499 => Self(1),
            500..=599 => Self(2),
            _ => Self(0),
        }
    }

    /// That of a failure.
    pub(super) fn of_failure(failure: &Failure) -> Self {
        let place = OUTCOMES.iter().position(|outcome| outcome.eq_ignore_ascii_case(failure.code()));
        Self(place.unwrap_or(OUTCOMES.len() - 1))
    }

    /// Its place in tables of outcomes.
    pub(super) fn place(self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;
    use registry_core::error::AuthError;
    use registry_core::model::server::ServerStatus;

    use super::super::bridge::UnsupportedVersion;
    use super::super::refusal::{Kind, Refusal};
    use super::{Failure, OUTCOMES, Outcome};
    use crate::credential::TokenError;

    #[test]
    fn every_failure_has_an_outcome_of_its_own_name() {
        let refusal = Failure::UpstreamRefusal { status: StatusCode::GONE, retry_after: None };
        let unsupported = UnsupportedVersion { requested: "".into(), supported: Vec::new(), is_modern: true };
        let unsupported = Failure::Version(Box::new(unsupported));
        let failures = [
            Failure::Auth(AuthError::Missing),
            Failure::Scope,
            Failure::NoSuchServer,
            Failure::NoSuchSession,
            Failure::Origin,
            Failure::Method,
            Failure::TooLarge,
            unsupported,
            Failure::Changed,
            Failure::Crowded,
            Failure::Sessions(""),
            Refusal::new(Kind::Message, "").into(),
            Refusal::new(Kind::MediaType, "").into(),
            Refusal::new(Kind::Late, "").into(),
            Refusal::new(Kind::Mismatch, "").into(),
            Refusal::new(Kind::Tool, "").into(),
            Refusal::new(Kind::Accept, "").into(),
            Failure::NotActive(ServerStatus::Inactive),
            Failure::Busy,
            Failure::CircuitOpen(Duration::ZERO),
            Failure::Transport,
            Failure::Refused,
            Failure::Unreachable,
            Failure::Timeout(Duration::ZERO),
            Failure::UpstreamAuth,
            Failure::UpstreamToken(TokenError::Refused),
            refusal,
            Failure::BadAnswer(""),
            Failure::Incomplete,
            Failure::Unavailable,
            Failure::IssuerUnavailable,
            Failure::Internal,
        ];
        for failure in failures {
            let word = OUTCOMES[Outcome::of_failure(&failure).place()];
            assert_eq!(word.to_ascii_uppercase(), failure.code());
        }
    }

    #[test]
    fn an_answer_that_is_passed_on_has_the_outcome_of_its_status() {
        for (status, word) in [(200, "ok"), (202, "ok"), (404, "upstream_4xx"), (500, "upstream_5xx")] {
            let outcome = Outcome::of_status(StatusCode::from_u16(status).unwrap());
            assert_eq!(OUTCOMES[outcome.place()], word);
        }
        assert_eq!(OUTCOMES[Outcome::CLIENT_GONE.place()], "client_gone");
        assert_eq!(OUTCOMES[Outcome::CUT.place()], "cut");
    }
}
