//! Turns every error that reaches the top into the one shape.

use std::error::Error as StdError;

use http::{StatusCode, header};
use poem::error::{
    MethodNotAllowedError, NotFoundError, ParseJsonError, ParseQueryError, ParseTypedHeaderError,
    ReadBodyError,
};
use poem_openapi::error::{
    AuthorizationError, ContentTypeError, ParseMultipartError, ParseParamError, ParsePathError,
    ParseRequestPayloadError,
};

use super::{AllowTable, ApiError, ErrorCode};
use crate::{ambient::Ambient, listen::BodyError};

/// Renders errors: knows the time and, for 405, the methods of each path.
#[derive(Debug)]
pub struct ErrorRenderer {
    ambient: Ambient,
    allow: AllowTable,
}

impl ErrorRenderer {
    /// A renderer with these sources.
    pub fn new(ambient: Ambient, allow: AllowTable) -> Self {
        Self { ambient, allow }
    }

    /// The paths that are served.
    pub(crate) fn routes(&self) -> &AllowTable {
        &self.allow
    }

    /// The answer to an error of ours.
    pub fn api(&self, error: ApiError) -> poem::Response {
        error.into_response(self.ambient.now())
    }

    /// The answer to an error that an endpoint returned for a request to `path`.
    pub fn poem(&self, error: poem::Error, path: &str) -> poem::Response {
        if error.is_from_response() {
            return error.into_response();
        }
        let mut shaped = shape(&error);
        if shaped.code() == ErrorCode::MethodNotAllowed
            && let Some(methods) = self.allow.find(path)
        {
            shaped = shaped.header(header::ALLOW, methods.clone());
        }
        self.api(shaped)
    }
}

fn shape(error: &poem::Error) -> ApiError {
    if let Some(error) = error.downcast_ref::<ApiError>() {
        return error.clone();
    }
    if error.status().is_server_error() && error.downcast_ref::<ReadBodyError>().is_none() {
        return server_error(error);
    }
    input_error(error)
        .or_else(|| body_error(error))
        .or_else(|| route_error(error))
        .unwrap_or_else(|| by_status(error.status()))
}

/// Our own failures: the log gets the chain of causes, the client only the status.
fn server_error(error: &poem::Error) -> ApiError {
    tracing::error!(error = %chain(error), "request failed");
    match error.status() {
        StatusCode::SERVICE_UNAVAILABLE => {
            ApiError::new(ErrorCode::ServiceUnavailable, "The service is not available at the moment")
        }
        _ => ApiError::internal(),
    }
}

/// poem's error is none of the standard library's, and its source is the error itself.
fn chain(error: &poem::Error) -> String {
    match error.source().and_then(StdError::source) {
        Some(cause) => format!("{error}: {}", registry_core::error::chain(cause)),
        None => error.to_string(),
    }
}

fn input_error(error: &poem::Error) -> Option<ApiError> {
    if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
        return Some(ApiError::invalid(format!("The parameter `{name}` is not valid")).field(*name, reason));
    }
    // poem-openapi calls path parameters `param0` and so on: the position says more to the client.
    if let Some(ParsePathError { reason, .. }) = error.downcast_ref() {
        return Some(ApiError::invalid("The path holds a value that is not valid").field("path", reason));
    }
    if let Some(ParseRequestPayloadError { reason }) = error.downcast_ref() {
        return Some(ApiError::invalid("The body is not valid").field("body", reason));
    }
    let text = text_of::<ParseJsonError>(error)
        .or_else(|| text_of::<ParseQueryError>(error))
        .or_else(|| text_of::<ParseTypedHeaderError>(error))
        .or_else(|| text_of::<ParseMultipartError>(error))?;
    Some(ApiError::new(ErrorCode::of_status(error.status()), text))
}

fn text_of<T: StdError + Send + Sync + 'static>(error: &poem::Error) -> Option<String> {
    error.downcast_ref::<T>().map(ToString::to_string)
}

fn body_error(error: &poem::Error) -> Option<ApiError> {
    if let Some(error) = error.downcast_ref::<ContentTypeError>() {
        let text = match error {
            ContentTypeError::NotSupported { .. } => "The `Content-Type` of the body is not read here",
            ContentTypeError::ExpectContentType => "The request has no `Content-Type`",
        };
        return Some(ApiError::new(ErrorCode::UnsupportedMediaType, text));
    }
    Some(match error.downcast_ref::<ReadBodyError>()? {
        ReadBodyError::BodyHasBeenTaken => server_error(error),
        ReadBodyError::Utf8(_) => ApiError::invalid("The body is not UTF-8"),
        ReadBodyError::PayloadTooLarge => BodyError::TooLarge.into(),
        ReadBodyError::Io(error) => match BodyError::find(error) {
            Some(error) => error.into(),
            None => ApiError::invalid("The body could not be read"),
        },
    })
}

fn route_error(error: &poem::Error) -> Option<ApiError> {
    if error.is::<NotFoundError>() {
        return Some(ApiError::new(ErrorCode::NotFound, "No such path"));
    }
    if error.is::<MethodNotAllowedError>() {
        return Some(ApiError::new(ErrorCode::MethodNotAllowed, "This path does not have that method"));
    }
    error
        .is::<AuthorizationError>()
        .then(|| ApiError::new(ErrorCode::Unauthorized, "A valid credential is required"))
}

/// Any other error of the framework: only its status is trusted, its text may show internals.
fn by_status(status: StatusCode) -> ApiError {
    let reason = status.canonical_reason().unwrap_or("The request was refused");
    ApiError::new(ErrorCode::of_status(status), reason)
}
