//! Cases of keys: create, read, look up, update.

use chrono::TimeDelta;

use super::check::{conflict, refused};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use crate::model::key::{ApiKey, KeyDigest, KeyHolder, KeySecret, PreviousDigest};
use crate::model::server::Server;
use crate::model::tools::{self, Tools};
use crate::model::user::User;
use crate::store::StoreError;

/// The key after a rotation with a grace period.
pub(super) fn rotated(clock: &dyn Clock, key: &ApiKey) -> ApiKey {
    let now = clock.now();
    let previous = PreviousDigest { digest: key.digest, valid_until: now + TimeDelta::hours(1) };
    ApiKey {
        digest: KeySecret::generate(clock).digest(),
        previous: Some(previous),
        last_rotated_at: Some(now),
        rotation_count: key.rotation_count + 1,
        updated_at: now,
        revision: key.revision + 1,
        ..key.clone()
    }
}

async fn by_digest(world: &World, digest: &KeyDigest) -> Option<ApiKey> {
    world.store().key_by_digest(digest).await.unwrap().map(|holder| holder.key)
}

async fn update(world: &World, key: &ApiKey) -> Result<(), StoreError> {
    world.store().update_key(key, key.revision - 1, world.event(key.tenant_id)).await
}

/// An owner and two keys of it.
async fn two_keys(world: &World) -> (User, ApiKey, ApiKey) {
    let owner = world.make_owner("acme").await;
    let (first, second) = (world.make_key(&owner, "first").await, world.make_key(&owner, "second").await);
    (owner, first, second)
}

pub(super) async fn a_stored_key_is_read_back_as_it_was(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let plain = sample::key(&*world.clock, &owner, "plain");
    let full = sample::full_key(&*world.clock, &owner, &server);
    for key in [plain, full] {
        world.put_key(&key).await;
        let reach = Reach::Tenant(owner.tenant_id);
        assert_eq!(world.store().key(reach, key.id).await.unwrap(), Some(key.clone()));
        let mut digests = vec![key.digest];
        digests.extend(key.previous.as_ref().map(|previous| previous.digest));
        for digest in digests {
            assert_eq!(by_digest(world, &digest).await, Some(key.clone()));
        }
    }
}

pub(super) async fn a_digest_leads_to_key_owner_and_tenant(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let owner = world.make_user(&tenant, "ada").await;
    let disabled = User { disabled: true, ..sample::user(&*world.clock, &tenant, "bob") };
    world.store().create_user(&disabled, None, world.event(tenant.id)).await.unwrap();
    for owner in [owner, disabled] {
        let key = world.make_key(&owner, "one of two").await;
        let holder = world.store().key_by_digest(&key.digest).await.unwrap();
        assert_eq!(holder, Some(KeyHolder { key, owner, tenant: tenant.clone() }));
    }
}

pub(super) async fn a_digest_leads_to_a_key_of_any_state(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let now = world.clock.now();
    let revoked = ApiKey { revoked_at: Some(now), ..sample::key(&*world.clock, &owner, "revoked") };
    let expired = ApiKey { expires_at: now, ..sample::key(&*world.clock, &owner, "expired") };
    for key in [revoked, expired] {
        world.put_key(&key).await;
        assert_eq!(by_digest(world, &key.digest).await, Some(key));
    }
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    let (owner, key, _) = two_keys(world).await;
    let other = world.make_owner("other").await;
    let reach = Reach::Tenant(other.tenant_id);
    assert_eq!(world.store().key(reach, key.id).await.unwrap(), None, "a key of another tenant");
    let unknown = ApiKeyId(owner.id.0);
    assert_eq!(world.store().key(Reach::AllTenants, unknown).await.unwrap(), None);
    let mut near = key.digest;
    near.0[31] ^= 1;
    for digest in [near, KeyDigest([0; 32]), KeyDigest([0xff; 32])] {
        assert_eq!(by_digest(world, &digest).await, None);
    }
}

pub(super) async fn an_id_is_given_once_in_all_tenants(world: &mut World) {
    let (first, second) = (world.make_owner("first").await, world.make_owner("second").await);
    let key = world.make_key(&first, "one").await;
    for owner in [&first, &second] {
        let twin = ApiKey { id: key.id, ..sample::key(&*world.clock, owner, "two") };
        refused!(world, world.store().create_key(&twin, world.event(owner.tenant_id)), conflict!(Id));
        assert_eq!(by_digest(world, &twin.digest).await, None);
    }
}

pub(super) async fn a_digest_is_given_once_previous_ones_included(world: &mut World) {
    let (owner, key, _) = two_keys(world).await;
    let other = world.make_owner("other").await;
    let key = rotated(&*world.clock, &key);
    update(world, &key).await.unwrap();
    for taken in [key.digest, key.previous.as_ref().unwrap().digest] {
        for owner in [&owner, &other] {
            let twin = sample::key(&*world.clock, owner, "twin");
            let previous = Some(PreviousDigest { digest: taken, valid_until: twin.expires_at });
            let twins = [ApiKey { digest: taken, ..twin.clone() }, ApiKey { previous, ..twin }];
            for twin in twins {
                let write = world.store().create_key(&twin, world.event(owner.tenant_id));
                refused!(world, write, conflict!(KeyDigest));
            }
        }
        assert_eq!(by_digest(world, &taken).await.as_ref(), Some(&key));
    }
}

