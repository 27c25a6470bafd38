//! A timer that is put off far more often than it fires.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// A timer for one deadline after the other, each of which is nearly always met. Setting a timer and removing it take
/// the lock of the runtime's timer wheel, which all calls share. So this one stays set when its deadline is met; it
/// then fires for nothing once, and is set again only if there is a later deadline to wait for.
#[derive(Debug, Default)]
pub struct LazyTimer(Option<Pin<Box<Sleep>>>);

impl LazyTimer {
    /// A timer that is not set yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Completes at `deadline`; until then the task of `cx` is woken at `deadline`, or sooner.
    pub fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        loop {
            // A peer that floods must not keep the task from seeing that its time is up.
            ready!(pin!(unconstrained(sleep.as_mut())).poll(cx));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::{Instant, LazyTimer};

    #[tokio::test(start_paused = true)]
    async fn each_deadline_is_kept_be_it_later_or_sooner_than_the_one_before() {
        let mut timer = LazyTimer::new();
        for seconds in [30, 60, 5, 5, 40] {
            let before = Instant::now();
            let deadline = before + Duration::from_secs(seconds);
            poll_fn(|cx| timer.poll(cx, deadline)).await;
            assert_eq!(before.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_was_met_does_not_fire_for_the_next() {
        let mut timer = LazyTimer::new();
        let first = Instant::now() + Duration::from_secs(10);
        assert!(futures::poll!(poll_fn(|cx| timer.poll(cx, first))).is_pending());
        tokio::time::sleep(Duration::from_secs(9)).await;
        let (before, second) = (Instant::now(), Instant::now() + Duration::from_secs(10));
        poll_fn(|cx| timer.poll(cx, second)).await;
        assert_eq!(before.elapsed().as_secs(), 10);
    }
}
