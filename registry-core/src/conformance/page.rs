//! How cases look at the pages of a list.

use std::fmt::Debug;

use crate::model::page::{Page, PageRequest};
use crate::store::StoreError;

/// All pages of a list, one after the other.
pub(super) async fn all_pages<T>(read: impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>) -> Vec<T> {
    let mut items = Vec::new();
    for number in 1.. {
        let page = read(PageRequest::new(number, PageRequest::MAX_LIMIT).unwrap()).await.unwrap();
        let pages = page.total_pages();
        items.extend(page.items);
        if u64::from(number) >= pages {
            break;
        }
    }
    items
}

/// Checks that the pages of each size from 1 to 100, one after the other, are `all`, each with the right total,
/// and that what lies beyond the last page is an empty page.
pub(super) async fn every_size<T: PartialEq + Debug>(
    all: &[T],
    read: impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
) {
    for limit in 1..=PageRequest::MAX_LIMIT {
        these_sizes(all, &[limit], &read).await;
    }
}

/// As [`every_size`], for these sizes only.
pub(super) async fn these_sizes<T: PartialEq + Debug>(
    all: &[T],
    limits: &[u32],
    read: &impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
) {
    for &limit in limits {
        let chunks = all.chunks(usize::try_from(limit).unwrap());
        for (number, chunk) in (1..).zip(chunks) {
            let page = this_page(all, PageRequest::new(number, limit).unwrap(), read).await;
            assert_eq!(page, chunk, "page {number} of {limit}");
        }
        let past = u32::try_from(all.len()).unwrap().div_ceil(limit) + 1;
        for number in [past, past + 1, u32::MAX] {
            let page = this_page(all, PageRequest::new(number, limit).unwrap(), read).await;
            assert_eq!(page, [], "page {number} of {limit}");
        }
    }
}

async fn this_page<T>(
    all: &[T],
    request: PageRequest,
    read: &impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
) -> Vec<T> {
    let page = read(request).await.unwrap();
    assert_eq!(page.total, u64::try_from(all.len()).unwrap(), "the total of {request:?}");
    assert_eq!(page.request, request);
    page.items
}
