//! Wakes that nobody needs.
//!
//! hyper hands the frames of a body through a channel. Whoever takes a frame wakes the side that puts them in; on the way of
//! a call that is the very task that takes it, so each call would be polled twice for nothing. Where it is known that there
//! is nothing to wake up for, the frame is taken `quietly`, and the `TaskWaker` of the task hears of it but does not
//! wake it.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

thread_local! {
    /// Whether this thread takes a quiet step.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// Who would have been woken by it.
    static MISSED: Cell<Option<Waker>> = const { Cell::new(None) };
}

/// The waker of a task whose own steps may be taken `quietly`. All other wakes come through: those of other threads,
/// and those of this one before and after.
#[derive(Debug, Default)]
pub struct TaskWaker(Option<(Waker, Waker)>);

struct Filter(Waker);

impl TaskWaker {
    /// Polls with a waker that wakes the task of `cx`.
    pub fn poll<T>(&mut self, cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let of_task = cx.waker();
        if !self.0.as_ref().is_some_and(|(known, _)| known.will_wake(of_task)) {
            self.0 = Some((of_task.clone(), Arc::new(Filter(of_task.clone())).into()));
        }
        match &self.0 {
            Some((_, filter)) => poll(&mut Context::from_waker(filter)),
            None => poll(cx),
        }
    }
}

impl Wake for Filter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !QUIET.get() {
            return self.0.wake_by_ref();
        }
        // Of several only the last waits.
        if let Some(earlier) = MISSED.replace(Some(self.0.clone())) {
            earlier.wake();
        }
    }
}

/// Takes a step that wakes no task with a `TaskWaker`; and whom it would have woken. The caller knows that this is not
/// needed, or does it.
pub(crate) fn quietly<T>(step: impl FnOnce() -> T) -> (T, Option<Waker>) {
    // A step that panics must not leave the thread deaf.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let restore = Restore(QUIET.replace(true));
    let outcome = step();
    drop(restore);
    (outcome, MISSED.take())
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::{TaskWaker, quietly};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A task's waker as it is seen inside of its poll, and how often the task was woken.
    fn task() -> (Waker, Arc<Count>) {
        let count = Arc::<Count>::default();
        let waker = Waker::from(count.clone());
        let mut cx = Context::from_waker(&waker);
        (TaskWaker::default().poll(&mut cx, |cx| cx.waker().clone()), count)
    }

    fn woken(count: &Count) -> usize {
        count.0.load(Ordering::Relaxed)
    }

    #[test]
    fn a_quiet_step_wakes_nobody_and_says_so() {
        let (waker, count) = task();
        let ((), missed) = quietly(|| waker.wake_by_ref());
        assert!(quietly(|| ()).1.is_none());
        assert_eq!(woken(&count), 0);
        missed.unwrap().wake();
        waker.wake_by_ref();
        waker.wake();
        assert_eq!(woken(&count), 3);
    }

    #[test]
    fn what_another_thread_wakes_meanwhile_wakes() {
        let (waker, count) = task();
        let ((), missed) = quietly(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| waker.wake_by_ref());
            })
        });
        assert!(missed.is_none());
        assert_eq!(woken(&count), 1);
    }

    #[test]
    fn a_step_that_panics_leaves_no_thread_deaf() {
        let (waker, count) = task();
        let panicked = catch_unwind(AssertUnwindSafe(|| quietly(|| panic!("within the step"))));
        assert!(panicked.is_err());
        waker.wake_by_ref();
        assert_eq!(woken(&count), 1);
    }

    #[test]
    fn a_task_keeps_its_waker_and_another_task_gets_another() {
        let (count, mut kept) = (Arc::<Count>::default(), TaskWaker::default());
        let waker = Waker::from(count.clone());
        let mut poll = |waker: &Waker| kept.poll(&mut Context::from_waker(waker), |cx| cx.waker().clone());
        assert!(poll(&waker).will_wake(&poll(&waker)));
        let (other, others) = task();
        poll(&other).wake();
        assert_eq!((woken(&count), woken(&others)), (0, 1));
    }
}
