//! Pages of what is in order already.

use crate::model::page::{Page, PageRequest};

/// The page of these items, and how many there are. Only what is on the page is cloned.
pub(super) fn page<'a, T: Clone + 'a>(items: impl Iterator<Item = &'a T>, request: PageRequest) -> Page<T> {
    let mut page = Page::empty(request);
    for item in items {
        page.count(|| item.clone());
    }
    page
}
