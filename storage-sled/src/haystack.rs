//! Haystack: the search texts of a shelf in one piece of memory, so that a search reads it from end to end.

use memchr::memmem::Finder;

use crate::order::Slot;

/// Ends each text. No UTF-8 has this byte, so nothing is found across two texts.
const END: u8 = 0xff;
/// What is no longer in use is thrown away when it is more than half of a haystack of at least so many bytes.
const COMPACT_BYTES: usize = 1024 * 1024;

/// The texts of slots.
#[derive(Default)]
pub(crate) struct Haystack {
    text: Vec<u8>,
    /// By where they begin.
    pieces: Vec<Piece>,
    /// The piece of each slot.
    of_slot: Vec<usize>,
    unused: usize,
}

#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    /// `None` once the slot has another text.
    slot: Option<Slot>,
}

impl Haystack {
    /// Gives the slot a text. Slots are first used in order.
    pub(crate) fn put(&mut self, slot: Slot, text: &str) {
        self.take(slot);
        let piece = self.pieces.len();
        match self.of_slot.get_mut(slot as usize) {
            Some(place) => *place = piece,
            None => self.of_slot.push(piece),
        }
        self.pieces.push(Piece { start: self.text.len(), slot: Some(slot) });
        self.text.extend_from_slice(text.as_bytes());
        self.text.push(END);
    }

    /// Takes the slot's text away.
    pub(crate) fn take(&mut self, slot: Slot) {
        let Some(piece) = self.of_slot.get(slot as usize).copied() else { return };
        if self.pieces.get(piece).is_none_or(|piece| piece.slot != Some(slot)) {
            return;
        }
        self.pieces[piece].slot = None;
        self.unused += self.end(piece) - self.pieces[piece].start;
        if self.unused > COMPACT_BYTES && self.unused > self.text.len() / 2 {
            self.compact();
        }
    }

    /// Calls `found` with each slot whose text has `needle` in it, once.
    pub(crate) fn search(&self, needle: &str, mut found: impl FnMut(Slot)) {
        let finder = Finder::new(needle.as_bytes());
        let (mut at, mut piece) = (0, 0);
        while let Some(position) = self.text.get(at..).and_then(|rest| finder.find(rest)) {
            let position = at + position;
            while piece < self.pieces.len() && self.end(piece) <= position {
                piece += 1;
            }
            let Some(hit) = self.pieces.get(piece) else { return };
            hit.slot.into_iter().for_each(&mut found);
            at = self.end(piece);
        }
    }

    fn end(&self, piece: usize) -> usize {
        self.pieces.get(piece + 1).map_or(self.text.len(), |next| next.start)
    }

    fn compact(&mut self) {
        let mut text = Vec::with_capacity(self.text.len() - self.unused);
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (number, piece) in self.pieces.iter().enumerate() {
            if let Some(slot) = piece.slot {
                self.of_slot[slot as usize] = pieces.len();
                pieces.push(Piece { start: text.len(), ..*piece });
                text.extend_from_slice(&self.text[piece.start..self.end(number)]);
            }
        }
        *self = Self { text, pieces, of_slot: std::mem::take(&mut self.of_slot), unused: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(haystack: &Haystack, needle: &str) -> Vec<Slot> {
        let mut slots = Vec::new();
        haystack.search(needle, |slot| slots.push(slot));
        slots.sort_unstable();
        slots
    }

    #[test]
    fn finds_each_slot_once_and_nothing_across_two() {
        let mut haystack = Haystack::default();
        for (slot, text) in (0..).zip(["weather", "er we", "", "bell"]) {
            haystack.put(slot, text);
        }
        assert_eq!(search(&haystack, "we"), [0, 1]);
        assert_eq!(search(&haystack, "e"), [0, 1, 3]);
        assert_eq!(search(&haystack, "rer"), [] as [Slot; 0]);
        assert_eq!(search(&haystack, ""), [0, 1, 2, 3]);
        haystack.put(1, "bell");
        haystack.take(0);
        assert_eq!(search(&haystack, "we"), [] as [Slot; 0]);
        assert_eq!(search(&haystack, "bell"), [1, 3]);
    }

    #[test]
    fn stays_small_and_right_while_texts_change() {
        let mut haystack = Haystack::default();
        let text = |version: usize, slot: Slot| format!("v{version}.{slot}.{}", "x".repeat(1_000));
        for version in 0..50 {
            for slot in 0..100 {
                haystack.put(slot, &text(version, slot));
            }
        }
        assert!(haystack.text.len() < 3 * COMPACT_BYTES);
        assert_eq!(search(&haystack, "v49.7."), [7]);
        assert_eq!(search(&haystack, "v48."), [] as [Slot; 0]);
        assert_eq!(search(&haystack, "x").len(), 100);
    }
}
