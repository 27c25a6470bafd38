//! Authentication: who a presented credential stands for.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::account::AccountService;
use super::context::Context;
use super::grant::{Credential, CredentialDigest, Grant, TokenParts};
use crate::error::{AuthError, Error};
use crate::identity::TokenError;
use crate::model::key::{KEY_LENGTH, KEY_PREFIX, KeyDigest};
use crate::model::session::{SessionDigest, SessionSecret};

/// The longest bearer token that is looked at.
const MAX_TOKEN_LENGTH: usize = 8 * 1024;

/// Finds out who a presented credential stands for. Unknown, revoked and expired ones are refused alike, and a store that
/// does not answer is never a way in.
pub struct Auth {
    context: Arc<Context>,
    accounts: AccountService,
}

impl Auth {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { accounts: AccountService::new(context.clone()), context }
    }

    /// The grant of the API key or bearer token that was presented.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Unavailable`] if the store, or the issuer of the token, does not answer.
    pub async fn authenticate(&self, presented: &str) -> Result<Arc<Grant>, Error> {
        if !presented.starts_with(KEY_PREFIX) {
            // Boxed, for it is large: the future of every call would have to make room for it.
            return Box::pin(self.of_token(presented)).await;
        }
        if presented.len() != KEY_LENGTH {
            return Err(AuthError::Refused.into());
        }
        self.of_key(KeyDigest::of(presented)).await
    }

    /// The grant of the session whose secret was presented, in a cookie.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn session(&self, secret: &SessionSecret) -> Result<Arc<Grant>, Error> {
        self.of_session(secret.digest()).await
    }

    /// Whether the credential of `grant` is accepted still, as it is now: its grant of today.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn renew(&self, grant: &Grant) -> Result<Arc<Grant>, Error> {
        match grant.credential() {
            Credential::Key(digest) => self.of_key(*digest).await,
            Credential::Session(digest) => self.of_session(*digest).await,
            Credential::Token(token) => self.of_token(token.expose_secret()).await,
        }
    }

    /// Grows with every change through this registry after which a grant may be accepted no more. What ends by its time
    /// changes nothing; see [`Grant::valid_until`].
    pub fn epoch(&self) -> u64 {
        self.context.grants.epoch()
    }

    async fn of_key(&self, digest: KeyDigest) -> Result<Arc<Grant>, Error> {
        let load = async || {
            let holder = self.context.store.key_by_digest(&digest).await?;
            Ok(holder.and_then(|holder| Grant::of_key(digest, holder)))
        };
        self.judge(digest.0, load).await.map_err(|error| error.or(AuthError::Refused))
    }

    async fn of_session(&self, digest: SessionDigest) -> Result<Arc<Grant>, Error> {
        // A use that is to be noted reads the session again, and notes it.
        let grants = &self.context.grants;
        if grants.get(&digest.0).is_some_and(|grant| grant.is_touch_due(self.context.clock.now())) {
            grants.end(&digest.0);
        }
        let load = async || self.load_session(&digest).await;
        self.judge(digest.0, load).await.map_err(|error| error.or(AuthError::Session))
    }

    /// The grant at hand, or the one that is loaded, if it is accepted now.
    async fn judge(
        &self,
        digest: CredentialDigest,
        load: impl AsyncFnOnce() -> Result<Option<Grant>, Error>,
    ) -> Result<Arc<Grant>, Refusal> {
        let cache = &self.context.grants;
        let grant = match cache.get(&digest) {
            Some(grant) => grant,
            None if cache.is_refused(&digest) => return Err(Refusal::Refused),
            None => {
                let loading = cache.start(&digest);
                // Boxed, as what else is large and rare.
                let Some(grant) = Box::pin(load()).await.map_err(Refusal::Failed)? else {
                    cache.refuse(digest, &loading);
                    return Err(Refusal::Refused);
                };
                let grant = Arc::new(self.context.limited(grant));
                cache.keep(digest, grant.clone(), &loading);
                grant
            }
        };
        if grant.is_accepted(self.context.clock.now()) { Ok(grant) } else { Err(Refusal::Refused) }
    }

    async fn load_session(&self, digest: &SessionDigest) -> Result<Option<Grant>, Error> {
        let Some(mut holder) = self.context.store.session_by_digest(digest).await? else { return Ok(None) };
        let (now, sessions) = (self.context.clock.now(), self.context.policy.sessions);
        let may_act = !holder.user.disabled && !holder.tenant.disabled;
        let session = &mut holder.session;
        let is_due = now >= session.last_seen_at + sessions.touch_interval();
        if may_act && is_due && now < sessions.end_of(session) {
            self.context.store.touch_session(digest, now).await?;
            session.last_seen_at = now;
        }
        Ok(Some(Grant::of_session(holder, sessions)))
    }

    async fn of_token(&self, token: &str) -> Result<Arc<Grant>, Error> {
        let Some(verifier) = &self.context.tokens else { return Err(AuthError::Format.into()) };
        if token.len() > MAX_TOKEN_LENGTH || token.split('.').count() != 3 {
            return Err(AuthError::Format.into());
        }
        let digest = Sha256::digest(token.as_bytes()).into();
        let now = self.context.clock.now();
        let grants = &self.context.grants;
        if let Some(grant) = grants.token(&digest) {
            return if grant.is_accepted(now) { Ok(grant) } else { Err(AuthError::Refused.into()) };
        }
        let start = grants.start_token(&digest);
        let claims = verifier.verify(token).await.map_err(refused)?;
        let (user, tenant) = self.accounts.linked(&claims.user).await?;
        let grant = Grant::from(TokenParts { token: SecretString::from(token), claims, user, tenant });
        let grant = Arc::new(self.context.limited(grant));
        grants.keep_token(digest, grant.clone(), start);
        if grant.is_accepted(now) { Ok(grant) } else { Err(AuthError::Refused.into()) }
    }
}

/// Why there is no grant.
enum Refusal {
    Refused,
    Failed(Error),
}

impl Refusal {
    fn or(self, refused: AuthError) -> Error {
        match self {
            Self::Refused => refused.into(),
            Self::Failed(error) => error,
        }
    }
}

fn refused(error: TokenError) -> Error {
    match error {
        TokenError::Refused(reason) => {
            tracing::debug!(reason, "a token was refused");
            AuthError::Refused.into()
        }
        TokenError::Unavailable(reason) => Error::IssuerUnavailable(reason),
    }
}
