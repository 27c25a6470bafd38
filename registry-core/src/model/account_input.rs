//! What a caller says of users and tenants it makes or changes, and the checks: every field problem at once.

use super::field::{FieldErrors, Invalid};
use super::id::TenantId;
use super::password::Password;
use super::role::Role;
use super::tenant::Tenant;
use super::text::{DisplayName, Email, TenantName, UserName};
use super::user::{Identity, User};

/// A new user as a caller describes it, unchecked.
#[derive(Debug, Clone, Default)]
pub struct UserInput {
    /// See [`UserName`]; required.
    pub username: Option<String>,
    /// See [`DisplayName`].
    pub display_name: Option<String>,
    /// See [`Email`].
    pub email: Option<String>,
    /// See [`Role`]; required.
    pub role: Option<String>,
    /// Whose user it is to be; required.
    pub tenant_id: Option<String>,
    /// See [`Password`]; without one it can only sign in elsewhere, or not at all.
    pub password: Option<String>,
}

/// A checked [`UserInput`].
#[derive(Debug, Clone)]
pub struct UserDraft {
    /// Its name.
    pub username: UserName,
    /// The name that people read.
    pub display_name: Option<DisplayName>,
    /// Where it gets mail.
    pub email: Option<Email>,
    /// What it may do.
    pub role: Role,
    /// Whose user it is to be.
    pub tenant_id: TenantId,
    /// Its first password.
    pub password: Option<Password>,
}

/// A change of a user, unchecked; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// See [`UserName`].
    pub username: Option<String>,
    /// See [`DisplayName`].
    pub display_name: Option<Option<String>>,
    /// See [`Email`].
    pub email: Option<Option<String>>,
    /// See [`Role`].
    pub role: Option<String>,
    /// Whether the user may do nothing.
    pub disabled: Option<bool>,
    /// A new password; `Some(None)` takes it away.
    pub password: Option<Option<String>>,
    /// As whom it signs in elsewhere, all of it.
    pub identities: Option<Vec<Identity>>,
}

/// A new tenant, or a change of one, unchecked; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct TenantInput {
    /// See [`TenantName`]; required for a new one.
    pub name: Option<String>,
    /// Whether its users may do nothing.
    pub disabled: Option<bool>,
    /// See [`Tenant::requests_per_minute`].
    pub requests_per_minute: Option<Option<u32>>,
}

impl UserInput {
    /// Checks the input.
    ///
    /// # Errors
    /// Every problem.
    pub fn validate(&self) -> Result<UserDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let username = errors.check("username", required(self.username.as_deref()).and_then(UserName::parse));
        let display_name =
            errors.check_opt("displayName", self.display_name.as_deref().map(DisplayName::parse));
        let email = errors.check_opt("email", self.email.as_deref().map(Email::parse));
        let role = errors.check("role", required(self.role.as_deref()).and_then(Role::parse));
        let tenant_id = required(self.tenant_id.as_deref()).and_then(parse_tenant);
        let tenant_id = errors.check("tenantId", tenant_id);
        let password = errors.check_opt("password", self.password.as_deref().map(Password::parse));
        let draft = (|| {
            Some(UserDraft {
                username: username?,
                display_name,
                email,
                role: role?,
                tenant_id: tenant_id?,
                password,
            })
        })();
        errors.finish(draft)
    }
}

impl UserChange {
    /// `old` with what the change changes, and the new password, if there is one.
    ///
    /// # Errors
    /// Every problem.
    pub fn apply(&self, old: &User) -> Result<(User, Option<Password>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut new = old.clone();
        if let Some(name) = errors.check_opt("username", self.username.as_deref().map(UserName::parse)) {
            new.username = name;
        }
        if let Some(name) = &self.display_name {
            new.display_name = errors.check_opt("displayName", name.as_deref().map(DisplayName::parse));
        }
        if let Some(email) = &self.email {
            new.email = errors.check_opt("email", email.as_deref().map(Email::parse));
        }
        if let Some(role) = errors.check_opt("role", self.role.as_deref().map(Role::parse)) {
            new.role = role;
        }
        new.disabled = self.disabled.unwrap_or(old.disabled);
        if let Some(identities) = errors.check_opt("identities", self.identities.as_deref().map(identities)) {
            new.identities = identities;
        }
        let password = self.password.as_ref().and_then(Option::as_deref).map(Password::parse);
        let password = errors.check_opt("password", password);
        errors.finish(Some((new, password)))
    }
}

impl TenantInput {
    /// The name of a new tenant, whether it is disabled from the start, and its limit.
    ///
    /// # Errors
    /// Every problem.
    pub fn validate(&self) -> Result<(TenantName, bool, Option<u32>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", required(self.name.as_deref()).and_then(TenantName::parse));
        let limit = errors.check_opt("requestsPerMinute", self.requests_per_minute.flatten().map(limit));
        errors.finish(name.map(|name| (name, self.disabled.unwrap_or_default(), limit)))
    }

    /// `old` with what the change changes.
    ///
    /// # Errors
    /// Every problem.
    pub fn apply(&self, old: &Tenant) -> Result<Tenant, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut new = old.clone();
        if let Some(name) = errors.check_opt("name", self.name.as_deref().map(TenantName::parse)) {
            new.name = name;
        }
        new.disabled = self.disabled.unwrap_or(old.disabled);
        if let Some(wanted) = self.requests_per_minute {
            new.requests_per_minute = errors.check_opt("requestsPerMinute", wanted.map(limit));
        }
        errors.finish(Some(new))
    }
}

fn required(text: Option<&str>) -> Result<&str, Invalid> {
    text.ok_or_else(|| Invalid::new("is required"))
}

fn parse_tenant(text: &str) -> Result<TenantId, Invalid> {
    text.parse().map_err(|_| Invalid::new("must be a UUID"))
}

fn limit(wanted: u32) -> Result<u32, Invalid> {
    match (1..=Tenant::MAX_REQUESTS_PER_MINUTE).contains(&wanted) {
        true => Ok(wanted),
        false => Err(Invalid::new("must be between 1 and 1000000")),
    }
}

fn identities(wanted: &[Identity]) -> Result<Vec<Identity>, Invalid> {
    if wanted.len() > User::MAX_IDENTITIES {
        return Err(Invalid::new("at most 10 identities"));
    }
    let is_good = |text: &str| (1..=255).contains(&text.chars().count()) && !text.contains(char::is_control);
    if !wanted.iter().all(|identity| is_good(&identity.issuer) && is_good(&identity.subject)) {
        return Err(Invalid::new("issuer and subject must have 1 to 255 characters each"));
    }
    let mut identities = wanted.to_vec();
    identities.sort();
    identities.dedup();
    Ok(identities)
}
