//! Word of an upstream that it lists other things now, found in what passes: nothing of it is parsed or copied.
//!
//! What is looked for is the end of the three methods (`notifications/tools/list_changed` ...), whose slash may be escaped.
//! It may stand in a text that means nothing by it: then somebody looks at the server once more than need be.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// What the methods end with.
pub(super) const LIST_CHANGED: &str = "list_changed";

/// How much of what passed may be the beginning of the word.
const KEPT: usize = LIST_CHANGED.len() - 1;

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(LIST_CHANGED));

/// Looks for the word in the chunks of a stream, across their edges.
#[derive(Debug, Default)]
pub(super) struct ListChanged {
    /// The end of what passed, before the chunk that comes.
    end: [u8; KEPT],
    length: usize,
}

impl ListChanged {
    /// Whether the word ends in this chunk.
    pub(super) fn is_in(&mut self, chunk: &[u8]) -> bool {
        let across = self.is_across(chunk);
        self.keep(chunk);
        across || FINDER.find(chunk).is_some()
    }

    /// Whether it began before the chunk.
    fn is_across(&self, chunk: &[u8]) -> bool {
        let mut edge = [0; 2 * KEPT];
        let begun = &chunk[..chunk.len().min(KEPT)];
        edge[..self.length].copy_from_slice(&self.end[..self.length]);
        edge[self.length..self.length + begun.len()].copy_from_slice(begun);
        self.length > 0 && FINDER.find(&edge[..self.length + begun.len()]).is_some()
    }

    fn keep(&mut self, chunk: &[u8]) {
        if chunk.len() >= KEPT {
            self.end.copy_from_slice(&chunk[chunk.len() - KEPT..]);
            self.length = KEPT;
            return;
        }
        let stays = self.length.min(KEPT - chunk.len());
        self.end.copy_within(self.length - stays..self.length, 0);
        self.end[stays..stays + chunk.len()].copy_from_slice(chunk);
        self.length = stays + chunk.len();
    }
}

#[cfg(test)]
mod tests {
    use super::ListChanged;

    #[test]
    fn the_word_is_found_wherever_the_stream_is_cut() {
        let text = b"list_changelist_changed list_changed!";
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let chunks = [&text[..first], &text[first..second], &text[second..]];
                let (mut watch, mut passed) = (ListChanged::default(), 0..0);
                for chunk in chunks {
                    passed = passed.end..passed.end + chunk.len();
                    let ends_here = [23, 36].iter().any(|end| passed.start < *end && *end <= passed.end);
                    assert_eq!(watch.is_in(chunk), ends_here, "cut at {first} and {second}");
                }
            }
        }
    }

    #[test]
    fn a_method_with_an_escaped_slash_is_found_and_a_capability_is_not() {
        let text = br#"data: {"jsonrpc":"2.0","method":"notifications\/tools\/list_changed"}"#;
        for size in 1..=text.len() {
            let mut watch = ListChanged::default();
            let found = text.chunks(size).filter(|chunk| watch.is_in(chunk)).count();
            assert_eq!(found, 1, "in chunks of {size}");
        }
        let mut watch = ListChanged::default();
        for chunk in ["list_", "", "change", "list_change", "d", "listChanged"] {
            assert_eq!(watch.is_in(chunk.as_bytes()), chunk == "d", "{chunk}");
        }
    }
}
