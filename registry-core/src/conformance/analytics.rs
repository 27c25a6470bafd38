//! Cases of usage over time.

use std::time::Duration;

use chrono::TimeDelta;

use super::concurrency::all_at_once;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::health::{CheckStatus, HealthCheck};
use crate::model::id::ServerId;
use crate::model::latency::{BUCKETS, Latencies};
use crate::model::period::{Period, Resolution};
use crate::model::rollup::Tally;
use crate::model::server::{Server, ServerStatus};
use crate::model::usage::{ErrorCounts, UsageSubject};
use crate::model::usage_ranking::{FiguresQuery, RankingRange, ServerFigures};
use crate::model::usage_rollup::{
    UsageEntry, UsageOf, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery, UsageTally,
};
use crate::model::user::User;

/// 2026-01-02T00:00:00Z, where a day begins.
const DAY: i64 = 1_767_312_000;

/// So many minutes after a day began.
pub(super) fn minute(minutes: i64) -> Timestamp {
    sample::at_us((DAY + minutes * 60) * 1_000_000)
}

/// Calls of which some failed in every way, that took about so long.
pub(super) fn calls(requests: u64, ms: u64) -> UsageTally {
    let mut latencies = Latencies::default();
    (0..requests).for_each(|call| latencies.add(&Latencies::one(Duration::from_millis(ms + call))));
    let errors = ErrorCounts { client: requests, upstream: 2, timeout: 3, limited: 4, gateway: 5 };
    UsageTally { requests: requests + 14, errors, bytes_in: 1 << 40, bytes_out: requests, latencies }
}

pub(super) fn entry(server: &Server, minutes: i64, tally: UsageTally) -> UsageEntry {
    UsageEntry { subject: UsageSubject::Server(server.id), start: minute(minutes), tally }
}

pub(super) fn total<'a>(tallies: impl IntoIterator<Item = &'a UsageTally>) -> UsageTally {
    let mut total = UsageTally::default();
    tallies.into_iter().for_each(|tally| total.add(tally));
    total
}

pub(super) async fn add(world: &World, entries: &[UsageEntry]) {
    world.store().add_usage_rollups(entries).await.unwrap();
}

pub(super) async fn read(
    world: &World,
    reach: Reach,
    of: UsageOf,
    resolution: Resolution,
    period: Period,
) -> Vec<UsageRollup> {
    let query = UsageRollupQuery { reach, of, resolution, period };
    world.store().usage_rollups(&query).await.unwrap()
}

pub(super) async fn ever(
    world: &World,
    reach: Reach,
    of: UsageOf,
    resolution: Resolution,
) -> Vec<UsageRollup> {
    read(world, reach, of, resolution, Period::EVER).await
}

fn of(server: &Server) -> UsageOf {
    UsageOf::Server(server.id)
}

pub(super) fn rollup(minutes: i64, tally: UsageTally) -> UsageRollup {
    UsageRollup { start: minute(minutes), tally }
}

async fn global(world: &World, owner: &User) -> Server {
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, owner, "Global") };
    world.put_server(&global).await;
    global
}

pub(super) async fn calls_are_in_the_rollups_of_their_minute_hour_and_day(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let tallies = [calls(3, 5), calls(1, 900), calls(0, 0), calls(2, 40)];
    let [early, beside, late, next] = &tallies;
    let entries = [
        entry(&server, 0, early.clone()),
        entry(&server, 59, beside.clone()),
        entry(&server, 60, late.clone()),
        entry(&server, 24 * 60, next.clone()),
    ];
    add(world, &entries).await;
    let reach = Reach::Tenant(owner.tenant_id);
    for whose in [of(&server), UsageOf::Whole] {
        let [minutes, hours, days] = [
            vec![(0, early.clone()), (59, beside.clone()), (60, late.clone()), (24 * 60, next.clone())],
            vec![(0, total([early, beside])), (60, late.clone()), (24 * 60, next.clone())],
            vec![(0, total([early, beside, late])), (24 * 60, next.clone())],
        ];
        for (resolution, expected) in
            [(Resolution::Minute, minutes), (Resolution::Hour, hours), (Resolution::Day, days)]
        {
            let expected: Vec<_> = expected.into_iter().map(|(at, tally)| rollup(at, tally)).collect();
            assert_eq!(ever(world, reach, whose, resolution).await, expected, "{whose:?} by {resolution}");
        }
    }
}

