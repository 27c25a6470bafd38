//! Keys that are made in the test, and tokens that they sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

/// A private key with its id.
pub(crate) struct Signer {
    pub(crate) kid: String,
    key: Key,
}

enum Key {
    Ec(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    /// A new P-256 key: `ES256`.
    pub(crate) fn ec(kid: &str) -> Self {
        let (rng, method) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(method, &rng).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(method, document.as_ref(), &rng).unwrap();
        Self { kid: kid.to_owned(), key: Key::Ec(Box::new(key)) }
    }

    /// A new RSA key of 2048 bits: `RS256`.
    pub(crate) fn rsa(kid: &str) -> Self {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let document = key.to_pkcs8_der().unwrap();
        let key = RsaKeyPair::from_pkcs8(document.as_bytes()).unwrap();
        Self { kid: kid.to_owned(), key: Key::Rsa(Box::new(key)) }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Ec(_) => "ES256",
            Key::Rsa(_) => "RS256",
        }
    }

    /// The public key, as a JWK set has it.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.key {
            Key::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Key::Rsa(key) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "n": encode(&n), "e": encode(&e)})
            }
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm());
        jwk
    }

    /// A token with these claims, in the form of RFC 9068.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"alg": self.algorithm(), "kid": self.kid, "typ": "at+jwt"}), claims)
    }

    /// A token with this header, whatever it says.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        joined(header, claims, |message| match &self.key {
            Key::Ec(key) => key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        })
    }

    /// A token whose HMAC has the public key for its secret: what a verifier takes that lets the token choose.
    pub(crate) fn sign_with_public_key_as_secret(&self, claims: &Value) -> String {
        let public = match &self.key {
            Key::Ec(key) => key.public_key().as_ref().to_vec(),
            Key::Rsa(key) => key.public().as_ref().to_vec(),
        };
        hmac_signed(&public, &self.kid, claims)
    }
}

/// A token whose key is a secret.
pub(crate) fn hmac_signed(secret: &[u8], kid: &str, claims: &Value) -> String {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let header = json!({"alg": "HS256", "kid": kid});
    joined(&header, claims, |message| hmac::sign(&secret, message).as_ref().to_vec())
}

/// A token that nobody signed.
pub(crate) fn unsigned(claims: &Value) -> String {
    joined(&json!({"alg": "none"}), claims, |_| Vec::new())
}

fn joined(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message =
        format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", encode(&signature))
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
