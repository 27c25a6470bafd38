//! Pages of what is in order already.

use crate::model::page::{Page, PageRequest};

/// The page of these items, and how many there are. Only what is on the page is cloned.
pub(super) fn page<'a, T: Clone + 'a>(items: impl Iterator<Item = &'a T>, request: PageRequest) -> Page<T> {
    let first = request.offset();
    let end = first + u64::from(request.limit());
    let mut page = Page { items: Vec::new(), total: 0, request };
    for item in items {
        if (first..end).contains(&page.total) {
            page.items.push(item.clone());
        }
        page.total += 1;
    }
    page
}
