//! Cases of the history of health: roll-ups, changes of status, and forgetting.

use chrono::TimeDelta;

use super::everything::all_changes;
use super::page::all_pages;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::check_rollup::{
    CheckRollup, CheckTally, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery,
};
use crate::model::dependency::Impaired;
use crate::model::health::{CheckStatus, HealthCheck};
use crate::model::health_record::Transition;
use crate::model::overview::{CountQuery, ServerCounts};
use crate::model::period::{Period, Resolution};
use crate::model::rollup::Tally;
use crate::model::server::{HealthStatus, Server, ServerStatus};

/// 2026-01-02T00:00:00Z, where a day begins.
const DAY: i64 = 1_767_312_000;

/// So many hours after a day began.
fn hour(hours: i64) -> Timestamp {
    sample::at_us((DAY + hours * 3_600) * 1_000_000)
}

/// Stores a check of this outcome, at this time and as long as that.
async fn record(world: &World, server: &Server, status: CheckStatus, at: Timestamp, us: u64) -> HealthCheck {
    let mut check = HealthCheck { performed_at: at, ..sample::check(&*world.clock, server, status) };
    check.report.response_time_us = us;
    world.store().record_health(&sample::record(&check)).await.unwrap();
    check
}

async fn rollups(world: &World, server: &Server, resolution: Resolution, period: Period) -> Vec<CheckRollup> {
    world.store().check_rollups(Reach::AllTenants, server.id, resolution, period).await.unwrap()
}

fn tally(checks: &[&HealthCheck]) -> CheckTally {
    let mut tally = CheckTally::default();
    checks.iter().for_each(|check| tally.add(&CheckTally::of(&check.report)));
    tally
}

pub(super) async fn a_check_is_in_the_rollups_of_its_hour_and_day(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let beside = world.make_server(&owner, "Beside").await;
    use CheckStatus::{Degraded, Healthy, Unhealthy};
    let last = hour(24) - TimeDelta::microseconds(1);
    let times = [
        (Healthy, hour(0), 40_u64),
        (Degraded, hour(0), 900_000),
        (Unhealthy, hour(1), 7),
        (Healthy, last, 0),
    ];
    let mut checks = Vec::new();
    for (status, at, us) in times {
        checks.push(record(world, &server, status, at, us).await);
    }
    let next = record(world, &server, Healthy, hour(24), 5_000_000_000).await;
    record(world, &beside, Healthy, hour(0), 40).await;
    let at = |start, checks: &[&HealthCheck]| CheckRollup { start, tally: tally(checks) };
    let [first, second, third, fourth] = &checks[..] else { panic!("there are four") };
    let hours = [
        at(hour(0), &[first, second]),
        at(hour(1), &[third]),
        at(hour(23), &[fourth]),
        at(hour(24), &[&next]),
    ];
    assert_eq!(rollups(world, &server, Resolution::Hour, Period::EVER).await, hours);
    let days = [at(hour(0), &[first, second, third, fourth]), at(hour(24), &[&next])];
    assert_eq!(rollups(world, &server, Resolution::Day, Period::EVER).await, days);
    assert_eq!(rollups(world, &server, Resolution::Minute, Period::EVER).await, []);
}

pub(super) async fn failed_checks_have_no_response_time(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let mut expected = CheckTally::default();
    for (status, us) in [
        (CheckStatus::Timeout, 10_000_000),
        (CheckStatus::Error, 3),
        (CheckStatus::Healthy, 300_000_000),
        (CheckStatus::Timeout, 10_000_000),
        (CheckStatus::Healthy, 20),
        (CheckStatus::Degraded, 20),
    ] {
        let check = record(world, &server, status, hour(0), us).await;
        expected.add(&CheckTally::of(&check.report));
        let found = rollups(world, &server, Resolution::Day, Period::EVER).await;
        assert_eq!(found, [CheckRollup { start: hour(0), tally: expected.clone() }]);
    }
    assert_eq!((expected.checks, expected.successes, expected.degraded, expected.failures), (6, 3, 1, 3));
    assert_eq!((expected.response_times.total(), expected.response_times.sum_us()), (3, 300_000_040));
}

