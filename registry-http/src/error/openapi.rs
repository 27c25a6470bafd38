//! What the OpenAPI document says of errors, for every operation that returns `Result<_, ApiError>`.

use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};

use super::{ApiError, ErrorBody};

/// The statuses that an operation may answer; [`crate::docs::document`] drops those that cannot occur.
const DOCUMENTED: [(u16, &str); 14] = [
    (400, "The request is not valid"),
    (401, "No valid credential was given"),
    (403, "The caller may not do this"),
    (404, "Nothing is there, or the caller may not see it"),
    (408, "The body did not arrive in time"),
    (409, "The request collides with what is stored"),
    (412, "The record has changed since the revision named in `If-Match`"),
    (413, "The body is too large"),
    (415, "The body is of a type that is not read here"),
    (422, "The request is well formed but cannot be done as it stands"),
    (428, "The revision must be named in `If-Match`"),
    (429, "A limit was exceeded; see `Retry-After`"),
    (500, "A failure of the service"),
    (503, "Something that the service needs is away"),
];

impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        let responses = DOCUMENTED.map(|(status, description)| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema: ErrorBody::schema_ref(),
            }],
            headers: Vec::new(),
        });
        MetaResponses { responses: responses.into() }
    }

    fn register(registry: &mut Registry) {
        ErrorBody::register(registry);
    }
}
