//! Alerts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use registry_core::Registry;
use registry_core::model::alert::{AlertStatus, AlertType, Severity};
use registry_core::model::alert_query::{AlertQuery, AlertViewer};
use registry_core::model::id::{AlertId, ServerId};
use uuid::Uuid;

use super::Tag;
use super::alert_body::{AcknowledgeAlerts, Acknowledged, AlertBody, AlertList};
use super::page::{self, Pagination};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

/// Operations on alerts.
pub struct AlertApi {
    registry: Arc<Registry>,
}

impl AlertApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/alerts", tag = "Tag::Alerts")]
impl AlertApi {
    /// Lists alerts, newest first: those of servers that the caller sees, of its own keys, and of itself; an
    /// administrator's list has all.
    #[oai(path = "/", method = "get", operation_id = "listAlerts")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most alerts of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
        /// Only those that are so far.
        status: Query<Option<Word<AlertStatus>>>,
        /// Only of this type.
        #[oai(name = "type")]
        alert_type: Query<Option<Word<AlertType>>>,
        /// Only those that are as bad as this.
        severity: Query<Option<Word<Severity>>>,
        /// Only of this server, and of keys that are for it.
        #[oai(name = "serverId")]
        server_id: Query<Option<Uuid>>,
        /// Only those raised at this time or later.
        from: Query<Option<DateTime<Utc>>>,
        /// Only those raised before this time.
        to: Query<Option<DateTime<Utc>>>,
    ) -> Result<Json<AlertList>, ApiError> {
        let query = AlertQuery {
            status: status.0.map(|word| word.0),
            alert_type: alert_type.0.map(|word| word.0),
            severity: severity.0.map(|word| word.0),
            server_id: server_id.0.map(ServerId),
            from: from.0,
            to: to.0,
            page: page::request(page.0, limit.0)?,
            ..AlertQuery::new(AlertViewer::of(&auth.0))
        };
        let found = self.registry.alerts.list(&auth.0, query).await?;
        let pagination = Pagination::from(&found);
        Ok(Json(AlertList { alerts: found.items.into_iter().map(AlertBody::from).collect(), pagination }))
    }

    /// Tells about one alert.
    #[oai(path = "/:id", method = "get", operation_id = "getAlert")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<AlertBody>, ApiError> {
        Ok(Json(self.registry.alerts.get(&auth.0, AlertId(id.0)).await?.into()))
    }

    /// Says that the caller knows of an alert. To say it again changes nothing.
    #[oai(path = "/:id/acknowledge", method = "post", operation_id = "acknowledgeAlert")]
    async fn acknowledge(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<AlertBody>, ApiError> {
        Ok(Json(self.registry.alerts.acknowledge(&auth.0, AlertId(id.0)).await?.into()))
    }

    /// Says that an alert is over. If what raised it goes on, it is raised anew.
    #[oai(path = "/:id/resolve", method = "post", operation_id = "resolveAlert")]
    async fn resolve(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<AlertBody>, ApiError> {
        Ok(Json(self.registry.alerts.resolve(&auth.0, AlertId(id.0)).await?.into()))
    }

    /// Acknowledges up to 100 alerts, each for itself: the answer says which were not, and why.
    #[oai(path = "/acknowledge", method = "post", operation_id = "acknowledgeAlerts")]
    async fn acknowledge_all(
        &self,
        auth: Auth,
        body: Json<AcknowledgeAlerts>,
    ) -> Result<Json<Acknowledged>, ApiError> {
        let ids: Vec<_> = body.0.ids.into_iter().map(AlertId).collect();
        let outcomes = self.registry.alerts.acknowledge_all(&auth.0, &ids).await?;
        Ok(Json(Acknowledged::from(outcomes)))
    }
}
