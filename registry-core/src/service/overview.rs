//! Overview: the first page of whoever looks after servers.

use std::sync::Arc;

use chrono::TimeDelta;

use super::context::Context;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::check_rollup::{StatusChange, StatusChangeQuery};
use crate::model::overview::{CountQuery, ServerCounts};
use crate::model::period::Period;

/// How far back changes of status are recent, in hours.
const RECENT_HOURS: i64 = 24;
/// The most recent changes of status.
const MAX_RECENT_CHANGES: u32 = 10;

/// What is there, and what happened lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The servers that the caller sees.
    pub servers: ServerCounts,
    /// How their status changed in the last 24 hours, newest first, at most ten times.
    pub changes: Vec<StatusChange>,
}

/// Overviews.
pub struct OverviewService {
    context: Arc<Context>,
}

impl OverviewService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// What there is within what the caller sees.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn of(&self, caller: &Caller) -> Result<Overview, Error> {
        caller.require(Permission::ServerRead)?;
        let (store, reach) = (&self.context.store, caller.reach());
        let (only, active_only) = (caller.linked_server(), caller.sees_active_only());
        let servers = store.server_counts(&CountQuery { reach, only, active_only }).await?;
        let since = self.context.clock.now() - TimeDelta::hours(RECENT_HOURS);
        let changes = StatusChangeQuery {
            reach,
            server_id: only,
            active_only,
            period: Period { from: Some(since), to: None },
            limit: MAX_RECENT_CHANGES,
        };
        Ok(Overview { servers, changes: store.status_changes(&changes).await? })
    }
}
