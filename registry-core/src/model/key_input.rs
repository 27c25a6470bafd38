//! What a caller says of a key it makes or changes, and its check: every field problem at once.

use std::str::FromStr;

use chrono::TimeDelta;

use super::field::{FieldErrors, Invalid};
use super::id::{ServerId, UserId};
use super::key::{self, ApiKey, RotationPolicy};
use super::role::{Scope, Scopes};
use super::text::{KeyDescription, KeyName};
use super::tools::Tools;

/// A new key as a caller describes it, unchecked.
#[derive(Debug, Clone, Default)]
pub struct KeyInput {
    /// See [`KeyName`]; required.
    pub name: Option<String>,
    /// See [`KeyDescription`].
    pub description: Option<String>,
    /// 1 to 365; 90 unless said otherwise.
    pub expires_in_days: Option<u32>,
    /// See [`Scope`]; `server:read` unless said otherwise.
    pub scopes: Option<Vec<String>>,
    /// The one server that it is for.
    pub server_id: Option<String>,
    /// See [`Tools`]; all unless said otherwise.
    pub tools: Option<Vec<String>>,
    /// The user that it acts as; the caller unless said otherwise.
    pub owner_user_id: Option<String>,
    /// See [`RotationInput`].
    pub rotation: RotationInput,
}

/// When a key is to be rotated, unchecked; what is `None` stays, or is as [`RotationPolicy::default`] has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RotationInput {
    /// Every so many days: 1 to 365.
    pub days: Option<u32>,
    /// Whether that happens without being asked.
    pub auto: Option<bool>,
}

impl RotationInput {
    fn apply(self, old: RotationPolicy, errors: &mut FieldErrors) -> RotationPolicy {
        let days = errors.check_opt("rotation.days", self.days.map(key::rotation_days));
        RotationPolicy { days: days.unwrap_or(old.days), auto_rotate: self.auto.unwrap_or(old.auto_rotate) }
    }
}

/// A change of a key, unchecked; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// See [`KeyName`].
    pub name: Option<String>,
    /// See [`KeyDescription`].
    pub description: Option<Option<String>>,
    /// Fewer scopes than before, or others that the caller has too.
    pub scopes: Option<Vec<String>>,
    /// Fewer tools than before, or others that the caller may call too.
    pub tools: Option<Option<Vec<String>>>,
    /// See [`RotationInput`].
    pub rotation: RotationInput,
}

/// A checked [`KeyInput`].
#[derive(Debug, Clone)]
pub struct KeyDraft {
    /// Its name.
    pub name: KeyName,
    /// What it is for.
    pub description: Option<KeyDescription>,
    /// How long it lives.
    pub lifetime: TimeDelta,
    /// What it may do.
    pub scopes: Scopes,
    /// The one server that it is for.
    pub server_id: Option<ServerId>,
    /// The tools that it may call; `None` for all.
    pub tools: Option<Tools>,
    /// The user that it acts as; `None` for the caller.
    pub owner_id: Option<UserId>,
    /// When it is to be rotated.
    pub rotation: RotationPolicy,
}

impl KeyInput {
    /// Checks the input.
    ///
    /// # Errors
    /// Every problem.
    pub fn validate(&self) -> Result<KeyDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.as_deref().map_or_else(|| Err(Invalid::new("is required")), KeyName::parse);
        let name = errors.check("name", name);
        let description =
            errors.check_opt("description", self.description.as_deref().map(KeyDescription::parse));
        let lifetime = key::lifetime(self.expires_in_days.unwrap_or(key::DEFAULT_EXPIRY_DAYS));
        let lifetime = errors.check("expiresInDays", lifetime);
        let scopes =
            errors.check("scopes", self.scopes.as_deref().map_or(Ok(Scopes::default()), parse_scopes));
        let server_id = errors.check_opt("serverId", self.server_id.as_deref().map(parse_id));
        let tools = errors.check_opt("tools", self.tools.as_deref().map(Tools::parse));
        let owner_id = errors.check_opt("ownerUserId", self.owner_user_id.as_deref().map(parse_id));
        let rotation = self.rotation.apply(RotationPolicy::default(), &mut errors);
        let checked = (|| {
            Some(KeyDraft {
                name: name?,
                description,
                lifetime: lifetime?,
                scopes: scopes?,
                server_id,
                tools,
                owner_id,
                rotation,
            })
        })();
        errors.finish(checked)
    }
}

impl KeyChange {
    /// `old` with what the change changes.
    ///
    /// # Errors
    /// Every problem.
    pub fn apply(&self, old: &ApiKey) -> Result<ApiKey, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut new = old.clone();
        if let Some(name) = errors.check_opt("name", self.name.as_deref().map(KeyName::parse)) {
            new.name = name;
        }
        if let Some(description) = &self.description {
            let text = description.as_deref().map(KeyDescription::parse);
            new.description = errors.check_opt("description", text);
        }
        if let Some(scopes) = errors.check_opt("scopes", self.scopes.as_deref().map(parse_scopes)) {
            new.scopes = scopes;
        }
        if let Some(tools) = &self.tools {
            new.tools = errors.check_opt("tools", tools.as_deref().map(Tools::parse));
        }
        new.rotation = self.rotation.apply(old.rotation, &mut errors);
        errors.finish(Some(new))
    }
}

fn parse_scopes(scopes: &[String]) -> Result<Scopes, Invalid> {
    Scopes::new(scopes.iter().map(|scope| Scope::parse(scope)).collect::<Result<Vec<_>, _>>()?)
}

fn parse_id<T: FromStr>(text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| Invalid::new("must be a UUID"))
}
