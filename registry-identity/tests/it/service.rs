//! The verifier under test, with a clock that stands still until it is moved.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta};
use registry_core::clock::{Clock, SystemClock, Timestamp};
use registry_core::identity::{TokenClaims, TokenError, TokenVerifier};
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};
use registry_identity::{IdentityConfig, Tokens};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::authority::Authority;

/// The address of the service, and the audience that is configured.
pub(crate) const PUBLIC_URL: &str = "https://registry.acme.test";
pub(crate) const AUDIENCE: &str = "registry";

/// A verifier, and the time that it is there.
pub(crate) struct Service {
    tokens: Tokens,
    clock: Arc<StoppedClock>,
}

impl Service {
    /// That trusts `authority`.
    pub(crate) fn trusting(authority: &Authority) -> Self {
        Self::configured(&[authority], "")
    }

    /// That trusts `authorities`, each with `extra` lines.
    pub(crate) fn configured(authorities: &[&Authority], extra: &str) -> Self {
        let table = |authority: &&Authority| {
            let issuer = &authority.issuer;
            format!(
                "[[issuer]]\nissuer = \"{issuer}\"\naudiences = [\"{AUDIENCE}\"]\n{extra}\n[issuer.claims]\n\
                 tenant = \"acme\"\nrole_claim = \"roles\"\nroles = {{ dev = \"server_owner\" }}\ndefault_role = \"user\"\n"
            )
        };
        let text: String = authorities.iter().map(table).collect();
        let config = IdentityConfig::parse(&text, &|_| None).unwrap();
        let clock = Arc::new(StoppedClock::default());
        let public = PUBLIC_URL.parse().unwrap();
        Self { tokens: Tokens::new(&config, Some(&public), dialer(), clock.clone()), clock }
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        self.tokens.verify(token).await
    }

    /// The reason for which `token` is refused.
    pub(crate) async fn refusal(&self, token: &str) -> &'static str {
        match self.verify(token).await {
            Err(TokenError::Refused(reason)) => reason,
            other => panic!("it is not refused: {other:?}"),
        }
    }

    pub(crate) fn issuers(&self) -> Vec<String> {
        self.tokens.issuers()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.pass(time);
    }

    /// Claims that are accepted now, of a token of `authority` that lasts a day.
    pub(crate) fn claims(&self, authority: &Authority) -> Value {
        let now = self.now().timestamp();
        json!({
            "iss": authority.issuer, "aud": AUDIENCE, "sub": "248289761001", "exp": now + 86_400, "iat": now, "nbf": now,
            "preferred_username": "alice", "roles": ["dev"],
        })
    }
}

/// Goes to loopback, and nowhere else that is private.
pub(crate) fn dialer() -> Dialer {
    Dialer::new(EgressPolicy::default().allow_loopback(true), UpstreamTls::new().unwrap())
}

/// A clock that stands still. Only what is measured by it moves with it: not the time-outs of requests.
pub(crate) struct StoppedClock(Mutex<Timestamp>);

impl StoppedClock {
    /// At the time that it is.
    pub(crate) fn now() -> Self {
        Self(Mutex::new(SystemClock.now()))
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        *self.0.lock().unwrap() += time;
    }
}

impl Default for StoppedClock {
    fn default() -> Self {
        Self(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn new_id(&self) -> Uuid {
        SystemClock.new_id()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        SystemClock.fill_random(bytes);
    }
}
