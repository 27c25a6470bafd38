//! What is accepted, and every way to be refused (THREATS A11).

use registry_core::identity::TokenError;
use registry_core::model::role::{Role, Scope, Scopes};
use serde_json::{Value, json};

use crate::authority::Authority;
use crate::service::{AUDIENCE, PUBLIC_URL, Service};
use crate::signer::{Signer, encode, unsigned};

/// An issuer with one key, and a service that trusts it.
async fn trusted() -> (Signer, Authority, Service) {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    (signer, authority, service)
}

fn with(mut claims: Value, claim: &str, value: Value) -> Value {
    claims[claim] = value;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

#[tokio::test]
async fn an_es256_token_is_accepted_and_read() {
    let (signer, authority, service) = trusted().await;
    let claims = service.verify(&signer.sign(&service.claims(&authority))).await.unwrap();
    assert_eq!(claims.user.identity.issuer, authority.issuer);
    assert_eq!(claims.user.identity.subject, "248289761001");
    assert_eq!((claims.user.tenant.as_str(), claims.user.role), ("acme", Role::ServerOwner));
    assert_eq!((claims.scopes, claims.only_for), (Scopes::of_registration(), None));
    assert_eq!(claims.expires_at, service.now() + chrono::TimeDelta::days(1));
    assert!(!claims.user.creates_user && !claims.user.creates_tenant);
    assert_eq!(service.issuers(), [authority.issuer]);
}

#[tokio::test]
async fn an_rs256_token_is_accepted() {
    let signer = Signer::rsa("r1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    let token = signer.sign(&service.claims(&authority));
    assert!(service.verify(&token).await.is_ok());
    let forged = signer.sign_with_public_key_as_secret(&service.claims(&authority));
    assert_eq!(service.refusal(&forged).await, "its algorithm is not one of the issuer's");
}

#[tokio::test]
async fn alg_none_is_refused_in_any_spelling() {
    let (signer, authority, service) = trusted().await;
    let claims = service.claims(&authority);
    assert_eq!(service.refusal(&unsigned(&claims)).await, "its algorithm is none that can be trusted");
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let token = signer.sign_with(&json!({"alg": none, "kid": "k1"}), &claims);
        assert_eq!(service.refusal(&token).await, "its algorithm is none that can be trusted", "{none}");
    }
    let (message, _) =
        signer.sign(&claims).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(service.refusal(&format!("{message}.")).await, "it is not signed");
}

#[tokio::test]
async fn hs256_with_the_public_key_as_secret_is_refused() {
    let (signer, authority, service) = trusted().await;
    let token = signer.sign_with_public_key_as_secret(&service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its algorithm is not one of the issuer's");
}

#[tokio::test]
async fn an_algorithm_that_the_issuer_is_not_configured_for_is_refused() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::configured(&[&authority], "algorithms = [\"RS256\"]");
    let token = signer.sign(&service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its algorithm is not one of the issuer's");
    assert_eq!(authority.asked(), 0, "nothing is fetched for it");
}

#[tokio::test]
async fn another_algorithm_than_the_keys_is_refused() {
    let (signer, authority, service) = trusted().await;
    let token = signer.sign_with(&json!({"alg": "RS256", "kid": "k1"}), &service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its key is not one of the issuer's");
}

#[tokio::test]
async fn a_wrong_issuer_is_refused_and_never_asked() {
    let (signer, authority, service) = trusted().await;
    let stranger = Authority::of(&[&signer]).await;
    let issuer = authority.issuer.clone();
    for iss in [json!(stranger.issuer), json!(format!("{issuer}/")), json!(null), json!(7), json!([issuer])] {
        let token = signer.sign(&with(service.claims(&authority), "iss", iss.clone()));
        assert_eq!(service.refusal(&token).await, "its issuer is not one of the configured ones", "{iss}");
    }
    assert_eq!(stranger.asked() + authority.asked(), 0);
}

#[tokio::test]
async fn a_missing_audience_is_refused() {
    let (signer, authority, service) = trusted().await;
    for aud in [json!(null), json!([]), json!(""), json!({AUDIENCE: true}), json!(7)] {
        let token = signer.sign(&with(service.claims(&authority), "aud", aud.clone()));
        assert_eq!(service.refusal(&token).await, "it is not for this service", "{aud}");
    }
}

#[tokio::test]
async fn another_environments_audience_is_refused() {
    let (signer, authority, service) = trusted().await;
    for aud in
        [json!("registry-staging"), json!("Registry"), json!(["a", "b"]), json!("https://other.test/mcp/x")]
    {
        let token = signer.sign(&with(service.claims(&authority), "aud", aud.clone()));
        assert_eq!(service.refusal(&token).await, "it is not for this service", "{aud}");
    }
    let token = signer.sign(&with(service.claims(&authority), "aud", json!(["other", AUDIENCE])));
    assert!(service.verify(&token).await.is_ok(), "one of several is enough");
}

#[tokio::test]
async fn a_token_for_one_mcp_server_is_good_for_that_server_only() {
    let (signer, authority, service) = trusted().await;
    let only_for = async |aud: Value| {
        let token = signer.sign(&with(service.claims(&authority), "aud", aud));
        service.verify(&token).await.map(|claims| claims.only_for)
    };
    let server = format!("{PUBLIC_URL}/mcp/weather-map");
    assert_eq!(only_for(json!(server)).await, Ok(Some("weather-map".to_owned())));
    assert_eq!(only_for(json!([server, AUDIENCE])).await, Ok(None), "it is for the service as well");
    let several = Err(TokenError::Refused("it is for several MCP servers"));
    assert_eq!(only_for(json!([server, format!("{PUBLIC_URL}/mcp/other")])).await, several);
    for other in ["", "a/b", "a?b", "%61", ".."] {
        let refused = Err(TokenError::Refused("it is not for this service"));
        assert_eq!(only_for(json!(format!("{PUBLIC_URL}/mcp/{other}"))).await, refused, "{other}");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let (signer, authority, service) = trusted().await;
    let now = service.now().timestamp();
    let at = |exp: Value| signer.sign(&with(service.claims(&authority), "exp", exp));
    assert!(service.verify(&at(json!(now - 29))).await.is_ok(), "within the leeway");
    assert_eq!(service.refusal(&at(json!(now - 30))).await, "it has expired");
    assert_eq!(service.refusal(&at(json!(null))).await, "it has no end");
    assert_eq!(service.refusal(&at(json!("2099"))).await, "one of its times is not a number");
    assert_eq!(service.refusal(&at(json!(1e300))).await, "one of its times is out of range");
}

#[tokio::test]
async fn a_token_that_is_not_yet_valid_is_refused() {
    let (signer, authority, service) = trusted().await;
    let now = service.now().timestamp();
    for (claim, reason) in [("nbf", "it is not valid yet"), ("iat", "it was issued in the future")] {
        let at = |time: Value| signer.sign(&with(service.claims(&authority), claim, time));
        assert!(service.verify(&at(json!(now + 30))).await.is_ok(), "{claim} within the leeway");
        assert!(service.verify(&at(json!(null))).await.is_ok(), "{claim} need not be there");
        assert_eq!(service.refusal(&at(json!(now + 31))).await, reason);
        assert_eq!(service.refusal(&at(json!("soon"))).await, "one of its times is not a number");
    }
}

#[tokio::test]
async fn a_token_without_a_subject_is_refused() {
    let (signer, authority, service) = trusted().await;
    for sub in [json!(null), json!(""), json!(7)] {
        let token = signer.sign(&with(service.claims(&authority), "sub", sub.clone()));
        assert_eq!(service.refusal(&token).await, "it has no subject", "{sub}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let (_, authority, service) = trusted().await;
    let impostor = Signer::ec("k1");
    let token = impostor.sign(&service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its signature is not the issuer's");
}

#[tokio::test]
async fn changed_claims_are_refused() {
    let (signer, authority, service) = trusted().await;
    let token = signer.sign(&service.claims(&authority));
    let other = with(service.claims(&authority), "roles", json!(["admins"]));
    let parts: Vec<&str> = token.split('.').collect();
    let token = format!("{}.{}.{}", parts[0], encode(other.to_string().as_bytes()), parts[2]);
    assert_eq!(service.refusal(&token).await, "its signature is not the issuer's");
}

#[tokio::test]
async fn an_unknown_key_id_is_refused() {
    let (signer, authority, service) = trusted().await;
    let header = json!({"alg": "ES256", "kid": "k2"});
    let token = signer.sign_with(&header, &service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its key is not one of the issuer's");
    let header = json!({"alg": "ES256", "kid": 7});
    let token = signer.sign_with(&header, &service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its key id is not a text");
}

#[tokio::test]
async fn the_key_of_another_issuer_is_refused() {
    let (ours, theirs) = (Signer::ec("k1"), Signer::ec("k2"));
    let (authority, other) = (Authority::of(&[&ours]).await, Authority::of(&[&theirs]).await);
    let service = Service::configured(&[&authority, &other], "");
    assert!(service.verify(&theirs.sign(&service.claims(&other))).await.is_ok());
    let token = theirs.sign(&service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its key is not one of the issuer's");
    let header = json!({"alg": "ES256", "kid": "k1"});
    let token = theirs.sign_with(&header, &service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its signature is not the issuer's");
}

#[tokio::test]
async fn keys_in_the_header_are_not_looked_at() {
    let (_, authority, service) = trusted().await;
    let impostor = Signer::ec("k9");
    let keys = format!("{}/keys", authority.issuer);
    let header = json!({"alg": "ES256", "kid": "k9", "jwk": impostor.jwk(), "jku": keys, "x5u": keys});
    let token = impostor.sign_with(&header, &service.claims(&authority));
    assert_eq!(service.refusal(&token).await, "its key is not one of the issuer's");
}

#[tokio::test]
async fn tokens_of_other_types_are_refused() {
    let (signer, authority, service) = trusted().await;
    let strict = Service::configured(&[&authority], "typ = \"at+jwt\"");
    let typed = |typ: Value| {
        let header = with(json!({"alg": "ES256", "kid": "k1"}), "typ", typ);
        signer.sign_with(&header, &service.claims(&authority))
    };
    for typ in [json!(null), json!("JWT"), json!("at+jwt"), json!("application/at+JWT")] {
        assert!(service.verify(&typed(typ.clone())).await.is_ok(), "{typ}");
    }
    let reason = "its type is not that of an access token";
    for typ in [json!("logout+jwt"), json!("dpop+jwt"), json!("")] {
        assert_eq!(service.refusal(&typed(typ.clone())).await, reason, "{typ}");
    }
    assert!(strict.verify(&typed(json!("application/at+jwt"))).await.is_ok());
    for typ in [json!(null), json!("JWT")] {
        assert_eq!(strict.refusal(&typed(typ.clone())).await, reason, "{typ}");
    }
}

#[tokio::test]
async fn critical_headers_are_refused() {
    let (signer, authority, service) = trusted().await;
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("x")] {
        let header = json!({"alg": "ES256", "kid": "k1", "crit": crit, "exp": 1, "b64": true});
        let token = signer.sign_with(&header, &service.claims(&authority));
        assert_eq!(service.refusal(&token).await, "its header has critical extensions", "{crit}");
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_refused() {
    let (signer, authority, service) = trusted().await;
    let token = signer.sign(&with(
        service.claims(&authority),
        "cnf",
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
    ));
    assert_eq!(service.refusal(&token).await, "it is bound to a key");
}

#[tokio::test]
async fn what_is_no_token_is_refused_before_anything_is_fetched() {
    let (signer, authority, service) = trusted().await;
    let token = signer.sign(&service.claims(&authority));
    let long_header = json!({"alg": "ES256", "kid": "k".repeat(1024)});
    let long_claims = with(service.claims(&authority), "x", json!("x".repeat(8192)));
    for (token, reason) in [
        ("mcp_0123456789".to_owned(), "it does not have three parts"),
        (String::new(), "it does not have three parts"),
        (format!("{token}.{token}"), "it does not have three parts"),
        (format!("e30=.{token}"), "it does not have three parts"),
        ("a.b.c".to_owned(), "its header is not JSON in base64url"),
        (format!("{}.b.c", encode(b"[]")), "its header is not JSON in base64url"),
        (format!("{}.b.c", encode(b"{}")), "its header has no algorithm"),
        (format!("{}.b.c", encode(br#"{"alg":"ES256"}"#)), "its claims are not JSON in base64url"),
        (signer.sign_with(&long_header, &json!({})), "its header is too long"),
        (signer.sign(&long_claims), "it is too long"),
    ] {
        assert_eq!(service.refusal(&token).await, reason);
    }
    assert_eq!(authority.asked(), 0);
}

#[tokio::test]
async fn scopes_are_those_of_ours_that_the_token_names() {
    let (signer, authority, service) = trusted().await;
    let scopes = async |claim: &str, value: Value| {
        let token = signer.sign(&with(service.claims(&authority), claim, value));
        service.verify(&token).await.unwrap().scopes
    };
    let read = Scopes::new([Scope::ServerRead]).unwrap();
    assert_eq!(scopes("scope", json!("openid server:read")).await, read);
    assert_eq!(scopes("scp", json!("server:read")).await, read);
    assert_eq!(scopes("scp", json!(["server:read", "offline_access"])).await, read);
    for none in [json!("openid profile"), json!(""), json!("SERVER:READ"), json!({"server:read": true})] {
        assert_eq!(scopes("scope", none.clone()).await, Scopes::of_registration(), "{none}");
    }
}

#[tokio::test]
async fn who_the_rules_do_not_let_in_is_refused() {
    let signer = Signer::ec("k1");
    let authority = Authority::of(&[&signer]).await;
    let service = Service::trusting(&authority);
    let token = signer.sign(&with(service.claims(&authority), "roles", json!(["other"])));
    assert_eq!(service.verify(&token).await.unwrap().user.role, Role::User, "the default");
    let token = signer.sign(&with(service.claims(&authority), "sub", json!("x".repeat(256))));
    assert_eq!(service.refusal(&token).await, "its subject is empty or too long");
}
