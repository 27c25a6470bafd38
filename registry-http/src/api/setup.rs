//! Set-up: the first administrator.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::model::role::Scope;
use registry_core::service::{AddressUse, IssuedKey, KeyInput, SetupInput, SignedIn};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::Tag;
use super::key_body::CreatedApiKey;
use super::me::Me;
use super::sign_in::set_session;
use crate::auth;
use crate::error::ApiError;
use crate::limit;
use crate::payload::Json;

/// The first administrator.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct SetupRequest {
    /// What comes after `#token=` in the link that the first start printed. Required.
    token: Option<String>,
    /// The name to sign in with: 1 to 100 characters without spaces. Required.
    username: Option<String>,
    /// The name that people read.
    display_name: Option<String>,
    /// The password: 12 to 128 characters that are not easy to guess. Required.
    password: Option<String>,
    /// Whether to make an API key of every scope too, for the command line; the answer shows it, this once.
    issue_api_key: bool,
}

/// The first administrator, signed in.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct SetUp {
    /// Who it is.
    #[oai(flatten)]
    #[serde(flatten)]
    me: Me,
    /// The key that was asked for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<CreatedApiKey>,
}

#[derive(ApiResponse)]
enum SetupDone {
    /// The administrator was made, and is signed in.
    #[oai(status = 201)]
    Created(Json<SetUp>, #[oai(header = "Set-Cookie")] String),
}

/// The operation of the one-time set-up link.
pub struct SetupApi {
    registry: Arc<Registry>,
}

impl SetupApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/setup", tag = "Tag::SignIn")]
impl SetupApi {
    /// Makes the first administrator, with the secret of the one-time set-up link, and signs it in.
    #[oai(path = "/", method = "post", operation_id = "setUp")]
    async fn set_up(&self, request: &Request, body: Json<SetupRequest>) -> Result<SetupDone, ApiError> {
        auth::site(request)?.require_same_origin(request.headers())?;
        limit::of_address(request, AddressUse::SignIn).await?;
        let SetupRequest { token, username, display_name, password, issue_api_key } = body.0;
        let input = SetupInput {
            token: SecretString::from(token.unwrap_or_default()),
            username: username.unwrap_or_default(),
            display_name,
            password: password.unwrap_or_default(),
        };
        let signed_in = self.registry.setup.complete(input, auth::origin(request)?).await?;
        let key = if issue_api_key { Some(self.first_key(request, &signed_in).await?) } else { None };
        let cookie = set_session(Some(&signed_in))?;
        let me = Me::signed_in(signed_in.user, signed_in.secret.csrf_token());
        let now = self.registry.clock().now();
        let api_key = key.map(|key| CreatedApiKey::new(&key, now));
        Ok(SetupDone::Created(Json(SetUp { me, api_key }), cookie))
    }
}

impl SetupApi {
    async fn first_key(&self, request: &Request, signed_in: &SignedIn) -> Result<IssuedKey, ApiError> {
        let grant = self.registry.auth.session(&signed_in.secret).await?;
        let input = KeyInput {
            name: Some("first key".to_owned()),
            scopes: Some(Scope::ALL.iter().map(Scope::to_string).collect()),
            ..KeyInput::default()
        };
        Ok(self.registry.keys.create(&grant.caller(auth::origin(request)?), input).await?)
    }
}
