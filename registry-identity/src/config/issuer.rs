//! Checks `[[issuer]]`.

use chrono::TimeDelta;
use jsonwebtoken::Algorithm;
use registry_core::model::field::Invalid;
use registry_core::model::role::{Scope, Scopes};
use url::Url;

use super::notes::Notes;
use super::{rules, secret, shape};
use crate::address;
use crate::claims::Rules;

/// The most audiences of an issuer, and the most characters of one.
const MAX_AUDIENCES: usize = 20;
const MAX_AUDIENCE_CHARS: usize = 500;
/// The widest leeway for clocks that differ, in seconds, and that which holds if the file has none.
const MAX_LEEWAY_SECONDS: u32 = 300;
const DEFAULT_LEEWAY_SECONDS: u32 = 30;
const DEFAULT_ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// An issuer whose bearer tokens are accepted.
#[derive(Debug)]
pub(crate) struct IssuerConfig {
    /// As the file has it, which is as the tokens must have it.
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    /// `None`: as the issuer's metadata says.
    pub(crate) jwks_uri: Option<Url>,
    /// Of tokens that name none of ours.
    pub(crate) scopes: Scopes,
    pub(crate) leeway: TimeDelta,
    /// In lower case, without `application/`.
    pub(crate) typ: Option<String>,
    pub(crate) rules: Rules,
}

/// Checks one issuer.
pub(super) fn read(shape: shape::Issuer, notes: &mut Notes<'_>) -> Option<IssuerConfig> {
    let issuer = notes.take("issuer", address::issuer(&shape.issuer));
    let audiences = notes.take("audiences", audiences(shape.audiences));
    let algorithms = notes.take("algorithms", algorithms(shape.algorithms));
    let jwks_uri = shape.jwks_uri.map(|uri| notes.take("jwks_uri", address::endpoint(&uri)));
    let scopes = notes.take("scopes", scopes(shape.scopes));
    let leeway = notes.take("leeway_seconds", leeway(shape.leeway_seconds));
    let typ = shape.typ.map(|typ| notes.take("typ", self::typ(&typ)));
    let rules = rules::read(shape.claims, false, &mut notes.inner("claims"));
    issuer?;
    Some(IssuerConfig {
        issuer: shape.issuer,
        audiences: audiences?,
        algorithms: algorithms?,
        jwks_uri: jwks_uri.map_or(Some(None), |uri| uri.map(Some))?,
        scopes: scopes?,
        leeway: leeway?,
        typ: typ.map_or(Some(None), |typ| typ.map(Some))?,
        rules: rules?,
    })
}

fn audiences(audiences: Vec<String>) -> Result<Vec<String>, Invalid> {
    let bad = |audience: &String| {
        audience.len() > MAX_AUDIENCE_CHARS
            || audience.contains(['<', '*', ' '])
            || secret::is_stand_in(audience)
    };
    if audiences.is_empty() || audiences.len() > MAX_AUDIENCES {
        return Err(Invalid::new(format!(
            "must be 1 to {MAX_AUDIENCES}: tokens for anybody else are refused"
        )));
    }
    if audiences.iter().any(bad) {
        return Err(Invalid::new("one of them is empty, too long, or a placeholder"));
    }
    Ok(audiences)
}

fn algorithms(names: Option<Vec<String>>) -> Result<Vec<Algorithm>, Invalid> {
    match names {
        None => Ok(DEFAULT_ALGORITHMS.to_vec()),
        Some(names) if names.is_empty() => Err(Invalid::new("must not be empty")),
        Some(names) => names.iter().map(|name| algorithm(name)).collect(),
    }
}

fn algorithm(name: &str) -> Result<Algorithm, Invalid> {
    Ok(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => {
            let there_are = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA";
            return Err(Invalid::new(format!(
                "must be signatures with a public key, one or more of: {there_are}"
            )));
        }
    })
}

fn scopes(names: Option<Vec<String>>) -> Result<Scopes, Invalid> {
    let Some(names) = names else { return Ok(Scopes::of_registration()) };
    let scopes: Vec<Scope> = names.iter().map(|name| Scope::parse(name)).collect::<Result<_, _>>()?;
    Scopes::new(scopes)
}

fn leeway(seconds: Option<u32>) -> Result<TimeDelta, Invalid> {
    match seconds.unwrap_or(DEFAULT_LEEWAY_SECONDS) {
        seconds @ ..=MAX_LEEWAY_SECONDS => Ok(TimeDelta::seconds(seconds.into())),
        _ => Err(Invalid::new(format!("must be at most {MAX_LEEWAY_SECONDS}"))),
    }
}

fn typ(typ: &str) -> Result<String, Invalid> {
    if typ.is_empty() || !typ.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Invalid::new("must be a media type, like `at+jwt`"));
    }
    Ok(plain_typ(typ))
}

/// A `typ` as it is compared (RFC 7515 section 4.1.9): in lower case, without `application/`.
pub(crate) fn plain_typ(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").map_or_else(|| typ.clone(), str::to_owned)
}
