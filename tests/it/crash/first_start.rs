//! `kill -9` of a service that starts for the first time (THREATS F1).

use std::fs;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::round::verify;
use super::service::{Launch, PATIENCE};

/// How often. The moment to hit is the time that one write takes.
const STARTS: u32 = 10;
/// What the log of the store has once the first administrator is made, and before its key is.
const MADE: &[u8] = b"user_created";

/// The key that the operator chose works, whenever the first start was cut off.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_during_its_first_start_lets_its_operator_in_at_the_next() {
    let mut refused = 0;
    for _ in 0..STARTS {
        let folder = TempDir::new().expect("a folder");
        let launch = Launch::sled(&folder.path().join("data"));
        let mut child = launch.spawn();
        let (begin, written) = (Instant::now(), folder.path().join("data/store/db"));
        while !fs::read(&written).is_ok_and(|log| log.windows(MADE.len()).any(|text| text == MADE)) {
            assert!(begin.elapsed() < PATIENCE, "the first start makes an administrator");
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        child.kill().await.expect("the service is killed");
        let service = launch.serve().await;
        refused += u32::from(service.api.get("/api/servers").await.status != 200);
        service.kill().await;
        verify(&launch).await;
    }
    assert_eq!(
        refused, 0,
        "of {STARTS} operators whose first start was cut off, so many cannot get in for good"
    );
}
