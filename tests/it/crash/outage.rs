//! A full disk and a lost database: changes are refused, nothing is half done, and all is well afterwards
//! (THREATS U1, F2).

use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::cluster::Cluster;
use super::place::SmallDisk;
use super::round::{Series, verify};
use super::service::{ADMIN, Api, Launch, Service};
use super::work::{Stopped, Writer};

/// The longest that a change may wait for a database that is away: what storage-postgres allows an operation, and
/// a moment.
const BOUND: Duration = Duration::from_secs(17);
/// The length of sled's file from which on it does not grow, if no small disk can be had.
const FILE_KIB: u64 = 3 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_changes_and_keeps_what_was_acknowledged() {
    match SmallDisk::mount() {
        Some(disk) => {
            let launch = Launch::sled(&disk.path().join("data"));
            let (series, service) = Series::begin(&launch, 6).await;
            let (mut series, service) = write_until_full(series, service, || disk.fill()).await;
            disk.free();
            println!("full disk: {}", whole_again(&mut series, service, &launch).await);
        }
        None => println!("a disk of its own takes root; full file: {}", fill_file().await),
    }
}

/// The same, when it is the file that cannot grow.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_grow_refuses_changes_and_keeps_what_was_acknowledged() {
    println!("full file: {}", fill_file().await);
}

async fn fill_file() -> String {
    let folder = TempDir::new().expect("a folder");
    let launch = Launch::sled(&folder.path().join("data"));
    let limited = launch.clone().with_files_up_to_kib(FILE_KIB);
    let (series, service) = Series::begin(&limited, 7).await;
    let (mut series, service) = write_until_full(series, service, || {}).await;
    whole_again(&mut series, service, &launch).await
}

/// Writes until every writer is refused with 503; then the service still reads, and refuses what comes.
async fn write_until_full(mut series: Series, service: Service, fill: impl FnOnce()) -> (Series, Service) {
    let stopped = series.write_until(&service.api, async { fill() }).await;
    for stopped in stopped {
        assert_refused(&stopped, &service);
    }
    let late = Writer::late().write(&service.api).await;
    assert_refused(&late, &service);
    series.check_refused(&service).await;
    (series, service)
}

/// Everything acknowledged is there, what was refused is there whole or not at all, and writing goes on.
async fn whole_again(series: &mut Series, service: Service, launch: &Launch) -> String {
    service.stop().await;
    verify(launch).await;
    let service = series.resume(launch).await;
    let again = series.to_string();
    series.write_and_kill(service).await;
    let service = series.resume(launch).await;
    assert!(service.stop().await.success(), "the service stops cleanly");
    verify(launch).await;
    format!("started again: {again}; in the end: {series}")
}

fn assert_refused(stopped: &Stopped, service: &Service) {
    let Stopped::Refused(answer) = stopped else { panic!("no answer: {stopped:?}\n{}", service.log()) };
    assert_eq!(answer.status, 503, "{answer:?}\n{}", service.log());
    assert_eq!(answer.body["code"], "SERVICE_UNAVAILABLE", "{answer:?}");
    assert!(answer.body["error"].is_string() && answer.body["timestamp"].is_string(), "{answer:?}");
}

/// A service whose PostgreSQL is gone says so in time, lives on, and goes on by itself when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_refuses_changes_in_time_until_it_is_back() {
    let folder = TempDir::new().expect("a folder");
    let mut cluster = Cluster::start().await;
    let launch = Launch::postgres(cluster.url(), &folder.path().join("data"));
    let (mut series, service) = Series::begin(&launch, 9).await;
    for stopped in series.write_until(&service.api, cluster.kill()).await {
        assert_refused(&stopped, &service);
    }
    assert!(series.slowest_stop < BOUND, "a change waited for {:?}", series.slowest_stop);
    assert_unavailable(&service.api).await;
    cluster.restart().await;
    let begin = Instant::now();
    service.wait_until_ready().await;
    let ready = begin.elapsed();
    series.check(&service.api).await;
    verify(&launch).await;
    println!("lost database: ready {ready:?} after it was back; {series}");
}

/// A database that does not answer any more is a lost one, even if its connections are open.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_refuses_changes_in_time_until_it_goes_on() {
    let folder = TempDir::new().expect("a folder");
    let cluster = Cluster::start().await;
    let launch = Launch::postgres(cluster.url(), &folder.path().join("data"));
    let (mut series, service) = Series::begin(&launch, 10).await;
    for stopped in series.write_until(&service.api, cluster.pause()).await {
        assert_refused(&stopped, &service);
    }
    assert!(series.slowest_stop < BOUND, "a change waited for {:?}", series.slowest_stop);
    assert_unavailable(&service.api).await;
    cluster.go_on().await;
    service.wait_until_ready().await;
    series.check(&service.api).await;
    verify(&launch).await;
    println!("paused database: {series}");
}

/// The process lives, is not ready, and lets nobody in unchecked.
async fn assert_unavailable(api: &Api) {
    assert_eq!(api.get("/api/health").await.status, 200);
    let unknown = ADMIN.replace("Crash", "Other");
    for (key, path) in [(ADMIN, "/api/ready"), (ADMIN, "/api/servers"), (&unknown, "/api/servers")] {
        let begin = Instant::now();
        let answer = api.call(key, "GET", path, None).await.expect("an answer");
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (503, Some("SERVICE_UNAVAILABLE")),
            "{path}"
        );
        assert!(begin.elapsed() < BOUND, "{path} took {:?}", begin.elapsed());
    }
}
