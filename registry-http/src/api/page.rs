//! Pages of lists.

use poem_openapi::Object;
use registry_core::model::field::FieldErrors;
use registry_core::model::page::{Page, PageRequest};
use serde::Serialize;

use crate::error::ApiError;

/// Where a page stands in its list.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct Pagination {
    /// The page's number, from 1.
    page: u32,
    /// The most items of a page.
    limit: u32,
    /// How many items there are on all pages.
    total: u64,
    /// How many pages there are.
    total_pages: u64,
}

impl<T> From<&Page<T>> for Pagination {
    fn from(page: &Page<T>) -> Self {
        Self {
            page: page.request.page(),
            limit: page.request.limit(),
            total: page.total,
            total_pages: page.total_pages(),
        }
    }
}

/// The page that a request asks for: the first, of 20, unless it says otherwise.
pub(super) fn request(page: Option<u32>, limit: Option<u32>) -> Result<PageRequest, ApiError> {
    let request = PageRequest::new(page.unwrap_or(1), limit.unwrap_or(PageRequest::DEFAULT_LIMIT));
    request.map_err(|(field, invalid)| FieldErrors::one(field, invalid).into())
}
