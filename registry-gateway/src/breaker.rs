//! The circuit breaker of one upstream: it keeps calls from a server that fails, and lets one through from time to time
//! to see whether it is well again.
//!
//! While the circuit is closed a call costs an atomic load and an atomic addition; only failures, and what comes
//! after them, take the circuit's own lock.

mod machine;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use registry_core::circuit::CircuitState;

pub use self::machine::BreakerPolicy;
use self::machine::{Answer, Machine};

/// What is told of each change of state.
type Watch = Box<dyn Fn(CircuitState) + Send + Sync>;

/// A circuit breaker. Its methods may be called from everywhere at once.
pub struct Breaker {
    machine: Mutex<Machine>,
    /// Whether `machine` is closed.
    closed: AtomicBool,
    /// Whether there were failures since the last success.
    troubled: AtomicBool,
    /// Successes since the last failure.
    successes: AtomicU32,
    watch: Watch,
}

/// A call that may be made. It is given back with what came of it.
#[derive(Debug)]
#[must_use]
pub struct Ticket {
    is_trial: bool,
}

impl Ticket {
    /// Whether it is the one call that a half-open circuit lets through.
    pub fn is_trial(&self) -> bool {
        self.is_trial
    }
}

/// What is known of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitReport {
    /// What it lets through.
    pub state: CircuitState,
    /// For how long.
    pub for_time: Duration,
    /// How many calls failed in a row.
    pub failures_in_row: u32,
    /// After which time a call may be made.
    pub retry_in: Duration,
}

impl Breaker {
    /// A closed circuit. `watch` is called at each change of state, and must be quick.
    pub fn new(policy: BreakerPolicy, watch: impl Fn(CircuitState) + Send + Sync + 'static) -> Self {
        Self {
            machine: Mutex::new(Machine::new(policy, Instant::now())),
            closed: AtomicBool::new(true),
            troubled: AtomicBool::new(false),
            successes: AtomicU32::new(0),
            watch: Box::new(watch),
        }
    }

    /// Whether a call would be refused now, and when one would not be. Nothing changes.
    pub fn is_open(&self) -> Option<Duration> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        let left = self.lock().retry_in(Instant::now());
        Some(left).filter(|left| !left.is_zero())
    }

    /// Asks for a call.
    ///
    /// # Errors
    /// The time after which to ask again.
    pub fn ask(&self) -> Result<Ticket, Duration> {
        if self.closed.load(Ordering::Acquire) {
            return Ok(Ticket { is_trial: false });
        }
        match self.change(Machine::ask) {
            Answer::Pass => Ok(Ticket { is_trial: false }),
            Answer::Trial => Ok(Ticket { is_trial: true }),
            Answer::Refused(left) => Err(left),
        }
    }

    /// The call succeeded.
    pub fn succeeded(&self, ticket: Ticket) {
        self.successes.fetch_add(1, Ordering::Relaxed);
        if ticket.is_trial || self.troubled.load(Ordering::Relaxed) {
            self.change(|machine, now| machine.succeeded(ticket.is_trial, now));
        }
    }

    /// The call failed, by the server's fault.
    pub fn failed(&self, ticket: Ticket) {
        let successes = self.successes.swap(0, Ordering::Relaxed);
        self.change(|machine, now| machine.failed(ticket.is_trial, successes, now));
    }

    /// An answer that had begun well broke off, after its call had succeeded.
    pub fn broke(&self) {
        self.failed(Ticket { is_trial: false });
    }

    /// The call ended without saying anything of the server.
    pub fn abandoned(&self, ticket: Ticket) {
        if ticket.is_trial {
            self.change(Machine::abandoned);
        }
    }

    /// What is known of the circuit.
    pub fn report(&self) -> CircuitReport {
        let (machine, now) = (self.lock(), Instant::now());
        CircuitReport {
            state: machine.state(),
            for_time: now.saturating_duration_since(machine.since()),
            failures_in_row: machine.failures_in_row(),
            retry_in: machine.retry_in(now),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Machine, Instant) -> T) -> T {
        let mut machine = self.lock();
        let before = machine.state();
        let outcome = change(&mut machine, Instant::now());
        let after = machine.state();
        self.troubled.store(machine.failures_in_row() > 0, Ordering::Relaxed);
        self.closed.store(after == CircuitState::Closed, Ordering::Release);
        if before != after {
            (self.watch)(after);
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Breaker").field("machine", &self.machine).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use registry_core::circuit::CircuitState;

    use super::{Breaker, BreakerPolicy, Ticket};

    type Seen = Arc<Mutex<Vec<CircuitState>>>;

    fn breaker(open_time: Duration) -> (Breaker, Seen) {
        let (seen, policy) = (Seen::default(), BreakerPolicy { open_time, ..BreakerPolicy::default() });
        let told = seen.clone();
        (Breaker::new(policy, move |state| told.lock().unwrap().push(state)), seen)
    }

    fn fail(breaker: &Breaker, times: usize) {
        for _ in 0..times {
            breaker.failed(Ticket { is_trial: false });
        }
    }

    #[test]
    fn each_change_of_state_is_told_once() {
        let (breaker, seen) = breaker(Duration::ZERO);
        fail(&breaker, 9);
        let trial = breaker.ask().unwrap();
        assert!(trial.is_trial && breaker.ask().is_err());
        breaker.abandoned(trial);
        let trial = breaker.ask().unwrap();
        breaker.succeeded(trial);
        assert!(!breaker.ask().unwrap().is_trial);
        let [closed, open, half] = [CircuitState::Closed, CircuitState::Open, CircuitState::HalfOpen];
        assert_eq!(*seen.lock().unwrap(), [open, half, open, half, closed]);
    }

    #[test]
    fn an_open_circuit_tells_when_to_come_back_and_a_look_at_it_takes_no_trial() {
        let (breaker, _) = breaker(Duration::from_secs(60));
        assert_eq!(breaker.is_open(), None);
        fail(&breaker, 5);
        let left = breaker.is_open().unwrap();
        assert!(left > Duration::from_secs(50) && left <= Duration::from_secs(60));
        assert!(breaker.ask().unwrap_err() <= left);
        let report = breaker.report();
        assert_eq!((report.state, report.failures_in_row), (CircuitState::Open, 5));
    }

    #[test]
    fn many_threads_that_ask_at_once_get_one_trial() {
        let (breaker, _) = breaker(Duration::ZERO);
        fail(&breaker, 5);
        let trials = std::thread::scope(|scope| {
            let ask = || (0..100).filter_map(|_| breaker.ask().ok()).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(trials, 1);
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let (breaker, seen) = breaker(Duration::ZERO);
        for _ in 0..4 {
            fail(&breaker, 4);
            for _ in 0..20 {
                breaker.succeeded(breaker.ask().unwrap());
            }
        }
        assert!(seen.lock().unwrap().is_empty());
    }
}
