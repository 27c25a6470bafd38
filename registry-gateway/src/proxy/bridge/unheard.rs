//! Messages of the upstream for which the client has no stream open, until it opens one.

use std::collections::VecDeque;

use super::limits::{MAX_UNHEARD_BYTES, MAX_UNHEARD_MESSAGES};
use super::parcel::Parcel;

/// Messages that wait, at most [`MAX_UNHEARD_MESSAGES`] of [`MAX_UNHEARD_BYTES`] together.
#[derive(Debug, Default)]
pub(super) struct Unheard {
    parcels: VecDeque<Parcel>,
    bytes: usize,
}

impl Unheard {
    /// Keeps a message, or gives it back if there is no room.
    pub(super) fn keep(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        let bytes = self.bytes + parcel.message.len();
        if self.parcels.len() >= MAX_UNHEARD_MESSAGES || bytes > MAX_UNHEARD_BYTES {
            return Err(parcel);
        }
        self.bytes = bytes;
        self.parcels.push_back(parcel);
        Ok(())
    }

    /// All of them, in order.
    pub(super) fn take(&mut self) -> VecDeque<Parcel> {
        self.bytes = 0;
        std::mem::take(&mut self.parcels)
    }

    pub(super) fn clear(&mut self) {
        drop(self.take());
    }
}
