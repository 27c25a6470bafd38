//! What readers and the writer share.

use std::sync::OnceLock;

use registry_core::store::{EventSignal, StoreError};

use crate::claims::Claims;
use crate::shelves::Shelves;
use crate::view::View;

/// The trees, and the lists of servers that are kept in memory.
pub(crate) struct Core {
    pub(crate) view: View,
    pub(crate) shelves: Shelves,
    /// Raised when what was written is on disk.
    pub(crate) signal: EventSignal,
    /// The checks that are being done.
    pub(crate) claims: Claims,
    /// Why the writer takes no more writes, once it does not.
    pub(crate) poison: OnceLock<String>,
}

impl Core {
    /// Whether writes are still taken.
    pub(crate) fn state(&self) -> Result<(), StoreError> {
        self.poison.get().map_or(Ok(()), |reason| Err(StoreError::Unavailable(reason.clone())))
    }
}
