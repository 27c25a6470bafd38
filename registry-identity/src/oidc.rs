//! Signing in through OpenID Connect providers: authorization code flow with PKCE (RFC 7636), `state`, `nonce` and
//! `iss` (RFC 9207).

mod finish;
mod library;
mod metadata;
mod pending;

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod};
use openidconnect::{
    AuthType, ClientId, ClientSecret, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    Scope,
};
use registry_core::clock::Clock;
use registry_core::identity::ExternalUser;
use registry_core::model::ticket::Ticket;
use registry_gateway::dial::Dialer;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use self::library::{Metadata, OidcClient};
use self::metadata::MetadataSource;
pub use self::pending::{Answer, Pending, Start};
use crate::IdentityConfig;
use crate::cached::{Cached, FetchError};
use crate::config::ProviderConfig;
use crate::http_client::HttpClient;

/// The random bytes of a state, a nonce and a PKCE verifier, each.
const RANDOM_BYTES: usize = 32;

/// The providers at which people can sign in.
pub struct Oidc {
    providers: Vec<Provider>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

struct Provider {
    config: Arc<ProviderConfig>,
    metadata: Cached<MetadataSource>,
}

/// A provider as a sign-in page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEntry {
    /// Its id, for URLs.
    pub id: String,
    /// Its name, for people.
    pub name: String,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no provider with this id.
    #[error("there is no such identity provider")]
    UnknownProvider,
    /// The answer, or who it is about, is not accepted. The reason is for the log.
    #[error("the sign-in is refused: {0}")]
    Refused(Cow<'static, str>),
    /// The provider cannot be reached, or what it says cannot be used. The reason is for the log.
    #[error("the identity provider cannot be used: {0}")]
    Unavailable(String),
}

impl Oidc {
    /// The providers of `config`. Nothing is fetched before somebody wants to sign in.
    #[must_use]
    pub fn new(config: &IdentityConfig, dialer: Dialer, clock: Arc<dyn Clock>) -> Self {
        let http = HttpClient::new(dialer);
        let provider = |config: &Arc<ProviderConfig>| {
            let source = MetadataSource { http: http.clone(), config: config.clone() };
            Provider { config: config.clone(), metadata: Cached::new(source, clock.clone()) }
        };
        Self { providers: config.providers.iter().map(provider).collect(), http, clock }
    }

    /// The providers, in the order of the file.
    #[must_use]
    pub fn list(&self) -> Vec<ProviderEntry> {
        let entry = |Provider { config, .. }: &Provider| ProviderEntry {
            id: config.id.clone(),
            name: config.name.clone(),
        };
        self.providers.iter().map(entry).collect()
    }

    /// Begins a sign-in at the provider with this id. The provider sends the browser back to `redirect_uri`, which
    /// must be registered there.
    ///
    /// # Errors
    /// `UnknownProvider` or `Unavailable`.
    pub async fn start(&self, provider: &str, redirect_uri: &Url) -> Result<Start, SignInError> {
        let provider = self.provider(provider)?;
        let metadata = provider.metadata.get().await?;
        let verifier = PkceCodeVerifier::new(self.random());
        let (state, nonce) = (CsrfToken::new(self.random()), Nonce::new(self.random()));
        let client = provider.client(&metadata.item, redirect_uri);
        let (sent_state, sent_nonce) = (state.clone(), nonce.clone());
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || sent_state,
            move || sent_nonce,
        );
        let scopes = provider.config.scopes.iter().cloned().map(Scope::new);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let (url, ..) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let state = SecretString::from(state.into_secret());
        let state_digest = Ticket::digest_of(&state);
        let (provider, redirect_uri) = (provider.config.id.clone(), redirect_uri.clone());
        Ok(Start { url, state, pending: Pending { provider, redirect_uri, state_digest, nonce, verifier } })
    }

    /// Ends the sign-in that `pending` began, with the parameters that the browser came back with. The code is spent
    /// then, whatever comes of it.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn finish(&self, pending: Pending, answer: Answer) -> Result<ExternalUser, SignInError> {
        let provider = self.provider(&pending.provider)?;
        if Ticket::digest_of(&answer.state) != pending.state_digest {
            return Err(SignInError::Refused("the state is another sign-in's".into()));
        }
        finish::finish(provider, &self.http, &*self.clock, pending, answer).await
    }

    fn provider(&self, id: &str) -> Result<&Provider, SignInError> {
        self.providers.iter().find(|provider| provider.config.id == id).ok_or(SignInError::UnknownProvider)
    }

    fn random(&self) -> String {
        let mut bytes = [0; RANDOM_BYTES];
        self.clock.fill_random(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl Provider {
    fn client(&self, metadata: &Metadata, redirect_uri: &Url) -> OidcClient {
        let id = ClientId::new(self.config.client_id.clone());
        let secret =
            self.config.secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        OidcClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(RedirectUrl::from_url(redirect_uri.clone()))
            .set_auth_type(auth_type(metadata))
    }
}

/// How the client shows its secret: in a header, which is the default of the standard, unless the provider only takes
/// it in the body.
fn auth_type(metadata: &Metadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
    if takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic) {
        return AuthType::RequestBody;
    }
    AuthType::BasicAuth
}

impl From<FetchError> for SignInError {
    fn from(error: FetchError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