pub(super) async fn what_comes_later_is_added_whatever_its_histogram(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let mut expected = UsageTally::default();
    for counts in
        [vec![], vec![0, 0, 5], vec![3], vec![0; 0], vec![0, 0, 0, 0, 1], vec![7; BUCKETS], vec![0, 2]]
    {
        let latencies = Latencies::new(counts, 11).unwrap();
        let tally = UsageTally { requests: 1 + latencies.total(), latencies, ..UsageTally::default() };
        // Twice in one batch, and in another minute of the hour.
        add(
            world,
            &[
                entry(&server, 0, tally.clone()),
                entry(&server, 0, tally.clone()),
                entry(&server, 1, tally.clone()),
            ],
        )
        .await;
        (0..3).for_each(|_| expected.add(&tally));
        for whose in [of(&server), UsageOf::Whole] {
            let hours = ever(world, Reach::AllTenants, whose, Resolution::Hour).await;
            assert_eq!(hours, [rollup(0, expected.clone())], "{whose:?}");
        }
    }
    add(world, &[]).await;
    assert_eq!(ever(world, Reach::AllTenants, of(&server), Resolution::Minute).await.len(), 2);
}

pub(super) async fn rollups_of_usage_are_read_by_period_oldest_first(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let minutes = [-60, 0, 60, 120, 180];
    let entries: Vec<_> = minutes.iter().rev().map(|at| entry(&server, *at, calls(1, 1))).collect();
    add(world, &entries).await;
    for whose in [of(&server), UsageOf::Whole] {
        for (from, to) in [(0, 5), (1, 3), (0, 0), (4, 5), (2, 2)] {
            let edge = |index: usize| minute(minutes.get(index).copied().unwrap_or(240));
            let period = Period::between(edge(from), edge(to));
            let found = read(world, Reach::AllTenants, whose, Resolution::Hour, period).await;
            let starts: Vec<_> = found.into_iter().map(|rollup| rollup.start).collect();
            let expected: Vec<_> = minutes[from..to].iter().map(|at| minute(*at)).collect();
            assert_eq!(starts, expected, "{whose:?} {from} to {to}");
        }
        let late = Period { from: Some(minute(61)), to: None };
        assert_eq!(read(world, Reach::AllTenants, whose, Resolution::Hour, late).await.len(), 2);
        let early = Period { from: None, to: Some(minute(0)) };
        assert_eq!(read(world, Reach::AllTenants, whose, Resolution::Day, early).await.len(), 1);
    }
}

pub(super) async fn usage_is_told_to_the_servers_own_tenant_and_to_no_other(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let own = world.make_server(&owner, "Own").await;
    let shared = Server { is_public: true, ..sample::server(&*world.clock, &owner, "Shared") };
    world.put_server(&shared).await;
    let global = global(world, &owner).await;
    let foreign = world.make_server(&other, "Foreign").await;
    let requests =
        |rollups: Vec<UsageRollup>| rollups.iter().map(|rollup| rollup.tally.requests).sum::<u64>();
    for (server, number) in [(&own, 1), (&shared, 10), (&global, 100), (&foreign, 1_000)] {
        let tally = UsageTally { requests: number, ..UsageTally::default() };
        add(world, &[entry(server, 0, tally)]).await;
    }
    let [acme, of_other] = [owner.tenant_id, other.tenant_id].map(Reach::Tenant);
    for (reach, whole, seen) in [
        (Reach::AllTenants, 1_111, [1, 10, 100, 1_000]),
        (acme, 11, [1, 10, 0, 0]),
        (of_other, 1_000, [0, 0, 0, 1_000]),
    ] {
        for resolution in Resolution::ALL {
            assert_eq!(requests(ever(world, reach, UsageOf::Whole, *resolution).await), whole, "{reach:?}");
            for (server, number) in [&own, &shared, &global, &foreign].into_iter().zip(seen) {
                let told = requests(ever(world, reach, of(server), *resolution).await);
                assert_eq!(told, number, "{} to {reach:?}", server.name);
            }
        }
    }
}

pub(super) async fn usage_of_what_is_gone_is_passed_over(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let gone = Server { id: ServerId(owner.id.0), ..server.clone() };
    let tally = calls(2, 3);
    add(
        world,
        &[entry(&gone, 0, tally.clone()), entry(&server, 0, tally.clone()), entry(&gone, 1, tally.clone())],
    )
    .await;
    assert_eq!(ever(world, Reach::AllTenants, of(&gone), Resolution::Day).await, []);
    let whole = ever(world, Reach::AllTenants, UsageOf::Whole, Resolution::Day).await;
    assert_eq!(whole, [rollup(0, tally)]);
}

