//! Pages of a list.

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
