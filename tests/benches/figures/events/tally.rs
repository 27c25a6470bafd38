//! When events came.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use serde_json::{Value, json};

use super::changes::Sent;
use crate::stats::{percentile, round};

/// When events came to the subscribers of one node.
#[derive(Clone)]
pub(super) struct Tally {
    sent: Sent,
    /// Milliseconds, one for each event at each subscriber.
    times: Rc<RefCell<Vec<f64>>>,
    doubled: Rc<Cell<usize>>,
}

/// The change that a subscriber was last told of.
#[derive(Default)]
pub(super) struct Last(Option<Instant>);

impl Tally {
    /// Counts from when changes were asked for.
    pub(super) fn new(sent: Sent) -> Self {
        Self { sent, times: Rc::default(), doubled: Rc::default() }
    }

    /// A subscriber is told now of the last change of this server.
    pub(super) fn note(&self, server: &str, last: &mut Last) {
        let now = Instant::now();
        let Some(sent) = self.sent.borrow().get(server).copied() else { return };
        if last.0.replace(sent) == Some(sent) {
            self.doubled.set(self.doubled.get() + 1);
        } else {
            self.times.borrow_mut().push((now - sent).as_secs_f64() * 1e3);
        }
    }

    /// How many came.
    pub(super) fn arrived(&self) -> usize {
        self.times.borrow().len()
    }

    /// What there is to tell when so many should have come.
    pub(super) fn figures(&self, expected: usize) -> Value {
        let mut times = self.times.borrow_mut();
        let mut at = |share| round(percentile(&mut times, share), 2);
        let (p50, p99, max) = (at(0.5), at(0.99), at(1.0));
        json!({ "events": times.len(), "lost": expected.saturating_sub(times.len()), "doubled": self.doubled.get(),
            "p50_ms": p50, "p99_ms": p99, "max_ms": max })
    }
}
