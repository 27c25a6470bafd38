//! The one place where the headers for an upstream come from, for the proxy and the probe alike.

use std::ops::Deref;
use std::sync::Arc;

use http::HeaderMap;
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use registry_core::model::credential::UpstreamAuth;
use secrecy::SecretString;
use url::Url;

use super::InvalidCredential;
use super::client_grant::{ClientGrant, GrantDigest};
use super::token::{Token, TokenCell, TokenError};
use super::token_client::TokenClient;
use crate::dial::Dialer;

/// For how many OAuth clients tokens are kept.
const MAX_TOKENS: usize = 10_000;
/// For how many room is made at the start.
const INITIAL_TOKENS: usize = 64;

/// Makes credentials ready. Cheap to clone; clones share the tokens, so that a token which the probe got is used by the
/// proxy too.
#[derive(Clone)]
pub struct Credentials {
    client: TokenClient,
    tokens: Arc<Cache<GrantDigest, Arc<TokenCell>>>,
}

/// An upstream's credentials, ready to be sent.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Headers that are always the same.
    Fixed(HeaderMap),
    /// A token that is fetched when it is needed.
    Token(Arc<TokenCell>),
}

/// The headers of one request.
#[derive(Debug)]
pub enum Presented<'c> {
    /// As they always are.
    Fixed(&'c HeaderMap),
    /// With this token.
    Token(Arc<Token>),
}

impl Credentials {
    /// Credentials whose tokens are fetched through `dialer`.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        let tokens = Arc::new(Cache::with_weighter(INITIAL_TOKENS, MAX_TOKENS as u64, UnitWeighter));
        Self { client: TokenClient::new(dialer), tokens }
    }

    /// The credential `auth` for the upstream at `resource`. Nothing is sent yet.
    ///
    /// An OAuth client has a token only if client id and client secret are known; without one of them it gives no header.
    /// Without a token endpoint the upstream is asked for it.
    ///
    /// # Errors
    /// [`InvalidCredential`] when a name or a value holds bytes that no header may hold.
    pub fn of(
        &self,
        auth: &UpstreamAuth<SecretString>,
        resource: &Url,
    ) -> Result<Credential, InvalidCredential> {
        match auth {
            UpstreamAuth::Oauth(client) => Ok(match ClientGrant::of(client, resource) {
                Some(grant) => Credential::Token(self.cell(grant)),
                None => Credential::Fixed(HeaderMap::new()),
            }),
            fixed => super::headers(fixed).map(Credential::Fixed),
        }
    }

    fn cell(&self, grant: ClientGrant) -> Arc<TokenCell> {
        let digest = grant.digest();
        let make = || Ok(Arc::new(TokenCell::new(grant, self.client.clone())));
        let made: Result<_, std::convert::Infallible> = self.tokens.get_or_insert_with(&digest, make);
        match made {
            Ok(cell) => cell,
            Err(never) => match never {},
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credential {
    /// The headers for the next request: at once, but for a token that has to be fetched.
    ///
    /// # Errors
    /// [`TokenError`] if it cannot be fetched.
    pub async fn headers(&self) -> Result<Presented<'_>, TokenError> {
        match self {
            Self::Fixed(headers) => Ok(Presented::Fixed(headers)),
            Self::Token(cell) => cell.token().await.map(Presented::Token),
        }
    }

    /// What to present, if it need not be fetched.
    pub(crate) fn at_hand(&self) -> Option<Presented<'_>> {
        match self {
            Self::Fixed(headers) => Some(Presented::Fixed(headers)),
            Self::Token(_) => None,
        }
    }

    /// The upstream refused what was presented (HTTP 401). Whether the next [`Credential::headers`] may give something
    /// better.
    pub fn refused(&self, presented: &Presented<'_>) -> bool {
        match (self, presented) {
            (Self::Token(cell), Presented::Token(token)) => cell.refused(token),
            _ => false,
        }
    }

    /// Whether what it gives may change.
    pub fn is_renewable(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Whether both are of the same headers, or of the same client.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (Self::Token(one), Self::Token(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Deref for Presented<'_> {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        match self {
            Self::Fixed(headers) => headers,
            Self::Token(token) => token.headers(),
        }
    }
}
