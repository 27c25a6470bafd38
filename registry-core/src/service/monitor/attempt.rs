//! Doing a check that is due.

use std::time::Duration;

use chrono::TimeDelta;

use super::Outcome;
use super::job::{Job, Reason};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::health::{CheckError, CheckReport, CheckStatus, CheckType, HealthCheck};
use crate::model::health_record::HealthRecord;
use crate::model::id::ServerId;
use crate::model::inventory::FoundList;
use crate::model::server::Server;
use crate::model::watch::Lease;
use crate::probe::{ProbeTarget, Probed, UNAUTHORIZED};
use crate::service::context::Context;
use crate::service::health_job::Asked;
use crate::service::secret::Purpose;

/// The pause before a check that failed is tried again.
pub(super) const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How often tools, resources and prompts are listed.
const DEEP_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// Checks a server and stores what came of it. A server that is gone by now is nobody's matter any more.
pub(super) async fn check(context: &Context, job: &Job) -> Result<Outcome, Error> {
    let (record, lists) = match &job.reason {
        Reason::Due(lease) => due(context, job, *lease).await,
        Reason::Asked(asked) => self::asked(context, job, asked).await,
        Reason::Noted => noted(context, job).await,
    };
    context.keep_check(&job.server, &record, lists).await?;
    let report = record.check.report;
    Ok(Outcome { status: report.status, code: report.error.map(|error| error.code) })
}

async fn due(context: &Context, job: &Job, lease: Lease) -> (HealthRecord, Vec<FoundList>) {
    let deep = is_deep(&job.server, context.clock.now());
    let Probed { report, lists } = look(context, job, deep, job.server.health_policy.retries).await;
    let check = context.health_check(&job.server, report, CheckType::Scheduled, deep);
    (HealthRecord { claim: Some(lease), ..context.health_record(check, None) }, lists)
}

/// Whoever asks wants to know how it is now: there is one look.
async fn asked(context: &Context, job: &Job, asked: &Asked) -> (HealthRecord, Vec<FoundList>) {
    let Probed { report, lists } = look(context, job, asked.deep, 0).await;
    let check = context.health_check(&job.server, report, CheckType::Manual, asked.deep);
    let check = HealthCheck { performed_by: Some(asked.caller.user_id()), ..check };
    (context.asked_record(&asked.caller, check), lists)
}

/// What the server lists now is told by a deep check.
async fn noted(context: &Context, job: &Job) -> (HealthRecord, Vec<FoundList>) {
    let Probed { report, lists } = look(context, job, true, 0).await;
    let check = context.health_check(&job.server, report, CheckType::Automatic, true);
    (context.health_record(check, None), lists)
}

/// Whether it is time to list tools, resources and prompts again.
fn is_deep(server: &Server, now: Timestamp) -> bool {
    server.health.last_deep_at.is_none_or(|last| now - last >= DEEP_INTERVAL)
}

/// Looks at the server until it is found well, as often as is said and as there is time.
async fn look(context: &Context, job: &Job, deep: bool, mut retries: u32) -> Probed {
    let server = &job.server;
    let auth = match context.open_auth(server, Purpose::HealthCheck) {
        Ok(auth) => auth,
        Err(error) => return sealed(server.id, &error).into(),
    };
    let target = ProbeTarget { endpoint: &server.endpoint, auth: &auth, timeout: job.timeout(), deep };
    loop {
        let probed = context.probe.probe(target).await.judged(&server.health_policy);
        if !probed.report.status.is_failure() || retries == 0 || !job.has_time(RETRY_PAUSE) {
            return probed;
        }
        retries -= 1;
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Credentials that cannot be opened are a fault of this service, which its operator has to hear of.
fn sealed(id: ServerId, error: &Error) -> CheckReport {
    tracing::error!(server = %id, error = crate::error::chain(error), "credentials cannot be opened");
    CheckReport {
        status: CheckStatus::Error,
        response_time_us: 0,
        connectivity: false,
        authentication: false,
        capabilities: Vec::new(),
        protocol_version: None,
        tools_count: None,
        resources_count: None,
        prompts_count: None,
        error: Some(CheckError {
            code: UNAUTHORIZED.to_owned(),
            message: "the service cannot decrypt the credentials of the server".to_owned(),
        }),
    }
}
