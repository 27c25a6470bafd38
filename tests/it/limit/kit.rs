//! What the tests of limits share: a service whose time for limits stands still, and calls that are counted.

use std::sync::Arc;

use black_box_tests::{Answer, Client, Options, Service, StoreKind};
use registry_core::limit::{Limit, ManualTicks, RateLimits};
use serde_json::Value;

/// So many calls a minute, and as many at once.
pub(super) fn per_minute(rpm: u32) -> Limit {
    Limit::per_minute(rpm).expect("a limit")
}

/// A service with the limits that `set` sets, and no others; and their time.
pub(super) async fn limited(set: impl FnOnce(&mut RateLimits)) -> (Service, Arc<ManualTicks>) {
    let (ticks, mut options) = (Arc::new(ManualTicks::default()), Options::default());
    set(&mut options.policy.limits);
    options.ticks = ticks.clone();
    (Service::start_with(StoreKind::Memory, options).await, ticks)
}

/// How many of so many calls pass; the others answer 429.
pub(super) async fn passed(client: &Client, path: &str, calls: usize) -> usize {
    let mut passed = 0;
    for _ in 0..calls {
        let answer = client.get(path).await;
        match answer.status.as_u16() {
            429 => drop(refusal(&answer)),
            _ => passed += usize::from(answer.assert(200).status.is_success()),
        }
    }
    passed
}

/// The limit that refused the call, in an answer of the documented shape.
#[track_caller]
pub(super) fn refusal(answer: &Answer) -> String {
    answer.assert(429);
    assert_eq!(answer.json["code"], "RATE_LIMIT_EXCEEDED");
    let (seconds, limit): (u64, &Value) =
        (answer.header("retry-after").parse().unwrap(), &answer.json["details"]["limit"]);
    assert!((1..=60).contains(&seconds), "{seconds}");
    let kind = limit.as_str().expect("the limit is named").to_owned();
    assert!(answer.header("ratelimit-policy").starts_with(&format!("\"{kind}\";q=")));
    assert!(
        answer.header("ratelimit").starts_with(&format!("\"{kind}\";r=0;t=")),
        "{}",
        answer.header("ratelimit")
    );
    kind
}

/// A path that everybody who is known may read.
pub(super) const ME: &str = "/api/users/me";
