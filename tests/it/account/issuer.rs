//! An issuer of bearer tokens: a key pair, a JWK set on loopback, and a service that believes it.

use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use black_box_tests::{Client, Options, Service, StoreKind};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use registry_core::clock::{Clock, SystemClock};
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};
use registry_gateway::proxy::{Discovery, ProxyLimits};
use registry_http::app;
use registry_http::discovery::TokenIssuers;
use registry_http::site::Site;
use registry_identity::{IdentityConfig, Tokens};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::support::with;

/// Where clients reach the service, as the operator says; tokens for one server name it.
pub(crate) const PUBLIC_URL: &str = "https://registry.acme.test";
/// The audience of the service.
pub(crate) const AUDIENCE: &str = "https://registry.acme.test/api";

/// Whom tokens are believed to be about.
const RULES: &str = "tenant = \"acme\"\nrole_claim = \"roles\"\ndefault_role = \"user\"\n\
     roles = { boss = \"admin\", dev = \"server_owner\" }\n";

/// An issuer that runs.
pub(crate) struct Issuer {
    /// Its `iss`.
    pub(crate) url: String,
    key: EcdsaKeyPair,
    _task: AbortOnDropHandle<()>,
}

impl Issuer {
    /// One with a new key.
    pub(crate) async fn start() -> Self {
        let (rng, method) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(method, &rng).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(method, document.as_ref(), &rng).unwrap();
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1",
            "x": encode(x), "y": encode(y) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(publish(listener, json!({ "keys": [jwk] }).to_string()));
        Self { url, key, _task: AbortOnDropHandle::new(task) }
    }

    /// The operator's file that trusts it. With `rules` further rules about people.
    pub(crate) fn file(&self, rules: &str) -> String {
        format!(
            "[[issuer]]\nissuer = \"{0}\"\naudiences = [\"{AUDIENCE}\"]\njwks_uri = \"{0}/keys\"\n[issuer.claims]\n{RULES}{rules}",
            self.url
        )
    }

    /// Claims of `sub` that are accepted for five minutes, changed by `patch` (null takes a claim away).
    pub(crate) fn claims(&self, sub: &str, patch: Value) -> Value {
        let now = SystemClock.now().timestamp();
        let claims = json!({ "iss": self.url, "aud": AUDIENCE, "sub": sub, "preferred_username": sub, "iat": now,
            "exp": now + 300 });
        with(claims, &patch)
    }

    /// A token with these claims.
    pub(crate) fn token(&self, sub: &str, patch: Value) -> String {
        self.sign(&json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" }), &self.claims(sub, patch))
    }

    /// A token with this header and these claims, whatever they say.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encode(signature.as_ref()))
    }

    /// A service that believes this issuer, with further rules about people.
    pub(crate) async fn service(&self, kind: StoreKind, rules: &str) -> Service {
        Service::start_with(kind, self.options(rules)).await
    }

    /// How such a service is started.
    pub(crate) fn options(&self, rules: &str) -> Options {
        let config = IdentityConfig::parse(&self.file(rules), &|_| None).expect("the file is good");
        let url = PUBLIC_URL.parse().unwrap();
        let tokens = Tokens::new(&config, Some(&url), dialer(), Arc::new(SystemClock));
        let discovery = Discovery { has_issuers: true, public_url: Some(PUBLIC_URL.to_owned()) };
        let issuers = TokenIssuers(vec![self.url.clone()]);
        Options {
            tokens: Some(Arc::new(tokens)),
            proxy: ProxyLimits { discovery: discovery.clone(), ..ProxyLimits::default() },
            app: app::Options { site: Site { discovery }, issuers, ..app::Options::default() },
            ..Options::default()
        }
    }

    /// A client with a token.
    pub(crate) fn client(&self, service: &Service, sub: &str, patch: Value) -> Client {
        service.client().with_key(&self.token(sub, patch))
    }
}

/// The first two parts of a token.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

/// base64url.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Goes to loopback too.
pub(crate) fn dialer() -> Dialer {
    Dialer::new(EgressPolicy::new(Vec::new()).allow_loopback(true), UpstreamTls::new().expect("TLS"))
}

async fn publish(listener: TcpListener, keys: String) {
    let keys = Bytes::from(keys);
    while let Ok((tcp, _)) = listener.accept().await {
        let keys = keys.clone();
        let service = service_fn(move |_| {
            let answer = Response::builder().header("content-type", "application/json");
            let answer = answer.body(Full::new(keys.clone())).expect("an answer");
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(tcp), service));
    }
}
