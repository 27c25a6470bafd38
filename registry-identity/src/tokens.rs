//! Bearer tokens: JWTs (RFC 7519, RFC 9068) that the configured issuers signed.

mod check;
mod form;
#[cfg(test)]
mod fuzz;

use std::sync::Arc;

use async_trait::async_trait;
use jsonwebtoken::{DecodingKey, Validation, decode};
use registry_core::clock::Clock;
use registry_core::identity::{TokenClaims, TokenError, TokenVerifier};
use registry_gateway::dial::Dialer;
use url::Url;

pub use self::form::{MAX_HEADER_BYTES, MAX_TOKEN_BYTES};
use self::{check::Audience, form::Form};
use crate::IdentityConfig;
use crate::cached::{Cached, FetchError};
use crate::claims::Claims;
use crate::config::IssuerConfig;
use crate::crypto;
use crate::http_client::HttpClient;
use crate::jwks::KeySource;

/// Checks bearer tokens of the configured issuers.
///
/// An issuer's keys are fetched when a token of it first comes, and kept. Checking a token with a key that is held
/// takes no lock and asks nobody.
pub struct Tokens {
    issuers: Vec<Issuer>,
    /// What comes before a server's reference in the URI of that server: `{public_url}/mcp/`.
    server_prefix: Option<String>,
    clock: Arc<dyn Clock>,
}

struct Issuer {
    config: Arc<IssuerConfig>,
    keys: Cached<KeySource>,
}

impl Tokens {
    /// For the issuers of `config`. With `public_url`, the address by which clients know this service, a token whose
    /// audience is one MCP server's own URI (RFC 8707) is good for that server, without being listed.
    #[must_use]
    pub fn new(
        config: &IdentityConfig,
        public_url: Option<&Url>,
        dialer: Dialer,
        clock: Arc<dyn Clock>,
    ) -> Self {
        crypto::install();
        let http = HttpClient::new(dialer);
        let issuer = |config: &Arc<IssuerConfig>| {
            let (issuer, jwks_uri) = (config.issuer.clone(), config.jwks_uri.clone());
            let source = KeySource { http: http.clone(), issuer, jwks_uri };
            Issuer { config: config.clone(), keys: Cached::new(source, clock.clone()) }
        };
        let issuers = config.issuers.iter().map(issuer).collect();
        let server_prefix = public_url.map(|url| format!("{}/mcp/", url.as_str().trim_end_matches('/')));
        Self { issuers, server_prefix, clock }
    }

    /// The issuers, as protected resource metadata names them (`authorization_servers` of RFC 9728).
    #[must_use]
    pub fn issuers(&self) -> Vec<String> {
        self.issuers.iter().map(|issuer| issuer.config.issuer.clone()).collect()
    }

    /// Checks all but the signature's being there: that was `form`.
    async fn check(&self, token: &str) -> Result<TokenClaims, TokenError> {
        let form = Form::read(token).map_err(TokenError::Refused)?;
        let issuer = self.issuers.iter().find(|issuer| form.issuer() == Some(&issuer.config.issuer));
        let issuer = issuer.ok_or(TokenError::Refused("its issuer is not one of the configured ones"))?;
        form.check_header(&issuer.config).map_err(TokenError::Refused)?;
        let claims = issuer.verified(token, &form).await?;
        let audience = Audience::of(&claims, &issuer.config, self.server_prefix.as_deref());
        check::accept(&claims, &issuer.config, audience, self.clock.now()).map_err(TokenError::Refused)
    }
}

#[async_trait]
impl TokenVerifier for Tokens {
    async fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        self.check(token).await
    }
}

impl Issuer {
    /// The claims, once the signature is the issuer's.
    async fn verified(&self, token: &str, form: &Form) -> Result<Claims, TokenError> {
        let mut keys = self.keys.get().await.map_err(unavailable)?;
        if keys.item.find(form.key_id(), form.algorithm()).is_none() {
            keys = self.keys.after(keys).await.map_err(unavailable)?;
        }
        let key = keys.item.find(form.key_id(), form.algorithm());
        let key = key.ok_or(TokenError::Refused("its key is not one of the issuer's"))?;
        verify(token, key, form).map_err(TokenError::Refused)
    }
}

/// Everything but the signature is checked afterwards, by the clock and the rules of this service.
fn verify(token: &str, key: &DecodingKey, form: &Form) -> Result<Claims, &'static str> {
    let mut validation = Validation::new(form.algorithm());
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let token = decode::<Claims>(token, key, &validation).map_err(|_| "its signature is not the issuer's")?;
    Ok(token.claims)
}

fn unavailable(error: FetchError) -> TokenError {
    TokenError::Unavailable(error.to_string())
}
