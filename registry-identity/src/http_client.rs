//! Requests to providers and issuers, all of them through the guarded dialer.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use registry_gateway::dial::{Dialer, UpstreamClient, UpstreamError};
use url::Url;

use crate::address;

/// How long a request may take, to the end of its answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of an answer.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;

/// An HTTP client that follows no redirect and goes where the operator's egress policy lets it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient(UpstreamClient<Full<Bytes>>);

/// A request that failed. It never holds anything of the request or of the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the endpoint is neither https nor on this machine")]
    Insecure,
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("the answer breaks off, or has more than {MAX_BODY_BYTES} bytes")]
    Body,
    #[error("no answer in {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("the answer has the status {0}")]
    Status(StatusCode),
}

impl HttpClient {
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self(UpstreamClient::new(dialer))
    }

    /// Asks for the JSON document at `url`.
    pub(crate) async fn get(&self, url: &Url) -> Result<HttpResponse, HttpError> {
        let request = Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
        let response = self.send(request.map_err(UpstreamError::from)?).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(HttpError::Status(status)),
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| HttpError::Insecure)?;
        if !address::is_secure(&url) {
            return Err(HttpError::Insecure);
        }
        let exchange = self.exchange(request.map(|body| Full::new(Bytes::from(body))));
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| HttpError::Timeout)?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<HttpResponse, HttpError> {
        let (parts, body) = self.0.send(request).await?.into_parts();
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|_| HttpError::Body)?;
        Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

#[cfg(test)]
mod tests {
    use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};

    use super::{HttpClient, HttpError};

    #[tokio::test]
    async fn plain_http_leaves_the_machine_for_nobody_whatever_the_egress_policy_allows() {
        let policy = EgressPolicy::new(vec!["10.0.0.0/8".parse().unwrap()]).allow_insecure_upstreams(true);
        let client = HttpClient::new(Dialer::new(policy, UpstreamTls::new().unwrap()));
        for url in ["http://10.0.0.1/keys", "http://id.acme.test/keys", "http://localhost.acme.test/keys"] {
            let outcome = client.get(&url.parse().unwrap()).await;
            assert!(matches!(outcome, Err(HttpError::Insecure)), "{url}: {outcome:?}");
        }
    }
}
