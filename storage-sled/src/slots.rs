//! A set of slots, one bit each.

use crate::order::Slot;

/// A set of slots.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots(Vec<u64>);

impl Slots {
    /// An empty set that slots below `length` fit in.
    pub(crate) fn sized(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    /// Puts in a slot.
    pub(crate) fn put(&mut self, slot: Slot) {
        let word = slot as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (slot % 64);
    }

    /// Takes out a slot.
    pub(crate) fn take(&mut self, slot: Slot) {
        if let Some(word) = self.0.get_mut(slot as usize / 64) {
            *word &= !(1 << (slot % 64));
        }
    }

    /// Whether the slot is in it.
    pub(crate) fn has(&self, slot: Slot) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps only those that are in `other` too.
    pub(crate) fn keep(&mut self, other: &Self) {
        for (number, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(number).copied().unwrap_or_default();
        }
    }

    /// Keeps only those that `keep` accepts.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(Slot) -> bool) {
        for (first, word) in (0..).step_by(64).zip(&mut self.0) {
            let mut left = *word;
            while left != 0 {
                let bit = left.trailing_zeros();
                left &= left - 1;
                if !keep(first + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }
}