pub(super) async fn a_key_needs_its_tenant_owner_and_server(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let key = sample::key(&*world.clock, &owner, "key");
    let strays = [
        ApiKey { tenant_id: TenantId(key.id.0), ..key.clone() },
        ApiKey { owner_id: UserId(key.id.0), ..key.clone() },
        ApiKey { owner_id: other.id, ..key.clone() },
        ApiKey { server_id: Some(ServerId(key.id.0)), ..key.clone() },
    ];
    for stray in strays {
        let write = world.store().create_key(&stray, world.event(owner.tenant_id));
        refused!(world, write, StoreError::Missing);
        assert_eq!(by_digest(world, &stray.digest).await, None);
    }
    world.put_key(&key).await;
}

pub(super) async fn a_key_may_be_for_a_shared_server_of_another_tenant(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let public = Server { is_public: true, ..sample::server(&*world.clock, &owner, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "global") };
    for server in [public, global] {
        world.put_server(&server).await;
        let key = ApiKey { server_id: Some(server.id), ..sample::key(&*world.clock, &other, "linked") };
        world.put_key(&key).await;
        assert_eq!(by_digest(world, &key.digest).await, Some(key));
    }
}

pub(super) async fn an_update_replaces_the_whole_key(world: &mut World) {
    let (owner, key, beside) = two_keys(world).await;
    let server = world.make_server(&owner, "Weather").await;
    let full = sample::full_key(&*world.clock, &owner, &server);
    let changed = ApiKey { id: key.id, created_at: key.created_at, revision: 2, ..full };
    update(world, &changed).await.unwrap();
    assert_eq!(world.store().key(Reach::AllTenants, key.id).await.unwrap(), Some(changed.clone()));
    assert_eq!(by_digest(world, &changed.digest).await, Some(changed));
    assert_eq!(by_digest(world, &beside.digest).await, Some(beside));
}

pub(super) async fn a_key_is_narrowed_to_tools_and_widened_again(world: &mut World) {
    let (_, mut key, beside) = two_keys(world).await;
    let longest = format!("{}*", "ß".repeat(tools::MAX_PATTERN - 1));
    let most: Vec<_> = (0..tools::MAX_PATTERNS).map(|n| format!("tool-{n}")).collect();
    let lists = [Some(vec![longest]), None, Some(most), Some(vec!["NULL".to_owned(), "{a,b}".to_owned()])];
    for list in lists {
        let narrowed = list.map(|list| Tools::parse(&list).unwrap());
        key = ApiKey { tools: narrowed, revision: key.revision + 1, ..key };
        update(world, &key).await.unwrap();
        assert_eq!(by_digest(world, &key.digest).await.as_ref(), Some(&key));
    }
    assert_eq!(by_digest(world, &beside.digest).await, Some(beside));
}

pub(super) async fn a_rotation_keeps_the_digest_before_and_forgets_the_one_before_that(world: &mut World) {
    let (owner, first, _) = two_keys(world).await;
    let second = rotated(&*world.clock, &first);
    update(world, &second).await.unwrap();
    assert_eq!(by_digest(world, &first.digest).await, Some(second.clone()));
    assert_eq!(by_digest(world, &second.digest).await, Some(second.clone()));
    let third = rotated(&*world.clock, &second);
    update(world, &third).await.unwrap();
    assert_eq!(by_digest(world, &first.digest).await, None, "forgotten");
    assert_eq!(by_digest(world, &second.digest).await, Some(third.clone()));
    let last = ApiKey { previous: None, ..rotated(&*world.clock, &third) };
    update(world, &last).await.unwrap();
    assert_eq!(by_digest(world, &second.digest).await, None, "forgotten");
    assert_eq!(by_digest(world, &third.digest).await, None, "no grace was given");
    assert_eq!(by_digest(world, &last.digest).await, Some(last));
    let heir = ApiKey { digest: first.digest, ..sample::key(&*world.clock, &owner, "heir") };
    world.put_key(&heir).await;
    assert_eq!(by_digest(world, &first.digest).await, Some(heir), "a forgotten digest is free again");
}

pub(super) async fn an_update_cannot_take_anothers_digest(world: &mut World) {
    let (_, first, second) = two_keys(world).await;
    let second = rotated(&*world.clock, &second);
    update(world, &second).await.unwrap();
    for taken in [second.digest, second.previous.as_ref().unwrap().digest] {
        let changed = ApiKey { digest: taken, ..rotated(&*world.clock, &first) };
        refused!(world, update(world, &changed), conflict!(KeyDigest));
        let previous = Some(PreviousDigest { digest: taken, valid_until: first.expires_at });
        let changed = ApiKey { previous, ..rotated(&*world.clock, &first) };
        refused!(world, update(world, &changed), conflict!(KeyDigest));
        assert_eq!(by_digest(world, &changed.digest).await, None);
        assert_eq!(by_digest(world, &taken).await.as_ref(), Some(&second));
    }
    assert_eq!(by_digest(world, &first.digest).await, Some(first));
}

pub(super) async fn a_stale_update_changes_nothing(world: &mut World) {
    let (owner, key, _) = two_keys(world).await;
    let key = ApiKey { rotation_count: 1, revision: 2, ..key };
    update(world, &key).await.unwrap();
    let late = rotated(&*world.clock, &ApiKey { revision: 1, ..key });
    for expected in [0, 1, 3] {
        let write = world.store().update_key(&late, expected, world.event(owner.tenant_id));
        refused!(world, write, StoreError::Stale);
        assert_eq!(by_digest(world, &late.digest).await, None);
    }
}

pub(super) async fn an_update_needs_the_key_in_its_tenant(world: &mut World) {
    let (owner, key, _) = two_keys(world).await;
    let other = world.make_owner("other").await;
    let strays = [
        ApiKey { id: ApiKeyId(owner.id.0), revision: 2, ..key.clone() },
        ApiKey { tenant_id: other.tenant_id, owner_id: other.id, revision: 2, ..key },
    ];
    for stray in strays {
        refused!(world, update(world, &stray), StoreError::Missing);
    }
}
