//! Waiting that ends.

use std::time::{Duration, Instant};

/// How long between two looks.
const STEP: Duration = Duration::from_millis(10);

/// Asks until there is an answer.
///
/// # Panics
/// If there is none in time; `what` says for what it waited.
pub async fn eventually<T>(what: &str, time: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < time, "not within {time:?}: {what}");
        tokio::time::sleep(STEP).await;
    }
}

/// The future's output.
///
/// # Panics
/// If it takes longer than `time`; `what` says what did not happen.
pub async fn within<T>(what: &str, time: Duration, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(time, future).await.unwrap_or_else(|_| panic!("not within {time:?}: {what}"))
}
