use std::collections::BTreeMap;

use registry_core::identity::ExternalUser;
use registry_core::model::role::Role;
use registry_core::model::text::TenantName;
use serde_json::{Value, json};

use super::{Rules, Subject, TenantRule};

fn name(name: &str) -> TenantName {
    TenantName::parse(name).expect("a name")
}

fn rules() -> Rules {
    let names = BTreeMap::from([("a-1".to_owned(), name("acme")), ("b-1".to_owned(), name("beta"))]);
    Rules {
        tenant: TenantRule::Claim { path: "organization.id".to_owned(), names: Some(names) },
        role_claim: Some("realm_access.roles".to_owned()),
        roles: BTreeMap::from([("admins".to_owned(), Role::Admin), ("dev".to_owned(), Role::ServerOwner)]),
        default_role: None,
        username_claim: None,
        subject: Subject::Sub,
        creates_users: true,
        creates_tenants: false,
    }
}

fn claims() -> Value {
    json!({
        "sub": "248289761001", "oid": "0b1c", "preferred_username": "alice", "name": "Alice Ash", "email": "alice@acme.test",
        "organization": {"id": "a-1"}, "realm_access": {"roles": ["dev", "other"]},
    })
}

/// Claims that differ by `patch` (RFC 7386, one level deep).
fn user(rules: &Rules, patch: Value) -> Result<ExternalUser, &'static str> {
    let mut claims = claims();
    let claims = claims.as_object_mut().expect("an object");
    for (claim, value) in patch.as_object().expect("an object") {
        claims.insert(claim.clone(), value.clone());
    }
    claims.retain(|_, value| !value.is_null());
    rules.user("https://id.acme.test", claims)
}

#[test]
fn claims_become_a_user() {
    let user = user(&rules(), json!({})).expect("a user");
    assert_eq!((&*user.identity.issuer, &*user.identity.subject), ("https://id.acme.test", "248289761001"));
    assert_eq!(
        (user.tenant.as_str(), user.role, user.username.as_str()),
        ("acme", Role::ServerOwner, "alice")
    );
    assert_eq!(user.display_name.map(String::from).as_deref(), Some("Alice Ash"));
    assert_eq!(user.email.map(String::from).as_deref(), Some("alice@acme.test"));
    assert!(user.creates_user && !user.creates_tenant);
}

#[test]
fn the_subject_says_who_it_is_and_the_address_never_does() {
    for sub in [json!(null), json!(""), json!(7), json!("a\nb"), json!("x".repeat(256))] {
        assert!(user(&rules(), json!({"sub": sub})).is_err(), "{sub}");
    }
    let entra = Rules { subject: Subject::Oid, ..rules() };
    assert_eq!(user(&entra, json!({})).expect("a user").identity.subject, "0b1c");
    assert!(user(&entra, json!({"oid": null})).is_err(), "nothing else stands in for it");
}

#[test]
fn the_highest_role_that_matches_counts() {
    let role = |rules: &Rules, roles: Value| {
        user(rules, json!({"realm_access": {"roles": roles}})).map(|user| user.role)
    };
    assert_eq!(role(&rules(), json!(["dev", "admins"])), Ok(Role::Admin));
    assert_eq!(role(&rules(), json!("dev")), Ok(Role::ServerOwner));
    for none in [json!(["Dev"]), json!([]), json!({"dev": true}), json!([["dev"]])] {
        assert!(role(&rules(), none.clone()).is_err(), "{none}");
        let lenient = Rules { default_role: Some(Role::User), ..rules() };
        assert_eq!(role(&lenient, none), Ok(Role::User));
    }
    let lenient = Rules { default_role: Some(Role::User), ..rules() };
    assert_eq!(user(&lenient, json!({"realm_access": null})).map(|user| user.role), Ok(Role::User));
}

#[test]
fn the_tenant_is_one_that_the_rules_know() {
    let tenant = |id: Value| user(&rules(), json!({"organization": {"id": id}})).map(|user| user.tenant);
    assert_eq!(tenant(json!("b-1")), Ok(name("beta")));
    assert_eq!(tenant(json!(["b-1", "unknown"])), Ok(name("beta")));
    for none in [json!("c-1"), json!("acme"), json!(null), json!(["a-1", "b-1"])] {
        assert!(tenant(none.clone()).is_err(), "{none}");
    }
}

#[test]
fn without_a_map_the_claim_is_the_tenants_name() {
    let rules = Rules { tenant: TenantRule::Claim { path: "org".to_owned(), names: None }, ..rules() };
    assert_eq!(user(&rules, json!({"org": "Gamma"})).map(|user| user.tenant), Ok(name("Gamma")));
    for none in [json!(null), json!(""), json!("a\u{7}b"), json!(["a", "b"])] {
        assert!(user(&rules, json!({"org": none})).is_err(), "{none}");
    }
}

#[test]
fn the_user_name_is_the_first_claim_that_can_be_one() {
    let username = |patch| user(&rules(), patch).map(|user| String::from(user.username));
    assert_eq!(username(json!({"preferred_username": "Alice Ash"})), Ok("alice@acme.test".to_owned()));
    assert_eq!(username(json!({"preferred_username": null, "email": null})), Ok("248289761001".to_owned()));
    assert!(username(json!({"preferred_username": null, "email": null, "sub": "a b"})).is_err());
    let own = Rules { username_claim: Some("upn".to_owned()), ..rules() };
    assert_eq!(
        user(&own, json!({"upn": "ash"})).map(|user| String::from(user.username)),
        Ok("ash".to_owned())
    );
}

#[test]
fn the_rules_are_met_when_every_claim_that_they_read_is_there() {
    let all = claims();
    let all = all.as_object().expect("an object");
    assert!(rules().are_met_by(all));
    for claim in ["organization", "realm_access", "preferred_username"] {
        let mut some = all.clone();
        some.remove(claim);
        assert!(!rules().are_met_by(&some), "{claim}");
    }
}
