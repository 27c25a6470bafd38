//! Whether there is a user cannot be told by the time that a refusal takes.

use std::time::{Duration, Instant};

use black_box_tests::{Service, StoreKind};

use super::kit::{from, olga};

/// Each from an address of its own, as more than a few wrong guesses of one address are slowed down.
const SAMPLES: u8 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_unknown_is_refused_as_slowly_as_a_wrong_password() {
    let service = Service::start(StoreKind::Sled).await;
    let admin = service.admin().await;
    olga(&admin).await;
    let body = serde_json::json!({ "username": "elsewhere", "role": "user", "tenantId": admin.tenant_id() });
    admin.client.post("/api/users", &body).await.assert(201);
    let names = ["olga", "nobody", "elsewhere"];
    let mut times: [Vec<Duration>; 3] = Default::default();
    for sample in 0..SAMPLES {
        let client = from(&service, sample);
        for (name, times) in names.iter().zip(&mut times) {
            let start = Instant::now();
            client.login(name, "wrong password").await.assert(401);
            times.push(start.elapsed());
        }
    }
    let [known, unknown, without] = times.map(median);
    println!("median of a refusal: known {known:?}, unknown {unknown:?}, without a password {without:?}");
    // A look-up without a hash takes less than a tenth.
    for other in [unknown, without] {
        assert!(other * 2 > known && known * 2 > other, "{known:?} and {other:?}");
    }
    service.stop().await;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