pub(super) async fn a_removed_servers_calls_stay_in_the_whole(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let kept = world.make_server(&owner, "Kept").await;
    let tally = calls(2, 3);
    add(world, &[entry(&server, 0, tally.clone()), entry(&kept, 0, tally.clone())]).await;
    let event = world.event(owner.tenant_id);
    world.store().delete_server(server.tenant_id, server.id, 1, minute(0), event).await.unwrap();
    world.put_server(&server).await;
    for resolution in Resolution::ALL {
        assert_eq!(ever(world, Reach::AllTenants, of(&server), *resolution).await, [], "registered again");
        assert_eq!(ever(world, Reach::AllTenants, of(&kept), *resolution).await, [rollup(0, tally.clone())]);
        let whole = ever(world, Reach::Tenant(owner.tenant_id), UsageOf::Whole, *resolution).await;
        assert_eq!(whole, [rollup(0, total([&tally, &tally]))]);
    }
}

pub(super) async fn a_removed_tenants_whole_is_forgotten(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (owner, other) = (world.make_user(&tenant, "owner").await, world.make_owner("other").await);
    let (server, foreign) =
        (world.make_server(&owner, "Weather").await, world.make_server(&other, "Other").await);
    add(world, &[entry(&server, 0, calls(1, 1)), entry(&foreign, 0, calls(1, 1))]).await;
    let event = world.event(owner.tenant_id);
    world.store().delete_server(server.tenant_id, server.id, 1, minute(0), event).await.unwrap();
    world.delete_user(&owner).await.unwrap();
    world.delete_tenant(&tenant).await.unwrap();
    for resolution in Resolution::ALL {
        assert_eq!(ever(world, Reach::Tenant(tenant.id), UsageOf::Whole, *resolution).await, []);
        let kept = ever(world, Reach::Tenant(other.tenant_id), UsageOf::Whole, *resolution).await;
        assert_eq!(kept, [rollup(0, calls(1, 1))]);
    }
}

pub(super) async fn what_is_added_at_the_same_time_is_all_added(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let servers = [world.make_server(&owner, "one").await, world.make_server(&owner, "two").await];
    let writes = (0..12).map(|number| {
        let store = world.handle();
        let mut entries = servers.each_ref().map(|server| entry(server, number % 3, calls(1, 1)));
        // Some have them in the other order.
        if number % 2 == 0 {
            entries.reverse();
        }
        async move { store.add_usage_rollups(&entries).await }
    });
    for outcome in all_at_once(writes.collect::<Vec<_>>()).await {
        outcome.unwrap();
    }
    let expected = total(vec![&calls(1, 1); 12]);
    for server in &servers {
        let hours = ever(world, Reach::AllTenants, of(server), Resolution::Hour).await;
        assert_eq!(hours, [rollup(0, expected.clone())]);
    }
    let whole = ever(world, Reach::AllTenants, UsageOf::Whole, Resolution::Day).await;
    assert_eq!(whole, [rollup(0, total([&expected, &expected]))]);
}

fn ranked(resolution: Resolution, from: i64, to: i64) -> FiguresQuery {
    let range = RankingRange { from: minute(from), to: minute(to), resolution };
    FiguresQuery { reach: Reach::AllTenants, only: None, active_only: false, range, after: None, limit: 100 }
}

pub(super) async fn figures_are_of_each_server_by_id_in_parts_of_any_size(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let mut servers = Vec::new();
    for (number, owner) in [&owner, &other, &owner, &owner].into_iter().enumerate() {
        let status = if number == 2 { ServerStatus::Maintenance } else { ServerStatus::Active };
        let server =
            Server { is_public: true, status, ..sample::server(&*world.clock, owner, &format!("s{number}")) };
        world.put_server(&server).await;
        servers.push(server);
    }
    servers.push(global(world, &owner).await);
    servers.sort_by_key(|server| server.id);
    for (number, server) in (1_u64..).zip(&servers).take(4) {
        add(world, &[entry(server, 0, calls(number, number)), entry(server, 60, calls(1, 1))]).await;
        add(world, &[entry(server, 24 * 60, calls(9, 9))]).await;
        for (status, at) in
            [(CheckStatus::Healthy, 0), (CheckStatus::Timeout, 60), (CheckStatus::Healthy, 24 * 60)]
        {
            let check =
                HealthCheck { performed_at: minute(at), ..sample::check(&*world.clock, server, status) };
            world.store().record_health(&sample::record(&check)).await.unwrap();
        }
    }
    let figures = |number: u64, server: &Server, by_hour: bool| {
        let used = number <= 4;
        let first = if used { calls(number, number) } else { UsageTally::default() };
        let second = if used && !by_hour { calls(1, 1) } else { UsageTally::default() };
        let usage = total([&first, &second]);
        let (checks_up, checks_down) = (u64::from(used), u64::from(used && !by_hour));
        ServerFigures { server_id: server.id, usage, checks_up, checks_down }
    };
    let queries = [(true, ranked(Resolution::Hour, 0, 60)), (false, ranked(Resolution::Day, 0, 24 * 60))];
    for (by_hour, query) in queries {
        for reach in [Reach::AllTenants, Reach::Tenant(owner.tenant_id), Reach::Tenant(other.tenant_id)] {
            for active_only in [false, true] {
                let is_named = |server: &Server| {
                    reach.owns(server) && (!active_only || server.status == ServerStatus::Active)
                };
                let named = (1..).zip(&servers).filter(|(_, server)| is_named(server));
                let expected: Vec<_> =
                    named.map(|(number, server)| figures(number, server, by_hour)).collect();
                let query = FiguresQuery { reach, active_only, ..query };
                for limit in [1, 2, 100] {
                    assert_eq!(in_parts(world, FiguresQuery { limit, ..query }).await, expected, "{query:?}");
                }
                for server in &servers {
                    let query = FiguresQuery { only: Some(server.id), ..query };
                    let one: Vec<_> =
                        expected.iter().filter(|figures| figures.server_id == server.id).cloned().collect();
                    assert_eq!(world.store().server_figures(&query).await.unwrap(), one, "{query:?}");
                }
            }
        }
    }
}

