//! The monitor over the store in memory, with a probe that does as it is told and a clock that is set.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

#[path = "monitor/world.rs"]
mod world;

use std::time::Duration;

use chrono::TimeDelta;
use registry_core::model::health::{CheckStatus, CheckType};
use registry_core::model::server::{HealthStatus, ServerStatus};
use registry_core::service::MonitorSettings;

use world::World;

/// Where the probe never answers.
const HUNG: &str = "https://hung.example.com/mcp";
/// Where it says no.
const DOWN: &str = "https://down.example.com/mcp";

fn at_once(concurrency: u32) -> MonitorSettings {
    MonitorSettings { concurrency, ..MonitorSettings::default() }
}

#[tokio::test(start_paused = true)]
async fn each_server_is_checked_once_in_each_interval() {
    let world = World::new().await;
    let servers = world.servers(40, |number| format!("https://s{number}.example.com/mcp")).await;
    let running = world.watch(at_once(8));
    for _ in 0..10 * 300 {
        world.pass(TimeDelta::seconds(1)).await;
    }
    running.stop().await;
    for server in &servers {
        let checks = world.checks(server.id).await;
        assert!((9..=11).contains(&checks.len()), "{} checks in ten intervals", checks.len());
        let gaps = checks.windows(2).map(|pair| pair[0].performed_at - pair[1].performed_at);
        let off = |gap: TimeDelta| (gap - TimeDelta::seconds(300)).abs() > TimeDelta::seconds(3);
        assert_eq!(gaps.filter(|gap| off(*gap)).count(), 0, "an interval is 300 s");
        assert!(checks.iter().all(|check| check.check_type == CheckType::Scheduled));
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_claimed_a_moment_ahead_is_begun_when_it_is_due_or_given_back() {
    let world = World::new().await;
    let server = world.server_with("https://s.example.com/mcp", |_| ()).await;
    world.set(server.next_due(server.created_at) - TimeDelta::milliseconds(300));
    for _ in 0..2 {
        let running = world.watch(at_once(4));
        tokio::time::sleep(Duration::from_millis(290)).await;
        running.stop().await;
        assert_eq!(world.asked(), 0, "it is not due yet");
    }
    let running = world.watch(at_once(4));
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(world.asked(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_host_is_asked_one_thing_at_a_time_and_other_hosts_meanwhile() {
    let world = World::new().await;
    world.servers(30, |number| format!("https://h{}.example.com/s{number}", number % 3)).await;
    let running = world.watch(at_once(16));
    world.pass(TimeDelta::seconds(450)).await;
    world.until_asked(30).await;
    running.stop().await;
    assert_eq!(world.most_at_once(), 3, "one at each host");
}

/// Also where nothing is checked without being asked.
#[tokio::test(start_paused = true)]
async fn a_server_that_lists_other_things_is_looked_at_in_its_hosts_turn() {
    let world = World::new().await;
    let servers = world.servers(30, |number| format!("https://h{}.example.com/s{number}", number % 3)).await;
    let running = world.watch(MonitorSettings { scheduled: false, concurrency: 16 });
    for server in &servers {
        world.says_that_its_lists_changed(server.id);
        world.says_that_its_lists_changed(server.id);
    }
    world.pass(TimeDelta::seconds(1)).await;
    assert_eq!(world.asked(), 0, "it may say more");
    world.pass(TimeDelta::seconds(1)).await;
    world.until_asked(30).await;
    running.stop().await;
    assert_eq!((world.most_at_once(), world.asked()), (3, 30), "one at each host, and each once");
    for server in &servers {
        let checks = world.checks(server.id).await;
        assert!(checks.len() == 1 && checks[0].deep && checks[0].check_type == CheckType::Automatic);
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_holds_no_other_up() {
    let world = World::new().await;
    let hung = world.servers(50, |_| HUNG.to_owned()).await;
    let others = world.servers(20, |number| format!("https://s{number}.example.com/mcp")).await;
    let running = world.watch(at_once(4));
    world.pass(TimeDelta::seconds(450)).await;
    world
        .until(async || {
            let mut checked = 0;
            for server in &others {
                checked += world.checks(server.id).await.len();
            }
            checked == 20
        })
        .await;
    let mut of_hung = 0;
    for server in &hung {
        of_hung += world.checks(server.id).await.len();
    }
    assert!(of_hung <= 1, "{of_hung} of the hung host while the others were all checked");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_is_tried_again_as_often_as_the_policy_says_and_recorded_once() {
    let world = World::new().await;
    let server = world.server_with(DOWN, |server| server.health_policy.retries = 2).await;
    let running = world.watch(at_once(4));
    world.pass(TimeDelta::seconds(450)).await;
    world.until(async || !world.checks(server.id).await.is_empty()).await;
    running.stop().await;
    assert_eq!(world.asked(), 3);
    let checks = world.checks(server.id).await;
    assert_eq!(checks.iter().map(|check| check.report.status).collect::<Vec<_>>(), [CheckStatus::Unhealthy]);
    assert_eq!(world.server(server.id).await.health.status, HealthStatus::Unhealthy);
}

#[tokio::test(start_paused = true)]
async fn retries_end_before_the_claim_does() {
    let world = World::new().await;
    let tweak = |server: &mut registry_core::model::server::Server| {
        (server.health_policy.retries, server.health_policy.timeout_seconds) = (10, 20);
    };
    let server = world.server_with(HUNG, tweak).await;
    let running = world.watch(at_once(4));
    world.pass(TimeDelta::seconds(450)).await;
    world.until(async || !world.checks(server.id).await.is_empty()).await;
    running.stop().await;
    assert_eq!(world.asked(), 2, "a third look of 20 s would go beyond the 55 s of a claim");
}

#[tokio::test(start_paused = true)]
async fn only_servers_that_are_on_are_checked() {
    let world = World::new().await;
    for status in [ServerStatus::Inactive, ServerStatus::Maintenance] {
        world.server_with(DOWN, |server| server.status = status).await;
    }
    world.server_with(DOWN, |server| server.health_policy.auto = false).await;
    let seen = world.server_with("https://s.example.com/mcp", |_| ()).await;
    let running = world.watch(at_once(4));
    world.pass(TimeDelta::seconds(450)).await;
    world.until(async || !world.checks(seen.id).await.is_empty()).await;
    running.stop().await;
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn tools_are_listed_at_first_and_then_every_hour() {
    let world = World::new().await;
    let server = world.server_with("https://s.example.com/mcp", |_| ()).await;
    let running = world.watch(at_once(4));
    for _ in 0..2 * 3_600 {
        world.pass(TimeDelta::seconds(1)).await;
    }
    running.stop().await;
    let checks = world.checks(server.id).await;
    let deep: Vec<_> = checks.iter().rev().map(|check| check.deep).collect();
    assert_eq!(deep.iter().filter(|deep| **deep).count(), 2, "{deep:?}");
    assert!(deep[0] && deep[12], "{deep:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_node_that_stops_has_claimed_is_due_at_once() {
    let world = World::new().await;
    let servers = world.servers(5, |_| HUNG.to_owned()).await;
    let running = world.watch(at_once(4));
    world.pass(TimeDelta::seconds(450)).await;
    world.until_asked(1).await;
    running.stop().await;
    let now = world.now();
    let claims = world.store.claim_due(now, now + TimeDelta::seconds(1), 10).await.unwrap();
    assert_eq!(claims.len(), servers.len());
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_is_off_claims_nothing() {
    let world = World::new().await;
    world.servers(5, |_| DOWN.to_owned()).await;
    let running = world.watch(MonitorSettings { scheduled: false, ..MonitorSettings::default() });
    world.pass(TimeDelta::seconds(450)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    running.stop().await;
    assert_eq!(world.asked(), 0);
}
