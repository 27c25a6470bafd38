//! Cases of servers: create, read, update.

use super::check::{conflict, refused};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::health::CheckStatus;
use crate::model::id::{ServerId, TenantId, UserId};
use crate::model::key::ApiKey;
use crate::model::server::{Server, ServerStatus};
use crate::model::text::ServerName;
use crate::store::StoreError;

/// Names with one slug.
const LOOKALIKES: &[&str] = &["Weather Api", "weather-api", "WEATHER_API", "weather api"];

/// Names that differ.
const DISTINCT: &[&str] = &["a_b", "axb", "ab", "a--b", "a-b-", "-a-b", "_", "--", "0", "00", "null", "A1"];

pub(super) async fn a_stored_server_is_read_back_as_it_was(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let plain = sample::server(&*world.clock, &owner, "Plain");
    let full = sample::full_server(&*world.clock, &owner, "Full");
    for server in [plain, full] {
        world.put_server(&server).await;
        let reach = Reach::Tenant(owner.tenant_id);
        assert_eq!(world.store().server(reach, server.id).await.unwrap(), Some(server.clone()));
        let by_slug = world.store().server_by_slug(server.tenant_id, &server.name.slug()).await.unwrap();
        assert_eq!(by_slug, Some(server));
    }
}

pub(super) async fn a_server_may_come_with_its_key(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = sample::server(&*world.clock, &owner, "Weather");
    let mut key = sample::key(&*world.clock, &owner, "first");
    key.server_id = Some(server.id);
    let server = Server { api_key_id: Some(key.id), ..server };
    world.store().create_server(&server, Some(&key), world.event(owner.tenant_id)).await.unwrap();
    let found = world.store().server(Reach::AllTenants, server.id).await.unwrap();
    assert_eq!(found, Some(server));
    let holder = world.store().key_by_digest(&key.digest).await.unwrap().unwrap();
    assert_eq!((holder.key, holder.owner), (key, owner.clone()));
    let head = world.store().audit_head(owner.tenant_id).await.unwrap();
    assert_eq!(head.seq, 3, "tenant, user and server: one entry each");
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    let owner = world.make_owner("acme").await;
    world.make_server(&owner, "Weather Api").await;
    let unknown = ServerId(owner.id.0);
    assert_eq!(world.store().server(Reach::AllTenants, unknown).await.unwrap(), None);
    for slug in ["Weather Api", "weather_api", "weather", "weather-ap_", "%", "", "weather-api\0"] {
        let found = world.store().server_by_slug(Some(owner.tenant_id), slug).await.unwrap();
        assert_eq!(found, None, "{slug:?}");
    }
}

pub(super) async fn names_with_one_slug_are_one(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let first = world.make_server(&owner, LOOKALIKES[0]).await;
    for name in LOOKALIKES {
        let twin = sample::server(&*world.clock, &owner, name);
        let mut key = sample::key(&*world.clock, &owner, "its key");
        key.server_id = Some(twin.id);
        let write = world.store().create_server(&twin, Some(&key), world.event(owner.tenant_id));
        refused!(world, write, conflict!(ServerName));
        assert_eq!(world.store().server(Reach::AllTenants, twin.id).await.unwrap(), None);
        assert_eq!(world.store().key_by_digest(&key.digest).await.unwrap(), None);
    }
    let found = world.store().server_by_slug(Some(owner.tenant_id), "weather-api").await.unwrap();
    assert_eq!(found, Some(first));
}

pub(super) async fn names_that_differ_are_not_one(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut servers = Vec::new();
    for name in DISTINCT {
        servers.push(world.make_server(&owner, name).await);
    }
    for server in servers {
        let found = world.store().server_by_slug(server.tenant_id, &server.name.slug()).await.unwrap();
        assert_eq!(found, Some(server));
    }
}

pub(super) async fn tenants_and_the_global_list_each_have_names_of_their_own(world: &mut World) {
    let (first, second) = (world.make_owner("first").await, world.make_owner("second").await);
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &first, "Weather") };
    world.put_server(&global).await;
    let servers =
        [global, world.make_server(&first, "weather").await, world.make_server(&second, "WEATHER").await];
    for server in servers {
        let found = world.store().server_by_slug(server.tenant_id, "weather").await.unwrap();
        assert_eq!(found.as_ref(), Some(&server));
        let twin = Server { id: ServerId(world.event(first.tenant_id).id), ..server };
        let write = world.store().create_server(&twin, None, world.event(first.tenant_id));
        refused!(world, write, conflict!(ServerName));
    }
}

pub(super) async fn an_id_is_given_once_in_all_tenants(world: &mut World) {
    let (first, second) = (world.make_owner("first").await, world.make_owner("second").await);
    let server = world.make_server(&first, "one").await;
    for owner in [&first, &second] {
        let twin = Server { id: server.id, ..sample::server(&*world.clock, owner, "two") };
        let write = world.store().create_server(&twin, None, world.event(owner.tenant_id));
        refused!(world, write, conflict!(Id));
        world.make_server(owner, "two").await;
    }
}

pub(super) async fn a_server_needs_its_tenant_and_owner(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = sample::server(&*world.clock, &owner, "Weather");
    let nobody = UserId(server.id.0);
    let nowhere = Some(TenantId(server.id.0));
    let strays = [
        Server { owner_id: nobody, ..server.clone() },
        Server { tenant_id: nowhere, ..server.clone() },
        Server { tenant_id: None, owner_id: nobody, ..server.clone() },
    ];
    for stray in strays {
        let write = world.store().create_server(&stray, None, world.event(owner.tenant_id));
        refused!(world, write, StoreError::Missing);
    }
    world.put_server(&server).await;
}

