//! Conditional updates: `ETag` and `If-Match` (RFC 9110 sections 8.8.3 and 13.1.1) over the record's revision.

use registry_core::model::server::Revision;

use crate::error::{ApiError, ErrorCode};

/// The entity tag of a revision.
pub(super) fn etag(revision: Revision) -> String {
    format!("\"{revision}\"")
}

/// The revision that `If-Match` names; `None` without the header and for `*`.
pub(super) fn expected(if_match: Option<&str>) -> Result<Option<Revision>, ApiError> {
    let Some(tag) = if_match.map(str::trim).filter(|tag| *tag != "*") else { return Ok(None) };
    let revision =
        tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    // A tag that this service never gave cannot be current.
    revision.map(Some).ok_or_else(|| {
        ApiError::new(
            ErrorCode::PreconditionFailed,
            "`If-Match` must be one ETag that this service gave, or `*`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{etag, expected};

    #[test]
    fn an_etag_comes_back_as_its_revision() {
        assert_eq!(expected(Some(&etag(7))).unwrap(), Some(7));
        assert_eq!(expected(Some("*")).unwrap(), None);
        assert_eq!(expected(None).unwrap(), None);
        for odd in ["7", "W/\"7\"", "\"a\"", "\"1\", \"2\"", ""] {
            assert!(expected(Some(odd)).is_err(), "{odd}");
        }
    }
}
