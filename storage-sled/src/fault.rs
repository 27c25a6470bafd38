//! sled's errors, as those of a store.

use registry_core::store::StoreError;

/// What sled's error means to a caller. After a failed write sled answers reads with errors too: until the store is
/// opened again it is not available, which is no defect of the request.
pub(crate) fn of(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Corruption { .. } => StoreError::Corrupt(error.to_string()),
        sled::Error::Io(_) | sled::Error::ReportableBug(_) => StoreError::Unavailable(error.to_string()),
        error => StoreError::backend(error),
    }
}
