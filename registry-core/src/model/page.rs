//! Pages of a list.

use std::ops::Range;

use super::field::Invalid;

/// Which page of a list, and of what size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: u32,
    limit: u32,
}

impl PageRequest {
    /// The most items of a page.
    pub const MAX_LIMIT: u32 = 100;
    /// The items of a page when the caller does not say.
    pub const DEFAULT_LIMIT: u32 = 20;

    /// Page `page` (from 1) of at most `limit` (1 to 100) items.
    ///
    /// # Errors
    /// [`Invalid`] with the field that is out of bounds.
    pub fn new(page: u32, limit: u32) -> Result<Self, (&'static str, Invalid)> {
        if page == 0 {
            return Err(("page", Invalid::new("must be 1 or more")));
        }
        if limit == 0 || limit > Self::MAX_LIMIT {
            return Err(("limit", Invalid::new("must be between 1 and 100")));
        }
        Ok(Self { page, limit })
    }

    /// The page's number, from 1.
    pub fn page(self) -> u32 {
        self.page
    }

    /// The most items of the page.
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// How many items come before the page.
    pub fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.limit)
    }

    /// The numbers of the page's items, counted from 0.
    pub fn range(self) -> Range<u64> {
        self.offset()..self.offset() + u64::from(self.limit)
    }

    /// The items of the page, of all that there are in this order.
    pub fn cut<T>(self, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let offset = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        items.into_iter().skip(offset).take(self.limit as usize)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, limit: Self::DEFAULT_LIMIT }
    }
}

/// One page of a list and the number of items in all pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many items all pages have together.
    pub total: u64,
    /// Which page it is.
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// A page of nothing.
    pub fn empty(request: PageRequest) -> Self {
        Self { items: Vec::new(), total: 0, request }
    }

    /// The page of these items, which are all that there are.
    pub fn of(items: Vec<T>, request: PageRequest) -> Self {
        let total = items.len() as u64;
        Self { items: request.cut(items).collect(), total, request }
    }

    /// Counts the next item, which is made only if it is on the page.
    pub fn count(&mut self, item: impl FnOnce() -> T) {
        if self.request.range().contains(&self.total) {
            self.items.push(item());
        }
        self.total += 1;
    }

    /// How many pages there are.
    pub fn total_pages(&self) -> u64 {
        self.total.div_ceil(u64::from(self.request.limit))
    }

    /// The same page with each item turned into another.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), total: self.total, request: self.request }
    }
}

super::role::spelled! {
    /// In which direction a list is sorted.
    SortOrder {
        /// Smallest first.
        Asc = "asc",
        /// Largest first.
        Desc = "desc",
    }
}
