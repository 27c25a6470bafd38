//! Postings: which slots of a shelf have a tag.

use std::collections::HashMap;

use crate::order::Slot;

/// Sorted slots by tag.
#[derive(Default)]
pub(crate) struct Postings(HashMap<Box<str>, Vec<Slot>>);

impl Postings {
    /// Notes the tags of a slot.
    pub(crate) fn put<'a>(&mut self, slot: Slot, tags: impl Iterator<Item = &'a str>) {
        for tag in tags {
            let slots = match self.0.get_mut(tag) {
                Some(slots) => slots,
                None => self.0.entry(tag.into()).or_default(),
            };
            if let Err(place) = slots.binary_search(&slot) {
                slots.insert(place, slot);
            }
        }
    }

    /// Forgets the tags of a slot.
    pub(crate) fn take<'a>(&mut self, slot: Slot, tags: impl Iterator<Item = &'a str>) {
        for tag in tags {
            let Some(slots) = self.0.get_mut(tag) else { continue };
            if let Ok(place) = slots.binary_search(&slot) {
                slots.remove(place);
            }
            if slots.is_empty() {
                self.0.remove(tag);
            }
        }
    }

    /// The slots that have the tag, sorted.
    pub(crate) fn of(&self, tag: &str) -> &[Slot] {
        self.0.get(tag).map_or(&[], Vec::as_slice)
    }
}
