//! The circuit breaker as a pure state machine: it is told the time.

use std::time::{Duration, Instant};

use registry_core::circuit::CircuitState;

/// When a circuit opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// It opens after this many failures in a row: at least 1.
    pub failures_in_row: u32,
    /// It opens too when this share of a window's calls fail, in percent: 1 to 100.
    pub failure_percent: u32,
    /// The fewest calls of a window that a share is made of.
    pub min_calls: u32,
    /// How long a window is. It begins with a failure.
    pub window: Duration,
    /// How long the circuit stays open at first. Each trial that fails doubles it.
    pub open_time: Duration,
    /// How long it stays open at most.
    pub max_open_time: Duration,
}

impl Default for BreakerPolicy {
    /// 5 failures in a row, or half of at least 20 calls in 10 s; open for 5 s, 60 s at most.
    fn default() -> Self {
        Self {
            failures_in_row: 5,
            failure_percent: 50,
            min_calls: 20,
            window: Duration::from_secs(10),
            open_time: Duration::from_secs(5),
            max_open_time: Duration::from_secs(60),
        }
    }
}

/// What becomes of a call that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It may be made.
    Pass,
    /// It may be made, and is the trial.
    Trial,
    /// It may not; another one may after this time.
    Refused(Duration),
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen,
}

/// What is counted from a failure on.
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    calls: u32,
    failures: u32,
}

/// One circuit.
#[derive(Debug)]
pub(super) struct Machine {
    policy: BreakerPolicy,
    state: State,
    since: Instant,
    in_row: u32,
    window: Option<Window>,
    /// How long it stays open the next time.
    open_time: Duration,
}

impl Machine {
    /// A closed circuit.
    pub(super) fn new(policy: BreakerPolicy, now: Instant) -> Self {
        let open_time = policy.open_time;
        Self { policy, state: State::Closed, since: now, in_row: 0, window: None, open_time }
    }

    /// What it lets through.
    pub(super) fn state(&self) -> CircuitState {
        match self.state {
            State::Closed => CircuitState::Closed,
            State::Open { .. } => CircuitState::Open,
            State::HalfOpen => CircuitState::HalfOpen,
        }
    }

    /// Since when.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// How many calls failed in a row.
    pub(super) fn failures_in_row(&self) -> u32 {
        self.in_row
    }

    /// After which time the next call may be made.
    pub(super) fn retry_in(&self, now: Instant) -> Duration {
        match self.state {
            State::Closed => Duration::ZERO,
            State::Open { until } => until.saturating_duration_since(now),
            // The trial takes as long as it takes.
            State::HalfOpen => self.policy.open_time,
        }
    }

    /// A call asks whether it may be made. The first one after the open time is the trial.
    pub(super) fn ask(&mut self, now: Instant) -> Answer {
        match self.state {
            State::Closed => Answer::Pass,
            State::Open { until } if until <= now => {
                self.become_state(State::HalfOpen, now);
                Answer::Trial
            }
            State::Open { .. } | State::HalfOpen => Answer::Refused(self.retry_in(now)),
        }
    }

    /// A call succeeded. What began before the circuit opened says nothing of how the server is now.
    pub(super) fn succeeded(&mut self, is_trial: bool, now: Instant) {
        match self.state {
            State::Closed => self.in_row = 0,
            State::HalfOpen if is_trial => {
                (self.in_row, self.window, self.open_time) = (0, None, self.policy.open_time);
                self.become_state(State::Closed, now);
            }
            State::Open { .. } | State::HalfOpen => {}
        }
    }

    /// A call failed, and `successes` calls succeeded since the last one that failed.
    pub(super) fn failed(&mut self, is_trial: bool, successes: u32, now: Instant) {
        match self.state {
            State::Closed => {
                self.in_row = self.in_row.saturating_add(1);
                let is_bad = self.count(successes, now);
                if is_bad || self.in_row >= self.policy.failures_in_row {
                    self.open(now);
                }
            }
            State::HalfOpen if is_trial => {
                self.in_row = self.in_row.saturating_add(1);
                self.open(now);
            }
            State::Open { .. } | State::HalfOpen => {}
        }
    }

    /// The trial ended without an answer to the question: the next call is the trial.
    pub(super) fn abandoned(&mut self, now: Instant) {
        if matches!(self.state, State::HalfOpen) {
            self.become_state(State::Open { until: now }, now);
        }
    }

    /// Counts a failure; whether too many of the window's calls failed.
    fn count(&mut self, successes: u32, now: Instant) -> bool {
        let fresh = Window { began: now, calls: 0, failures: 0 };
        let window = match self.window {
            Some(window) if now.saturating_duration_since(window.began) < self.policy.window => {
                Window { calls: window.calls.saturating_add(successes), ..window }
            }
            _ => fresh,
        };
        let (calls, failures) = (window.calls.saturating_add(1), window.failures.saturating_add(1));
        self.window = Some(Window { calls, failures, ..window });
        let share = u64::from(failures) * 100 >= u64::from(calls) * u64::from(self.policy.failure_percent);
        share && calls >= self.policy.min_calls
    }