/// All that a query names, so many at a time.
async fn in_parts(world: &World, query: FiguresQuery) -> Vec<ServerFigures> {
    let mut all: Vec<ServerFigures> = Vec::new();
    loop {
        let after = all.last().map(|last| last.server_id);
        let part = world.store().server_figures(&FiguresQuery { after, ..query }).await.unwrap();
        assert!(part.len() <= query.limit as usize);
        if part.is_empty() {
            return all;
        }
        all.extend(part);
    }
}

pub(super) fn prune(minutes: i64, hours: i64, days: i64) -> UsagePrune {
    UsagePrune {
        now: minute(0) + TimeDelta::days(5),
        minutes_before: minute(minutes),
        hours_before: minute(hours),
        days_before: minute(days),
        limit: 1_000,
    }
}

pub(super) async fn prune_all(world: &World, prune: UsagePrune) -> u64 {
    let mut rollups = 0;
    loop {
        let UsagePruned { rollups: some, more } = world.store().prune_usage(&prune).await.unwrap();
        rollups += some;
        if !more {
            return rollups;
        }
    }
}

pub(super) async fn usage_that_is_too_old_is_forgotten_and_nothing_else(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let day = 24 * 60;
    for n in 0..5 {
        add(world, &[entry(&server, n * day, calls(1, 1))]).await;
    }
    let before = world.everything().await;
    assert_eq!(prune_all(world, prune(-day, -day, -day)).await, 0);
    assert_eq!(world.everything().await, before);
    // For the server, its tenant and all.
    assert_eq!(prune_all(world, prune(3 * day, 2 * day, day)).await, 3 * (3 + 2 + 1));
    for whose in [of(&server), UsageOf::Whole] {
        for reach in [Reach::AllTenants, Reach::Tenant(owner.tenant_id)] {
            for (resolution, first) in [(Resolution::Minute, 3), (Resolution::Hour, 2), (Resolution::Day, 1)]
            {
                let left = ever(world, reach, whose, resolution).await;
                let expected: Vec<_> = (first..5).map(|n| rollup(n * day, calls(1, 1))).collect();
                assert_eq!(left, expected, "{whose:?} by {resolution}");
            }
        }
    }
    add(world, &[entry(&server, 0, calls(1, 1))]).await;
    assert_eq!(
        ever(world, Reach::AllTenants, of(&server), Resolution::Minute).await.len(),
        3,
        "an old one anew"
    );
}

pub(super) async fn pruning_of_usage_is_bounded_and_says_that_there_is_more(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let entries: Vec<_> = (0..20).map(|n| entry(&server, n * 60, calls(1, 1))).collect();
    add(world, &entries).await;
    let prune = UsagePrune { limit: 7, ..prune(0, 48 * 60, 48 * 60) };
    let first = world.store().prune_usage(&prune).await.unwrap();
    assert_eq!(first, UsagePruned { rollups: 7, more: true });
    assert_eq!(prune_all(world, prune).await, 3 * (20 + 1) - 7);
    assert_eq!(ever(world, Reach::AllTenants, of(&server), Resolution::Hour).await, []);
    assert_eq!(ever(world, Reach::AllTenants, of(&server), Resolution::Minute).await.len(), 20);
}
