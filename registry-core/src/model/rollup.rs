//! Roll-ups: what all that happened in a minute, an hour or a day came to.

use crate::clock::Timestamp;

/// What some things that happened came to. It adds up without loss.
pub trait Tally: Default + Clone {
    /// Adds what others came to.
    fn add(&mut self, other: &Self);
}

/// What came of one minute, hour or day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup<T> {
    /// When it began.
    pub start: Timestamp,
    /// What it came to.
    pub tally: T,
}

/// What all of these came to.
pub fn sum<T: Tally>(rollups: &[Rollup<T>]) -> T {
    let mut sum = T::default();
    rollups.iter().for_each(|rollup| sum.add(&rollup.tally));
    sum
}
