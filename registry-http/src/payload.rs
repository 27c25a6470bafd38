//! A JSON payload that keeps poem-openapi's schema but reads and writes by serde.
//!
//! poem-openapi's own builds a tree of values first, in both directions, which costs about twice the time.
//! The schema comes from `#[derive(Object)]` and the bytes from serde, so the two derives must name the fields
//! alike; `contract::assert_same_json` checks that in the tests of each type.

use poem::{IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions,
    error::ContentTypeError,
    payload::{ParsePayload, Payload},
    registry::{MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::Type,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::ApiError;

/// A JSON body: of a request if `T` deserialises, of an answer if it serialises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Type> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    /// `application/json` and every `application/*+json`, with any parameters.
    fn check_content_type(content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence
            .strip_prefix("application/")
            .is_some_and(|subtype| subtype == "json" || (subtype.len() > 5 && subtype.ends_with("+json")))
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + DeserializeOwned> ParsePayload for Json<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(_request: &Request, body: &mut RequestBody) -> Result<Self> {
        // The size and the time of the body are bounded by the listener.
        let data = body.take()?.into_bytes().await?;
        Ok(Self(parse(&data)?))
    }
}

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for Json<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: Self::IS_REQUIRED })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        check_content_type::<T>(request)?;
        <Self as ParsePayload>::from_request(request, body).await
    }
}

/// A JSON body of a request that may be left out: then it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionalJson<T>(pub T);

impl<'a, T: Type + DeserializeOwned + Default> ApiExtractor<'a> for OptionalJson<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        <Json<T> as ApiExtractor>::request_meta().map(|meta| MetaRequest { required: false, ..meta })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        let data = body.take()?.into_bytes().await?;
        if data.is_empty() {
            return Ok(Self(T::default()));
        }
        check_content_type::<T>(request)?;
        Ok(Self(parse(&data)?))
    }
}

fn check_content_type<T: Type>(request: &Request) -> Result<(), ContentTypeError> {
    match request.content_type() {
        Some(content_type) if Json::<T>::check_content_type(content_type) => Ok(()),
        Some(content_type) => Err(ContentTypeError::NotSupported { content_type: content_type.to_owned() }),
        None => Err(ContentTypeError::ExpectContentType),
    }
}

impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => Response::builder().content_type("application/json").body(bytes),
            Err(error) => {
                tracing::error!(%error, "an answer could not be serialised");
                http::StatusCode::INTERNAL_SERVER_ERROR.into()
            }
        }
    }
}

impl<T: Type + Serialize> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: T::schema_ref() }];
        let ok = MetaResponse {
            description: "Done",
            status: Some(200),
            status_range: None,
            content,
            headers: Vec::new(),
        };
        MetaResponses { responses: vec![ok] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// Parses a body, and says where it is wrong. Unknown fields are ignored.
fn parse<T: DeserializeOwned>(data: &[u8]) -> Result<T, ApiError> {
    if data.is_empty() {
        return Err(ApiError::invalid("A JSON body is required"));
    }
    // The common case pays nothing for the tracking of the path; only a failure is read a second time.
    serde_json::from_slice(data).map_err(|error| {
        let mut deserializer = serde_json::Deserializer::from_slice(data);
        match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Err(located) if located.inner().is_data() => {
                let field = located.path().to_string();
                ApiError::invalid("The body is not valid").field(field_name(&field), reason(located.inner()))
            }
            _ => ApiError::invalid(format!("The body is not valid JSON: {error}")),
        }
    })
}

/// serde writes `.` for the whole body.
fn field_name(path: &str) -> &str {
    if path == "." { "body" } else { path }
}

/// What the value must be. serde's own text repeats the value, which may be a secret, and names our types.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(&*text, |end| &text[..end]);
    if let Some((_, expected)) = text.split_once(", expected ") {
        return format!("must be {}", kind(expected));
    }
    match text.starts_with("missing field") || text.starts_with("duplicate field") {
        true => text.to_owned(),
        false => "is not valid".to_owned(),
    }
}

