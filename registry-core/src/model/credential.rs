//! Credential: how the gateway proves itself to an upstream server.
//!
//! [`UpstreamAuth<SecretString>`] is what a caller supplied and what the dialer uses;
//! [`UpstreamAuth<Sealed>`] is what is stored. Only the first can be read, only the second can be serialised.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::header::HeaderName;
use super::id::TenantId;
use super::role::spelled;
use crate::clock::Clock;
use crate::secret::{Keyring, Sealed, SecretContext, SecretError};

spelled! {
    /// Which kind of credential the upstream wants.
    AuthType {
        /// None.
        None = "none",
        /// `Authorization: Bearer ...` (RFC 6750).
        Bearer = "bearer",
        /// A key in a header of its own.
        ApiKey = "api_key",
        /// OAuth 2 tokens.
        Oauth = "oauth",
        /// Headers of the caller's choice.
        Custom = "custom",
    }
}

/// The credentials for an upstream; `S` holds each secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UpstreamAuth<S> {
    /// None.
    #[default]
    None,
    /// A bearer token (RFC 6750).
    Bearer {
        /// The token.
        token: S,
    },
    /// A key in a header.
    ApiKey {
        /// The header's name; [`DEFAULT_KEY_HEADER`] unless the caller chose another.
        header: HeaderName,
        /// The key.
        key: S,
    },
    /// An OAuth 2 client.
    Oauth(OauthClient<S>),
    /// Any headers.
    Custom {
        /// Values by name.
        headers: BTreeMap<HeaderName, S>,
    },
}

/// An OAuth 2 client (RFC 6749) of the gateway at the upstream's authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthClient<S> {
    /// The client id; absent until the client is registered.
    pub client_id: Option<String>,
    /// The secret of a confidential client.
    pub client_secret: Option<S>,
    /// The scope to ask for.
    pub scope: Option<String>,
    /// The authorization endpoint, if it is not to be discovered.
    pub authorization_url: Option<Url>,
    /// The token endpoint, if it is not to be discovered.
    pub token_url: Option<Url>,
}

/// The header that an upstream API key goes into unless the caller chose another.
pub const DEFAULT_KEY_HEADER: &str = "x-api-key";
/// The longest secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 8_192;
/// The most headers of a custom credential.
pub const MAX_CUSTOM_HEADERS: usize = 20;

impl<S> UpstreamAuth<S> {
    /// Which kind it is.
    pub fn auth_type(&self) -> AuthType {
        match self {
            Self::None => AuthType::None,
            Self::Bearer { .. } => AuthType::Bearer,
            Self::ApiKey { .. } => AuthType::ApiKey,
            Self::Oauth(_) => AuthType::Oauth,
            Self::Custom { .. } => AuthType::Custom,
        }
    }

    /// The same credential with each secret turned into another form. `f` gets the secret's field name.
    fn try_map<T, E>(&self, mut f: impl FnMut(&str, &S) -> Result<T, E>) -> Result<UpstreamAuth<T>, E> {
        Ok(match self {
            Self::None => UpstreamAuth::None,
            Self::Bearer { token } => UpstreamAuth::Bearer { token: f("authConfig.bearerToken", token)? },
            Self::ApiKey { header, key } => {
                UpstreamAuth::ApiKey { header: header.clone(), key: f("authConfig.apiKey", key)? }
            }
            Self::Oauth(client) => UpstreamAuth::Oauth(client.try_map(f)?),
            Self::Custom { headers } => {
                let secret = |(name, value): (&HeaderName, &S)| {
                    f(&format!("authConfig.custom.{name}"), value).map(|value| (name.clone(), value))
                };
                UpstreamAuth::Custom { headers: headers.iter().map(secret).collect::<Result<_, E>>()? }
            }
        })
    }
}

impl<S> OauthClient<S> {
    fn try_map<T, E>(&self, mut f: impl FnMut(&str, &S) -> Result<T, E>) -> Result<OauthClient<T>, E> {
        let secret = self.client_secret.as_ref();
        Ok(OauthClient {
            client_id: self.client_id.clone(),
            client_secret: secret.map(|secret| f("authConfig.oauth.clientSecret", secret)).transpose()?,
            scope: self.scope.clone(),
            authorization_url: self.authorization_url.clone(),
            token_url: self.token_url.clone(),
        })
    }
}

impl UpstreamAuth<SecretString> {
    /// Encrypts each secret for this server.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal(
        &self,
        keyring: &Keyring,
        clock: &dyn Clock,
        tenant: Option<TenantId>,
        server: Uuid,
    ) -> Result<UpstreamAuth<Sealed>, SecretError> {
        self.try_map(|field, secret| {
            keyring.seal(clock, context(tenant, server, field), secret.expose_secret().as_bytes())
        })
    }
}

impl UpstreamAuth<Sealed> {
    /// Decrypts each secret of this server.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn open(
        &self,
        keyring: &Keyring,
        tenant: Option<TenantId>,
        server: Uuid,
    ) -> Result<UpstreamAuth<SecretString>, SecretError> {
        self.try_map(|field, sealed| keyring.open_text(context(tenant, server, field), sealed))
    }
}

fn context(tenant: Option<TenantId>, record: Uuid, field: &str) -> SecretContext<'_> {
    SecretContext { tenant, table: "server", record, field }
}
