//! Signing in at a real provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use registry_core::identity::{ExternalUser, TokenError, TokenVerifier};
use registry_core::model::role::{Role, Scope, Scopes};
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};
use registry_identity::oidc::{Answer, Pending, SignInError, Start};
use registry_identity::{IdentityConfig, Oidc, Tokens};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::browser::{Browser, REDIRECT_URI, machine_token};
use crate::peer::Peer;
use crate::service::{StoppedClock, dialer};

const SECRET: &str = "peer-password-of-the-dashboard";

fn config(issuer: &str, client: &str, secret: Option<&str>) -> IdentityConfig {
    let secret_line = if secret.is_some() { "client_secret_env = \"SECRET\"" } else { "" };
    let file = format!(
        "[[provider]]\nid = \"peer\"\nname = \"The peer\"\nissuer = \"{issuer}\"\nclient_id = \"{client}\"\n{secret_line}\n\
         scopes = [\"openid\", \"profile\", \"email\", \"groups\"]\n[provider.claims]\ntenant_claim = \"org\"\n\
         role_claim = \"groups\"\nroles = {{ registry-admins = \"admin\", developers = \"server_owner\" }}\n"
    );
    IdentityConfig::parse(&file, &|_| secret.map(str::to_owned)).unwrap()
}

fn oidc(peer: &Peer) -> Oidc {
    let config = config(&peer.issuer, "dashboard", Some(SECRET));
    Oidc::new(&config, dialer(), Arc::new(StoppedClock::now()))
}

async fn start(oidc: &Oidc) -> Start {
    oidc.start("peer", &REDIRECT_URI.parse().unwrap()).await.unwrap()
}

async fn sign_in(oidc: &Oidc, name: &str) -> Result<ExternalUser, SignInError> {
    let start = start(oidc).await;
    let answer = Browser::new().sign_in(&start, name).await;
    oidc.finish(start.pending, answer).await
}

fn refusal(outcome: Result<ExternalUser, SignInError>) -> String {
    match outcome {
        Err(SignInError::Refused(reason)) => reason.into_owned(),
        other => panic!("it is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_person_signs_in_and_is_who_the_claims_say() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let alice = sign_in(&oidc, "alice").await.unwrap();
    assert_eq!((&alice.identity.issuer, &*alice.identity.subject), (&peer.issuer, "person-alice"));
    assert_eq!((alice.tenant.as_str(), alice.role, alice.username.as_str()), ("acme", Role::Admin, "alice"));
    assert_eq!(alice.display_name.map(String::from).as_deref(), Some("Alice Ash"));
    assert_eq!(alice.email.map(String::from).as_deref(), Some("alice@acme.test"));
    assert!(alice.creates_user && !alice.creates_tenant);
    assert_eq!(sign_in(&oidc, "bob").await.unwrap().role, Role::ServerOwner);
    assert_eq!(
        refusal(sign_in(&oidc, "carol").await),
        "none of its roles is mapped, and there is no default"
    );
}

#[tokio::test]
async fn claims_may_be_in_the_id_token() {
    let peer = Peer::start_with(&[("CLAIMS_IN_ID_TOKEN", "true")]).await;
    assert_eq!(sign_in(&oidc(&peer), "alice").await.unwrap().role, Role::Admin);
}

#[tokio::test]
async fn a_public_client_has_pkce_alone() {
    let peer = Peer::start().await;
    let oidc = Oidc::new(&config(&peer.issuer, "public", None), dialer(), Arc::new(StoppedClock::now()));
    assert_eq!(sign_in(&oidc, "alice").await.unwrap().role, Role::Admin);
}

#[tokio::test]
async fn the_browser_is_sent_with_state_nonce_and_an_s256_challenge() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    assert_eq!(
        oidc.list().iter().map(|entry| (&*entry.id, &*entry.name)).collect::<Vec<_>>(),
        [("peer", "The peer")]
    );
    let (one, other) = (start(&oidc).await, start(&oidc).await);
    let query = |start: &Start| start.url.query_pairs().into_owned().collect::<BTreeMap<String, String>>();
    let (first, second) = (query(&one), query(&other));
    assert_eq!((&*first["response_type"], &*first["code_challenge_method"]), ("code", "S256"));
    assert_eq!((&*first["redirect_uri"], &*first["scope"]), (REDIRECT_URI, "openid profile email groups"));
    assert_eq!(first["state"], one.state.expose_secret());
    for secret in ["state", "nonce", "code_challenge"] {
        assert_ne!(first[secret], second[secret], "{secret} is new each time");
        assert!(first[secret].len() >= 43, "{secret} has 256 bits");
    }
    let (shown, kept) = (format!("{one:?}"), serde_json::to_value(&one.pending).unwrap());
    let (nonce, verifier) = (kept["nonce"].as_str().unwrap(), kept["verifier"].as_str().unwrap());
    assert!(
        !shown.contains(nonce) && !shown.contains(verifier) && !shown.contains(&first["state"]),
        "{shown}"
    );
    assert!(!one.url.as_str().contains(verifier), "the verifier stays here");
}

#[tokio::test]
async fn what_is_pending_survives_being_stored() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let start = start(&oidc).await;
    let answer = Browser::new().sign_in(&start, "alice").await;
    let stored = serde_json::to_string(&start.pending).unwrap();
    let pending: Pending = serde_json::from_str(&stored).unwrap();
    assert_eq!(pending.provider(), "peer");
    oidc.finish(pending, answer).await.unwrap();
}

