//! The port for identities from elsewhere: who a token stands for, at an issuer that the operator trusts.
//! `registry-identity` implements it with OpenID Connect and JWKS.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::model::role::{Role, Scopes};
use crate::model::text::{DisplayName, Email, TenantName, UserName};
use crate::model::user::Identity;

/// What an issuer says of somebody, as the operator's rules read its claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUser {
    /// Who it is: what accounts are linked by. Never the e-mail address.
    pub identity: Identity,
    /// In which tenant, by name. It must be there, unless `creates_tenant`.
    pub tenant: TenantName,
    /// In which role. It follows the claims at each sign-in.
    pub role: Role,
    /// What a new account would be called, if that is free.
    pub username: UserName,
    /// The name that people read.
    pub display_name: Option<DisplayName>,
    /// The e-mail address; for display only.
    pub email: Option<Email>,
    /// Whether an account is made for somebody unknown.
    pub creates_user: bool,
    /// Whether the tenant is made if it is not there.
    pub creates_tenant: bool,
}

/// What a checked bearer token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// Whose it is.
    pub user: ExternalUser,
    /// What it may do at most.
    pub scopes: Scopes,
    /// Until when it is accepted: its end (`exp`), and what the operator lets clocks differ.
    pub expires_at: Timestamp,
    /// If its audience is one MCP server: that server's reference, the `{server}` of `/mcp/{server}`. It is good for
    /// nothing else.
    pub only_for: Option<String>,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no good. The reason is for the log; the client is not told.
    #[error("the token is refused: {0}")]
    Refused(&'static str),
    /// Its issuer's keys cannot be had.
    #[error("the issuer's keys cannot be fetched: {0}")]
    Unavailable(String),
}

/// Checks bearer tokens (JWT, RFC 7519) of the issuers that the operator trusts.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// Checks signature, algorithm, issuer, audience and times.
    ///
    /// # Errors
    /// [`TokenError`].
    async fn verify(&self, token: &str) -> Result<TokenClaims, TokenError>;
}
