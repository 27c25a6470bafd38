//! Signing in at an OpenID provider: away from here, and back.

use std::sync::Arc;

use http::{HeaderMap, header};
use poem::Request;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Registry;
use registry_core::error::AuthError;
use registry_core::service::{AddressUse, SignedIn};
use registry_identity::Oidc;
use registry_identity::oidc::{Answer, Pending, SignInError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::Tag;
use super::sign_in::set_session;
use crate::auth;
use crate::cookie::{self, SIGN_IN_COOKIE};
use crate::error::{ApiError, ErrorCode};
use crate::limit;

/// Where a browser goes that does not say.
const HOME: &str = "/";
/// The longest path to come back to.
const MAX_RETURN_TO: usize = 1_024;
const RETRY_AFTER_SECONDS: u64 = 5;

/// What is kept, encrypted, until the browser comes back.
#[derive(Serialize, Deserialize)]
struct Begun {
    pending: Pending,
    return_to: String,
    /// SHA-256 of the browser's cookie: another browser cannot end what this one began.
    #[serde(with = "hex::serde")]
    browser: [u8; 32],
}

#[derive(ApiResponse)]
enum Redirect {
    /// The browser is sent on.
    #[oai(status = 303)]
    SeeOther(#[oai(header = "Location")] String, #[oai(header = "Set-Cookie")] String),
}

/// Operations of signing in at an OpenID provider.
pub struct OidcApi {
    registry: Arc<Registry>,
    oidc: Option<Arc<Oidc>>,
}

impl OidcApi {
    pub(super) fn new(registry: Arc<Registry>, oidc: Option<Arc<Oidc>>) -> Self {
        Self { registry, oidc }
    }

    fn oidc(&self) -> Result<&Oidc, ApiError> {
        self.oidc.as_deref().ok_or_else(|| ApiError::not_found("The identity provider"))
    }
}

#[OpenApi(prefix_path = "/api/auth/oidc", tag = "Tag::SignIn")]
impl OidcApi {
    /// Sends a browser to an OpenID provider to sign in there.
    #[oai(path = "/:provider/start", method = "get", operation_id = "startOidc")]
    async fn start(
        &self,
        request: &Request,
        provider: Path<String>,
        /// The path of this site to come back to in the end; `/` by default.
        #[oai(name = "returnTo")]
        return_to: Query<Option<String>>,
    ) -> Result<Redirect, ApiError> {
        limit::of_address(request, AddressUse::SignIn).await?;
        let start =
            self.oidc()?.start(&provider.0, &redirect_uri(request, &provider.0)?).await.map_err(failed)?;
        let browser = cookie::named(request.headers(), SIGN_IN_COOKIE).filter(|value| value.len() >= 32);
        let browser = browser.unwrap_or_else(|| self.random());
        let begun = Begun {
            pending: start.pending,
            return_to: local_path(return_to.0.as_deref()).to_owned(),
            browser: digest(&browser),
        };
        let kept = SecretString::from(serde_json::to_string(&begun).map_err(|_| ApiError::internal())?);
        self.registry.pending_sign_ins.keep(&start.state, &kept).await?;
        Ok(Redirect::SeeOther(start.url.into(), set(Some(&browser))?))
    }

    /// Where a provider sends the browser back to. A failure sends a browser to the sign-in page, which tells of it.
    #[oai(path = "/:provider/callback", method = "get", operation_id = "finishOidc")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn callback(
        &self,
        request: &Request,
        provider: Path<String>,
        /// The provider's code (RFC 6749 section 4.1.2).
        code: Query<Option<String>>,
        /// The state that the sign-in began with.
        state: Query<Option<String>>,
        /// The provider (RFC 9207).
        iss: Query<Option<String>>,
        /// Why the provider did not let the user in.
        error: Query<Option<String>>,
    ) -> Result<Redirect, ApiError> {
        limit::of_address(request, AddressUse::SignIn).await?;
        let returned = Returned { code: code.0, state: state.0, iss: iss.0, error: error.0 };
        match self.finish(request, &provider.0, returned).await {
            Ok((signed_in, return_to)) => Ok(Redirect::SeeOther(return_to, set_session(Some(&signed_in))?)),
            Err(error) if wants_a_page(request.headers()) => {
                let page = format!("/sign-in?error={}", error.code().as_str());
                Ok(Redirect::SeeOther(page, set(None)?))
            }
            Err(error) => Err(error),
        }
    }
}

/// What the provider sent the browser back with.
struct Returned {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

impl OidcApi {
    async fn finish(
        &self,
        request: &Request,
        provider: &str,
        returned: Returned,
    ) -> Result<(SignedIn, String), ApiError> {
        let oidc = self.oidc()?;
        let Some(state) = returned.state.map(SecretString::from) else {
            return Err(AuthError::Ticket.into());
        };
        let kept = self.registry.pending_sign_ins.take(&state).await?;
        let begun: Begun = serde_json::from_str(kept.expose_secret()).map_err(|_| ApiError::internal())?;
        let browser = cookie::named(request.headers(), SIGN_IN_COOKIE).unwrap_or_default();
        if digest(&browser) != begun.browser || begun.pending.provider() != provider {
            return Err(AuthError::Ticket.into());
        }
        let Some(code) = returned.code.map(SecretString::from) else {
            tracing::info!(provider, error = returned.error, "the identity provider let nobody in");
            return Err(ApiError::new(ErrorCode::Forbidden, "The identity provider did not let you in"));
        };
        let answer = Answer { code, state, iss: returned.iss };
        let external = oidc.finish(begun.pending, answer).await.map_err(failed)?;
        let signed_in = self.registry.sign_in.with_issuer(&external, auth::origin(request)?).await?;
        Ok((signed_in, begun.return_to))
    }

    fn random(&self) -> String {
        let mut bytes = [0; 32];
        self.registry.clock().fill_random(&mut bytes);
        hex::encode(bytes)
    }
}

fn digest(browser: &str) -> [u8; 32] {
    Sha256::digest(browser.as_bytes()).into()
}

fn set(browser: Option<&str>) -> Result<String, ApiError> {
    let value = cookie::set(SIGN_IN_COOKIE, browser);
    value.and_then(|value| value.to_str().map(str::to_owned).ok()).ok_or_else(ApiError::internal)
}

fn redirect_uri(request: &Request, provider: &str) -> Result<Url, ApiError> {
    let base = auth::site(request)?.discovery.base(request.headers());
    let uri = format!("{base}/api/auth/oidc/{provider}/callback");
    Url::parse(&uri).map_err(|_| ApiError::invalid("The Host of the request is not one"))
}

/// A path of this site, or [`HOME`]: never `//elsewhere`, whatever a link says.
fn local_path(wanted: Option<&str>) -> &str {
    let is_local = |path: &&str| {
        let mut bytes = path.bytes();
        path.len() <= MAX_RETURN_TO
            && bytes.next() == Some(b'/')
            && !matches!(bytes.next(), Some(b'/' | b'\\'))
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    wanted.filter(is_local).unwrap_or(HOME)
}

fn wants_a_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"))
}

/// The reason is for the log: what the provider or the browser sent is not to be repeated.
fn failed(error: SignInError) -> ApiError {
    match error {
        SignInError::UnknownProvider => ApiError::not_found("The identity provider"),
        SignInError::Refused(reason) => {
            tracing::warn!(%reason, "a sign-in was refused");
            ApiError::new(ErrorCode::Unauthorized, "The sign-in was refused; ask an administrator")
        }
        SignInError::Unavailable(reason) => {
            tracing::error!(%reason, "the identity provider cannot be used");
            ApiError::new(ErrorCode::ServiceUnavailable, "The identity provider is not available")
                .retry_after(RETRY_AFTER_SECONDS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    /// I5.
    #[test]
    fn a_browser_is_sent_back_to_this_site_only() {
        for good in ["/", "/servers", "/servers?page=2#top", "/a//b"] {
            assert_eq!(local_path(Some(good)), good);
        }
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "",
            "/a\nb",
            "/a b",
            "\\/evil",
        ] {
            assert_eq!(local_path(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local_path(None), "/");
    }
}
