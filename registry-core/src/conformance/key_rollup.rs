//! Cases of the usage of keys over time.

use super::analytics::{add, calls, entry, ever, minute, prune, prune_all, read, rollup, total};
use super::concurrency::all_at_once;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::id::{ApiKeyId, ServerId};
use crate::model::key::ApiKey;
use crate::model::period::{Period, Resolution};
use crate::model::server::Server;
use crate::model::usage::UsageSubject;
use crate::model::usage_rollup::{UsageEntry, UsageOf, UsagePrune, UsagePruned, UsageTally};

/// What the requests with this key came to in an hour that began so many hours after a day did.
fn used(key: &ApiKey, hours: i64, tally: UsageTally) -> UsageEntry {
    UsageEntry { subject: UsageSubject::Key(key.id), start: minute(60 * hours), tally }
}

fn of(key: &ApiKey) -> UsageOf {
    UsageOf::Key(key.id)
}

pub(super) async fn requests_are_in_the_rollups_of_their_keys_hour_and_day(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (key, beside) = (world.make_key(&owner, "ci").await, world.make_key(&owner, "beside").await);
    let server = world.make_server(&owner, "Weather").await;
    let tallies = [calls(3, 5), calls(1, 900), calls(2, 40)];
    let [early, late, next] = &tallies;
    let entries = [
        used(&key, 0, early.clone()),
        entry(&server, 0, calls(9, 9)),
        used(&beside, 0, calls(7, 7)),
        used(&key, 23, late.clone()),
        used(&key, 24, next.clone()),
    ];
    add(world, &entries).await;
    let hour = |hours: i64, tally: &UsageTally| rollup(60 * hours, tally.clone());
    let hours = vec![hour(0, early), hour(23, late), hour(24, next)];
    let days = vec![hour(0, &total([early, late])), hour(24, next)];
    for (resolution, expected) in
        [(Resolution::Minute, vec![]), (Resolution::Hour, hours), (Resolution::Day, days)]
    {
        for reach in [Reach::Tenant(owner.tenant_id), Reach::AllTenants] {
            assert_eq!(ever(world, reach, of(&key), resolution).await, expected, "by {resolution}");
        }
    }
    for whose in [UsageOf::Server(server.id), UsageOf::Whole] {
        let days = ever(world, Reach::AllTenants, whose, Resolution::Day).await;
        assert_eq!(days, [rollup(0, calls(9, 9))], "no call is counted twice");
    }
}

pub(super) async fn requests_that_come_later_are_added_to_those_of_their_key(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let mut expected = UsageTally::default();
    for (requests, ms) in [(1, 1), (0, 0), (3, 4_000), (2, 1), (1, 60_000)] {
        let tally = calls(requests, ms);
        // Twice in one batch.
        add(world, &[used(&key, 1, tally.clone()), used(&key, 1, tally.clone())]).await;
        (0..2).for_each(|_| expected = total([&expected, &tally]));
        let hours = ever(world, Reach::AllTenants, of(&key), Resolution::Hour).await;
        assert_eq!(hours, [rollup(60, expected.clone())]);
    }
}

pub(super) async fn rollups_of_a_key_are_read_by_period_oldest_first(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let entries: Vec<_> = (-1..4).rev().map(|hour| used(&key, hour, calls(1, 1))).collect();
    add(world, &entries).await;
    for (from, to) in [(-1, 4), (0, 2), (1, 1), (3, 9)] {
        let period = Period::between(minute(60 * from), minute(60 * to));
        let hours = read(world, Reach::AllTenants, of(&key), Resolution::Hour, period).await;
        let expected: Vec<_> = (from..to.min(4)).map(|hour| rollup(60 * hour, calls(1, 1))).collect();
        assert_eq!(hours, expected, "{from} to {to}");
    }
}

pub(super) async fn the_use_of_a_key_is_told_to_its_own_tenant_and_to_no_other(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let shared = Server { is_public: true, ..sample::server(&*world.clock, &other, "Shared") };
    world.put_server(&shared).await;
    let key =
        ApiKey { server_id: Some(shared.id), ..sample::key(&*world.clock, &owner, "for another's server") };
    world.put_key(&key).await;
    add(world, &[used(&key, 0, calls(1, 1))]).await;
    for resolution in [Resolution::Hour, Resolution::Day] {
        for (reach, expected) in
            [(Reach::AllTenants, 1), (Reach::Tenant(owner.tenant_id), 1), (Reach::Tenant(other.tenant_id), 0)]
        {
            assert_eq!(ever(world, reach, of(&key), resolution).await.len(), expected, "{reach:?}");
        }
    }
}

