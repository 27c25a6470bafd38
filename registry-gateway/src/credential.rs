//! An upstream's credentials as the headers that carry them.
//!
//! [`Credentials`] is where the proxy and the probe get them; OAuth tokens are fetched and kept there.

mod client_grant;
mod discovery;
mod provider;
mod token;
mod token_client;

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use registry_core::model::credential::UpstreamAuth;
use secrecy::{ExposeSecret, SecretString};

pub use self::discovery::DISCOVERY_TIMEOUT;
pub use self::provider::{Credential, Credentials, Presented};
pub use self::token::{
    DEFAULT_TOKEN_LIFETIME, MAX_TOKEN_LIFETIME, TOKEN_FAILURE_PAUSE, TOKEN_MARGIN, TOKEN_REFUSAL_INTERVAL,
    Token, TokenCell, TokenError,
};
pub use self::token_client::{MAX_TOKEN_ANSWER_BYTES, TOKEN_TIMEOUT};

/// A credential that no HTTP request can carry. It names the header, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the credential for the header {header} cannot be sent over HTTP")]
pub struct InvalidCredential {
    /// The header that it was for.
    pub header: String,
}

/// The headers that prove the service to the upstream; each value is marked sensitive, so that no debug
/// output shows it.
///
/// OAuth gives none: its tokens are fetched; see [`Credentials::of`].
///
/// # Errors
/// [`InvalidCredential`] when a name or a value holds bytes that no header may hold.
pub(crate) fn headers(auth: &UpstreamAuth<SecretString>) -> Result<HeaderMap, InvalidCredential> {
    let mut headers = HeaderMap::new();
    match auth {
        UpstreamAuth::None | UpstreamAuth::Oauth(_) => {}
        UpstreamAuth::Bearer { token } => {
            let bearer = SecretString::from(format!("Bearer {}", token.expose_secret()));
            headers.insert(AUTHORIZATION, value(AUTHORIZATION.as_str(), &bearer)?);
        }
        UpstreamAuth::ApiKey { header, key } => {
            headers.insert(name(header.as_str())?, value(header.as_str(), key)?);
        }
        UpstreamAuth::Custom { headers: custom } => {
            for (header, secret) in custom {
                headers.insert(name(header.as_str())?, value(header.as_str(), secret)?);
            }
        }
    }
    Ok(headers)
}

fn name(header: &str) -> Result<HeaderName, InvalidCredential> {
    header.parse().map_err(|_| InvalidCredential { header: header.to_owned() })
}

fn value(header: &str, secret: &SecretString) -> Result<HeaderValue, InvalidCredential> {
    let mut value = HeaderValue::from_bytes(secret.expose_secret().as_bytes())
        .map_err(|_| InvalidCredential { header: header.to_owned() })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use registry_core::model::{
        credential::{OauthClient, UpstreamAuth},
        header::HeaderName,
    };
    use secrecy::SecretString;

    use super::{InvalidCredential, headers};

    fn header(name: &str) -> HeaderName {
        HeaderName::parse(name).unwrap()
    }

    /// A credential, and the headers that it is to give.
    type Case = (UpstreamAuth<SecretString>, Vec<(&'static str, &'static str)>);

    fn all() -> Vec<Case> {
        let client = OauthClient {
            client_id: Some("id".to_owned()),
            client_secret: Some("canary".into()),
            scope: None,
            authorization_url: None,
            token_url: None,
        };
        let custom = [(header("X-One"), "canary-1".into()), (header("x-two"), "canary-2".into())];
        vec![
            (UpstreamAuth::None, vec![]),
            (UpstreamAuth::Bearer { token: "canary".into() }, vec![("authorization", "Bearer canary")]),
            (
                UpstreamAuth::ApiKey { header: header("X-API-Key"), key: "canary".into() },
                vec![("x-api-key", "canary")],
            ),
            (UpstreamAuth::Oauth(client), vec![]),
            (
                UpstreamAuth::Custom { headers: custom.into() },
                vec![("x-one", "canary-1"), ("x-two", "canary-2")],
            ),
        ]
    }

    #[test]
    fn each_kind_gives_its_headers_and_shows_no_secret() {
        for (auth, expected) in all() {
            let given = headers(&auth).unwrap();
            assert_eq!(given.len(), expected.len());
            for (name, value) in expected {
                assert_eq!(given[name], value);
                assert!(given[name].is_sensitive());
            }
            assert!(!format!("{given:?}").contains("canary"));
        }
    }

    #[test]
    fn a_secret_that_would_end_the_header_is_refused() {
        let auth = UpstreamAuth::Bearer { token: "canary\r\nx-evil: 1".into() };
        let error = headers(&auth).unwrap_err();
        assert_eq!(error, InvalidCredential { header: "authorization".to_owned() });
        assert!(!error.to_string().contains("canary"));
    }
}