pub(super) async fn an_owner_and_its_key_may_be_of_another_tenant(world: &mut World) {
    let (admin, other) = (world.make_owner("admins").await, world.make_tenant("other").await);
    for tenant_id in [Some(other.id), None] {
        let server = Server { tenant_id, ..sample::server(&*world.clock, &admin, "Weather") };
        let key = ApiKey { server_id: Some(server.id), ..sample::key(&*world.clock, &admin, "its key") };
        world.store().create_server(&server, Some(&key), world.event(other.id)).await.unwrap();
        assert_eq!(world.store().server(Reach::AllTenants, server.id).await.unwrap(), Some(server));
        let holder = world.store().key_by_digest(&key.digest).await.unwrap().unwrap();
        assert_eq!((holder.key, holder.owner), (key, admin.clone()));
    }
}

pub(super) async fn a_server_whose_key_is_refused_is_not_stored(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let taken = world.make_key(&owner, "taken").await;
    let server = sample::server(&*world.clock, &owner, "Weather");
    let mut key = sample::key(&*world.clock, &owner, "its key");
    (key.server_id, key.digest) = (Some(server.id), taken.digest);
    let write = world.store().create_server(&server, Some(&key), world.event(owner.tenant_id));
    refused!(world, write, conflict!(KeyDigest));
    let mut key = sample::key(&*world.clock, &owner, "its key");
    (key.server_id, key.id) = (Some(server.id), taken.id);
    let write = world.store().create_server(&server, Some(&key), world.event(owner.tenant_id));
    refused!(world, write, conflict!(Id));
    assert_eq!(world.store().key_by_digest(&key.digest).await.unwrap(), None);
    world.put_server(&server).await;
}

pub(super) async fn reach_decides_who_sees_a_server(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let private = world.make_server(&owner, "private").await;
    let public = Server { is_public: true, ..sample::server(&*world.clock, &owner, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "global") };
    world.put_server(&public).await;
    world.put_server(&global).await;
    for server in [private, public, global] {
        for reach in [Reach::AllTenants, Reach::Tenant(owner.tenant_id), Reach::Tenant(other.tenant_id)] {
            let expected = reach.sees(&server).then(|| server.clone());
            assert_eq!(world.store().server(reach, server.id).await.unwrap(), expected, "{reach:?}");
        }
        let by_slug = world.store().server_by_slug(Some(other.tenant_id), &server.name.slug()).await.unwrap();
        assert_eq!(by_slug, None, "the look-up by slug is within the tenant alone");
    }
}

pub(super) async fn an_update_replaces_all_but_health(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    let health = world.store().record_health(&sample::record(&check)).await.unwrap();
    let full = sample::full_server(&*world.clock, &owner, "Storms");
    let changed = Server { id: server.id, created_at: server.created_at, revision: 2, ..full };
    world.store().update_server(&changed, 1, world.event(owner.tenant_id)).await.unwrap();
    let expected = Server { health, ..changed };
    let found = world.store().server(Reach::AllTenants, server.id).await.unwrap();
    assert_eq!(found, Some(expected.clone()));
    let renamed = world.store().server_by_slug(server.tenant_id, "storms").await.unwrap();
    assert_eq!(renamed, Some(expected));
    assert_eq!(world.store().server_by_slug(server.tenant_id, "weather").await.unwrap(), None);
    world.make_server(&owner, "Weather").await;
}

pub(super) async fn a_server_can_change_the_case_of_its_own_name(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "weather api").await;
    let name = ServerName::parse("Weather_API").unwrap();
    let changed = Server { name, revision: 2, ..server };
    world.store().update_server(&changed, 1, world.event(owner.tenant_id)).await.unwrap();
    let found = world.store().server_by_slug(changed.tenant_id, "weather-api").await.unwrap();
    assert_eq!(found, Some(changed));
}

pub(super) async fn a_stale_update_changes_nothing(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let changed = Server { status: ServerStatus::Inactive, revision: 2, ..server };
    world.store().update_server(&changed, 1, world.event(owner.tenant_id)).await.unwrap();
    let name = ServerName::parse("Storms").unwrap();
    let late = Server { name, revision: 2, ..changed };
    for expected in [0, 1, 3] {
        let write = world.store().update_server(&late, expected, world.event(owner.tenant_id));
        refused!(world, write, StoreError::Stale);
    }
    assert_eq!(world.store().server_by_slug(late.tenant_id, "storms").await.unwrap(), None);
}

pub(super) async fn an_update_cannot_take_anothers_name(world: &mut World) {
    let owner = world.make_owner("acme").await;
    world.make_server(&owner, "Storms").await;
    let server = world.make_server(&owner, "Weather").await;
    let changed = Server { name: ServerName::parse("STORMS").unwrap(), revision: 2, ..server.clone() };
    let write = world.store().update_server(&changed, 1, world.event(owner.tenant_id));
    refused!(world, write, conflict!(ServerName));
    let found = world.store().server_by_slug(server.tenant_id, "weather").await.unwrap();
    assert_eq!(found, Some(server));
}

pub(super) async fn an_update_needs_the_server_in_its_tenant(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let server = world.make_server(&owner, "Weather").await;
    let strays = [
        Server { id: ServerId(owner.id.0), ..server.clone() },
        Server { tenant_id: Some(other.tenant_id), owner_id: other.id, ..server.clone() },
        Server { tenant_id: None, ..server },
    ];
    for stray in strays {
        let write = world.store().update_server(&stray, 1, world.event(owner.tenant_id));
        refused!(world, write, StoreError::Missing);
    }
}
