//! What a provider says of itself, with its keys.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;

use super::library::Metadata;
use crate::address;
use crate::cached::{FetchError, Source};
use crate::config::ProviderConfig;
use crate::http_client::HttpClient;

/// How long a provider's metadata and keys are fresh.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Fetches a provider's metadata and keys.
pub(super) struct MetadataSource {
    pub(super) http: HttpClient,
    pub(super) config: Arc<ProviderConfig>,
}

#[async_trait]
impl Source for MetadataSource {
    type Item = Metadata;

    fn issuer(&self) -> &str {
        &self.config.issuer
    }

    async fn fetch(&self) -> Result<(Metadata, TimeDelta), FetchError> {
        let issuer = self.config.issuer.clone();
        let metadata = Metadata::discover_async(issuer, &self.http).await;
        let metadata = metadata.map_err(|error| FetchError::of(&error))?;
        check_endpoints(&metadata)?;
        Ok((metadata, LIFETIME))
    }
}

/// The browser is sent to one of them with the state, and secrets go to the others.
fn check_endpoints(metadata: &Metadata) -> Result<(), FetchError> {
    let token =
        metadata.token_endpoint().ok_or_else(|| FetchError::new("the provider has no token endpoint"))?;
    let userinfo = metadata.userinfo_endpoint().map(|endpoint| endpoint.url());
    let endpoints = [Some(metadata.authorization_endpoint().url()), Some(token.url()), userinfo];
    if endpoints.into_iter().flatten().all(address::is_secure) {
        return Ok(());
    }
    Err(FetchError::new("one of the provider's endpoints is not https"))
}
