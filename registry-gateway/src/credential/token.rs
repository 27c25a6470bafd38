//! A token and its cell: fetched once for all who wait for it, kept until shortly before it ends.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use http::HeaderMap;
use oauth2::RequestTokenError;
use oauth2::basic::BasicRequestTokenError;
use tokio::time::Instant;

use super::client_grant::{ClientGrant, Issued};
use super::token_client::TokenClient;
use crate::dial::{DialError, UpstreamError};

/// How long a token is kept whose issuer does not say how long it is good for.
pub const DEFAULT_TOKEN_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long before its end a token is fetched anew, or a tenth of its lifetime if that is less.
pub const TOKEN_MARGIN: Duration = Duration::from_secs(30);
/// How long a token is kept at most.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after a failure no other attempt is made: those who want the token then fail too.
pub const TOKEN_FAILURE_PAUSE: Duration = Duration::from_secs(1);
/// How often a token is thrown away because the upstream refused it: once in this time.
pub const TOKEN_REFUSAL_INTERVAL: Duration = Duration::from_secs(30);

/// Why there is no token. It holds nothing of the request or of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token endpoint is neither https nor on this machine.
    #[error("the token endpoint is neither https nor on this machine")]
    Insecure,
    /// The egress policy refuses its address.
    #[error("the token endpoint's address is refused")]
    RefusedAddress,
    /// Nobody says where it is.
    #[error("the server does not say where its tokens are to be had; set tokenUrl")]
    Undiscovered,
    /// It cannot be reached, or breaks off.
    #[error("the token endpoint could not be reached")]
    Unreachable,
    /// It did not answer in time.
    #[error("the token endpoint did not answer in time")]
    Timeout,
    /// It refuses the client, its secret or its scope.
    #[error("the token endpoint refused the client's credentials or scope")]
    Refused,
    /// Its answer is no token that can be used.
    #[error("the token endpoint did not answer with a bearer token")]
    BadAnswer,
}

impl TokenError {
    pub(super) fn of(error: BasicRequestTokenError<Self>) -> Self {
        match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(_) => Self::Refused,
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Self::BadAnswer,
        }
    }

    pub(super) fn of_upstream(error: &UpstreamError) -> Self {
        match error {
            UpstreamError::Dial(
                DialError::Refused | DialError::InvalidUrl(_) | DialError::InsecureScheme,
            ) => Self::RefusedAddress,
            UpstreamError::Dial(DialError::Timeout(_)) | UpstreamError::Timeout(_) => Self::Timeout,
            _ => Self::Unreachable,
        }
    }
}

/// A token that can be sent.
#[derive(Debug)]
pub struct Token {
    headers: HeaderMap,
    /// Until when it is used.
    until: Instant,
}

impl Token {
    fn new(issued: Issued, now: Instant) -> Self {
        let lifetime = issued.lifetime.unwrap_or(DEFAULT_TOKEN_LIFETIME).min(MAX_TOKEN_LIFETIME);
        let until = now + (lifetime - TOKEN_MARGIN.min(lifetime / 10));
        Self { headers: issued.headers, until }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// The token of one OAuth client for one upstream.
#[derive(Debug)]
pub struct TokenCell {
    grant: ClientGrant,
    http: TokenClient,
    state: RwLock<State>,
    /// Held by who fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    failure: Option<(TokenError, Instant)>,
    refused_at: Option<Instant>,
}

impl TokenCell {
    pub(super) fn new(grant: ClientGrant, http: TokenClient) -> Self {
        Self { grant, http, state: RwLock::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// The token: the one that is here, or one that is fetched, by one of all who wait for it.
    pub(super) async fn token(&self) -> Result<Arc<Token>, TokenError> {
        if let Some(token) = self.current() {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().await;
        match self.current() {
            Some(token) => Ok(token),
            None => self.fetch().await,
        }
    }

    /// The upstream refused `token`. Whether there is another one now, or one may be fetched.
    pub(super) fn refused(&self, token: &Arc<Token>) -> bool {
        let (now, mut state) = (Instant::now(), self.write());
        if state.token.as_ref().is_none_or(|current| !Arc::ptr_eq(current, token)) {
            return true;
        }
        if state.refused_at.is_some_and(|at| now - at < TOKEN_REFUSAL_INTERVAL) {
            return false;
        }
        (state.token, state.refused_at) = (None, Some(now));
        true
    }

    fn current(&self) -> Option<Arc<Token>> {
        let state = self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.token.clone().filter(|token| Instant::now() < token.until)
    }

    async fn fetch(&self) -> Result<Arc<Token>, TokenError> {
        let failure = self.write().failure;
        if let Some((error, _)) = failure.filter(|(_, at)| at.elapsed() < TOKEN_FAILURE_PAUSE) {
            return Err(error);
        }
        let asked = Instant::now();
        let outcome = self.grant.ask(&self.http).await.map(|issued| Arc::new(Token::new(issued, asked)));
        let mut state = self.write();
        match &outcome {
            Ok(token) => (state.token, state.failure) = (Some(token.clone()), None),
            Err(error) => state.failure = Some((*error, Instant::now())),
        }
        outcome
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
