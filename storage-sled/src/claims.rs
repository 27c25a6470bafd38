//! Claims of checks that are due. They are in memory alone: nobody but this process claims, and whatever it was doing
//! ends with it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use registry_core::clock::Timestamp;

/// Until when each claimed row of [`Table::Due`](crate::table::Table::Due) is claimed.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<Vec<u8>, Timestamp>>);

impl Claims {
    /// The claims, without those that have ended by `now`. While they are held nobody else claims.
    pub(crate) fn at(&self, now: Timestamp) -> MutexGuard<'_, HashMap<Vec<u8>, Timestamp>> {
        let mut claims = self.lock();
        claims.retain(|_, until| *until > now);
        claims
    }

    /// Forgets the claim of this row, if it is the one that ends at `until`.
    pub(crate) fn forget(&self, row: &[u8], until: Timestamp) {
        let mut claims = self.lock();
        if claims.get(row) == Some(&until) {
            claims.remove(row);
        }
    }

    /// The rows that are claimed, and until when.
    pub(crate) fn all(&self) -> HashMap<Vec<u8>, Timestamp> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