    fn open(&mut self, now: Instant) {
        let until = now + self.open_time;
        self.open_time = (self.open_time * 2).min(self.policy.max_open_time);
        self.window = None;
        self.become_state(State::Open { until }, now);
    }

    fn become_state(&mut self, state: State, now: Instant) {
        (self.state, self.since) = (state, now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use registry_core::circuit::CircuitState;

    use super::{Answer, BreakerPolicy, Machine};

    const SECOND: Duration = Duration::from_secs(1);

    fn machine() -> (Machine, Instant) {
        let now = Instant::now();
        (Machine::new(BreakerPolicy::default(), now), now)
    }

    fn opened() -> (Machine, Instant) {
        let (mut machine, now) = machine();
        (0..5).for_each(|_| machine.failed(false, 0, now));
        assert_eq!(machine.state(), CircuitState::Open);
        (machine, now)
    }

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_no_sooner() {
        let (mut machine, now) = machine();
        for _ in 0..3 {
            (0..4).for_each(|_| machine.failed(false, 0, now));
            assert_eq!(machine.ask(now), Answer::Pass);
            machine.succeeded(false, now);
            machine.window = None;
        }
        (0..5).for_each(|_| machine.failed(false, 0, now));
        assert_eq!(machine.ask(now + SECOND), Answer::Refused(4 * SECOND));
    }

    #[test]
    fn it_opens_when_half_of_twenty_calls_of_a_window_fail() {
        let (mut machine, now) = machine();
        for at in 0..9 {
            machine.failed(false, 1, now + SECOND / 10 * at);
            machine.succeeded(false, now);
        }
        assert_eq!(machine.state(), CircuitState::Closed);
        machine.failed(false, 1, now + SECOND);
        assert_eq!(machine.state(), CircuitState::Closed, "19 calls are too few to tell");
        machine.succeeded(false, now);
        machine.failed(false, 1, now + SECOND);
        assert_eq!(machine.state(), CircuitState::Open);
    }

    #[test]
    fn failures_that_lie_far_apart_or_are_few_do_not_open_it() {
        let (mut machine, mut now) = machine();
        for _ in 0..1_000 {
            machine.failed(false, 1, now);
            machine.succeeded(false, now);
            now += SECOND;
        }
        for _ in 0..1_000 {
            machine.failed(false, 3, now);
            machine.succeeded(false, now);
        }
        assert_eq!(machine.state(), CircuitState::Closed);
    }

    #[test]
    fn exactly_one_trial_passes_and_its_success_closes_the_circuit() {
        let (mut machine, now) = opened();
        let later = now + 5 * SECOND;
        assert_eq!(machine.ask(later), Answer::Trial);
        assert_eq!(machine.state(), CircuitState::HalfOpen);
        for _ in 0..3 {
            assert_eq!(machine.ask(later + 99 * SECOND), Answer::Refused(5 * SECOND));
        }
        machine.succeeded(false, later);
        assert_eq!(machine.state(), CircuitState::HalfOpen, "an old call is no trial");
        machine.succeeded(true, later);
        assert_eq!((machine.state(), machine.since()), (CircuitState::Closed, later));
        machine.failed(false, 0, later);
        assert_eq!(machine.ask(later), Answer::Pass, "what was counted before is forgotten");
    }

    #[test]
    fn trials_that_fail_double_the_time_up_to_a_bound_and_a_success_ends_that() {
        let (mut machine, mut now) = opened();
        for seconds in [5, 10, 20, 40, 60, 60] {
            assert_eq!(machine.ask(now), Answer::Refused(seconds * SECOND));
            now += seconds * SECOND;
            assert_eq!(machine.ask(now), Answer::Trial);
            machine.failed(true, 0, now);
        }
        now += 60 * SECOND;
        assert_eq!(machine.ask(now), Answer::Trial);
        machine.succeeded(true, now);
        (0..5).for_each(|_| machine.failed(false, 0, now));
        assert_eq!(machine.ask(now), Answer::Refused(5 * SECOND));
    }

    #[test]
    fn a_trial_that_is_given_up_leaves_its_place_to_the_next_call() {
        let (mut machine, now) = opened();
        let later = now + 5 * SECOND;
        assert_eq!(machine.ask(later), Answer::Trial);
        machine.abandoned(later);
        assert_eq!(machine.state(), CircuitState::Open);
        assert_eq!(machine.ask(later), Answer::Trial);
    }

    #[test]
    fn what_began_before_it_opened_neither_closes_it_nor_keeps_it_open() {
        let (mut machine, now) = opened();
        machine.succeeded(false, now);
        machine.failed(false, 0, now + 4 * SECOND);
        assert_eq!(machine.state(), CircuitState::Open);
        assert_eq!(machine.ask(now + 5 * SECOND), Answer::Trial);
    }
}