/// JSON's word for what serde expected.
fn kind(expected: &str) -> &'static str {
    let number = |text: &str| text.strip_prefix(['u', 'i']).is_some_and(|bits| bits.parse::<u8>().is_ok());
    match expected {
        "a string" | "a borrowed string" => "a string",
        "a boolean" => "true or false",
        "a map" => "an object",
        "a sequence" => "an array",
        "f64" => "a number",
        "a UUID string" => "a UUID",
        text if text.starts_with("struct ") => "an object",
        text if number(text) => "a whole number in the field's bounds",
        _ => "of another form",
    }
}

#[cfg(test)]
pub(crate) mod contract {
    //! The check that serde and poem-openapi agree on a type.

    use chrono::DateTime;
    use poem_openapi::types::ToJSON;
    use serde::Serialize;
    use serde_json::Value;

    /// Fails unless serde writes the JSON that the schema describes. The same instant may be spelt in two ways.
    #[track_caller]
    pub(crate) fn assert_same_json<T: ToJSON + Serialize>(value: &T) {
        let (schema, serde) = (value.to_json().unwrap_or_default(), serde_json::to_value(value).unwrap());
        assert!(is_same(&schema, &serde), "the schema has {schema}, serde writes {serde}");
    }

    fn is_same(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_same(a, b)))
            }
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
            }
            (Value::String(a), Value::String(b)) => {
                let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok();
                a == b || instant(a).is_some_and(|a| instant(b) == Some(a))
            }
            _ => a == b,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use poem_openapi::payload::Payload;

    use super::{Json, contract::assert_same_json, parse};
    use crate::error::{ErrorBody, ErrorCode};

    #[derive(Debug, serde::Deserialize)]
    struct Deep {
        #[expect(dead_code, reason = "only parsed")]
        items: Vec<Item>,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Item {
        #[expect(dead_code, reason = "only parsed")]
        size: u8,
    }

    fn details(json: &str) -> String {
        format!("{:?}", parse::<Deep>(json.as_bytes()).unwrap_err())
    }

    /// Fuzz target: a body is read or refused, and the refusal repeats no value of it.
    #[test]
    fn fuzz_body() {
        #[derive(serde::Deserialize)]
        struct Body {
            #[serde(rename = "name")]
            _name: String,
            #[serde(rename = "count")]
            _count: Option<u8>,
            #[serde(rename = "tags", default)]
            _tags: Vec<bool>,
        }
        bolero::check!().for_each(|bytes: &[u8]| {
            let Err(error) = super::parse::<Body>(bytes) else { return };
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        });
    }

    #[test]
    fn a_bad_field_is_named_by_its_path() {
        let text = details(r#"{"items": [{"size": 1}, {"size": "x"}]}"#);
        assert!(text.contains("items[1].size") && !text.contains("at line"), "{text}");
    }

    #[test]
    fn bad_syntax_has_a_position_and_depth_is_bounded() {
        assert!(details("{").contains("at line 1"));
        assert!(parse::<serde_json::Value>("[".repeat(100_000).as_bytes()).is_err());
        assert!(details("").contains("required"));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        assert!(parse::<Deep>(br#"{"items": [], "other": {}}"#).is_ok());
    }

    #[test]
    fn content_types() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert!(Json::<String>::check_content_type(good), "{good}");
        }
        for bad in ["text/json", "application/x-www-form-urlencoded", "application/+json", ""] {
            assert!(!Json::<String>::check_content_type(bad), "{bad}");
        }
    }

    #[test]
    fn the_error_shape_is_the_same_in_serde_and_schema() {
        for details in [None, Some(serde_json::json!({ "a": "b" }))] {
            let code = ErrorCode::RateLimitExceeded;
            assert_same_json(&ErrorBody {
                error: "e".into(),
                code,
                details,
                timestamp: DateTime::UNIX_EPOCH,
            });
        }
        assert_eq!(serde_json::json!(ErrorCode::RateLimitExceeded), ErrorCode::RateLimitExceeded.as_str());
    }
}