#[tokio::test]
async fn another_sign_ins_state_is_refused() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let (victims, attackers) = (start(&oidc).await, start(&oidc).await);
    let answer = Browser::new().sign_in(&attackers, "bob").await;
    assert_eq!(refusal(oidc.finish(victims.pending, answer).await), "the state is another sign-in's");
}

#[tokio::test]
async fn a_code_that_was_injected_is_refused() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let (victims, attackers) = (start(&oidc).await, start(&oidc).await);
    let Answer { code, iss, .. } = Browser::new().sign_in(&attackers, "bob").await;
    let answer = Answer { code, iss, state: victims.state };
    assert_eq!(
        refusal(oidc.finish(victims.pending, answer).await),
        "the token endpoint answers `invalid_grant`"
    );
}

#[tokio::test]
async fn a_code_is_good_for_one_sign_in() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let start = start(&oidc).await;
    let stored = serde_json::to_string(&start.pending).unwrap();
    let Answer { code, state, iss } = Browser::new().sign_in(&start, "alice").await;
    let again = Answer { code: code.clone(), state: state.clone(), iss: iss.clone() };
    oidc.finish(start.pending, Answer { code, state, iss }).await.unwrap();
    let outcome = oidc.finish(serde_json::from_str(&stored).unwrap(), again).await;
    assert_eq!(refusal(outcome), "the token endpoint answers `invalid_grant`");
}

#[tokio::test]
async fn an_id_token_with_another_nonce_is_refused() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let start = start(&oidc).await;
    let answer = Browser::new().sign_in(&start, "alice").await;
    let mut stored = serde_json::to_value(&start.pending).unwrap();
    stored["nonce"] = json!("another");
    let outcome = oidc.finish(serde_json::from_value(stored).unwrap(), answer).await;
    assert_eq!(refusal(outcome), "Invalid nonce: nonce mismatch");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused_before_the_code_is_shown() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let start = start(&oidc).await;
    let stored = serde_json::to_string(&start.pending).unwrap();
    let mut answer = Browser::new().sign_in(&start, "alice").await;
    let right = answer.iss.take();
    assert_eq!(right.as_ref(), Some(&peer.issuer));
    for iss in [None, Some("https://id.evil.test".to_owned()), Some(format!("{}/", peer.issuer))] {
        let answer = Answer { code: answer.code.clone(), state: answer.state.clone(), iss };
        let outcome = oidc.finish(serde_json::from_str(&stored).unwrap(), answer).await;
        assert_eq!(refusal(outcome), "the answer is not this provider's");
    }
    oidc.finish(start.pending, Answer { iss: right, ..answer }).await.expect("the code was not spent");
}

