//! Signing in at a provider that answers with what an attacker would like to be believed.

use std::sync::Arc;

use registry_core::clock::Clock;
use registry_core::identity::ExternalUser;
use registry_identity::oidc::{Answer, SignInError, Start};
use registry_identity::{IdentityConfig, Oidc};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::authority::Authority;
use crate::browser::REDIRECT_URI;
use crate::service::{StoppedClock, dialer};
use crate::signer::{Signer, hmac_signed, unsigned};

const CLIENT: &str = "dashboard";
const SECRET: &str = "peer-password-of-the-dashboard";

struct Scene {
    signer: Signer,
    authority: Authority,
    oidc: Oidc,
    clock: Arc<StoppedClock>,
}

impl Scene {
    async fn new() -> Self {
        let signer = Signer::ec("k1");
        let authority = Authority::of(&[&signer]).await;
        let file = format!(
            "[[provider]]\nid = \"fake\"\nname = \"Fake\"\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\n\
             client_secret_env = \"SECRET\"\n[provider.claims]\ntenant = \"acme\"\ndefault_role = \"user\"\n\
             role_claim = \"groups\"\nroles = {{ developers = \"server_owner\" }}\n",
            authority.issuer
        );
        let config = IdentityConfig::parse(&file, &|_| Some(SECRET.to_owned())).unwrap();
        let clock = Arc::new(StoppedClock::default());
        Self { signer, authority, oidc: Oidc::new(&config, dialer(), clock.clone()), clock }
    }

    /// Signs in; `forge` makes the ID token, from claims that are good, and the userinfo.
    async fn sign_in(
        &self,
        forge: impl FnOnce(Value) -> (String, Value),
    ) -> Result<ExternalUser, SignInError> {
        let start = self.oidc.start("fake", &REDIRECT_URI.parse().unwrap()).await.unwrap();
        let (token, userinfo) = forge(self.claims(&start));
        self.authority.answers(&token, userinfo);
        let answer = Answer { code: SecretString::from("invented"), state: start.state, iss: None };
        self.oidc.finish(start.pending, answer).await
    }

    fn claims(&self, start: &Start) -> Value {
        let (now, issuer) = (self.clock.now().timestamp(), &self.authority.issuer);
        let nonce = start.url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
        json!({
            "iss": issuer, "aud": CLIENT, "sub": "248289761001", "exp": now + 60, "iat": now, "nonce": nonce,
            "preferred_username": "alice", "groups": ["developers"],
        })
    }

    /// Why claims that differ in one are refused.
    async fn refusal(&self, claim: &str, value: Value) -> String {
        let outcome = self.sign_in(|mut claims| {
            claims[claim] = value;
            claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            (self.sign(&claims), json!({}))
        });
        reason(outcome.await)
    }

    fn sign(&self, claims: &Value) -> String {
        self.signer.sign_with(&json!({"alg": "ES256", "kid": "k1"}), claims)
    }
}

fn reason(outcome: Result<ExternalUser, SignInError>) -> String {
    match outcome {
        Err(SignInError::Refused(reason)) => reason.into_owned(),
        Err(SignInError::Unavailable(reason)) => format!("unavailable: {reason}"),
        other => panic!("it is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn good_claims_are_accepted() {
    let scene = Scene::new().await;
    let user = scene.sign_in(|claims| (scene.sign(&claims), json!({}))).await.unwrap();
    assert_eq!(user.identity.subject, "248289761001");
}

#[tokio::test]
async fn an_id_token_without_a_signature_or_with_the_secret_as_key_is_refused_although_the_metadata_allows_it()
 {
    let scene = Scene::new().await;
    let outcome = scene.sign_in(|claims| (unsigned(&claims), json!({}))).await;
    assert!(reason(outcome).contains("No signature found"));
    let outcome = scene.sign_in(|claims| (hmac_signed(SECRET.as_bytes(), "k1", &claims), json!({}))).await;
    assert!(reason(outcome).contains("`HS256` is not one of"));
    let stranger = Signer::ec("k1");
    let header = json!({"alg": "ES256", "kid": "k1"});
    let outcome = scene.sign_in(|claims| (stranger.sign_with(&header, &claims), json!({}))).await;
    assert!(reason(outcome).contains("Crypto error"));
}

#[tokio::test]
async fn an_id_token_for_somebody_else_is_refused() {
    let scene = Scene::new().await;
    for (claim, value, why) in [
        ("aud", json!("other"), "Invalid audiences"),
        ("aud", json!([CLIENT, "other"]), "not a trusted audience"),
        ("azp", json!("other"), "issued to another client"),
        ("iss", json!("https://id.evil.test"), "Invalid issuer"),
        ("nonce", json!("other"), "Invalid nonce"),
        ("nonce", json!(null), "Invalid nonce"),
    ] {
        let reason = scene.refusal(claim, value.clone()).await;
        assert!(reason.contains(why), "{claim} {value}: {reason}");
    }
}

#[tokio::test]
async fn an_id_token_of_another_time_is_refused() {
    let scene = Scene::new().await;
    let now = scene.clock.now().timestamp();
    for (claim, value) in [("exp", now), ("exp", now - 60), ("iat", now + 301)] {
        let reason = scene.refusal(claim, json!(value)).await;
        assert!(reason.contains("Expired"), "{claim}: {reason}");
    }
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_refused() {
    let scene = Scene::new().await;
    let forge = |mut claims: Value, userinfo: Value| {
        claims.as_object_mut().unwrap().remove("groups");
        (scene.sign(&claims), userinfo)
    };
    let other = json!({"sub": "other", "groups": ["developers"]});
    let outcome = scene.sign_in(|claims| forge(claims, other)).await;
    assert!(reason(outcome).contains("Invalid subject"));
    let more = json!({"sub": "248289761001", "groups": ["developers"], "iss": "https://id.evil.test", "preferred_username": "bob"});
    let user = scene.sign_in(|claims| forge(claims, more)).await.unwrap();
    assert_eq!(user.role, registry_core::model::role::Role::ServerOwner);
    assert_eq!(user.username.as_str(), "alice", "what the ID token says counts");
}

#[tokio::test]
async fn an_answer_without_an_id_token_is_refused() {
    let scene = Scene::new().await;
    let outcome = scene.sign_in(|_| (String::new(), json!({}))).await;
    assert!(reason(outcome).contains("cannot be read"));
}
