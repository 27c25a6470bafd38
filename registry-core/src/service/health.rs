//! Health: checking a server.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::event::What;
use super::secret::Purpose;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::audit::{Action, AuditEvent, EventType, ResourceType};
use crate::model::field::FieldErrors;
use crate::model::health::{CheckReport, CheckType, HealthCheck};
use crate::model::health_record::{AlertIds, HealthRecord};
use crate::model::id::{AlertId, HealthCheckId, ServerId};
use crate::model::inventory::FoundList;
use crate::model::server::Server;
use crate::probe::{ProbeTarget, Probed};

/// How long a manual check may take, in seconds.
pub const MAX_TIMEOUT_SECONDS: u32 = 30;

/// Health of servers.
pub struct HealthService {
    pub(super) context: Arc<Context>,
}

impl Context {
    /// What the store gets of a check.
    pub(super) fn health_record(&self, check: HealthCheck, asked: Option<AuditEvent>) -> HealthRecord {
        let ids = || AlertIds { alert: AlertId(self.clock.new_id()), event: self.clock.new_id() };
        let (transition_id, alert_ids) = (self.clock.new_id(), [ids(), ids()]);
        HealthRecord { check, asked, claim: None, transition_id, alert_ids }
    }

    /// The same of a check that `caller` asked for.
    pub(super) fn asked_record(&self, caller: &Caller, check: HealthCheck) -> HealthRecord {
        let what = What {
            event_type: EventType::HealthCheckPerformed,
            action: Action::Check,
            resource_type: ResourceType::Server,
            resource_id: check.server_id.0,
            tenant_id: check.tenant_id,
        };
        let metadata = json!({ "status": check.report.status, "deep": check.deep, "checkId": check.id });
        let event = self.event(caller, what, metadata);
        self.health_record(check, Some(event))
    }

    /// A check that ended now with this report, which nobody asked for.
    pub(super) fn health_check(
        &self,
        server: &Server,
        report: CheckReport,
        check_type: CheckType,
        deep: bool,
    ) -> HealthCheck {
        HealthCheck {
            id: HealthCheckId(self.clock.new_id()),
            tenant_id: server.tenant_id,
            server_id: server.id,
            performed_at: self.clock.now(),
            performed_by: None,
            check_type,
            deep,
            report,
        }
    }

    /// Looks at a server once, with its credentials; the report is as its policy sees it.
    pub(super) async fn look(&self, server: &Server, timeout: Duration, deep: bool) -> Result<Probed, Error> {
        let auth = self.open_auth(server, Purpose::HealthCheck)?;
        let target = ProbeTarget { endpoint: &server.endpoint, auth: &auth, timeout, deep };
        Ok(self.probe.probe(target).await.judged(&server.health_policy))
    }

    /// Stores a check of a server, and what it listed.
    pub(super) async fn keep_check(
        &self,
        server: &Server,
        record: &HealthRecord,
        lists: Vec<FoundList>,
    ) -> Result<(), Error> {
        self.store.record_health(record).await?;
        self.keep_capabilities(server, lists).await
    }
}

impl HealthService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Checks a server now, stores what came of it, and audits it. `timeout_seconds` (1 to 30) is the server's own
    /// unless given; a `deep` check lists tools, resources and prompts too.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn check(
        &self,
        caller: &Caller,
        id: ServerId,
        timeout_seconds: Option<u32>,
        deep: bool,
    ) -> Result<HealthCheck, Error> {
        let server = self.context.permitted_server(caller, Permission::HealthCheck, id).await?;
        let timeout = timeout_seconds.unwrap_or(server.health_policy.timeout_seconds);
        if timeout == 0 || timeout > MAX_TIMEOUT_SECONDS {
            return Err(FieldErrors::one("timeout", "must be between 1 and 30 seconds").into());
        }
        let Probed { report, lists } =
            self.context.look(&server, Duration::from_secs(timeout.into()), deep).await?;
        let check = self.context.health_check(&server, report, CheckType::Manual, deep);
        let check = HealthCheck { performed_by: Some(caller.user_id()), ..check };
        let record = self.context.asked_record(caller, check);
        self.context.keep_check(&server, &record, lists).await?;
        Ok(record.check)
    }
}