#[tokio::test]
async fn a_wrong_client_secret_is_refused_and_not_repeated() {
    let peer = Peer::start().await;
    let config = config(&peer.issuer, "dashboard", Some("another-password"));
    let oidc = Oidc::new(&config, dialer(), Arc::new(StoppedClock::now()));
    assert_eq!(refusal(sign_in(&oidc, "alice").await), "the token endpoint answers `invalid_client`");
}

#[tokio::test]
async fn a_provider_that_is_unknown_or_away_is_said_so() {
    let peer = Peer::start().await;
    let oidc = oidc(&peer);
    let redirect = REDIRECT_URI.parse().unwrap();
    assert!(matches!(oidc.start("other", &redirect).await, Err(SignInError::UnknownProvider)));
    peer.stopped().await;
    assert!(matches!(oidc.start("peer", &redirect).await, Err(SignInError::Unavailable(_))));
}

#[tokio::test]
async fn a_provider_goes_on_after_it_has_changed_its_keys() {
    let peer = Peer::start().await;
    let clock = Arc::new(StoppedClock::now());
    let oidc = Oidc::new(&config(&peer.issuer, "dashboard", Some(SECRET)), dialer(), clock.clone());
    sign_in(&oidc, "alice").await.unwrap();
    let _peer = peer.restarted().await;
    assert_eq!(
        refusal(sign_in(&oidc, "alice").await),
        "Signature verification failed: No matching key found"
    );
    clock.pass(TimeDelta::seconds(30));
    sign_in(&oidc, "alice").await.expect("the new keys are fetched, at most once in 30 seconds");
}

#[tokio::test]
async fn a_provider_at_an_address_that_the_egress_policy_refuses_is_not_asked() {
    let peer = Peer::start().await;
    let dialer = Dialer::new(EgressPolicy::default(), UpstreamTls::new().unwrap());
    let oidc =
        Oidc::new(&config(&peer.issuer, "dashboard", Some(SECRET)), dialer, Arc::new(StoppedClock::now()));
    match oidc.start("peer", &REDIRECT_URI.parse().unwrap()).await {
        Err(SignInError::Unavailable(reason)) => assert!(reason.contains("egress policy"), "{reason}"),
        other => panic!("it was asked: {other:?}"),
    }
}

#[tokio::test]
async fn a_real_providers_access_tokens_are_bearer_tokens() {
    let peer = Peer::start().await;
    let public = "https://registry.acme.test";
    let file = format!(
        "[[issuer]]\nissuer = \"{}\"\naudiences = [\"{public}\"]\ntyp = \"at+jwt\"\n[issuer.claims]\ntenant_claim = \"org\"\n\
         role_claim = \"groups\"\nroles = {{ developers = \"server_owner\" }}\n",
        peer.issuer
    );
    let config = IdentityConfig::parse(&file, &|_| None).unwrap();
    let url = public.parse().unwrap();
    let tokens = Tokens::new(&config, Some(&url), dialer(), Arc::new(StoppedClock::now()));
    let token = machine_token(&peer.issuer, public, "server:read").await;
    let claims = tokens.verify(&token).await.unwrap();
    assert_eq!((claims.user.tenant.as_str(), claims.user.role), ("acme", Role::ServerOwner));
    assert_eq!((claims.scopes, claims.only_for), (Scopes::new([Scope::ServerRead]).unwrap(), None));
    let token = machine_token(&peer.issuer, &format!("{public}/mcp/weather"), "mcp:invoke").await;
    assert_eq!(tokens.verify(&token).await.unwrap().only_for.as_deref(), Some("weather"));
    let token = machine_token(&peer.issuer, "https://other.test", "mcp:invoke").await;
    assert_eq!(tokens.verify(&token).await, Err(TokenError::Refused("it is not for this service")));
}
