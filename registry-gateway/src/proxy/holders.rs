//! By which credentials something goes on: those that came lately, of one key or of one person's tokens. A key has two
//! secrets while it is rotated, and a token is renewed before it runs out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use registry_core::service::Grant;

/// How many are kept: a key has two secrets at most, and a person a token in each of a few clients.
const MAX_GRANTS: usize = 4;

/// The grants, the latest last.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<Vec<Arc<Grant>>>);

impl Holders {
    /// One, to begin with.
    pub(super) fn of(grant: Arc<Grant>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(vec![grant])))
    }

    /// Notes that this one came. It takes the place of an older one of the same secret.
    pub(super) fn note(&self, grant: &Arc<Grant>) {
        let mut grants = self.lock();
        if grants.last().is_some_and(|last| Arc::ptr_eq(last, grant)) {
            return;
        }
        grants.retain(|known| !known.is_same(grant));
        if grants.len() >= MAX_GRANTS {
            grants.remove(0);
        }
        grants.push(grant.clone());
    }

    /// The latest.
    pub(super) fn latest(&self) -> Option<Arc<Grant>> {
        self.lock().last().cloned()
    }

    /// Forgets one that is good no more.
    pub(super) fn forget(&self, grant: &Grant) {
        self.lock().retain(|known| !known.is_same(grant));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Grant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
