//! The form of a token: what can be refused without a key, and before anything is fetched.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::claims::Claims;
use crate::config::{IssuerConfig, plain_typ};

/// The most bytes of a token.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The most bytes of its first part, the header, encoded.
pub const MAX_HEADER_BYTES: usize = 1024;

/// The `typ` of an access token, where the operator requires none. RFC 8725 section 3.11: tokens of other kinds
/// (`logout+jwt`, `dpop+jwt`, ...) are told by it.
const ACCESS_TOKEN_TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// A token that has three parts, of which the first two are JSON objects. Nothing in it is proven.
pub(super) struct Form {
    header: Claims,
    algorithm: Algorithm,
    claims: Claims,
}

impl Form {
    pub(super) fn read(token: &str) -> Result<Self, &'static str> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err("it is too long");
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("it does not have three parts");
        };
        if header.len() > MAX_HEADER_BYTES {
            return Err("its header is too long");
        }
        let header = object(header).ok_or("its header is not JSON in base64url")?;
        let algorithm = algorithm(&header)?;
        if signature.is_empty() {
            return Err("it is not signed");
        }
        let claims = object(claims).ok_or("its claims are not JSON in base64url")?;
        Ok(Self { header, algorithm, claims })
    }

    /// Who says to have signed it.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// Whether the header is one that this issuer's tokens may have.
    pub(super) fn check_header(&self, issuer: &IssuerConfig) -> Result<(), &'static str> {
        if !issuer.algorithms.contains(&self.algorithm) {
            return Err("its algorithm is not one of the issuer's");
        }
        // RFC 7515 section 4.1.11: what is critical must be understood, and nothing is here.
        if self.header.contains_key("crit") {
            return Err("its header has critical extensions");
        }
        if self.header.get("kid").is_some_and(|id| !id.is_string()) {
            return Err("its key id is not a text");
        }
        let typ = match self.header.get("typ") {
            None => None,
            Some(Value::String(typ)) => Some(plain_typ(typ)),
            Some(_) => return Err("its type is not a text"),
        };
        let is_right = match (&issuer.typ, typ) {
            (Some(wanted), typ) => typ.as_ref() == Some(wanted),
            (None, typ) => typ.is_none_or(|typ| ACCESS_TOKEN_TYPES.contains(&&*typ)),
        };
        if is_right { Ok(()) } else { Err("its type is not that of an access token") }
    }
}

fn object(part: &str) -> Option<Claims> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

/// `none`, in whatever spelling, is no algorithm here.
fn algorithm(header: &Claims) -> Result<Algorithm, &'static str> {
    let name = header.get("alg").and_then(Value::as_str).ok_or("its header has no algorithm")?;
    name.parse().map_err(|_| "its algorithm is none that can be trusted")
}
