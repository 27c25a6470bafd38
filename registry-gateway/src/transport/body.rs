//! Response bodies that are read whole, up to a limit.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use super::streamable_http::Failure;
use crate::dial::UpstreamError;

/// Reads `body`, at most `max_size` bytes of it: a longer one is refused, never truncated.
pub(super) async fn read(body: Incoming, max_size: usize) -> Result<Bytes, Failure> {
    match Limited::new(body, max_size).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(StreamableHttpError::ResponseBodyTooLarge { max_size })
        }
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => StreamableHttpError::Client(UpstreamError::Body(*error)),
            Err(_) => StreamableHttpError::UnexpectedEndOfStream,
        }),
    }
}
