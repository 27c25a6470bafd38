//! The texts that searches look in, in one piece of memory, so that a search of all of them runs straight through.

use memchr::memmem::Finder;

use super::server_row::at;

/// How many bytes may lie idle before it is worth a tidying up.
const SMALL: usize = 1 << 16;

/// The text of each slot.
#[derive(Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each slot's text begins and ends.
    spans: Vec<(usize, usize)>,
    /// How many bytes belong to no slot any more.
    idle: usize,
}

impl Texts {
    /// What looks for `text`: made once, held against many texts.
    pub(super) fn finder(text: &str) -> Finder<'_> {
        Finder::new(text)
    }

    pub(super) fn has(&self, slot: u32, finder: &Finder<'_>) -> bool {
        let text = self.spans.get(at(slot)).and_then(|(start, end)| self.bytes.get(*start..*end));
        text.is_some_and(|text| finder.find(text).is_some())
    }

    pub(super) fn set(&mut self, slot: u32, text: &str) {
        if self.spans.len() <= at(slot) {
            self.spans.resize(at(slot) + 1, (0, 0));
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        let (old_start, old_end) = std::mem::replace(&mut self.spans[at(slot)], (start, self.bytes.len()));
        self.idle += old_end - old_start;
        if self.idle > SMALL && self.idle > self.bytes.len() / 2 {
            self.tidy();
        }
    }

    /// Writes the texts anew, one after the other; every other byte was idle, so this is rare enough.
    fn tidy(&mut self) {
        let mut bytes = Vec::with_capacity(self.bytes.len() - self.idle);
        for (start, end) in &mut self.spans {
            let text = *start..*end;
            *start = bytes.len();
            bytes.extend_from_slice(&self.bytes[text]);
            *end = bytes.len();
        }
        (self.bytes, self.idle) = (bytes, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::{SMALL, Texts};

    #[test]
    fn texts_stay_what_they_are_when_idle_bytes_are_tidied_away() {
        let mut texts = Texts::default();
        let text = |slot: u32, round: usize| format!("slot {slot} round {round} {}", "x".repeat(1_000));
        for round in 0..100 {
            for slot in 0..10 {
                texts.set(slot, &text(slot, round));
                assert!(texts.idle <= SMALL.max(texts.bytes.len() / 2));
            }
        }
        texts.set(3, "");
        for slot in 0..10 {
            assert_eq!(texts.has(slot, &Texts::finder(&text(slot, 99))), slot != 3);
            assert!(!texts.has(slot, &Texts::finder("round 98")));
        }
        assert!(!texts.has(10, &Texts::finder("")));
    }
}
