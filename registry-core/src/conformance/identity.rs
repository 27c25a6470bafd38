//! Cases of users' identities elsewhere.

use super::account::changed;
use super::check::{conflict, refused};
use super::sample::{self, identity};
use super::world::World;
use crate::model::id::UserId;
use crate::model::tenant::Tenant;
use crate::model::user::{Identity, User};

/// Pairs of issuer and subject that differ, though a trim, a collation or a joined key may take them for one.
const DISTINCT: &[(&str, &str)] = &[
    ("https://id.example.com", "ada"),
    ("https://id.example.com/", "ada"),
    ("https://ID.example.com", "ada"),
    ("https://id.example.com", "Ada"),
    ("https://id.example.com", "ada "),
    ("https://id.example.com", " ada"),
    ("https://id.example.com", "ad"),
    ("https://id.example.coma", "da"),
    ("https://id.example.com", ""),
    ("", "https://id.example.com"),
    ("ada", "https://id.example.com"),
    ("https://id.example.com", "caf\u{e9}"),
    ("https://id.example.com", "cafe\u{301}"),
    ("https://id.example.com", "a_a"),
    ("https://id.example.com", "%"),
    ("https://id.example.com", "'; --"),
    ("https://id.example.com", "null"),
];

fn pair((issuer, subject): &(&str, &str)) -> Identity {
    Identity { issuer: (*issuer).to_owned(), subject: (*subject).to_owned() }
}

async fn holder(world: &World, identity: &Identity) -> Option<UserId> {
    world.store().user_by_identity(identity).await.unwrap().map(|user| user.id)
}

/// Stores a user of this tenant with these identities.
async fn put(world: &World, tenant: &Tenant, name: &str, subjects: &[&str]) -> User {
    let identities = subjects.iter().map(|subject| identity(subject)).collect();
    let user = User { identities, ..sample::user(&*world.clock, tenant, name) };
    world.put_user(&user, None).await;
    user
}

pub(super) async fn an_identity_leads_to_its_user_in_any_tenant(world: &mut World) {
    for name in ["first", "second"] {
        let tenant = world.make_tenant(name).await;
        let user = sample::full_user(&*world.clock, &tenant, name);
        world.put_user(&user, None).await;
        for identity in &user.identities {
            let found = world.store().user_by_identity(identity).await.unwrap();
            assert_eq!(found.as_ref(), Some(&user), "{identity:?}");
        }
    }
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = put(world, &tenant, "ada", &["subject"]).await;
    let Identity { issuer, subject } = user.identities[0].clone();
    let longest = "x".repeat(255);
    for other in ["", "subjec", "SUBJECT", "subject\0", "\0", "_ubject", "%", longest.as_str()] {
        let unknown = Identity { subject: other.to_owned(), issuer: issuer.clone() };
        assert_eq!(holder(world, &unknown).await, None, "{unknown:?}");
        let unknown = Identity { issuer: other.to_owned(), subject: subject.clone() };
        assert_eq!(holder(world, &unknown).await, None, "{unknown:?}");
    }
    assert_eq!(holder(world, &Identity { issuer: subject, subject: issuer }).await, None);
}

pub(super) async fn identities_that_differ_are_not_one(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let mut users = Vec::new();
    for (number, distinct) in DISTINCT.iter().enumerate() {
        let user = sample::user(&*world.clock, &tenant, &format!("user-{number}"));
        let user = User { identities: vec![pair(distinct)], ..user };
        world.put_user(&user, None).await;
        users.push(user);
    }
    for user in users {
        assert_eq!(holder(world, &user.identities[0]).await, Some(user.id), "{:?}", user.identities);
    }
}

pub(super) async fn an_identity_is_given_once_in_all_tenants(world: &mut World) {
    let (first, second) = (world.make_tenant("first").await, world.make_tenant("second").await);
    let user = put(world, &first, "ada", &["one", "two"]).await;
    for tenant in [&first, &second] {
        for taken in [["one", "new"], ["new", "two"]] {
            let identities = taken.map(identity).to_vec();
            let twin = User { identities, ..sample::user(&*world.clock, tenant, "twin") };
            let write = world.store().create_user(&twin, None, world.event(tenant.id));
            refused!(world, write, conflict!(Identity));
            assert_eq!(holder(world, &identity("new")).await, None);
        }
    }
    assert_eq!(holder(world, &identity("one")).await, Some(user.id));
    put(world, &second, "twin", &["new"]).await;
}

pub(super) async fn an_update_cannot_take_anothers_identity(world: &mut World) {
    let (first, second) = (world.make_tenant("first").await, world.make_tenant("second").await);
    let user = put(world, &first, "ada", &["own"]).await;
    for (tenant, name, subject) in [(&first, "bob", "same tenant"), (&second, "eve", "another")] {
        put(world, tenant, name, &[subject]).await;
        let thief = changed(&user, |user| user.identities = ["new", subject].map(identity).to_vec());
        refused!(world, world.update_user(&thief), conflict!(Identity));
        assert_eq!(holder(world, &identity("new")).await, None);
    }
    assert_eq!(holder(world, &identity("own")).await, Some(user.id));
}

pub(super) async fn an_update_takes_and_frees_identities(world: &mut World) {
    let (first, second) = (world.make_tenant("first").await, world.make_tenant("second").await);
    let user = put(world, &first, "ada", &["kept", "freed"]).await;
    let user = changed(&user, |user| user.identities = ["new", "kept"].map(identity).to_vec());
    world.update_user(&user).await.unwrap();
    for subject in ["kept", "new"] {
        let found = world.store().user_by_identity(&identity(subject)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&user), "{subject}");
    }
    assert_eq!(holder(world, &identity("freed")).await, None);
    let heir = put(world, &second, "heir", &["freed"]).await;
    assert_eq!(holder(world, &identity("freed")).await, Some(heir.id));
    let bare = changed(&user, |user| user.identities.clear());
    world.update_user(&bare).await.unwrap();
    let again = changed(&heir, |heir| heir.identities = ["new", "kept", "freed"].map(identity).to_vec());
    world.update_user(&again).await.unwrap();
    assert_eq!(holder(world, &identity("kept")).await, Some(heir.id));
}

pub(super) async fn a_removed_users_identities_are_free(world: &mut World) {
    let (first, second) = (world.make_tenant("first").await, world.make_tenant("second").await);
    let user = put(world, &first, "ada", &["one", "two"]).await;
    world.delete_user(&user).await.unwrap();
    for subject in ["one", "two"] {
        assert_eq!(holder(world, &identity(subject)).await, None, "{subject}");
    }
    let heir = put(world, &second, "heir", &["two", "one"]).await;
    assert_eq!(holder(world, &identity("one")).await, Some(heir.id));
}
