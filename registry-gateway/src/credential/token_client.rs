//! Requests to token endpoints, and for what leads to them, all of them through the guarded dialer. No redirect is followed.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full, Limited};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::{Host, Url};

use super::token::TokenError;
use crate::dial::{Dialer, UpstreamClient};

/// How long a request for a token may take, to the end of its answer.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of an answer.
pub const MAX_TOKEN_ANSWER_BYTES: usize = 64 * 1024;

/// A client for token endpoints. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct TokenClient(UpstreamClient<Full<Bytes>>);

impl TokenClient {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self(UpstreamClient::new(dialer))
    }

    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TokenError> {
        if !is_secure(&request.uri().to_string()) {
            return Err(TokenError::Insecure);
        }
        let exchange = self.exchange(request);
        tokio::time::timeout(TOKEN_TIMEOUT, exchange).await.map_err(|_| TokenError::Timeout)?
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, TokenError> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let response = self.0.send(request).await.map_err(|error| TokenError::of_upstream(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_TOKEN_ANSWER_BYTES).collect().await;
        let body = body.map_err(|_| TokenError::BadAnswer)?.to_bytes();
        Ok(Response::from_parts(parts, body.to_vec()))
    }
}

impl<'c> AsyncHttpClient<'c> for TokenClient {
    type Error = TokenError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TokenError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// A client's secret is sent over https only (RFC 6749 section 3.2), but on this machine, whatever a record says and
/// the egress policy allows.
fn is_secure(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}
