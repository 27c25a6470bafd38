//! From an issuer's claims to a user of the registry, by the operator's rules.

mod path;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use registry_core::identity::ExternalUser;
use registry_core::model::role::Role;
use registry_core::model::text::{DisplayName, Email, TenantName, UserName};
use registry_core::model::user::Identity;
use serde_json::{Map, Value};

/// The claims of a token, or of a provider's userinfo.
pub(crate) type Claims = Map<String, Value>;

/// The most characters of a subject (OpenID Connect Core section 2).
const MAX_SUBJECT_CHARS: usize = 255;
const USERNAME_CLAIM: &str = "preferred_username";

/// What is made of the claims of one provider or issuer.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) tenant: TenantRule,
    pub(crate) role_claim: Option<String>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) default_role: Option<Role>,
    pub(crate) username_claim: Option<String>,
    pub(crate) subject: Subject,
    pub(crate) creates_users: bool,
    pub(crate) creates_tenants: bool,
}

/// Whose tenant somebody belongs to.
#[derive(Debug)]
pub(crate) enum TenantRule {
    /// Always this one.
    Fixed(TenantName),
    /// The one that a claim names: by `names`, or without them in its own words.
    Claim { path: String, names: Option<BTreeMap<String, TenantName>> },
}

/// The claim that says who it is. Both are the issuer's own and are never given to anybody else.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Sub,
    /// Entra's, which is the same for all of its applications; its `sub` is another one for each.
    Oid,
}

impl Rules {
    /// Who the claims of `issuer` stand for; the error is the reason for the log.
    pub(crate) fn user(&self, issuer: &str, claims: &Claims) -> Result<ExternalUser, &'static str> {
        Ok(ExternalUser {
            identity: Identity { issuer: issuer.to_owned(), subject: self.subject(claims)? },
            tenant: self.tenant(claims)?,
            role: self.role(claims)?,
            username: self.username(claims)?,
            display_name: text(claims, "name").and_then(|name| DisplayName::parse(name).ok()),
            email: text(claims, "email").and_then(|email| Email::parse(email).ok()),
            creates_user: self.creates_users,
            creates_tenant: self.creates_tenants,
        })
    }

    /// Whether every claim that the rules read is there. If not, the provider's userinfo may have more.
    pub(crate) fn are_met_by(&self, claims: &Claims) -> bool {
        let tenant = match &self.tenant {
            TenantRule::Fixed(_) => None,
            TenantRule::Claim { path, .. } => Some(path),
        };
        let username = self.username_claim.as_deref().unwrap_or(USERNAME_CLAIM);
        let read = [tenant.map(String::as_str), self.role_claim.as_deref(), Some(username)];
        read.into_iter().flatten().all(|path| path::find(claims, path).is_some())
    }

    fn subject(&self, claims: &Claims) -> Result<String, &'static str> {
        let claim = match self.subject {
            Subject::Sub => "sub",
            Subject::Oid => "oid",
        };
        let subject = claims.get(claim).and_then(Value::as_str).ok_or("it has no subject")?;
        let fits = (1..=MAX_SUBJECT_CHARS).contains(&subject.chars().count());
        if !fits || subject.chars().any(char::is_control) {
            return Err("its subject is empty or too long");
        }
        Ok(subject.to_owned())
    }

    fn tenant(&self, claims: &Claims) -> Result<TenantName, &'static str> {
        let (path, names) = match &self.tenant {
            TenantRule::Fixed(name) => return Ok(name.clone()),
            TenantRule::Claim { path, names } => (path, names),
        };
        let values = path::find(claims, path).map(path::texts).unwrap_or_default();
        let name = |value: &&str| match names {
            Some(names) => names.get(*value).cloned(),
            None => TenantName::parse(value).ok(),
        };
        let found: BTreeSet<TenantName> = values.iter().filter_map(name).collect();
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(tenant), None) => Ok(tenant),
            (None, _) => Err("it names no tenant that the rules know"),
            (Some(_), Some(_)) => Err("it names more than one tenant"),
        }
    }

    fn role(&self, claims: &Claims) -> Result<Role, &'static str> {
        let claim = self.role_claim.as_deref().and_then(|path| path::find(claims, path));
        let values = claim.map(path::texts).unwrap_or_default();
        let roles = values.iter().filter_map(|value| self.roles.get(*value).copied());
        let highest = roles.max_by_key(|role| role.rank());
        highest.or(self.default_role).ok_or("none of its roles is mapped, and there is no default")
    }

    /// The first of the claims that is good for a user name.
    fn username(&self, claims: &Claims) -> Result<UserName, &'static str> {
        let own = self.username_claim.as_deref().unwrap_or(USERNAME_CLAIM);
        let names = [own, "email", "sub"].into_iter().filter_map(|claim| text(claims, claim));
        names
            .filter_map(|name| UserName::parse(name).ok())
            .next()
            .ok_or("no claim of it is good for a user name")
    }
}

fn text<'a>(claims: &'a Claims, path: &str) -> Option<&'a str> {
    path::find(claims, path)?.as_str()
}
