//! Tenants, users, and what belongs to a user alone.

use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::model::id::{ServerId, TenantId, UserId};
use crate::model::password::PasswordHash;
use crate::model::preference::{CustomSettings, Preference};
use crate::model::role::Role;
use crate::model::settings::RateLimit;
use crate::model::tenant::Tenant;
use crate::model::text::{DisplayName, Email, TenantName, UserName};
use crate::model::user::{Identity, User};

/// A tenant of this name.
pub fn tenant(clock: &dyn Clock, name: &str) -> Tenant {
    let name = TenantName::parse(name).expect("a valid name");
    let (id, now) = (TenantId(clock.new_id()), clock.now());
    Tenant {
        id,
        name,
        disabled: false,
        requests_per_minute: None,
        created_at: now,
        updated_at: now,
        revision: 1,
    }
}

/// A user of this tenant: an owner of servers.
pub fn user(clock: &dyn Clock, tenant: &Tenant, name: &str) -> User {
    let now = clock.now();
    User {
        id: UserId(clock.new_id()),
        tenant_id: tenant.id,
        role: Role::ServerOwner,
        email: None,
        identities: Vec::new(),
        username: UserName::parse(name).expect("a valid name"),
        display_name: Some(DisplayName::parse("Ada Lovelace").expect("a valid name")),
        disabled: false,
        created_at: now,
        updated_at: now,
        revision: 1,
    }
}

/// An administrator of this tenant, who may act.
pub fn admin(clock: &dyn Clock, tenant: &Tenant, name: &str) -> User {
    User { role: Role::Admin, ..user(clock, tenant, name) }
}

/// A disabled user with something in every field, and as many identities as there may be.
pub fn full_user(clock: &dyn Clock, tenant: &Tenant, name: &str) -> User {
    let identities = (0..User::MAX_IDENTITIES).map(|number| identity(&format!("{name} ☂ {number}")));
    User {
        role: Role::User,
        display_name: Some(DisplayName::parse("Åsa \"Ö\" O'Neill ☂").expect("a valid name")),
        email: Some(Email::parse("åsa+100%_x@example.com").expect("an address")),
        identities: identities.rev().collect(),
        disabled: true,
        updated_at: clock.now(),
        revision: 7,
        ..user(clock, tenant, name)
    }
}

/// The identity with this subject at a sample issuer.
pub fn identity(subject: &str) -> Identity {
    Identity { issuer: "https://id.example.com/realm".to_owned(), subject: subject.to_owned() }
}

/// What looks like the hash of this password, but is made in no time.
pub fn password_hash(password: &str) -> PasswordHash {
    let digest = hex::encode(Sha256::digest(password));
    PasswordHash(format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdCtzYWx0L3NhbHQ${digest}"))
}

/// A preference that hides this server, and says nothing else.
pub fn preference(clock: &dyn Clock, server_id: ServerId) -> Preference {
    Preference {
        server_id,
        is_enabled: false,
        display_order: 0,
        custom_settings: CustomSettings::default(),
        updated_at: clock.now(),
    }
}

/// A preference for this server with something in every field.
pub fn full_preference(clock: &dyn Clock, server_id: ServerId) -> Preference {
    let rate_limit = Some(RateLimit { rpm: 10_000, burst: 1_000 });
    Preference {
        is_enabled: true,
        display_order: i32::MIN,
        custom_settings: CustomSettings { timeout_ms: Some(300_000), rate_limit },
        ..preference(clock, server_id)
    }
}
