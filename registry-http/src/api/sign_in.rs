//! Signing in and out, with a password.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::model::field::{FieldErrors, Invalid};
use registry_core::model::password::Password;
use registry_core::service::{AddressUse, PasswordSignIn, SignedIn};
use registry_identity::Oidc;
use serde::{Deserialize, Serialize};

use super::Tag;
use super::me::Me;
use crate::auth::{self, Auth};
use crate::cookie::{self, SESSION_COOKIE};
use crate::error::ApiError;
use crate::limit;
use crate::payload::Json;

/// Who signs in.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct Login {
    /// The user name. Required.
    username: Option<String>,
    /// The password. Required.
    password: Option<String>,
    /// The tenant's name; needed only if users of several tenants have the user name.
    tenant: Option<String>,
}

/// What a sign-in page can offer.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct Providers {
    /// Whether there is nobody who could sign in yet: the set-up link has to be used first.
    setup_required: bool,
    /// OpenID providers.
    providers: Vec<Provider>,
}

/// An OpenID provider.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct Provider {
    /// Its id.
    id: String,
    /// Its name, for a button.
    name: String,
    /// Where a browser goes to sign in there.
    start_url: String,
}

#[derive(ApiResponse)]
pub(super) enum SessionBegun {
    /// Who signed in. The session is in the cookie.
    #[oai(status = 200)]
    Ok(Json<Me>, #[oai(header = "Set-Cookie")] String),
}

impl SessionBegun {
    /// The answer with the cookie of a new session.
    pub(super) fn new(signed_in: SignedIn) -> Result<Self, ApiError> {
        let cookie = set_session(Some(&signed_in))?;
        Ok(Self::Ok(Json(Me::signed_in(signed_in.user, signed_in.secret.csrf_token())), cookie))
    }
}

#[derive(ApiResponse)]
enum SessionEnded {
    /// The session has ended, here and in the browser.
    #[oai(status = 204)]
    NoContent(#[oai(header = "Set-Cookie")] String),
}

/// `Set-Cookie` of a session, or of none any more.
pub(super) fn set_session(signed_in: Option<&SignedIn>) -> Result<String, ApiError> {
    let value = cookie::set(SESSION_COOKIE, signed_in.map(|signed_in| signed_in.secret.expose()));
    value.and_then(|value| value.to_str().map(str::to_owned).ok()).ok_or_else(ApiError::internal)
}

/// Operations of signing in.
pub struct SignInApi {
    registry: Arc<Registry>,
    oidc: Option<Arc<Oidc>>,
}

impl SignInApi {
    pub(super) fn new(registry: Arc<Registry>, oidc: Option<Arc<Oidc>>) -> Self {
        Self { registry, oidc }
    }
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::SignIn")]
impl SignInApi {
    /// Signs in with a password. Sets the session's cookie; the answer has the token that changes have to bring.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(&self, request: &Request, body: Json<Login>) -> Result<SessionBegun, ApiError> {
        auth::site(request)?.require_same_origin(request.headers())?;
        limit::of_address(request, AddressUse::SignIn).await?;
        let sign_in = checked(body.0)?;
        let before = cookie::session(request.headers());
        let signed_in = self.registry.sign_in.with_password(sign_in, auth::origin(request)?).await?;
        // The browser forgets the session that it had, so nobody needs it any more.
        if let Some(before) = before
            && let Ok(grant) = self.registry.auth.session(&before).await
        {
            self.registry.sessions.sign_out(&grant.caller(auth::origin(request)?)).await?;
        }
        SessionBegun::new(signed_in)
    }

    /// Signs out: the session ends on the server.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, auth: Auth) -> Result<SessionEnded, ApiError> {
        self.registry.sessions.sign_out(&auth.0).await?;
        Ok(SessionEnded::NoContent(set_session(None)?))
    }

    /// Tells how one can sign in.
    #[oai(path = "/providers", method = "get", operation_id = "listSignInProviders")]
    async fn providers(&self) -> Result<Json<Providers>, ApiError> {
        let provider = |entry: registry_identity::oidc::ProviderEntry| Provider {
            start_url: format!("/api/auth/oidc/{}/start", entry.id),
            id: entry.id,
            name: entry.name,
        };
        let providers = self.oidc.iter().flat_map(|oidc| oidc.list()).map(provider).collect();
        let setup_required = self.registry.setup.is_required().await?;
        Ok(Json(Providers { setup_required, providers }))
    }
}

fn checked(body: Login) -> Result<PasswordSignIn, ApiError> {
    let mut errors = FieldErrors::default();
    let mut given = |field, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty());
        errors.check(field, value.ok_or_else(|| Invalid::new("is required")))
    };
    let (username, password) = (given("username", body.username), given("password", body.password));
    let (username, password) = errors.finish(username.zip(password))?;
    Ok(PasswordSignIn { username, password: Password::presented(&password), tenant: body.tenant })
}
