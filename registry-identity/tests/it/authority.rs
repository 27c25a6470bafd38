//! An issuer: a real HTTP server on loopback with metadata and a JWK set, which the test can change and switch off.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use crate::signer::Signer;

/// An issuer of tokens.
pub(crate) struct Authority {
    pub(crate) issuer: String,
    state: Arc<Mutex<State>>,
    held: watch::Sender<bool>,
    /// Told when a request comes that is held.
    arrived: Arc<Notify>,
}

#[derive(Default)]
struct State {
    issuer: String,
    keys: Vec<Value>,
    cache_control: Option<&'static str>,
    /// What its token endpoint and its userinfo answer, whoever asks.
    token: Value,
    userinfo: Value,
    is_down: bool,
    /// Its keys are elsewhere.
    moved_to: Option<String>,
    /// How often the keys were asked for.
    asked: usize,
}

impl Authority {
    /// With the public keys of `signers`.
    pub(crate) async fn of(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/realms/acme", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { issuer: issuer.clone(), ..State::default() }));
        let (held, arrived) = (watch::Sender::new(false), Arc::new(Notify::new()));
        let gate = (held.subscribe(), arrived.clone());
        let authority = Self { issuer, state: state.clone(), held, arrived };
        authority.publish(signers);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (state, gate) = (state.clone(), gate.clone());
                let service = service_fn(move |request| {
                    let (state, gate) = (state.clone(), gate.clone());
                    async move {
                        pass(gate).await;
                        answer(&state, &request)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(tcp), service));
            }
        });
        authority
    }

    /// Puts other keys into the set.
    pub(crate) fn publish(&self, signers: &[&Signer]) {
        self.state.lock().unwrap().keys = signers.iter().map(|signer| signer.jwk()).collect();
    }

    pub(crate) fn cache_control(&self, value: &'static str) {
        self.state.lock().unwrap().cache_control = Some(value);
    }

    /// From now on it answers 503, or no longer does.
    pub(crate) fn down(&self, is_down: bool) {
        self.state.lock().unwrap().is_down = is_down;
    }

    /// From now on it redirects who asks for its keys.
    pub(crate) fn redirect(&self, to: &str) {
        self.state.lock().unwrap().moved_to = Some(to.to_owned());
    }

    /// Puts as much into the set as it takes to have more than `bytes`.
    pub(crate) fn bloat(&self, bytes: usize) {
        self.state.lock().unwrap().keys.push(json!({"kty": "x".repeat(bytes)}));
    }

    /// From now on it takes requests and does not answer, until it no longer does so.
    pub(crate) fn hold(&self, is_held: bool) {
        self.held.send_replace(is_held);
    }

    /// Waits for a request that is held.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// From now on its metadata is that of another issuer.
    pub(crate) fn lie(&self) {
        self.state.lock().unwrap().issuer.push_str("/other");
    }

    /// From now on everybody who comes with a code gets this ID token, and this from the userinfo.
    pub(crate) fn answers(&self, id_token: &str, userinfo: Value) {
        let mut state = self.state.lock().unwrap();
        state.token = json!({"access_token": "opaque", "token_type": "Bearer", "id_token": id_token});
        state.userinfo = userinfo;
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }
}

async fn pass((mut held, arrived): (watch::Receiver<bool>, Arc<Notify>)) {
    if *held.borrow() {
        arrived.notify_one();
    }
    held.wait_for(|held| !held).await.unwrap();
}

fn answer(state: &Mutex<State>, request: &Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut state = state.lock().unwrap();
    let origin = state.issuer.split("/realms").next().unwrap_or_default();
    if let Some(to) = state.moved_to.as_ref().filter(|_| request.uri().path() == "/keys") {
        let mut response = status(StatusCode::FOUND);
        response.headers_mut().insert("location", to.parse().unwrap());
        return Ok(response);
    }
    let document = match request.uri().path() {
        "/realms/acme/.well-known/openid-configuration" => metadata(&state.issuer, origin),
        "/token" => state.token.clone(),
        "/userinfo" => state.userinfo.clone(),
        "/keys" => {
            state.asked += 1;
            json!({"keys": state.keys})
        }
        _ => return Ok(status(StatusCode::NOT_FOUND)),
    };
    if state.is_down {
        return Ok(status(StatusCode::SERVICE_UNAVAILABLE));
    }
    let mut response = Response::new(Full::from(document.to_string()));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    if let Some(value) = state.cache_control {
        response.headers_mut().insert("cache-control", value.parse().unwrap());
    }
    Ok(response)
}

/// It says that ID tokens may be unsigned, or have the client secret as key: that must not be believed.
fn metadata(issuer: &str, origin: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{origin}/keys"),
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "userinfo_endpoint": format!("{origin}/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    })
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
