//! `kill -9` of the service under writes (THREATS F1, U3).

use tempfile::TempDir;

use super::cluster::Cluster;
use super::round::{Series, crashes, verify};
use super::service::Launch;

/// The same folder over all kills, so that it grows. After every second one the verifying command is the first to
/// open what is left, after the others the service itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_on_sled_has_all_that_it_acknowledged_with_one_entry_each() {
    let folder = TempDir::new().expect("a folder");
    let launch = Launch::sled(&folder.path().join("data"));
    let (mut series, mut service) = Series::begin(&launch, 1).await;
    for kill in 0..crashes() {
        series.write_and_kill(service).await;
        if kill % 2 == 0 {
            verify(&launch).await;
        }
        service = series.resume(&launch).await;
    }
    assert!(service.stop().await.success(), "the service stops cleanly");
    verify(&launch).await;
    println!("kill -9 on sled: {series}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_on_postgres_has_all_that_it_acknowledged_with_one_entry_each() {
    let folder = TempDir::new().expect("a folder");
    let cluster = Cluster::start().await;
    let launch = Launch::postgres(cluster.url(), &folder.path().join("data"));
    let (mut series, mut service) = Series::begin(&launch, 2).await;
    for _ in 0..crashes() {
        series.write_and_kill(service).await;
        service = series.resume(&launch).await;
        verify(&launch).await;
    }
    println!("kill -9 on PostgreSQL: {series}");
}