pub(super) async fn a_key_and_a_server_of_one_id_are_rolled_up_apart(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let server = Server { id: ServerId(key.id.0), ..sample::server(&*world.clock, &owner, "Weather") };
    world.put_server(&server).await;
    add(world, &[used(&key, 0, calls(1, 1)), entry(&server, 0, calls(2, 2))]).await;
    for resolution in [Resolution::Hour, Resolution::Day] {
        let of_key = ever(world, Reach::AllTenants, of(&key), resolution).await;
        let of_server = ever(world, Reach::AllTenants, UsageOf::Server(server.id), resolution).await;
        assert_eq!((of_key, of_server), (vec![rollup(0, calls(1, 1))], vec![rollup(0, calls(2, 2))]));
    }
}

pub(super) async fn the_use_of_a_key_that_is_gone_is_passed_over(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    let gone = ApiKey { id: ApiKeyId(owner.id.0), ..key.clone() };
    let entries = [&gone, &key, &gone].map(|key| used(key, 0, calls(1, 1)));
    add(world, &entries).await;
    assert_eq!(ever(world, Reach::AllTenants, of(&gone), Resolution::Day).await, []);
    assert_eq!(ever(world, Reach::AllTenants, of(&key), Resolution::Day).await, [rollup(0, calls(1, 1))]);
}

pub(super) async fn the_rollups_of_a_key_go_with_its_tenant(world: &mut World) {
    let (tenant, heir) = (world.make_tenant("acme").await, world.make_owner("heir").await);
    let owner = world.make_user(&tenant, "owner").await;
    let (key, kept) = (world.make_key(&owner, "ci").await, world.make_key(&heir, "kept").await);
    add(world, &[used(&key, 0, calls(1, 1)), used(&kept, 0, calls(1, 1))]).await;
    world.delete_user(&owner).await.unwrap();
    let days = async |key: &ApiKey| ever(world, Reach::AllTenants, of(key), Resolution::Day).await.len();
    assert_eq!(days(&key).await, 1, "a key that is revoked keeps them");
    world.delete_tenant(&tenant).await.unwrap();
    let again = ApiKey { tenant_id: heir.tenant_id, owner_id: heir.id, ..key };
    world.put_key(&again).await;
    for resolution in Resolution::ALL {
        assert_eq!(ever(world, Reach::AllTenants, of(&again), *resolution).await, [], "its id is free");
    }
    assert_eq!(days(&kept).await, 1);
}

pub(super) async fn the_use_of_keys_that_is_added_at_the_same_time_is_all_added(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let keys = [world.make_key(&owner, "one").await, world.make_key(&owner, "two").await];
    let writes = (0..12).map(|number| {
        let store = world.handle();
        let mut entries = keys.each_ref().map(|key| used(key, number % 3, calls(1, 1)));
        // Some have them in the other order.
        if number % 2 == 0 {
            entries.reverse();
        }
        async move { store.add_usage_rollups(&entries).await }
    });
    for outcome in all_at_once(writes.collect::<Vec<_>>()).await {
        outcome.unwrap();
    }
    for key in &keys {
        let days = ever(world, Reach::AllTenants, of(key), Resolution::Day).await;
        assert_eq!(days, [rollup(0, total(vec![&calls(1, 1); 12]))]);
    }
}

pub(super) async fn rollups_of_keys_that_are_too_old_are_forgotten_and_nothing_else(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let key = world.make_key(&owner, "ci").await;
    for day in 0..5 {
        add(world, &[used(&key, 24 * day, calls(1, 1))]).await;
    }
    let (day, before) = (24 * 60, world.everything().await);
    assert_eq!(prune_all(world, prune(-day, -day, -day)).await, 0);
    assert_eq!(world.everything().await, before);
    let some = UsagePrune { limit: 2, ..prune(5 * day, 2 * day, day) };
    let first = world.store().prune_usage(&some).await.unwrap();
    assert_eq!(first, UsagePruned { rollups: 2, more: true });
    assert_eq!(prune_all(world, some).await, 1);
    for (resolution, first) in [(Resolution::Hour, 2), (Resolution::Day, 1)] {
        let left = ever(world, Reach::AllTenants, of(&key), resolution).await;
        let expected: Vec<_> = (first..5).map(|n| rollup(n * day, calls(1, 1))).collect();
        assert_eq!(left, expected, "by {resolution}");
    }
}
