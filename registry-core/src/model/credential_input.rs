//! The `authConfig` of an input, and its check against the `authType`.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::credential::{
    AuthType, DEFAULT_KEY_HEADER, MAX_CUSTOM_HEADERS, MAX_SECRET_BYTES, OauthClient, UpstreamAuth,
};
use super::field::{FieldErrors, Invalid};
use super::header::HeaderName;

/// The `authConfig` of an input, not yet checked against the `authType`.
#[derive(Debug, Clone, Default)]
pub struct AuthInput {
    /// The key of [`AuthType::ApiKey`].
    pub api_key: Option<SecretString>,
    /// The header that it goes into.
    pub api_key_header: Option<String>,
    /// The token of [`AuthType::Bearer`].
    pub bearer_token: Option<SecretString>,
    /// The client of [`AuthType::Oauth`].
    pub oauth: Option<OauthInput>,
    /// The headers of [`AuthType::Custom`].
    pub custom: Option<BTreeMap<String, SecretString>>,
}

/// The `authConfig.oauth` of an input.
#[derive(Debug, Clone, Default)]
pub struct OauthInput {
    /// The client id.
    pub client_id: Option<String>,
    /// The client secret.
    pub client_secret: Option<SecretString>,
    /// The scope.
    pub scope: Option<String>,
    /// The authorization endpoint.
    pub authorization_url: Option<String>,
    /// The token endpoint.
    pub token_url: Option<String>,
}

impl AuthInput {
    /// The credential of kind `auth_type`, or `None` with its problems noted in `errors`.
    pub fn validate(
        &self,
        auth_type: AuthType,
        errors: &mut FieldErrors,
    ) -> Option<UpstreamAuth<SecretString>> {
        match auth_type {
            AuthType::None => Some(UpstreamAuth::None),
            AuthType::Bearer => {
                let token = required("authConfig.bearerToken", self.bearer_token.as_ref(), errors)?;
                Some(UpstreamAuth::Bearer { token })
            }
            AuthType::ApiKey => {
                let header = self.api_key_header.as_deref().unwrap_or(DEFAULT_KEY_HEADER);
                let header = errors.check("authConfig.apiKeyHeader", HeaderName::parse(header));
                let key = required("authConfig.apiKey", self.api_key.as_ref(), errors);
                Some(UpstreamAuth::ApiKey { header: header?, key: key? })
            }
            AuthType::Oauth => {
                self.oauth.clone().unwrap_or_default().validate(errors).map(UpstreamAuth::Oauth)
            }
            AuthType::Custom => self.validate_custom(errors).map(|headers| UpstreamAuth::Custom { headers }),
        }
    }

    fn validate_custom(&self, errors: &mut FieldErrors) -> Option<BTreeMap<HeaderName, SecretString>> {
        let custom = self.custom.as_ref().filter(|headers| !headers.is_empty());
        let Some(custom) = custom.filter(|headers| headers.len() <= MAX_CUSTOM_HEADERS) else {
            errors.add("authConfig.custom", "must map 1 to 20 header names to values for authType custom");
            return None;
        };
        let mut headers = BTreeMap::new();
        for (name, value) in custom {
            let name = errors.check("authConfig.custom", HeaderName::parse(name));
            let value = errors.check("authConfig.custom", header_value(value));
            headers.insert(name?, value?);
        }
        Some(headers)
    }
}

impl OauthInput {
    fn validate(self, errors: &mut FieldErrors) -> Option<OauthClient<SecretString>> {
        let before = errors.as_slice().len();
        let client_secret =
            errors.check_opt("authConfig.oauth.clientSecret", self.client_secret.as_ref().map(header_value));
        let authorization_url = self.authorization_url.as_deref().map(oauth_url);
        let authorization_url = errors.check_opt("authConfig.oauth.authorizationUrl", authorization_url);
        let token_url =
            errors.check_opt("authConfig.oauth.tokenUrl", self.token_url.as_deref().map(oauth_url));
        let client_id = errors.check_opt("authConfig.oauth.clientId", self.client_id.map(short));
        let scope = errors.check_opt("authConfig.oauth.scope", self.scope.map(short));
        let valid = errors.as_slice().len() == before;
        valid.then_some(OauthClient { client_id, client_secret, scope, authorization_url, token_url })
    }
}

fn required(field: &str, secret: Option<&SecretString>, errors: &mut FieldErrors) -> Option<SecretString> {
    match secret {
        Some(secret) => errors.check(field, header_value(secret)),
        None => {
            errors.add(field, "is required for this authType");
            None
        }
    }
}

/// A secret that can be a header's value: 1 to [`MAX_SECRET_BYTES`] visible ASCII characters and spaces.
fn header_value(secret: &SecretString) -> Result<SecretString, Invalid> {
    let text = secret.expose_secret();
    if text.is_empty() || text.len() > MAX_SECRET_BYTES {
        return Err(Invalid::new("must be 1 to 8192 bytes long"));
    }
    if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(Invalid::new("must have printable ASCII characters only"));
    }
    Ok(secret.clone())
}

fn short(text: String) -> Result<String, Invalid> {
    if text.is_empty() || text.chars().count() > 500 || text.chars().any(char::is_control) {
        return Err(Invalid::new("must be 1 to 500 characters, none of them a control character"));
    }
    Ok(text)
}

/// OAuth endpoints are HTTPS (RFC 6749 section 3.1), but on the loopback host of a developer.
fn oauth_url(text: &str) -> Result<Url, Invalid> {
    let url = Url::parse(text).map_err(|_| Invalid::new("must be an absolute URL"))?;
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(Invalid::new("must be an https URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new("must not hold a user name or password"));
    }
    Ok(url)
}
