//! Usage over time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use registry_core::Registry;
use registry_core::model::id::ServerId;
use registry_core::model::page::SortOrder;
use registry_core::model::period::Resolution;
use registry_core::model::trend::RangeInput;
use registry_core::model::usage_query::UsageInput;
use registry_core::model::usage_ranking::{RankedBy, RankingInput};
use uuid::Uuid;

use super::Tag;
use super::analytics_body::{RankingBody, UsageTrendBody};
use super::page;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

/// Operations on usage over time.
pub struct AnalyticsApi {
    registry: Arc<Registry>,
}

impl AnalyticsApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/analytics", tag = "Tag::Analytics")]
impl AnalyticsApi {
    /// Tells how servers were called over time, each for itself, or all of the caller's tenant together.
    #[oai(path = "/usage", method = "get", operation_id = "getUsage")]
    async fn usage(
        &self,
        auth: Auth,
        /// The servers, at most ten; all of the caller's tenant together without any (of all tenants for administrators).
        #[oai(name = "serverId")]
        server_id: Query<Vec<Uuid>>,
        /// From this time on. Without it an hour, 24 hours or 30 days before `to`, by the resolution.
        from: Query<Option<DateTime<Utc>>>,
        /// To before this time; the present by default.
        to: Query<Option<DateTime<Utc>>>,
        /// By `minute` (of at most 24 hours), `hour` (of at most 30 days), the default, or `day` (of at most 366).
        resolution: Query<Option<Word<Resolution>>>,
        /// Into how many equal parts the minutes, hours or days are put together: 1 to 200.
        slots: Query<Option<u32>>,
    ) -> Result<Json<UsageTrendBody>, ApiError> {
        let input = UsageInput {
            servers: server_id.0.into_iter().map(ServerId).collect(),
            range: RangeInput { from: from.0, to: to.0, slots: slots.0 },
            resolution: resolution.0.map(|word| word.0),
        };
        Ok(Json(self.registry.analytics.usage(&auth.0, input).await?.into()))
    }

    /// Compares the servers of the caller's tenant (of all tenants for administrators): which are called most, fail most,
    /// are slowest, or were down most.
    #[oai(path = "/servers", method = "get", operation_id = "compareServers")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn servers(
        &self,
        auth: Auth,
        /// By what: `requests` by default.
        sort: Query<Option<Word<RankedBy>>>,
        /// In which direction: what needs a look comes first by default, so `asc` for `uptime` and `desc` for the others.
        order: Query<Option<Word<SortOrder>>>,
        /// From this time on; 24 hours before `to` by default, at most 31 days.
        from: Query<Option<DateTime<Utc>>>,
        /// To before this time; the present by default.
        to: Query<Option<DateTime<Utc>>>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most servers of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<RankingBody>, ApiError> {
        let input = RankingInput {
            by: sort.0.map_or(RankedBy::Requests, |word| word.0),
            order: order.0.map(|word| word.0),
            from: from.0,
            to: to.0,
            page: page::request(page.0, limit.0)?,
        };
        Ok(Json(self.registry.analytics.ranking(&auth.0, input).await?.into()))
    }
}
