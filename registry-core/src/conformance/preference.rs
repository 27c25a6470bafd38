//! Cases of preferences.

use super::check::refused;
use super::concurrency::all_at_once;
use super::sample;
use super::world::World;
use crate::clock::Clock;
use crate::model::audit::EventType;
use crate::model::id::{ServerId, TenantId, UserId};
use crate::model::preference::{CustomSettings, MAX_PREFERENCES, Preference};
use crate::model::server::Server;
use crate::model::settings::RateLimit;
use crate::model::user::User;
use crate::store::StoreError;

pub(super) async fn of(world: &World, user: &User) -> Vec<Preference> {
    world.store().preferences(user.tenant_id, user.id).await.unwrap()
}

/// A preference that says nothing but the default.
fn default(world: &World, server_id: ServerId) -> Preference {
    Preference { is_enabled: true, ..sample::preference(&*world.clock, server_id) }
}

fn at(world: &World, server_id: ServerId, display_order: i32) -> Preference {
    Preference { display_order, ..sample::preference(&*world.clock, server_id) }
}

pub(super) async fn a_stored_preference_is_read_back_as_it_was(world: &mut World) {
    let user = world.make_owner("acme").await;
    let server = world.make_server(&user, "Weather").await;
    let plain = sample::preference(&*world.clock, server.id);
    let shown = Preference { is_enabled: true, ..plain.clone() };
    let with = |custom_settings| Preference { custom_settings, ..shown.clone() };
    let rate_limit = Some(RateLimit { rpm: 1, burst: 1 });
    let preferences = [
        sample::full_preference(&*world.clock, server.id),
        Preference { display_order: i32::MAX, ..shown.clone() },
        with(CustomSettings { timeout_ms: Some(1_000), rate_limit: None }),
        with(CustomSettings { timeout_ms: None, rate_limit }),
        plain,
    ];
    for preference in preferences {
        world.prefer(&user, std::slice::from_ref(&preference)).await.unwrap();
        assert_eq!(of(world, &user).await, [preference], "each in the place of the one before");
    }
}

pub(super) async fn preferences_are_a_users_own(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, beside) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "beside").await);
    let server = world.make_server(&user, "Weather").await;
    let (own, theirs) = (at(world, server.id, 1), at(world, server.id, 2));
    world.prefer(&user, std::slice::from_ref(&own)).await.unwrap();
    world.prefer(&beside, std::slice::from_ref(&theirs)).await.unwrap();
    assert_eq!(of(world, &user).await, [own]);
    world.prefer(&user, &[default(world, server.id)]).await.unwrap();
    assert_eq!((of(world, &user).await, of(world, &beside).await), (vec![], vec![theirs]));
    let other = world.make_tenant("other").await;
    for (tenant_id, id) in [(other.id, beside.id), (tenant.id, UserId(server.id.0))] {
        assert_eq!(world.store().preferences(tenant_id, id).await.unwrap(), []);
    }
}

pub(super) async fn they_are_in_the_users_order_equal_ones_by_server(world: &mut World) {
    let user = world.make_owner("acme").await;
    let mut expected = Vec::new();
    for order in [3, -1, 0, i32::MAX, 3, i32::MIN, -1, 3, 0] {
        let server = world.make_server(&user, &format!("Server {}", expected.len())).await;
        expected.push(at(world, server.id, order));
    }
    expected.reverse();
    world.prefer(&user, &expected).await.unwrap();
    expected.sort_by_key(|preference| (preference.display_order, preference.server_id));
    assert_eq!(of(world, &user).await, expected);
    let moved = Preference { display_order: 7, ..expected[0].clone() };
    world.prefer(&user, std::slice::from_ref(&moved)).await.unwrap();
    expected[0] = moved;
    expected.sort_by_key(|preference| (preference.display_order, preference.server_id));
    assert_eq!(of(world, &user).await, expected);
}

pub(super) async fn the_default_is_not_kept(world: &mut World) {
    let user = world.make_owner("acme").await;
    let (first, second) = (world.make_server(&user, "one").await, world.make_server(&user, "two").await);
    let kept = at(world, second.id, 2);
    world.prefer(&user, &[at(world, first.id, 1), kept.clone()]).await.unwrap();
    let unknown = default(world, ServerId(user.id.0));
    world.prefer(&user, &[default(world, first.id), unknown]).await.unwrap();
    assert_eq!(of(world, &user).await, std::slice::from_ref(&kept));
    world.prefer(&user, &[default(world, first.id)]).await.unwrap();
    world.prefer(&user, &[]).await.unwrap();
    assert_eq!(of(world, &user).await, [kept]);
}

pub(super) async fn a_change_brings_one_entry(world: &mut World) {
    let user = world.make_owner("acme").await;
    let servers = [world.make_server(&user, "one").await, world.make_server(&user, "two").await];
    let before = world.store().audit_head(user.tenant_id).await.unwrap().seq;
    let event = sample::event(&*world.clock, user.tenant_id, EventType::PreferencesUpdated, Some(user.id.0));
    let preferences = servers.map(|server| sample::preference(&*world.clock, server.id));
    let write = world.store().put_preferences(user.tenant_id, user.id, &preferences, event.clone());
    write.await.unwrap();
    let entries = world.store().audit_after(user.tenant_id, before, 10).await.unwrap();
    assert_eq!(entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>(), [event]);
}

