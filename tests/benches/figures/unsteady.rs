//! Servers that fail, and answer again, when they are told to.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

static FAILING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn failing() -> MutexGuard<'static, BTreeSet<String>> {
    FAILING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server of this name fails from now on; or answers, if it failed.
pub(crate) fn turn(name: &str) {
    let mut failing = failing();
    if !failing.remove(name) {
        failing.insert(name.to_owned());
    }
}

/// Whether the server of this name fails.
pub(crate) fn fails(name: &str) -> bool {
    failing().contains(name)
}