pub(super) async fn rollups_are_read_by_period_oldest_first(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    for at in [5, 1, 3, 2, 4] {
        record(world, &server, CheckStatus::Healthy, hour(at), 100).await;
    }
    let starts = async |period| {
        let found = rollups(world, &server, Resolution::Hour, period).await;
        found.into_iter().map(|rollup| rollup.start).collect::<Vec<_>>()
    };
    assert_eq!(starts(Period::EVER).await, [1, 2, 3, 4, 5].map(hour));
    assert_eq!(starts(Period::between(hour(2), hour(4))).await, [2, 3].map(hour));
    assert_eq!(starts(Period { from: Some(hour(4)), to: None }).await, [4, 5].map(hour));
    assert_eq!(starts(Period { from: None, to: Some(hour(2)) }).await, [hour(1)]);
    assert!(starts(Period::between(hour(6), hour(7))).await.is_empty());
    assert!(starts(Period::between(hour(4), hour(2))).await.is_empty());
}

pub(super) async fn checks_are_listed_by_period(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let mut checks = Vec::new();
    for at in 0..6 {
        checks.insert(0, record(world, &server, CheckStatus::Healthy, hour(24 * at), 100).await);
    }
    let day = |day: i64| Some(hour(24 * day));
    for (from, to, expected) in [
        (None, None, &checks[..]),
        (day(2), None, &checks[..4]),
        (None, day(2), &checks[4..]),
        (day(2), day(4), &checks[2..4]),
        (day(4), day(2), &[]),
        (day(9), None, &[]),
    ] {
        let list = async |page| {
            let period = Period { from, to };
            world.store().health_checks(Reach::AllTenants, server.id, period, page).await
        };
        assert_eq!(all_pages(list).await, expected, "{from:?} {to:?}");
        super::page::these_sizes(expected, &[1, 4], &list).await;
    }
}

/// A private, a public and a global server of this owner.
async fn three(world: &World, tenant: &str) -> [Server; 3] {
    let owner = world.make_owner(tenant).await;
    let private = sample::server(&*world.clock, &owner, "private");
    let public = Server { is_public: true, ..sample::server(&*world.clock, &owner, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "global") };
    for server in [&private, &public, &global] {
        world.put_server(server).await;
    }
    [private, public, global]
}

pub(super) async fn rollups_are_seen_by_those_who_see_the_server(world: &mut World) {
    let other = world.make_owner("other").await;
    for server in three(world, "acme").await {
        let check = record(world, &server, CheckStatus::Healthy, hour(0), 100).await;
        let own = server.tenant_id.unwrap_or(other.tenant_id);
        for reach in [Reach::AllTenants, Reach::Tenant(own), Reach::Tenant(other.tenant_id)] {
            for resolution in [Resolution::Hour, Resolution::Day] {
                let found = world.store().check_rollups(reach, server.id, resolution, Period::EVER).await;
                let rollup = CheckRollup { start: hour(0), tally: tally(&[&check]) };
                let expected = if reach.sees(&server) { vec![rollup] } else { Vec::new() };
                assert_eq!(found.unwrap(), expected, "{} {reach:?}", server.name);
            }
        }
    }
}

pub(super) async fn a_change_of_status_is_kept_once(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    use CheckStatus::{Degraded, Healthy, Timeout};
    use HealthStatus as Status;
    let mut expected = Vec::new();
    for (status, change) in [
        (Healthy, Some((Status::Unknown, Status::Healthy))),
        (Healthy, None),
        (Degraded, Some((Status::Healthy, Status::Degraded))),
        (Timeout, None),
        (Healthy, Some((Status::Degraded, Status::Healthy))),
    ] {
        let at = hour(10) + TimeDelta::seconds(expected.len() as i64);
        let check = record(world, &server, status, at, 100).await;
        if let Some((from, to)) = change {
            let transition = Transition { from, to };
            expected.insert(0, StatusChange { server_id: server.id, at, check_id: check.id, transition });
        }
        let found = world.store().status_changes(&all_changes(&server)).await.unwrap();
        assert_eq!(found, expected, "after {status}");
    }
}

pub(super) async fn changes_are_seen_by_those_who_see_the_server(world: &mut World) {
    let other = world.make_owner("other").await;
    let servers = three(world, "acme").await;
    let asleep = sample::server(&*world.clock, &other, "asleep");
    let asleep = Server { status: ServerStatus::Maintenance, ..asleep };
    world.put_server(&asleep).await;
    let own = servers[0].tenant_id.unwrap();
    let mut all: Vec<Server> = servers.into();
    all.push(asleep);
    for (n, server) in (0..).zip(&all) {
        record(world, server, CheckStatus::Healthy, hour(n), 100).await;
    }
    for reach in [Reach::AllTenants, Reach::Tenant(own), Reach::Tenant(other.tenant_id)] {
        for active_only in [false, true] {
            let sees = |server: &Server| {
                reach.sees(server) && (!active_only || server.status == ServerStatus::Active)
            };
            let query = StatusChangeQuery { reach, server_id: None, active_only, ..all_changes(&all[0]) };
            let found = world.store().status_changes(&query).await.unwrap();
            let found: Vec<_> = found.into_iter().map(|change| change.server_id).collect();
            let expected: Vec<_> = all.iter().rev().filter(|s| sees(s)).map(|s| s.id).collect();
            assert_eq!(found, expected, "{reach:?} {active_only}");
            for server in &all {
                let query = StatusChangeQuery { server_id: Some(server.id), ..query };
                let found = world.store().status_changes(&query).await.unwrap();
                assert_eq!(found.len(), usize::from(sees(server)), "{} {reach:?}", server.name);
            }
        }
    }
}

