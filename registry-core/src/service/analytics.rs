//! Analytics: usage over time, and servers compared.

use std::sync::Arc;

use chrono::TimeDelta;

use super::context::Context;
use super::ranking::Compared;
use crate::access::{Caller, Permission, Resource};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::id::ServerId;
use crate::model::page::{Page, PageRequest, SortOrder};
use crate::model::period::{Period, Resolution};
use crate::model::rollup::sum;
use crate::model::server::Server;
use crate::model::trend::{TrendPoint, TrendQuery};
use crate::model::usage_query::UsageInput;
use crate::model::usage_ranking::{RankedBy, RankedServer, RankingInput, RankingRange};
use crate::model::usage_rollup::{
    RecentUsage, UsageOf, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery, UsageTally,
};

/// How long minutes are kept, in hours: two days, and the hour that they begin in.
const MINUTES_KEPT_HOURS: i64 = 49;
/// How long hours are kept, in days.
const HOURS_KEPT_DAYS: i64 = 31;
/// How long days are kept, in days.
const DAYS_KEPT_DAYS: i64 = 367;
/// The most rows that one call removes one by one.
const PRUNED_AT_ONCE: u32 = 2_000;

/// How a server was used over a range, or all of them together.
#[derive(Debug, Clone)]
pub struct UsageSeries {
    /// The server; `None` for all together.
    pub server_id: Option<ServerId>,
    /// What all calls came to.
    pub total: UsageTally,
    /// What they came to part by part, in order.
    pub points: Vec<TrendPoint<UsageTally>>,
}

/// Usage over a range.
#[derive(Debug, Clone)]
pub struct UsageTrend {
    /// The range.
    pub query: TrendQuery,
    /// Each server that was asked for, in the order in which it was asked for, or one of all together.
    pub series: Vec<UsageSeries>,
}

/// Servers compared.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// Over which time.
    pub range: RankingRange,
    /// When they were compared.
    pub at: Timestamp,
    /// A page of them, in order.
    pub servers: Page<(RankedServer, Server)>,
}

/// Usage over time.
pub struct AnalyticsService {
    context: Arc<Context>,
}

impl AnalyticsService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// How these servers were used over a range, each for itself; without any, how all servers of the caller's tenant
    /// were, or of all tenants for an administrator, or the one that the caller's key is for.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`], also of a server that is merely shared with the caller's tenant;
    /// [`Error::Invalid`].
    pub async fn usage(&self, caller: &Caller, input: UsageInput) -> Result<UsageTrend, Error> {
        caller.require(Permission::ServerRead)?;
        let query = input.validate(self.context.clock.now())?;
        let mut servers = query.servers;
        if servers.is_empty() {
            servers.extend(caller.linked_server());
        }
        for id in &servers {
            let server = self.context.permitted_server(caller, Permission::ServerRead, *id).await?;
            if !caller.reach().owns(&server) {
                return Err(Error::Forbidden("how a server is used is told to its own tenant".to_owned()));
            }
        }
        let mut series = Vec::with_capacity(servers.len().max(1));
        if servers.is_empty() {
            series.push(self.series(caller, None, query.trend).await?);
        }
        for id in servers {
            series.push(self.series(caller, Some(id), query.trend).await?);
        }
        Ok(UsageTrend { query: query.trend, series })
    }

    async fn series(
        &self,
        caller: &Caller,
        server_id: Option<ServerId>,
        trend: TrendQuery,
    ) -> Result<UsageSeries, Error> {
        let of = server_id.map_or(UsageOf::Whole, UsageOf::Server);
        let rollups = self.context.usage_rollups(caller, of, trend.resolution, trend.period()).await?;
        Ok(UsageSeries { server_id, total: sum(&rollups), points: trend.points(&rollups) })
    }

    /// A page of the servers of the caller's tenant, or of all tenants for an administrator, in the order of a figure. The
    /// figures are up to a minute old; those of the last 24 hours up to ten, if nobody asked for longer.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn ranking(&self, caller: &Caller, input: RankingInput) -> Result<Ranking, Error> {
        caller.require(Permission::ServerRead)?;
        let range = input.range(self.context.clock.now())?;
        let range = (!input.is_recent()).then_some(range);
        let compared = self.context.compared(caller, range).await?;
        let order = input.order.unwrap_or(input.by.usual_order());
        let servers = self.context.ranked(caller, &compared, input.by, order, input.page).await?;
        Ok(Ranking { range: compared.range, at: compared.at, servers })
    }

    /// Forgets roll-ups that are too old, a bounded part of them; tells how many, and whether there is more. For the
    /// service itself, to be called now and then.
    ///
    /// # Errors
    /// [`Error`] if the store could not; the next call tries again.
    pub async fn prune(&self) -> Result<UsagePruned, Error> {
        let now = self.context.clock.now();
        let before = |kept| now.checked_sub_signed(kept).unwrap_or(Timestamp::UNIX_EPOCH);
        let prune = UsagePrune {
            now,
            minutes_before: before(TimeDelta::hours(MINUTES_KEPT_HOURS)),
            hours_before: before(TimeDelta::days(HOURS_KEPT_DAYS)),
            days_before: before(TimeDelta::days(DAYS_KEPT_DAYS)),
            limit: PRUNED_AT_ONCE,
        };
        Ok(self.context.store.prune_usage(&prune).await?)
    }
}

impl Context {
    async fn usage_rollups(
        &self,
        caller: &Caller,
        of: UsageOf,
        resolution: Resolution,
        period: Period,
    ) -> Result<Vec<UsageRollup>, Error> {
        let query = UsageRollupQuery { reach: caller.reach(), of, resolution, period };
        Ok(self.store.usage_rollups(&query).await?)
    }

    /// The calls of the last 24 hours and of those before, of all servers of the caller's tenant, of all tenants for an
    /// administrator, or of the one server that the caller's key is for.
    pub(super) async fn recent_usage(&self, caller: &Caller) -> Result<RecentUsage, Error> {
        let (now, of) = (self.clock.now(), caller.linked_server().map_or(UsageOf::Whole, UsageOf::Server));
        let [early, late] = RecentUsage::minutes(now);
        let (hours, early, late) = tokio::try_join!(
            self.usage_rollups(caller, of, Resolution::Hour, RecentUsage::hours(now)),
            self.usage_rollups(caller, of, Resolution::Minute, early),
            self.usage_rollups(caller, of, Resolution::Minute, late),
        )?;
        Ok(RecentUsage::of(now, &hours, [&early, &late]))
    }

    /// A page of what was compared, in the order of this figure, with the servers as they are now. Those that the caller
    /// does not see any more are left out.
    pub(super) async fn ranked(
        &self,
        caller: &Caller,
        compared: &Compared,
        by: RankedBy,
        order: SortOrder,
        request: PageRequest,
    ) -> Result<Page<(RankedServer, Server)>, Error> {
        let mut ranked: Vec<_> = compared.servers.iter().collect();
        ranked.sort_unstable_by(|one, other| one.compare(other, by, order));
        let mut items = Vec::new();
        for of in request.cut(ranked) {
            let server = self.store.server(caller.reach(), of.server_id).await?;
            items.extend(server.filter(|server| server.is_visible_to(caller)).map(|server| (*of, server)));
        }
        let mut servers: Vec<_> = items.iter().map(|(_, server)| server.clone()).collect();
        self.note_dependencies(caller, &mut servers).await?;
        let items = items.into_iter().map(|(of, _)| of).zip(servers).collect();
        Ok(Page { items, total: compared.servers.len() as u64, request })
    }
}
