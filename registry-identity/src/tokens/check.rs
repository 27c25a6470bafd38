//! What a token that an issuer signed must say to be accepted here and now.

use chrono::{DateTime, TimeDelta};
use registry_core::clock::Timestamp;
use registry_core::identity::TokenClaims;
use registry_core::model::role::{Scope, Scopes};
use serde_json::Value;

use crate::claims::Claims;
use crate::config::IssuerConfig;

/// The longest reference of a server in an audience.
const MAX_REFERENCE_CHARS: usize = 100;

/// For whom a token is, as far as it is for this service.
pub(super) enum Audience {
    /// The service.
    All,
    /// One of its MCP servers.
    Server(String),
    /// Several MCP servers: which of them a call is for cannot be said here.
    Servers,
    /// Somebody else, or nobody.
    Other,
}

impl Audience {
    pub(super) fn of(claims: &Claims, issuer: &IssuerConfig, server_prefix: Option<&str>) -> Self {
        let audiences = match claims.get("aud") {
            Some(Value::String(audience)) => vec![audience.as_str()],
            Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if audiences.iter().any(|audience| issuer.audiences.iter().any(|ours| ours == audience)) {
            return Self::All;
        }
        let server = |audience: &&str| reference(audience, server_prefix?);
        let mut servers = audiences.iter().filter_map(server);
        match (servers.next(), servers.next()) {
            (Some(server), None) => Self::Server(server),
            (Some(_), Some(_)) => Self::Servers,
            (None, _) => Self::Other,
        }
    }
}

/// The reference in the URI of one MCP server.
fn reference(audience: &str, prefix: &str) -> Option<String> {
    let reference = audience.strip_prefix(prefix)?;
    let plain = reference.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    (plain && (1..=MAX_REFERENCE_CHARS).contains(&reference.len())).then(|| reference.to_owned())
}

/// Accepts claims whose signature is the issuer's; the error is the reason for the log.
pub(super) fn accept(
    claims: &Claims,
    issuer: &IssuerConfig,
    audience: Audience,
    now: Timestamp,
) -> Result<TokenClaims, &'static str> {
    if claims.get("iss").and_then(Value::as_str) != Some(&issuer.issuer) {
        return Err("its issuer is not the one whose key signed it");
    }
    let only_for = match audience {
        Audience::All => None,
        Audience::Server(reference) => Some(reference),
        Audience::Servers => return Err("it is for several MCP servers"),
        Audience::Other => return Err("it is not for this service"),
    };
    let expires_at = times(claims, now, issuer.leeway)?;
    if claims.get("sub").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err("it has no subject");
    }
    // RFC 7800: whoever shows it would have to prove a key, which nothing here asks for.
    if claims.contains_key("cnf") {
        return Err("it is bound to a key");
    }
    let user = issuer.rules.user(&issuer.issuer, claims)?;
    Ok(TokenClaims { user, scopes: scopes(claims, issuer.scopes), expires_at, only_for })
}

/// When it ends, if it has begun and has not ended.
fn times(claims: &Claims, now: Timestamp, leeway: TimeDelta) -> Result<Timestamp, &'static str> {
    let expires_at = time(claims, "exp")?.ok_or("it has no end")?;
    if expires_at <= now - leeway {
        return Err("it has expired");
    }
    if time(claims, "nbf")?.is_some_and(|from| from > now + leeway) {
        return Err("it is not valid yet");
    }
    if time(claims, "iat")?.is_some_and(|at| at > now + leeway) {
        return Err("it was issued in the future");
    }
    Ok(expires_at)
}

/// A time in seconds (RFC 7519 section 2, `NumericDate`), fractions cut.
fn time(claims: &Claims, claim: &str) -> Result<Option<Timestamp>, &'static str> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds =
        value.as_f64().filter(|seconds| seconds.is_finite()).ok_or("one of its times is not a number")?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from f64 saturates, and what is too far is refused"
    )]
    let time = DateTime::from_timestamp(seconds as i64, 0).ok_or("one of its times is out of range")?;
    Ok(Some(time))
}

/// Those of its scopes that are ours (`scope` of RFC 8693, or `scp`), else `otherwise`.
fn scopes(claims: &Claims, otherwise: Scopes) -> Scopes {
    let words = |claim: &str| match claims.get(claim) {
        Some(Value::String(text)) => text.split(' ').collect(),
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let words = words("scope").into_iter().chain(words("scp"));
    Scopes::new(words.filter_map(|word| Scope::parse(word).ok())).unwrap_or(otherwise)
}
