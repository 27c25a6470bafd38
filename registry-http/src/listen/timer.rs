//! The timer of a connection.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use registry_gateway::dial::LazyTimer;

/// hyper makes a timer for each request and drops it with the request's head. Here they all are deadlines of one
/// [`LazyTimer`], so that a request does not take the lock of the runtime's timer wheel twice.
#[derive(Clone, Default)]
pub(super) struct ConnectionTimer(Arc<Mutex<LazyTimer>>);

struct Deadline {
    timer: Arc<Mutex<LazyTimer>>,
    at: tokio::time::Instant,
}

impl Timer for ConnectionTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Deadline { timer: Arc::clone(&self.0), at: deadline.into() })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

impl Future for Deadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Only its connection's task ever takes this lock.
        self.timer.lock().unwrap_or_else(PoisonError::into_inner).poll(cx, self.at)
    }
}

impl Sleep for Deadline {}
