//! Checks `[[provider]]`.

use openidconnect::IssuerUrl;
use registry_core::model::field::Invalid;
use secrecy::SecretString;

use super::notes::Notes;
use super::{Environment, rules, secret, shape};
use crate::address;
use crate::claims::Rules;

/// The most characters of an id, a name and a scope.
const MAX_ID_CHARS: usize = 32;
const MAX_NAME_CHARS: usize = 50;
const MAX_SCOPE_CHARS: usize = 100;
/// The most scopes that are asked for.
const MAX_SCOPES: usize = 20;
const DEFAULT_SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// A provider at which people sign in.
#[derive(Debug)]
pub(crate) struct ProviderConfig {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) issuer: IssuerUrl,
    pub(crate) client_id: String,
    pub(crate) secret: Option<SecretString>,
    pub(crate) scopes: Vec<String>,
    pub(crate) rules: Rules,
}

/// Checks one provider.
pub(super) fn read(
    mut shape: shape::Provider,
    environment: Environment<'_>,
    notes: &mut Notes<'_>,
) -> Option<ProviderConfig> {
    let id = notes.take("id", id(&shape.id));
    let name = notes.take("name", text(&shape.name, MAX_NAME_CHARS));
    let issuer = notes.take("issuer", address::issuer(&shape.issuer).and_then(|_| issuer_url(&shape.issuer)));
    let client_id = notes.take("client_id", client_id(&shape.client_id));
    let secret = notes.take("client_secret", secret::of(&shape, environment));
    let scopes = notes.take("scopes", scopes(shape.scopes.take()));
    let rules = rules::read(shape.claims, true, &mut notes.inner("claims"));
    Some(ProviderConfig {
        id: id?,
        name: name?,
        issuer: issuer?,
        client_id: client_id?,
        secret: secret?,
        scopes: scopes?,
        rules: rules?,
    })
}

fn id(id: &str) -> Result<String, Invalid> {
    let plain = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if plain && (1..=MAX_ID_CHARS).contains(&id.len()) {
        return Ok(id.to_owned());
    }
    Err(Invalid::new(format!("must have 1 to {MAX_ID_CHARS} lower case letters, digits and '-'")))
}

fn text(text: &str, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new(format!("must have 1 to {max} characters, none a control character")))
}

fn issuer_url(text: &str) -> Result<IssuerUrl, Invalid> {
    IssuerUrl::new(text.to_owned()).map_err(|_| Invalid::new("must be an absolute URL"))
}

fn client_id(id: &str) -> Result<String, Invalid> {
    if secret::is_stand_in(id) {
        return Err(Invalid::new("is empty, or a placeholder"));
    }
    text(id, 255)
}

/// The scopes without `openid`, which the library adds.
fn scopes(scopes: Option<Vec<String>>) -> Result<Vec<String>, Invalid> {
    let scopes = scopes.unwrap_or_else(|| DEFAULT_SCOPES.map(str::to_owned).to_vec());
    let is_scope = |scope: &String| {
        // RFC 6749 section 3.3: printable ASCII without space, '"' and '\'.
        (1..=MAX_SCOPE_CHARS).contains(&scope.len())
            && scope.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
    };
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(Invalid::new("must have `openid`"));
    }
    if scopes.len() > MAX_SCOPES || !scopes.iter().all(is_scope) {
        return Err(Invalid::new(format!("must be at most {MAX_SCOPES} words without spaces")));
    }
    Ok(scopes.into_iter().filter(|scope| scope != "openid").collect())
}
