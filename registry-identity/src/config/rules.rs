//! Checks `[provider.claims]` and `[issuer.claims]`.

use std::collections::BTreeMap;

use registry_core::model::role::Role;
use registry_core::model::text::TenantName;

use super::notes::Notes;
use super::shape::Claims;
use crate::claims::{Rules, Subject, TenantRule};

/// The longest path to a claim, in characters.
const MAX_PATH_CHARS: usize = 200;

/// Checks the rules; `creates_users` is what holds if the file does not say.
pub(super) fn read(mut claims: Claims, creates_users: bool, notes: &mut Notes<'_>) -> Option<Rules> {
    let tenant = tenant(&mut claims, notes);
    let roles = roles(&claims, notes);
    let default_role =
        claims.default_role.as_deref().and_then(|role| notes.take("default_role", Role::parse(role)));
    if default_role == Some(Role::Admin) {
        notes.add("default_role", "must not be `admin`: everybody whom the issuer knows would be one");
    }
    let subject = subject(claims.subject_claim.as_deref(), notes);
    for (field, path) in [("role_claim", &claims.role_claim), ("username_claim", &claims.username_claim)] {
        check_path(field, path.as_deref(), notes);
    }
    Some(Rules {
        tenant: tenant?,
        role_claim: claims.role_claim,
        roles: roles?,
        default_role,
        username_claim: claims.username_claim,
        subject: subject?,
        creates_users: claims.create_users.unwrap_or(creates_users),
        creates_tenants: claims.create_tenants,
    })
}

fn tenant(claims: &mut Claims, notes: &mut Notes<'_>) -> Option<TenantRule> {
    let names = claims.tenants.take();
    match (claims.tenant.take(), claims.tenant_claim.take()) {
        (Some(name), None) => {
            if names.is_some() {
                notes.add("tenants", "needs tenant_claim");
            }
            notes.take("tenant", TenantName::parse(&name)).map(TenantRule::Fixed)
        }
        (None, Some(path)) => {
            check_path("tenant_claim", Some(&path), notes);
            let names = names.map(|names| tenant_names(names, notes));
            Some(TenantRule::Claim { path, names })
        }
        (Some(_), Some(_)) | (None, None) => {
            notes.add("tenant", "there must be either tenant or tenant_claim");
            None
        }
    }
}

fn tenant_names(names: BTreeMap<String, String>, notes: &mut Notes<'_>) -> BTreeMap<String, TenantName> {
    if names.is_empty() {
        notes.add("tenants", "must not be empty: nobody could come in");
    }
    let parse = |(value, name): (String, String)| {
        let name = notes.take("tenants", TenantName::parse(&name))?;
        Some((value, name))
    };
    names.into_iter().filter_map(parse).collect()
}

fn roles(claims: &Claims, notes: &mut Notes<'_>) -> Option<BTreeMap<String, Role>> {
    match (&claims.role_claim, claims.roles.is_empty()) {
        (None, true) if claims.default_role.is_none() => {
            notes.add(
                "roles",
                "there must be a role_claim with roles, or a default_role: nobody could come in",
            );
        }
        (Some(_), true) => notes.add("roles", "role_claim needs roles to map its values to"),
        (None, false) => notes.add("role_claim", "roles need the claim whose values they map"),
        (None, true) | (Some(_), false) => {}
    }
    let mut parse = |(value, role): (&String, &String)| {
        let role = notes.take(&format!("roles.{value}"), Role::parse(role))?;
        Some((value.clone(), role))
    };
    claims.roles.iter().map(&mut parse).collect()
}

/// Nothing but these two: what people can choose or get anew, like an address, must not say whose an account is.
fn subject(claim: Option<&str>, notes: &mut Notes<'_>) -> Option<Subject> {
    match claim {
        None | Some("sub") => Some(Subject::Sub),
        Some("oid") => Some(Subject::Oid),
        Some(_) => {
            notes.add("subject_claim", "must be one of: sub oid");
            None
        }
    }
}

fn check_path(field: &str, path: Option<&str>, notes: &mut Notes<'_>) {
    if path.is_some_and(|path| path.is_empty() || path.chars().count() > MAX_PATH_CHARS) {
        notes.add(field, format!("must have 1 to {MAX_PATH_CHARS} characters"));
    }
}
