//! Overview: the first page of whoever looks after servers.

use std::sync::Arc;

use chrono::TimeDelta;

use super::context::Context;
use super::ranking::Compared;
use crate::access::{Caller, Extent, Permission};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::alert::{AlertStatus, Severity};
use crate::model::alert_query::{AlertQuery, AlertViewer};
use crate::model::audit::{AuditEntry, AuditQuery};
use crate::model::check_rollup::{StatusChange, StatusChangeQuery};
use crate::model::key::{ApiKey, KeyQuery};
use crate::model::overview::{CountQuery, ServerCounts};
use crate::model::page::{Page, PageRequest, SortOrder};
use crate::model::period::Period;
use crate::model::server::Server;
use crate::model::usage_ranking::{RankedBy, RankedServer};
use crate::model::usage_rollup::RecentUsage;

/// How far back changes of status are recent, in hours.
const RECENT_HOURS: i64 = 24;
/// The most recent changes of status.
const MAX_RECENT_CHANGES: u32 = 10;
/// The most servers that are called most, or are slowest.
const MAX_RANKED: u32 = 5;
/// Within which time keys expire soon.
pub const KEYS_EXPIRE_WITHIN: TimeDelta = TimeDelta::days(14);
/// The most keys that are named.
const MAX_EXPIRING: u32 = 5;
/// The most recent entries of the audit log.
const MAX_ENTRIES: u32 = 10;

/// How many alerts there are that are not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AlertCounts {
    /// Those that nobody said they know of, by how bad they are: in the order of [`Severity::ALL`].
    pub open: [u64; Severity::ALL.len()],
    /// Those that somebody knows of.
    pub acknowledged: u64,
}

/// What is there, and what happened lately.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The servers that the caller sees, by their health as lists show it.
    pub servers: ServerCounts,
    /// How their status changed in the last 24 hours, newest first, at most ten times.
    pub changes: Vec<StatusChange>,
    /// The calls of the last 24 hours and of those before.
    pub usage: RecentUsage,
    /// When servers were last compared; `None` if that is still going on, and the next two are empty.
    pub compared_at: Option<Timestamp>,
    /// The servers that were called most in the last 24 hours, at most five.
    pub busiest: Vec<(RankedServer, Server)>,
    /// The servers that were slowest in the last 24 hours, by the time of 95 of 100 calls, at most five.
    pub slowest: Vec<(RankedServer, Server)>,
    /// The keys that the caller manages and that expire within [`KEYS_EXPIRE_WITHIN`], the first five of them; `None` if it
    /// may not see keys.
    pub expiring_keys: Option<Page<ApiKey>>,
    /// The alerts that the caller sees.
    pub alerts: AlertCounts,
    /// The newest entries of the audit log, at most ten; `None` if the caller may not read it.
    pub activity: Option<Vec<AuditEntry>>,
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
        let (servers, changes, usage, compared, expiring_keys, alerts, activity) = tokio::try_join!(
            self.context.counted(caller),
            self.changes(caller),
            self.context.recent_usage(caller),
            self.context.compared_soon(caller),
            self.expiring_keys(caller),
            self.alerts(caller),
            self.activity(caller),
        )?;
        let (busiest, slowest) = tokio::try_join!(
            self.first(caller, compared.as_ref(), RankedBy::Requests),
            self.first(caller, compared.as_ref(), RankedBy::P95),
        )?;
        let compared_at = compared.map(|compared| compared.at);
        Ok(Overview {
            servers,
            changes,
            usage,
            compared_at,
            busiest,
            slowest,
            expiring_keys,
            alerts,
            activity,
        })
    }

    async fn changes(&self, caller: &Caller) -> Result<Vec<StatusChange>, Error> {
        let since = self.context.clock.now() - TimeDelta::hours(RECENT_HOURS);
        let changes = StatusChangeQuery {
            reach: caller.reach(),
            server_id: caller.linked_server(),
            active_only: caller.sees_active_only(),
            period: Period { from: Some(since), to: None },
            limit: MAX_RECENT_CHANGES,
        };
        Ok(self.context.store.status_changes(&changes).await?)
    }

    /// The first servers by this figure, of those that have it.
    async fn first(
        &self,
        caller: &Caller,
        compared: Option<&Compared>,
        by: RankedBy,
    ) -> Result<Vec<(RankedServer, Server)>, Error> {
        let Some(compared) = compared else { return Ok(Vec::new()) };
        let request = first(MAX_RANKED);
        let mut found = self.context.ranked(caller, compared, by, SortOrder::Desc, request).await?.items;
        found.retain(|(ranked, _)| ranked.has(by));
        Ok(found)
    }

    async fn expiring_keys(&self, caller: &Caller) -> Result<Option<Page<ApiKey>>, Error> {
        let Ok(extent) = caller.require(Permission::KeyRead) else { return Ok(None) };
        let managed_by = (extent == Extent::Own).then(|| caller.user_id());
        let (server_id, page) = (caller.linked_server(), first(MAX_EXPIRING));
        let query = KeyQuery { managed_by, server_id, page, ..KeyQuery::new(caller.reach()) };
        let now = self.context.clock.now();
        Ok(Some(self.context.store.expiring_keys(&query, now, now + KEYS_EXPIRE_WITHIN).await?))
    }

    async fn alerts(&self, caller: &Caller) -> Result<AlertCounts, Error> {
        let of = |status, severity| AlertQuery {
            status: Some(status),
            severity,
            page: first(1),
            ..AlertQuery::new(AlertViewer::of(caller))
        };
        let mut counts = AlertCounts::default();
        for (count, severity) in counts.open.iter_mut().zip(Severity::ALL) {
            *count = self.context.store.alerts(&of(AlertStatus::Open, Some(*severity))).await?.total;
        }
        counts.acknowledged = self.context.store.alerts(&of(AlertStatus::Acknowledged, None)).await?.total;
        Ok(counts)
    }

    async fn activity(&self, caller: &Caller) -> Result<Option<Vec<AuditEntry>>, Error> {
        if caller.require(Permission::AuditRead).is_err() || caller.linked_server().is_some() {
            return Ok(None);
        }
        let query = AuditQuery { page: first(MAX_ENTRIES), ..AuditQuery::new(caller.reach()) };
        Ok(Some(self.context.store.audit(&query).await?.items))
    }
}

/// The first page of so many.
fn first(limit: u32) -> PageRequest {
    PageRequest::new(1, limit).unwrap_or_default()
}

impl Context {
    /// How many servers the caller sees, by status and by health as lists show it.
    async fn counted(&self, caller: &Caller) -> Result<ServerCounts, Error> {
        let impaired = self.impaired_servers().await?;
        let (only, active_only) = (caller.linked_server(), caller.sees_active_only());
        let query = CountQuery { reach: caller.reach(), only, active_only, impaired };
        Ok(self.store.server_counts(&query).await?)
    }
}
