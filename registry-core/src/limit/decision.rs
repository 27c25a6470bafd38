//! What the limiter decided.

use std::time::Duration;

use super::name::LimitKind;
use super::quota::Quota;

/// Where a call stands with one limit, after it was counted or denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    kind: LimitKind,
    quota: Quota,
    debt: u64,
}

impl Standing {
    /// The standing with a bucket that is full again after `debt_nanos` nanoseconds.
    pub const fn new(kind: LimitKind, quota: Quota, debt_nanos: u64) -> Self {
        Self { kind, quota, debt: debt_nanos }
    }

    /// Which limit.
    pub const fn kind(&self) -> LimitKind {
        self.kind
    }

    /// How much the limit allows.
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// How many calls would be allowed at once now.
    pub fn remaining(&self) -> u32 {
        let held = u64::from(self.quota.burst()) * self.quota.interval_nanos();
        let left = held.saturating_sub(self.debt) / self.quota.interval_nanos();
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// How long it takes until there is one call more than remain now.
    pub fn next_in(&self) -> Duration {
        let missing = u64::from(self.quota.burst() - self.remaining()).saturating_sub(1);
        Duration::from_nanos(self.debt.saturating_sub(missing * self.quota.interval_nanos()))
    }

    /// How long it takes until the bucket is full.
    pub const fn full_in(&self) -> Duration {
        Duration::from_nanos(self.debt)
    }

    /// The stricter of two that both allowed: the one with fewer calls left, the first if they are equal.
    pub(super) fn tighter(self, other: Self) -> Self {
        if other.remaining() < self.remaining() { other } else { self }
    }

    /// The stricter of two that both denied: the one with the longer wait, the first if they are equal.
    pub(super) fn longer(self, other: Self) -> Self {
        if other.next_in() > self.next_in() { other } else { self }
    }
}

/// The answer to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// No limit applies.
    Unlimited,
    /// The call was taken from every bucket. The standing is that with the fewest calls left.
    Allowed(Standing),
    /// A bucket has no call left. The standing is that with the longest wait.
    Denied(Standing),
}

impl Decision {
    /// Whether the call may go on.
    pub const fn is_allowed(&self) -> bool {
        !matches!(self, Self::Denied(_))
    }

    /// The strictest limit that applies.
    pub const fn standing(&self) -> Option<&Standing> {
        match self {
            Self::Unlimited => None,
            Self::Allowed(standing) | Self::Denied(standing) => Some(standing),
        }
    }

    /// The value of `Retry-After` of a denied call: whole seconds, at least one.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Denied(standing) => Some(seconds(standing.next_in())),
            Self::Unlimited | Self::Allowed(_) => None,
        }
    }
}

/// Whole seconds, rounded up, at least one.
pub(super) fn seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One call in three seconds, four at once.
    fn standing(debt_seconds: u64) -> Standing {
        Standing::new(LimitKind::Key, Quota::new(20, 4).unwrap(), debt_seconds * 1_000_000_000)
    }

    #[test]
    fn what_remains_is_whole_calls_and_the_next_comes_when_its_part_is_there() {
        let seen = |debt| (standing(debt).remaining(), standing(debt).next_in().as_secs());
        assert_eq!(seen(0), (4, 0));
        assert_eq!(seen(1), (3, 1));
        assert_eq!(seen(3), (3, 3));
        assert_eq!(seen(4), (2, 1));
        assert_eq!(seen(12), (0, 3));
        assert_eq!(seen(10), (0, 1));
    }

    #[test]
    fn retry_after_is_for_denied_calls_and_never_early() {
        assert_eq!(Decision::Denied(standing(10)).retry_after(), Some(1));
        assert_eq!(Decision::Denied(standing(12)).retry_after(), Some(3));
        assert_eq!(Decision::Allowed(standing(12)).retry_after(), None);
        assert_eq!(Decision::Unlimited.retry_after(), None);
        assert_eq!(seconds(Duration::from_nanos(1)), 1);
        assert_eq!(seconds(Duration::from_nanos(1_000_000_001)), 2);
    }
}
