//! What a client credentials grant is asked for with (RFC 6749 section 4.4, RFC 8707).

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use oauth2::basic::{BasicClient, BasicTokenType};
use oauth2::{AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, Scope, TokenResponse, TokenUrl};
use registry_core::model::credential::OauthClient;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::discovery;
use super::token::TokenError;
use super::token_client::TokenClient;

/// SHA-256 of everything that a token depends on.
pub(super) type GrantDigest = [u8; 32];

/// A client of an authorization server, and what its tokens are for.
#[derive(Debug)]
pub(super) struct ClientGrant {
    id: String,
    secret: SecretString,
    scope: Option<String>,
    /// The token endpoint, if its owner says it.
    token_url: Option<Url>,
    resource: Url,
}

/// A token as it was issued.
pub(super) struct Issued {
    /// The header that carries it.
    pub(super) headers: HeaderMap,
    /// How long it is good for, if the authorization server says so.
    pub(super) lifetime: Option<Duration>,
}

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl ClientGrant {
    /// That of a client whose id and secret are known.
    pub(super) fn of(client: &OauthClient<SecretString>, resource: &Url) -> Option<Self> {
        let mut resource = resource.clone();
        // RFC 8707 section 2: without a fragment.
        resource.set_fragment(None);
        Some(Self {
            id: client.client_id.clone()?,
            secret: client.client_secret.clone()?,
            scope: client.scope.clone(),
            token_url: client.token_url.clone(),
            resource,
        })
    }

    /// What tells it from others.
    pub(super) fn digest(&self) -> GrantDigest {
        let scope = self.scope.as_deref().unwrap_or_default();
        let token_url = self.token_url.as_ref().map(Url::as_str).unwrap_or_default();
        let resource = self.resource.as_str();
        let mut hasher = Sha256::new();
        for part in [&*self.id, self.secret.expose_secret(), scope, token_url, resource] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    /// Asks for a token, where its owner or the upstream itself says.
    pub(super) async fn ask(&self, http: &TokenClient) -> Result<Issued, TokenError> {
        let token_url = match &self.token_url {
            Some(known) => known.clone(),
            None => discovery::token_endpoint(http, &self.resource).await?,
        };
        let client = self.client(token_url);
        let mut request = client.exchange_client_credentials();
        if let Some(scope) = &self.scope {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let request = request.add_extra_param("resource", self.resource.as_str());
        let answer = request.request_async(http).await.map_err(TokenError::of)?;
        if *answer.token_type() != BasicTokenType::Bearer {
            return Err(TokenError::BadAnswer);
        }
        let headers = bearer(answer.access_token().secret())?;
        Ok(Issued { headers, lifetime: answer.expires_in() })
    }

    fn client(&self, token_url: Url) -> Client {
        BasicClient::new(ClientId::new(self.id.clone()))
            .set_client_secret(ClientSecret::new(self.secret.expose_secret().to_owned()))
            .set_token_uri(TokenUrl::from_url(token_url))
            .set_auth_type(AuthType::BasicAuth)
    }
}

fn bearer(token: &str) -> Result<HeaderMap, TokenError> {
    let value = SecretString::from(format!("Bearer {token}"));
    let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| TokenError::BadAnswer)?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}
