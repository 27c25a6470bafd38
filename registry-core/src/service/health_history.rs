//! History of health: reading it, and forgetting what is too old.

use chrono::TimeDelta;

use super::health::HealthService;
use crate::access::{Caller, Permission};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::check_rollup::{CheckTally, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery};
use crate::model::health::HealthCheck;
use crate::model::health_history::{HistoryInput, HistoryQuery, Uptime};
use crate::model::id::ServerId;
use crate::model::page::Page;
use crate::model::period::Resolution;
use crate::model::rollup::sum;
use crate::model::server::Server;
use crate::model::trend::{TrendPoint, TrendQuery};

/// The most changes of status that are shown of a range.
pub const MAX_CHANGES: u32 = 100;
/// How long checks are kept unless the operator says otherwise, in days.
pub const HISTORY_DAYS: u32 = 30;
/// How long roll-ups of hours and changes of status are kept, in days.
const HOURS_KEPT_DAYS: i64 = 91;
/// How long roll-ups of days are kept, in days.
const DAYS_KEPT_DAYS: i64 = 732;
/// The most rows that one write removes one by one.
const PRUNED_AT_ONCE: u32 = 1_000;

/// A server's state and a part of its history.
#[derive(Debug, Clone)]
pub struct ServerHistory {
    /// The server, its state among the rest.
    pub server: Server,
    /// How much of the time checks succeeded.
    pub uptime: Uptime,
    /// What was asked for.
    pub shown: Shown,
}

/// A part of a server's history.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Checks, newest first.
    Checks(Page<HealthCheck>),
    /// What checks came to over a range.
    Trend(Trend),
}

/// What checks came to over a range.
#[derive(Debug, Clone)]
pub struct Trend {
    /// The range.
    pub query: TrendQuery,
    /// What all of them came to.
    pub total: CheckTally,
    /// What they came to part by part, in order.
    pub points: Vec<TrendPoint<CheckTally>>,
    /// The changes of status, newest first, at most [`MAX_CHANGES`].
    pub changes: Vec<StatusChange>,
}

/// How long health history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryRetention {
    /// How long checks are, in days.
    pub checks_days: u32,
}

impl Default for HistoryRetention {
    /// 30 days.
    fn default() -> Self {
        Self { checks_days: HISTORY_DAYS }
    }
}

impl HistoryRetention {
    fn prune(self, now: Timestamp) -> HealthPrune {
        let before =
            |days: i64| now.checked_sub_signed(TimeDelta::days(days)).unwrap_or(Timestamp::UNIX_EPOCH);
        HealthPrune {
            now,
            checks_before: before(self.checks_days.into()),
            hours_before: before(HOURS_KEPT_DAYS),
            days_before: before(DAYS_KEPT_DAYS),
            limit: PRUNED_AT_ONCE,
        }
    }
}

impl HealthService {
    /// The server's state, its uptime, and the part of its history that `input` names.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn history(
        &self,
        caller: &Caller,
        id: ServerId,
        input: HistoryInput,
    ) -> Result<ServerHistory, Error> {
        let server = self.context.permitted_server(caller, Permission::ServerRead, id).await?;
        let server = self.context.with_dependencies(caller, server).await?;
        let shown = match input.validate(self.context.clock.now())? {
            HistoryQuery::Checks(period, page) => {
                let checks = self.context.store.health_checks(caller.reach(), id, period, page).await?;
                Shown::Checks(checks)
            }
            HistoryQuery::Trend(query) => Shown::Trend(self.trend(caller, id, query).await?),
        };
        let uptime = self.uptime(caller, id).await?;
        Ok(ServerHistory { server, uptime, shown })
    }

    async fn trend(&self, caller: &Caller, id: ServerId, query: TrendQuery) -> Result<Trend, Error> {
        let (store, reach, period) = (&self.context.store, caller.reach(), query.period());
        let rollups = store.check_rollups(reach, id, query.resolution, period).await?;
        let changes =
            StatusChangeQuery { reach, server_id: Some(id), active_only: false, period, limit: MAX_CHANGES };
        let changes = store.status_changes(&changes).await?;
        Ok(Trend { query, total: sum(&rollups), points: query.points(&rollups), changes })
    }

    async fn uptime(&self, caller: &Caller, id: ServerId) -> Result<Uptime, Error> {
        let (store, reach, now) = (&self.context.store, caller.reach(), self.context.clock.now());
        let hours = store.check_rollups(reach, id, Resolution::Hour, Uptime::hours(now)).await?;
        let days = store.check_rollups(reach, id, Resolution::Day, Uptime::days(now)).await?;
        Ok(Uptime::of(now, &hours, &days))
    }

    /// Forgets history that is older than the policy says, a bounded part of it; tells what, and whether there is more.
    /// For the service itself, to be called now and then.
    ///
    /// # Errors
    /// [`Error`] if the store could not; the next call tries again.
    pub async fn prune(&self) -> Result<HealthPruned, Error> {
        let prune = self.context.policy.history.prune(self.context.clock.now());
        Ok(self.context.store.prune_health(&prune).await?)
    }
}
