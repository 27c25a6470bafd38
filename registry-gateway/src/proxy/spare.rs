//! Header maps that are used again: making one takes two large allocations, and a call has four.

use std::cell::RefCell;

use http::HeaderMap;

/// How many are kept by each thread.
const MAX_KEPT: usize = 8;
/// For how many headers one that is kept has room at most.
const MAX_ROOM: usize = 64;
/// For how many a new one has room.
const ROOM: usize = 16;

thread_local! {
    static KEPT: RefCell<Vec<HeaderMap>> = const { RefCell::new(Vec::new()) };
}

/// An empty map with room.
pub(super) fn take() -> HeaderMap {
    KEPT.with_borrow_mut(Vec::pop).unwrap_or_else(|| HeaderMap::with_capacity(ROOM))
}

/// Keeps the room of a map, and nothing that is in it.
pub(super) fn give_back(mut map: HeaderMap) {
    if !(1..=MAX_ROOM).contains(&map.capacity()) {
        return;
    }
    map.clear();
    KEPT.with_borrow_mut(|kept| {
        if kept.len() < MAX_KEPT {
            kept.push(map);
        }
    });
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::{KEPT, MAX_KEPT, MAX_ROOM, give_back, take};

    #[test]
    fn a_map_that_comes_back_is_used_again_and_is_empty() {
        let mut map = take();
        map.insert(header::AUTHORIZATION, HeaderValue::from_static("secret"));
        map.append(header::AUTHORIZATION, HeaderValue::from_static("another"));
        give_back(map);
        let again = take();
        assert!(again.is_empty() && again.get(header::AUTHORIZATION).is_none());
        assert!(again.capacity() > 0);
    }

    #[test]
    fn few_are_kept_and_none_that_is_large() {
        give_back(HeaderMap::new());
        give_back(HeaderMap::with_capacity(2 * MAX_ROOM));
        assert_eq!(KEPT.with_borrow(Vec::len), 0);
        (0..2 * MAX_KEPT).for_each(|_| give_back(HeaderMap::with_capacity(4)));
        assert_eq!(KEPT.with_borrow(Vec::len), MAX_KEPT);
    }
}
