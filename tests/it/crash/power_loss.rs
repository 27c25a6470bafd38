//! Power losses under writes (THREATS F1, U3): on sled only what was synced survives, by the shim of
//! `scripts/lib/power_loss.c`; PostgreSQL loses its server process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::cluster::Cluster;
use super::round::{Series, crashes, verify};
use super::service::Launch;
use super::work::Stopped;

/// How often PostgreSQL's server is killed: each time it recovers from its log, and the service waits for that.
const SERVER_KILLS: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_power_loss_leaves_all_that_sled_acknowledged_with_one_entry_each() {
    println!("power loss on sled: {}", lose_power(3, 0).await);
}

/// As above, when the kernel wrote some of what was not synced, in any order.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_loss_after_early_write_back_leaves_all_that_sled_acknowledged() {
    println!("power loss on sled, 30 % written early: {}", lose_power(4, 30).await);
}

async fn lose_power(seed: u64, early_percent: u32) -> Series {
    let shim = shim();
    let folder = TempDir::new().expect("a folder");
    let generation = |number: u32| folder.path().join(number.to_string());
    let (mut series, mut service) =
        Series::begin(&shimmed(&shim, &generation(0), &generation(1), early_percent), seed).await;
    for loss in 0..crashes() {
        let (left, next) = (generation(loss + 1), generation(loss + 2));
        series.write_and_kill(service).await;
        fs::remove_dir_all(generation(loss)).expect("the folder before the power loss goes");
        if loss % 2 == 0 {
            verify(&Launch::sled(&left)).await;
        }
        service = series.resume(&shimmed(&shim, &left, &next, early_percent)).await;
    }
    service.kill().await;
    verify(&Launch::sled(&generation(crashes() + 1))).await;
    series
}

/// The service on `data`, of which a power loss leaves `left`.
fn shimmed(shim: &Path, data: &Path, left: &Path, early_percent: u32) -> Launch {
    Launch::sled(data)
        .env("LD_PRELOAD", shim.display().to_string())
        .env("POWER_LOSS_DIR", data.display().to_string())
        .env("POWER_LOSS_SHADOW", left.display().to_string())
        .env("POWER_LOSS_EARLY", early_percent.to_string())
}

fn shim() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/lib/build_shim");
    let output = Command::new(script).output().expect("scripts/lib/build_shim starts");
    assert!(output.status.success(), "scripts/lib/build_shim: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().into()
}

/// The service goes on by itself when the server is there again.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_server_has_all_that_the_service_acknowledged_with_one_entry_each() {
    let folder = TempDir::new().expect("a folder");
    let mut cluster = Cluster::start().await;
    let launch = Launch::postgres(cluster.url(), &folder.path().join("data"));
    let (mut series, service) = Series::begin(&launch, 5).await;
    for _ in 0..SERVER_KILLS {
        for stopped in series.write_until(&service.api, cluster.kill()).await {
            let refused = matches!(&stopped, Stopped::Refused(answer) if answer.status == 503);
            assert!(refused, "a change that cannot be stored is refused with 503: {stopped:?}");
        }
        cluster.restart().await;
        service.wait_until_ready().await;
        series.check(&service.api).await;
        verify(&launch).await;
    }
    println!("kill -9 of PostgreSQL: {series}");
}
