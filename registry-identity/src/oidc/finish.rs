//! From the provider's answer to a user.

use std::sync::Arc;

use chrono::TimeDelta;
use openidconnect::core::{CoreJwsSigningAlgorithm, CoreRequestTokenError};
use openidconnect::{
    AccessToken, AuthorizationCode, ClaimsVerificationError, ClientId, IdTokenVerifier, Nonce,
    OAuth2TokenResponse, SignatureVerificationError, UserInfoError,
};
use registry_core::clock::Clock;
use registry_core::error::chain;
use registry_core::identity::ExternalUser;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;

use super::library::{IdClaims, Metadata, OidcClient, TokenResponse, UserInfo};
use super::{Answer, Pending, Provider, SignInError};
use crate::cached::Held;
use crate::claims::Claims;
use crate::http_client::{HttpClient, HttpError};

/// How far the provider's clock may be ahead.
const LEEWAY: TimeDelta = TimeDelta::minutes(5);

/// The most characters of a provider's error that go into the log.
const MAX_ERROR_CHARS: usize = 50;

/// The signatures that an ID token may have: with a key that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

pub(super) async fn finish(
    provider: &Provider,
    http: &HttpClient,
    clock: &dyn Clock,
    pending: Pending,
    answer: Answer,
) -> Result<ExternalUser, SignInError> {
    let metadata = provider.metadata.get().await?;
    check_iss(&metadata.item, answer.iss.as_deref())?;
    let client = provider.client(&metadata.item, &pending.redirect_uri);
    let request = client.exchange_code(AuthorizationCode::new(answer.code.expose_secret().to_owned()));
    let request = request.map_err(|error| SignInError::Unavailable(chain(&error)))?;
    let response =
        request.set_pkce_verifier(pending.verifier).request_async(http).await.map_err(token_error)?;
    let claims = id_claims(provider, metadata, &response, &pending.nonce, clock).await?;
    let claims = complete(provider, &client, http, &response, claims).await?;
    let issuer = &provider.config.issuer;
    provider.config.rules.user(issuer, &claims).map_err(|reason| SignInError::Refused(reason.into()))
}

/// RFC 9207: the answer is this provider's, not that of another one which was mixed up with it.
fn check_iss(metadata: &Metadata, iss: Option<&str>) -> Result<(), SignInError> {
    let is_right = match iss {
        Some(iss) => iss == metadata.issuer().as_str(),
        None => !metadata.additional_metadata().authorization_response_iss_parameter_supported,
    };
    if is_right { Ok(()) } else { Err(SignInError::Refused("the answer is not this provider's".into())) }
}

/// The claims of the ID token, checked. A key that is not known may be a new one.
async fn id_claims(
    provider: &Provider,
    metadata: Arc<Held<Metadata>>,
    response: &TokenResponse,
    nonce: &Nonce,
    clock: &dyn Clock,
) -> Result<IdClaims, SignInError> {
    let refused = |error: ClaimsVerificationError| SignInError::Refused(chain(&error).into());
    match verified(provider, &metadata.item, response, nonce, clock) {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            let metadata = provider.metadata.after(metadata).await?;
            verified(provider, &metadata.item, response, nonce, clock).map_err(refused)
        }
        other => other.map_err(refused),
    }
}

fn verified(
    provider: &Provider,
    metadata: &Metadata,
    response: &TokenResponse,
    nonce: &Nonce,
    clock: &dyn Clock,
) -> Result<IdClaims, ClaimsVerificationError> {
    let client_id = ClientId::new(provider.config.client_id.clone());
    let signed_by = metadata.id_token_signing_alg_values_supported();
    let now = clock.now();
    // The verifier of a public client: it does not know the client secret, so that is never a key.
    let verifier = IdTokenVerifier::new_public_client(
        client_id.clone(),
        metadata.issuer().clone(),
        metadata.jwks().clone(),
    )
    .set_allowed_algs(ALGORITHMS.into_iter().filter(|algorithm| signed_by.contains(algorithm)))
    .set_time_fn(move || now)
    .set_issue_time_verifier_fn(move |at| {
        if at > now + LEEWAY { Err("it was issued in the future".to_owned()) } else { Ok(()) }
    });
    let token = response.extra_fields().id_token();
    let token = token.ok_or_else(|| ClaimsVerificationError::Other("there is no ID token".to_owned()))?;
    let claims = token.claims(&verifier, nonce)?;
    if claims.authorized_party().is_some_and(|party| **party != *client_id) {
        return Err(ClaimsVerificationError::InvalidAudience("it was issued to another client".to_owned()));
    }
    Ok(claims.clone())
}

/// All claims: those of the ID token, and where the rules read more, those of the provider's userinfo.
async fn complete(
    provider: &Provider,
    client: &OidcClient,
    http: &HttpClient,
    response: &TokenResponse,
    id_claims: IdClaims,
) -> Result<Claims, SignInError> {
    let mut claims = object(&id_claims)?;
    if provider.config.rules.are_met_by(&claims) || client.user_info_url().is_none() {
        return Ok(claims);
    }
    let token = bearer(response.access_token())?;
    let request = client.user_info(token, Some(id_claims.subject().clone()));
    let request = request.map_err(|error| SignInError::Unavailable(chain(&error)))?;
    let more: UserInfo = request.request_async(http).await.map_err(userinfo_error)?;
    for (claim, value) in object(&more)? {
        claims.entry(claim).or_insert(value);
    }
    Ok(claims)
}

fn object(claims: &impl Serialize) -> Result<Claims, SignInError> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(SignInError::Refused("the claims are not a JSON object".into())),
    }
}

/// The library panics over a token that cannot stand in a header.
fn bearer(token: &AccessToken) -> Result<AccessToken, SignInError> {
    if token.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(token.clone());
    }
    Err(SignInError::Unavailable("the access token has characters that none may have".to_owned()))
}

/// What the provider wrote is left out, but for the name of the error: it may repeat what was sent.
fn token_error(error: CoreRequestTokenError<HttpError>) -> SignInError {
    match error {
        CoreRequestTokenError::ServerResponse(response) => {
            let code = response.error().as_ref().chars().filter(char::is_ascii_graphic).take(MAX_ERROR_CHARS);
            SignInError::Refused(format!("the token endpoint answers `{}`", code.collect::<String>()).into())
        }
        CoreRequestTokenError::Request(error) => SignInError::Unavailable(chain(&error)),
        _ => SignInError::Unavailable("the token endpoint's answer cannot be read".to_owned()),
    }
}

fn userinfo_error(error: UserInfoError<HttpError>) -> SignInError {
    match error {
        UserInfoError::ClaimsVerification(error) => SignInError::Refused(chain(&error).into()),
        UserInfoError::Request(error) => SignInError::Unavailable(chain(&error)),
        UserInfoError::Response(status, ..) => {
            SignInError::Unavailable(format!("the userinfo answers {status}"))
        }
        _ => SignInError::Unavailable("the userinfo cannot be read".to_owned()),
    }
}