pub(super) async fn changes_of_a_period_come_newest_first_up_to_the_limit(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let servers = [world.make_server(&owner, "one").await, world.make_server(&owner, "two").await];
    for n in 0..10 {
        let status = if n / 2 % 2 == 0 { CheckStatus::Healthy } else { CheckStatus::Degraded };
        record(world, &servers[n % 2], status, hour(n as i64), 100).await;
    }
    for (server, every) in [(None, 1), (Some(&servers[1]), 2)] {
        for (period, limit) in [
            (Period::EVER, 100),
            (Period::EVER, 3),
            (Period::between(hour(2), hour(7)), 100),
            (Period { from: Some(hour(9)), to: None }, 2),
            (Period { from: None, to: Some(hour(4)) }, 2),
        ] {
            let server_id = server.map(|server| server.id);
            let query = StatusChangeQuery { server_id, period, limit, ..all_changes(&servers[0]) };
            let found = world.store().status_changes(&query).await.unwrap();
            let times = (0..10).rev().filter(|n| every == 1 || n % 2 == 1).map(hour);
            let expected: Vec<_> = times.filter(|at| period.contains(*at)).take(limit as usize).collect();
            assert_eq!(found.iter().map(|change| change.at).collect::<Vec<_>>(), expected, "{query:?}");
        }
    }
}

fn prune(checks: Timestamp, hours: Timestamp, days: Timestamp) -> HealthPrune {
    HealthPrune {
        now: hour(24 * 40),
        checks_before: checks,
        hours_before: hours,
        days_before: days,
        limit: 1_000,
    }
}

/// Prunes until nothing is left to prune; what was.
async fn prune_all(world: &World, prune: HealthPrune) -> HealthPruned {
    let mut all = HealthPruned::default();
    loop {
        let pruned = world.store().prune_health(&prune).await.unwrap();
        all.checks += pruned.checks;
        all.rollups += pruned.rollups;
        all.changes += pruned.changes;
        if !pruned.more {
            return all;
        }
    }
}

pub(super) async fn what_is_too_old_is_forgotten_and_nothing_else(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let servers = [world.make_server(&owner, "one").await, world.make_server(&owner, "two").await];
    for day in 0..5 {
        for (n, server) in (0..).zip(&servers) {
            let status = if day % 2 == 0 { CheckStatus::Healthy } else { CheckStatus::Degraded };
            record(world, server, status, hour(24 * day + n), 100).await;
        }
    }
    let never = hour(-1_000);
    let before = world.everything().await;
    assert_eq!(prune_all(world, prune(never, never, never)).await, HealthPruned::default());
    assert_eq!(world.everything().await, before);

    let pruned = prune_all(world, prune(hour(48), hour(72), hour(24))).await;
    assert_eq!((pruned.checks, pruned.rollups, pruned.changes), (4, 8, 6));
    for server in &servers {
        let list =
            async |page| world.store().health_checks(Reach::AllTenants, server.id, Period::EVER, page).await;
        let times: Vec<_> = all_pages(list).await.into_iter().map(|check| check.performed_at).collect();
        assert!(times.iter().all(|at| *at >= hour(48)) && times.len() == 3, "{times:?}");
        assert_eq!(rollups(world, server, Resolution::Hour, Period::EVER).await.len(), 2);
        assert_eq!(rollups(world, server, Resolution::Day, Period::EVER).await.len(), 4);
        assert_eq!(world.store().status_changes(&all_changes(server)).await.unwrap().len(), 2);
        let kept = world.store().server(Reach::AllTenants, server.id).await.unwrap().unwrap();
        assert_eq!(kept.health.checks, 5, "the sums of all time stay");
    }
}

