//! The signatures of jsonwebtoken, checked by ring: the library that TLS uses here already. It takes RSA keys of 2048
//! to 8192 bits only.
//!
//! Only public keys are ever used: there is no signer, and no HMAC at all.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{
    self as rings, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes this the process's cryptography for tokens. Where another one was chosen before, that stays: it checks
/// signatures as well.
pub(crate) fn install() {
    let _ = PROVIDER.install_default();
}

/// How ring checks a signature.
enum Method {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

struct Verifier {
    algorithm: Algorithm,
    method: Method,
    key: DecodingKey,
}

impl signature::Verifier<Vec<u8>> for Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match (&self.method, self.key.kind()) {
            (Method::Rsa(method), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(method, message, signature)
            }
            (Method::Other(method), DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(*method, key).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Verifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    Ok(Box::new(Verifier { algorithm: *algorithm, method: method(*algorithm)?, key: key.clone() }))
}

fn method(algorithm: Algorithm) -> Result<Method, Error> {
    Ok(match algorithm {
        Algorithm::RS256 => Method::Rsa(&rings::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Method::Rsa(&rings::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Method::Rsa(&rings::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Method::Rsa(&rings::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Method::Rsa(&rings::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Method::Rsa(&rings::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Method::Other(&rings::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Method::Other(&rings::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Method::Other(&rings::ED25519),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    })
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::InvalidAlgorithm.into())
}
