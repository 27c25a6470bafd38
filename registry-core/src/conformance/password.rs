//! Cases of users' passwords.

use super::account::changed;
use super::check::{conflict, refused};
use super::sample::{self, password_hash};
use super::world::World;
use crate::model::id::UserId;
use crate::model::password::{PasswordChange, PasswordHash};
use crate::model::text::UserName;
use crate::model::user::User;
use crate::store::StoreError;

async fn password(world: &World, user: &User) -> Option<PasswordHash> {
    world.store().password(user.tenant_id, user.id).await.unwrap()
}

/// A user with this password in a tenant of this name.
async fn put(world: &World, tenant: &str, hash: &PasswordHash) -> User {
    let tenant = world.make_tenant(tenant).await;
    let user = sample::user(&*world.clock, &tenant, "ada");
    world.put_user(&user, Some(hash)).await;
    user
}

pub(super) async fn a_stored_password_is_read_back_as_it_was(world: &mut World) {
    let hash = password_hash("correct horse battery");
    let user = put(world, "acme", &hash).await;
    let beside = world.make_owner("other").await;
    assert_eq!(password(world, &user).await, Some(hash));
    assert_eq!(password(world, &beside).await, None, "none was given");
}

pub(super) async fn a_password_is_only_in_its_tenant(world: &mut World) {
    let hash = password_hash("one");
    let user = put(world, "acme", &hash).await;
    let other = world.make_tenant("other").await;
    assert_eq!(world.store().password(other.id, user.id).await.unwrap(), None);
    let unknown = UserId(other.id.0);
    assert_eq!(world.store().password(user.tenant_id, unknown).await.unwrap(), None);
}

pub(super) async fn an_update_keeps_sets_or_removes_it(world: &mut World) {
    let hashes = ["one", "two", "three"].map(password_hash);
    let mut user = put(world, "acme", &hashes[0]).await;
    let beside = put(world, "other", &hashes[0]).await;
    let steps = [
        (PasswordChange::Keep, Some(&hashes[0])),
        (PasswordChange::Set(&hashes[1]), Some(&hashes[1])),
        (PasswordChange::Keep, Some(&hashes[1])),
        (PasswordChange::Remove, None),
        (PasswordChange::Remove, None),
        (PasswordChange::Keep, None),
        (PasswordChange::Set(&hashes[2]), Some(&hashes[2])),
    ];
    for (change, expected) in steps {
        user = changed(&user, |_| ());
        world.change_user(&user, change, None).await.unwrap();
        assert_eq!(password(world, &user).await.as_ref(), expected, "{change:?}");
    }
    assert_eq!(password(world, &beside).await.as_ref(), Some(&hashes[0]));
}

pub(super) async fn a_refused_write_leaves_it_as_it_was(world: &mut World) {
    let (hash, new) = (password_hash("one"), password_hash("two"));
    let user = put(world, "acme", &hash).await;
    let late = User { revision: 3, ..user.clone() };
    for change in [PasswordChange::Set(&new), PasswordChange::Remove] {
        refused!(world, world.change_user(&late, change, None), StoreError::Stale);
        assert_eq!(password(world, &user).await.as_ref(), Some(&hash));
    }
    let twin = User { id: UserId(world.event(user.tenant_id).id), ..user.clone() };
    let write = world.store().create_user(&twin, Some(&new), world.event(user.tenant_id));
    refused!(world, write, conflict!(UserName));
    let twin = User { username: UserName::parse("twin").unwrap(), ..twin };
    world.put_user(&twin, None).await;
    assert_eq!(password(world, &twin).await, None, "nothing is left of the one that was refused");
}

pub(super) async fn it_goes_with_its_user(world: &mut World) {
    let hash = password_hash("one");
    let user = put(world, "acme", &hash).await;
    world.delete_user(&user).await.unwrap();
    assert_eq!(password(world, &user).await, None);
    world.put_user(&user, None).await;
    assert_eq!(password(world, &user).await, None, "even if a user has its id again");
}
