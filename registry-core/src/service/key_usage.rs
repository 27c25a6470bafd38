//! How much keys were used, in all and over time.

use super::usage::UsageService;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::id::ApiKeyId;
use crate::model::rollup::sum;
use crate::model::trend::{TrendPoint, TrendQuery};
use crate::model::usage::{Usage, UsageSubject};
use crate::model::usage_query::KeyUsageInput;
use crate::model::usage_rollup::{UsageOf, UsageRollupQuery, UsageTally};

/// How much a key was used.
#[derive(Debug, Clone)]
pub struct KeyUsage {
    /// Since it was made.
    pub counters: Usage,
    /// Over a range, if one was asked for.
    pub trend: Option<KeyTrend>,
}

/// How a key was used over a range.
#[derive(Debug, Clone)]
pub struct KeyTrend {
    /// The range.
    pub query: TrendQuery,
    /// What all requests came to.
    pub total: UsageTally,
    /// What they came to part by part, in order.
    pub points: Vec<TrendPoint<UsageTally>>,
}

impl UsageService {
    /// How much a key was used: its counters, and the range that `input` names.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn of_key(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        input: KeyUsageInput,
    ) -> Result<KeyUsage, Error> {
        let key = self.context.permitted_key(caller, Permission::KeyRead, id).await?;
        let query = input.validate(self.context.clock.now())?;
        let counters = self.context.store.usage(Some(key.tenant_id), UsageSubject::Key(id)).await?;
        let trend = match query {
            Some(query) => Some(self.trend(caller, id, query).await?),
            None => None,
        };
        Ok(KeyUsage { counters, trend })
    }

    async fn trend(&self, caller: &Caller, id: ApiKeyId, query: TrendQuery) -> Result<KeyTrend, Error> {
        let (reach, of) = (caller.reach(), UsageOf::Key(id));
        let rollups = UsageRollupQuery { reach, of, resolution: query.resolution, period: query.period() };
        let rollups = self.context.store.usage_rollups(&rollups).await?;
        Ok(KeyTrend { query, total: sum(&rollups), points: query.points(&rollups) })
    }
}
