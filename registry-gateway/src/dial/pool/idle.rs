//! Connections that nobody uses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::super::{MAX_IDLE_PER_UPSTREAM, POOL_IDLE_TIMEOUT};

/// How many stacks there are: threads rarely meet at one.
const STACKS: usize = 32;

/// The next thread's stack.
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STACKS;
}

/// At most [`MAX_IDLE_PER_UPSTREAM`] connections, each for at most [`POOL_IDLE_TIMEOUT`]. The one that was used last is
/// used first, so that those too many grow old.
#[derive(Debug)]
pub(super) struct Idle<T> {
    stacks: [Mutex<Vec<Parked<T>>>; STACKS],
    count: AtomicUsize,
}

#[derive(Debug)]
struct Parked<T> {
    connection: T,
    since: Instant,
}

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Self { stacks: std::array::from_fn(|_| Mutex::default()), count: AtomicUsize::new(0) }
    }
}

impl<T> Idle<T> {
    /// Keeps a connection, unless there are enough.
    pub(super) fn push(&self, connection: T) {
        if self.count.fetch_add(1, Ordering::Relaxed) >= MAX_IDLE_PER_UPSTREAM {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let parked = Parked { connection, since: Instant::now() };
        lock(&self.stacks[OWN.with(|own| *own)]).push(parked);
    }

    /// Takes a connection: this thread's last, or else another's with the same event loop.
    pub(super) fn pop(&self) -> Option<T> {
        let own = OWN.with(|own| *own);
        self.pop_of(&self.stacks[own]).or_else(|| self.pop_of_others(own))
    }

    /// A thread with an event loop of its own takes none of another's, for it would be woken from there each time.
    fn pop_of_others(&self, own: usize) -> Option<T> {
        let shares = |runtime: Handle| runtime.runtime_flavor() == RuntimeFlavor::MultiThread;
        if !Handle::try_current().is_ok_and(shares) {
            return None;
        }
        (1..STACKS).find_map(|next| self.pop_of(&self.stacks[(own + next) % STACKS]))
    }

    fn pop_of(&self, stack: &Mutex<Vec<Parked<T>>>) -> Option<T> {
        // The lock is not held while a connection that is too old is closed.
        let parked = lock(stack).pop()?;
        self.count.fetch_sub(1, Ordering::Relaxed);
        (parked.since.elapsed() < POOL_IDLE_TIMEOUT).then_some(parked.connection)
    }

    /// Closes the connections that are too old, and those that are not wanted.
    pub(super) fn retain(&self, mut is_wanted: impl FnMut(&mut T) -> bool) {
        for stack in &self.stacks {
            // The lock is not held while connections are looked at.
            let parked = std::mem::take(&mut *lock(stack));
            let (kept, closed): (Vec<_>, Vec<_>) = parked
                .into_iter()
                .map(|mut parked| {
                    let keeps =
                        parked.since.elapsed() < POOL_IDLE_TIMEOUT && is_wanted(&mut parked.connection);
                    (parked, keeps)
                })
                .partition(|(_, keeps)| *keeps);
            self.count.fetch_sub(closed.len(), Ordering::Relaxed);
            let mut stack = lock(stack);
            // What was put back meanwhile was used later, and so comes on top.
            let newer = std::mem::take(&mut *stack);
            stack.extend(kept.into_iter().map(|(parked, _)| parked).chain(newer));
        }
    }
}

fn lock<T>(stack: &Mutex<Vec<Parked<T>>>) -> MutexGuard<'_, Vec<Parked<T>>> {
    stack.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Idle, MAX_IDLE_PER_UPSTREAM, POOL_IDLE_TIMEOUT};

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_was_used_last_is_used_first_and_the_others_grow_old() {
        let idle = Idle::default();
        idle.push("old");
        tokio::time::sleep(POOL_IDLE_TIMEOUT / 2).await;
        idle.push("new");
        assert_eq!(idle.pop(), Some("new"));
        tokio::time::sleep(POOL_IDLE_TIMEOUT / 2).await;
        assert_eq!(idle.pop(), None);
    }

    #[tokio::test]
    async fn a_bounded_number_is_kept_also_after_some_were_closed() {
        let idle = Idle::default();
        for round in 0..3 {
            (0..2 * MAX_IDLE_PER_UPSTREAM).for_each(|number| idle.push(number));
            idle.retain(|number| *number % 2 == round % 2);
        }
        let mut count = 0;
        while idle.pop().is_some() {
            count += 1;
        }
        assert!((1..=MAX_IDLE_PER_UPSTREAM).contains(&count), "{count}");
    }
}
