//! An issuer's signing keys: its JWK set (RFC 7517).

mod source;
#[cfg(test)]
mod tests;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::source::KeySource;

/// The most keys of a set that are looked at.
const MAX_KEYS: usize = 100;

/// The keys of an issuer that can check signatures.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<SigningKey>);

#[derive(Debug)]
struct SigningKey {
    id: Option<String>,
    /// What it is for: pinned, so that a token cannot choose.
    algorithms: &'static [Algorithm],
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWK set; keys of other kinds and for other purposes are left out.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(json).ok()?;
        let keys = document.keys.into_iter().take(MAX_KEYS);
        Some(Self(keys.filter_map(|key| SigningKey::read(serde_json::from_value(key).ok()?)).collect()))
    }

    /// The key with this id, for this algorithm. A token without an id is the only such key's.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let fits = |key: &&SigningKey| {
            key.algorithms.contains(&algorithm) && id.is_none_or(|id| key.id.as_deref() == Some(id))
        };
        let mut keys = self.0.iter().filter(fits);
        match (keys.next(), keys.next()) {
            (Some(key), None) => Some(&key.key),
            _ => None,
        }
    }
}

impl SigningKey {
    fn read(jwk: Jwk) -> Option<Self> {
        let is_for_signatures =
            jwk.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
        let operations = jwk.common.key_operations.as_ref();
        let can_verify = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let algorithms = algorithms(&jwk)?;
        if !is_for_signatures || !can_verify {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, algorithms, key })
    }
}

/// The algorithms that a key's kind allows, or the one of them that it says.
fn algorithms(jwk: &Jwk) -> Option<&'static [Algorithm]> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let of_kind: &'static [Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[RS256, RS384, RS512, PS256, PS384, PS512],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[ES256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => &[ES384],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[EdDSA],
        _ => return None,
    };
    let Some(named) = &jwk.common.key_algorithm else { return Some(of_kind) };
    let at = of_kind.iter().position(|algorithm| is_named(*algorithm, named))?;
    of_kind.get(at..=at)
}

fn is_named(algorithm: Algorithm, name: &KeyAlgorithm) -> bool {
    matches!(
        (algorithm, name),
        (Algorithm::RS256, KeyAlgorithm::RS256)
            | (Algorithm::RS384, KeyAlgorithm::RS384)
            | (Algorithm::RS512, KeyAlgorithm::RS512)
            | (Algorithm::PS256, KeyAlgorithm::PS256)
            | (Algorithm::PS384, KeyAlgorithm::PS384)
            | (Algorithm::PS512, KeyAlgorithm::PS512)
            | (Algorithm::ES256, KeyAlgorithm::ES256)
            | (Algorithm::ES384, KeyAlgorithm::ES384)
            | (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
    )
}