pub(super) async fn all_of_them_are_stored_or_none(world: &mut World) {
    let user = world.make_owner("acme").await;
    let (first, second) = (world.make_server(&user, "one").await, world.make_server(&user, "two").await);
    world.prefer(&user, &[at(world, first.id, 1)]).await.unwrap();
    let stray = at(world, ServerId(user.id.0), 2);
    let (new, gone) = (at(world, second.id, 3), default(world, first.id));
    let orders = [
        [stray.clone(), new.clone(), gone.clone()],
        [new.clone(), stray.clone(), gone.clone()],
        [gone, new, stray],
    ];
    for preferences in orders {
        refused!(world, world.prefer(&user, &preferences), StoreError::Missing);
    }
}

pub(super) async fn they_need_the_user_in_its_tenant(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let server = world.make_server(&user, "Weather").await;
    let wanted = [at(world, server.id, 1)];
    let strays =
        [(user.tenant_id, UserId(server.id.0)), (other.tenant_id, user.id), (TenantId::SYSTEM, user.id)];
    for (tenant_id, id) in strays {
        for preferences in [&wanted[..], &[default(world, server.id)]] {
            let event = world.event(user.tenant_id);
            let write = world.store().put_preferences(tenant_id, id, preferences, event);
            refused!(world, write, StoreError::Missing);
        }
    }
}

pub(super) async fn they_may_be_for_a_shared_server_of_another_tenant(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let public = Server { is_public: true, ..sample::server(&*world.clock, &other, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &other, "global") };
    let mut expected = Vec::new();
    for (order, server) in (1..).zip([public, global]) {
        world.put_server(&server).await;
        expected.push(at(world, server.id, order));
        world.prefer(&user, &expected).await.unwrap();
    }
    assert_eq!(of(world, &user).await, expected);
}

pub(super) async fn they_go_with_their_server(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let public = Server { is_public: true, ..sample::server(&*world.clock, &user, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &user, "global") };
    let kept = Server { tenant_id: None, ..sample::server(&*world.clock, &user, "kept") };
    for server in [&public, &global, &kept] {
        world.put_server(server).await;
        for user in [&user, &other] {
            world.prefer(user, &[at(world, server.id, 1)]).await.unwrap();
        }
    }
    for server in [&public, &global] {
        let (event, now) = (world.event(user.tenant_id), world.clock.now());
        world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
        world.put_server(server).await;
    }
    for user in [&user, &other] {
        let left: Vec<_> = of(world, user).await.iter().map(|preference| preference.server_id).collect();
        assert_eq!(left, [kept.id], "even if a server has the id again");
    }
}

/// Registers this many servers; preferences of all of them, in order.
pub(super) async fn of_many_servers(world: &World, owner: &User, count: usize) -> Vec<Preference> {
    let names = (0..count).map(|number| format!("Server {number}"));
    let servers: Vec<_> = names.map(|name| sample::server(&*world.clock, owner, &name)).collect();
    let writes = servers.iter().map(|server| {
        let (store, server, event) = (world.handle(), server.clone(), world.event(owner.tenant_id));
        async move { store.create_server(&server, None, event).await.unwrap() }
    });
    all_at_once(writes.collect::<Vec<_>>()).await;
    (1..).zip(&servers).map(|(order, server)| at(world, server.id, order)).collect()
}

/// Checks that the user cannot have these, and has `expected` as before.
async fn too_many(world: &World, user: &User, preferences: &[Preference], expected: &[Preference]) {
    let head = world.store().audit_head(user.tenant_id).await.unwrap();
    let result = world.prefer(user, preferences).await;
    assert!(matches!(result, Err(StoreError::InUse(_))), "{result:?}");
    assert_eq!(world.store().audit_head(user.tenant_id).await.unwrap(), head);
    assert!(of(world, user).await == expected, "a write that failed left something behind");
}

pub(super) async fn a_user_has_them_for_so_many_servers_only(world: &mut World) {
    let user = world.make_owner("acme").await;
    let all = of_many_servers(world, &user, MAX_PREFERENCES + 1).await;
    too_many(world, &user, &all, &[]).await;
    let (most, last) = (&all[..MAX_PREFERENCES], &all[MAX_PREFERENCES]);
    world.prefer(&user, most).await.unwrap();
    too_many(world, &user, std::slice::from_ref(last), most).await;
    world.prefer(&user, most).await.unwrap();
    world.prefer(&user, &[last.clone(), default(world, most[0].server_id)]).await.unwrap();
    assert!(of(world, &user).await == all[1..], "one went for the one that came");
    too_many(world, &user, &most[..1], &all[1..]).await;
}