pub(super) async fn pruning_is_bounded_and_says_that_there_is_more(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    for n in 0..20 {
        record(world, &server, CheckStatus::Healthy, hour(n), 100).await;
    }
    let later = hour(48);
    let prune = HealthPrune { limit: 7, ..prune(later, later, later) };
    let first = world.store().prune_health(&prune).await.unwrap();
    assert!(first.more && first.checks + first.rollups + first.changes <= 7, "{first:?}");
    let rest = prune_all(world, prune).await;
    assert_eq!(first.checks + rest.checks, 20);
    assert_eq!((first.rollups + rest.rollups, first.changes + rest.changes), (21, 1));
    let page = crate::model::page::PageRequest::default();
    let list = world.store().health_checks(Reach::AllTenants, server.id, Period::EVER, page).await;
    assert_eq!(list.unwrap().total, 0);
}

pub(super) async fn a_pruned_server_is_checked_and_removed_like_any_other(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    for n in 0..3 {
        record(world, &server, CheckStatus::Healthy, hour(n), 100).await;
    }
    prune_all(world, prune(hour(30), hour(30), hour(30))).await;
    let check = record(world, &server, CheckStatus::Degraded, hour(31), 100).await;
    let list =
        async |page| world.store().health_checks(Reach::AllTenants, server.id, Period::EVER, page).await;
    assert_eq!(all_pages(list).await, std::slice::from_ref(&check));
    let rollup = CheckRollup { start: hour(31), tally: tally(&[&check]) };
    assert_eq!(rollups(world, &server, Resolution::Hour, Period::EVER).await, [rollup]);
    let (now, event) = (hour(32), world.event(owner.tenant_id));
    world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
    assert_eq!(all_pages(list).await, []);
    assert_eq!(rollups(world, &server, Resolution::Day, Period::EVER).await, []);
}

pub(super) async fn checks_at_the_same_time_are_all_rolled_up(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let mut tasks = Vec::new();
    for n in 0..40_u64 {
        let status = if n % 4 == 0 { CheckStatus::Timeout } else { CheckStatus::Healthy };
        let mut check =
            HealthCheck { performed_at: hour(0), ..sample::check(&*world.clock, &server, status) };
        check.report.response_time_us = 1 << (n % 30);
        let store = world.handle();
        tasks.push(tokio::spawn(async move {
            store.record_health(&sample::record(&check)).await.unwrap();
            CheckTally::of(&check.report)
        }));
    }
    let mut expected = CheckTally::default();
    for task in tasks {
        expected.add(&task.await.unwrap());
    }
    for resolution in [Resolution::Hour, Resolution::Day] {
        let rollup = CheckRollup { start: hour(0), tally: expected.clone() };
        assert_eq!(rollups(world, &server, resolution, Period::EVER).await, [rollup]);
    }
}

pub(super) async fn a_check_that_says_nothing_is_no_success_and_no_failure(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    record(world, &server, CheckStatus::Unknown, hour(0), 100).await;
    let found = rollups(world, &server, Resolution::Day, Period::EVER).await;
    let tally = CheckTally { checks: 1, ..CheckTally::default() };
    assert_eq!(tally.uptime_percent(), None);
    assert_eq!(found, [CheckRollup { start: hour(0), tally }]);
}

pub(super) async fn servers_are_counted_by_status_and_health(world: &mut World) {
    let other = world.make_owner("other").await;
    let mut all: Vec<Server> = three(world, "acme").await.into();
    let own = all[0].tenant_id.unwrap();
    for (name, status) in [("asleep", ServerStatus::Maintenance), ("off", ServerStatus::Inactive)] {
        let server = Server { status, ..sample::server(&*world.clock, &other, name) };
        world.put_server(&server).await;
        all.push(server);
    }
    for (server, status) in
        all.iter_mut().zip([CheckStatus::Healthy, CheckStatus::Degraded, CheckStatus::Timeout])
    {
        record(world, server, status, hour(0), 100).await;
        *server = world.store().server(Reach::AllTenants, server.id).await.unwrap().unwrap();
    }
    for reach in [Reach::AllTenants, Reach::Tenant(own), Reach::Tenant(other.tenant_id)] {
        for active_only in [false, true] {
            for only in std::iter::once(None).chain(all.iter().map(|server| Some(server.id))) {
                for impaired in [Vec::new(), all.iter().map(|server| server.id).collect()] {
                    let query = CountQuery { reach, only, active_only, impaired: Impaired::new(impaired) };
                    let mut expected = ServerCounts::default();
                    for server in all.iter().filter(|server| query.matches(server)) {
                        expected.add(server.status, query.impaired.shown(server.id, server.health.status), 1);
                    }
                    assert_eq!(world.store().server_counts(&query).await.unwrap(), expected, "{query:?}");
                }
            }
        }
    }
}
