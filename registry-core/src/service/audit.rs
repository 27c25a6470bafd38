//! The audit log: reading and verifying.

use std::sync::Arc;

use super::context::Context;
use crate::access::{Caller, Permission};
use crate::chain::{self, Verdict};
use crate::error::Error;
use crate::model::audit::{AuditEntry, AuditQuery};
use crate::model::page::Page;

/// The audit log.
pub struct AuditService {
    context: Arc<Context>,
}

impl AuditService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// A page of the entries that `query` names, within what the caller sees.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the caller is an administrator with the scope `audit:read`, by a key that
    /// is not for one server only.
    pub async fn list(&self, caller: &Caller, query: AuditQuery) -> Result<Page<AuditEntry>, Error> {
        caller.require(Permission::AuditRead)?;
        if caller.linked_server().is_some() {
            return Err(Error::Forbidden("the key is for one server".to_owned()));
        }
        let query = AuditQuery { reach: caller.reach(), ..query };
        Ok(self.context.store.audit(&query).await?)
    }

    /// Verifies every tenant's chain, and the system's own; for whoever runs the service.
    ///
    /// # Errors
    /// [`Error`] if the store cannot be read.
    pub async fn verify(&self) -> Result<Vec<Verdict>, Error> {
        Ok(chain::verify_all(self.context.store.as_ref()).await?)
    }
}
