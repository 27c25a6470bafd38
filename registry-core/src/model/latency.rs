//! Latencies: how long calls took, as counts in buckets whose width grows with the time.
//!
//! A histogram is small, adds up without loss, and answers any quantile within an eighth of the true value.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::field::Invalid;

/// How many buckets there are: one for what is shorter than [`SHORTEST_US`], four for each doubling from there on, and
/// one for what is longer than the last of them, which ends at 268 s.
pub const BUCKETS: usize = 2 + 4 * DOUBLINGS;
/// What is shorter is not told apart, in microseconds.
pub const SHORTEST_US: u64 = 1 << SHORTEST_BITS;
const SHORTEST_BITS: u32 = 5;
const DOUBLINGS: usize = 23;

/// The bucket that a latency falls into: below [`BUCKETS`].
pub fn bucket_of(latency: Duration) -> usize {
    let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    let Some(exponent) = us.checked_ilog2().filter(|exponent| *exponent >= SHORTEST_BITS) else { return 0 };
    let quarter = (us >> (exponent - 2)) & 3;
    let doublings = (exponent - SHORTEST_BITS) as usize;
    (1 + 4 * doublings + quarter as usize).min(BUCKETS - 1)
}

/// The time that stands for all of a bucket, in microseconds: its middle; of the last bucket, its beginning.
fn middle_of(bucket: usize) -> u64 {
    let beginning = |bucket: usize| {
        let (doublings, quarter) = ((bucket - 1) / 4, (bucket - 1) % 4);
        (4 + quarter as u64) << (doublings + SHORTEST_BITS as usize - 2)
    };
    match bucket {
        0 => SHORTEST_US / 2,
        bucket if bucket >= BUCKETS - 1 => beginning(BUCKETS - 1),
        bucket => beginning(bucket).midpoint(beginning(bucket + 1)),
    }
}

/// A histogram of latencies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Latencies {
    /// By bucket, without the zeros at the end.
    counts: Vec<u64>,
    sum_us: u64,
}

/// How a histogram is stored.
#[derive(Serialize, Deserialize)]
struct Parts {
    counts: Vec<u64>,
    sum_us: u64,
}

impl Latencies {
    /// The histogram with these counts, of calls that took so many microseconds together.
    ///
    /// # Errors
    /// [`Invalid`] if there are more than [`BUCKETS`].
    pub fn new(mut counts: Vec<u64>, sum_us: u64) -> Result<Self, Invalid> {
        if counts.len() > BUCKETS {
            return Err(Invalid::new("there are not so many buckets"));
        }
        counts.truncate(counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1));
        Ok(Self { counts, sum_us })
    }

    /// The histogram of one call.
    pub fn one(latency: Duration) -> Self {
        let mut counts = vec![0; bucket_of(latency)];
        counts.push(1);
        Self { counts, sum_us: u64::try_from(latency.as_micros()).unwrap_or(u64::MAX) }
    }

    /// The counts by bucket, without the zeros at the end.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How long all calls took together, in microseconds.
    pub fn sum_us(&self) -> u64 {
        self.sum_us
    }

    /// Adds what came since.
    pub fn add(&mut self, since: &Self) {
        self.counts.resize(self.counts.len().max(since.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&since.counts) {
            *count = count.saturating_add(*more);
        }
        self.sum_us = self.sum_us.saturating_add(since.sum_us);
    }

    /// How many calls were measured.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(*count))
    }

    /// The mean time, in microseconds; `None` without calls.
    pub fn mean_us(&self) -> Option<u64> {
        self.sum_us.checked_div(self.total())
    }

    /// The time, in microseconds, within which so many per mille of the calls were answered; `None` without calls.
    pub fn within_us(&self, per_mille: u32) -> Option<u64> {
        let total = u128::from(self.total());
        let rank = (total * u128::from(per_mille.min(1_000))).div_ceil(1_000).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += u128::from(*count);
            seen >= rank
        });
        bucket.map(middle_of)
    }
}

impl TryFrom<Parts> for Latencies {
    type Error = Invalid;

    fn try_from(parts: Parts) -> Result<Self, Invalid> {
        Self::new(parts.counts, parts.sum_us)
    }
}

impl From<Latencies> for Parts {
    fn from(Latencies { counts, sum_us }: Latencies) -> Self {
        Self { counts, sum_us }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BUCKETS, Latencies, bucket_of, middle_of};

    fn of(latencies_us: impl IntoIterator<Item = u64>) -> Latencies {
        let (mut counts, mut sum) = (vec![0; BUCKETS], 0);
        for us in latencies_us {
            counts[bucket_of(Duration::from_micros(us))] += 1;
            sum += us;
        }
        Latencies::new(counts, sum).unwrap()
    }

    #[test]
    fn longer_calls_fall_into_later_buckets_and_each_bucket_is_reached() {
        let mut last = 0;
        for us in 0..1_000_000_u64 {
            let bucket = bucket_of(Duration::from_micros(us));
            assert!(bucket == last || bucket == last + 1, "{us} us");
            last = bucket;
        }
        assert_eq!(bucket_of(Duration::from_micros((1 << 28) - 1)), BUCKETS - 2);
        for longest in [Duration::from_micros(1 << 28), Duration::from_secs(3_600), Duration::MAX] {
            assert_eq!(bucket_of(longest), BUCKETS - 1);
        }
    }

    #[test]
    fn a_bucket_stands_for_its_times_within_an_eighth() {
        let times = std::iter::successors(Some(32_u64), |us| Some(us + us / 50 + 1));
        for us in times.take_while(|us| *us < 1 << 28) {
            let told = middle_of(bucket_of(Duration::from_micros(us)));
            assert!(told.abs_diff(us) * 8 <= us + 8, "{us} us is told as {told} us");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_calls() {
        let even = of((1..=1_000).map(|n| n * 1_000));
        for (per_mille, true_us) in [(500, 500_000_u64), (950, 950_000), (990, 990_000), (1_000, 1_000_000)] {
            let told = even.within_us(per_mille).unwrap();
            assert!(told.abs_diff(true_us) * 8 <= true_us, "{per_mille}: {told}");
        }
        assert_eq!(of([]).within_us(500), None);
        assert_eq!(of([1]).within_us(0), Some(16));
        assert_eq!(of([1, 1, 1, 300_000_000]).within_us(990), Some(1 << 28));
    }

    #[test]
    fn histograms_add_up_whatever_their_lengths() {
        let (short, long) = (of([1, 40, 40]), of([40, 5_000]));
        let mut sum = short.clone();
        sum.add(&long);
        assert_eq!(sum, of([1, 40, 40, 40, 5_000]));
        sum.add(&Latencies::default());
        assert_eq!((sum.total(), sum.mean_us()), (5, Some((1 + 3 * 40 + 5_000) / 5)));
        assert_eq!((Latencies::default().total(), Latencies::default().mean_us()), (0, None));
        let mut ones = Latencies::one(Duration::from_micros(1));
        ones.add(&Latencies::one(Duration::from_micros(5_000)));
        assert_eq!(ones, of([1, 5_000]));
        assert_eq!(Latencies::new(vec![0; BUCKETS], 0), Ok(Latencies::default()));
        assert!(Latencies::new(vec![0; BUCKETS + 1], 0).is_err());
    }
}
