//! Messages to webhooks, as Standard Webhooks 1.0 has them, and the port through which they are sent. registry-gateway
//! implements it.
//!
//! A message is signed with HMAC-SHA256 over `id.timestamp.body`; the header `webhook-signature` has `v1,` and the
//! signature in base64, once for each secret that signs at the time.

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::clock::{Clock, Timestamp};
use crate::model::endpoint::Endpoint;
use crate::probe::REFUSED_ADDRESS;

/// What every secret begins with.
pub const SECRET_PREFIX: &str = "whsec_";
/// How many random bytes a secret has.
pub const SECRET_BYTES: usize = 32;

/// A webhook's secret in clear: `whsec_` and base64. It exists while it is shown or signs, and is stored encrypted.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// A fresh secret.
    pub fn generate(clock: &dyn Clock) -> Self {
        let mut key = Zeroizing::new([0; SECRET_BYTES]);
        clock.fill_random(&mut *key);
        Self(SecretString::from(format!("{SECRET_PREFIX}{}", STANDARD.encode(*key))))
    }

    /// Takes a secret that was stored.
    pub fn from_stored(text: SecretString) -> Self {
        Self(text)
    }

    /// The secret itself, to show it once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The signature of a message, as `webhook-signature` has it; `None` if the secret is no secret.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> Option<String> {
        let text = self.expose().strip_prefix(SECRET_PREFIX)?;
        let key = STANDARD.decode(text).map(Zeroizing::new).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

/// A message to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookMessage {
    /// `webhook-id`: the same at each attempt.
    pub id: String,
    /// `webhook-timestamp`: seconds since 1970 of this attempt.
    pub timestamp: i64,
    /// `webhook-signature`: signatures with a space between them.
    pub signature: String,
    /// The body, JSON.
    pub body: String,
}

impl WebhookMessage {
    /// The message, signed with each of these secrets at `now`.
    pub fn signed(id: &str, now: Timestamp, body: &str, secrets: &[WebhookSecret]) -> Self {
        let timestamp = now.timestamp();
        let signatures: Vec<_> =
            secrets.iter().filter_map(|secret| secret.sign(id, timestamp, body)).collect();
        Self { id: id.to_owned(), timestamp, signature: signatures.join(" "), body: body.to_owned() }
    }
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// The HTTP status, if it was answered.
    pub status: Option<u16>,
    /// A stable code: see [`crate::probe`].
    pub code: String,
    /// A sentence, without anything that the receiver wrote.
    pub message: String,
}

impl SendError {
    /// Whether the address is one that the service must not connect to.
    pub fn is_refused(&self) -> bool {
        self.code == REFUSED_ADDRESS
    }
}

/// Sends messages to webhooks.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends a message, and waits a bounded time for the answer; the status, if it says that the message was taken (2xx).
    ///
    /// # Errors
    /// [`SendError`], for a redirect too: none is followed.
    async fn send(&self, endpoint: &Endpoint, message: &WebhookMessage) -> Result<u16, SendError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// The example of the Standard Webhooks specification's reference libraries.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let secret = WebhookSecret::from_stored("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into());
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
        let signature = secret.sign(id, 1_614_265_330, body).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_message_is_signed_with_each_secret_that_signs() {
        let secrets = [WebhookSecret::generate(&SystemClock), WebhookSecret::generate(&SystemClock)];
        assert_ne!(secrets[0].expose(), secrets[1].expose());
        assert!(!format!("{secrets:?}").contains(SECRET_PREFIX));
        let message = WebhookMessage::signed("a", SystemClock.now(), "{}", &secrets);
        let expected: Vec<_> =
            secrets.iter().filter_map(|secret| secret.sign("a", message.timestamp, "{}")).collect();
        assert_eq!(message.signature.split(' ').collect::<Vec<_>>(), expected);
        assert_eq!(WebhookSecret::from_stored("none".to_owned().into()).sign("a", 0, ""), None);
    }
}
