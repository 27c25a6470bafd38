//! Checks of many servers at once: what was asked for becomes a job, which the monitor of this node does.

use std::sync::{Arc, PoisonError};

use chrono::TimeDelta;
use tokio::sync::mpsc;

use super::context::Context;
use super::health::HealthService;
use super::server::ListServers;
use crate::access::{Caller, Permission, require};
use crate::error::Error;
use crate::model::field::FieldErrors;
use crate::model::health_job::{HealthJob, JobState};
use crate::model::id::{HealthJobId, ServerId};
use crate::model::page::PageRequest;
use crate::model::role::Role;
use crate::model::server::{HealthFilter, Server, ServerQuery};

/// How many servers a job has at most.
pub const MAX_JOB_SERVERS: u32 = 1_000;
/// How many jobs wait for a node's monitor at most.
pub(super) const MAX_JOBS_WAITING: usize = 16;
/// How long a job is kept.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// After how long without a word of it a job counts as stopped: its node is gone.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// Which servers a job is to check.
#[derive(Debug, Clone)]
pub enum JobServers {
    /// These: 1 to [`MAX_JOB_SERVERS`], each once.
    These(Vec<ServerId>),
    /// Those of a list that the caller may check, but for order and page; at most [`MAX_JOB_SERVERS`].
    Listed(ListServers),
}

/// A job on its way to the monitor.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) job: HealthJob,
    pub(super) asked: Arc<Asked>,
    pub(super) servers: Vec<Server>,
}

/// Who asked for the checks of a job.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: HealthJobId,
    pub(super) caller: Caller,
    pub(super) deep: bool,
}

impl HealthService {
    /// Checks many servers, one after the other and as many at once as the node's monitor does. Answers at once with the
    /// job; each check is recorded and audited as one that was asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are too many servers or none, or one is not seen; [`Error::Forbidden`];
    /// [`Error::Busy`] if too many jobs wait on this node, or it has no monitor.
    pub async fn check_many(
        &self,
        caller: &Caller,
        servers: JobServers,
        deep: bool,
    ) -> Result<HealthJob, Error> {
        caller.require(Permission::HealthCheck)?;
        let servers = match servers {
            JobServers::These(ids) => self.these(caller, ids).await?,
            JobServers::Listed(list) => self.listed(caller, list).await?,
        };
        let job = self.new_job(caller, &servers, deep)?;
        let place = self.context.place_for_job()?;
        self.context.store.prune_health_jobs(job.created_at - LIFETIME).await?;
        self.context.store.put_health_job(&job).await?;
        let asked = Arc::new(Asked { id: job.id, caller: caller.clone(), deep });
        place.send(Batch { job: job.clone(), asked, servers });
        Ok(job)
    }

    /// How far a job is, for who asked for it, and for administrators of their tenant.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn job(&self, caller: &Caller, id: HealthJobId) -> Result<HealthJob, Error> {
        let job = self.context.store.health_job(caller.tenant_id(), id).await?;
        let is_own = |job: &HealthJob| job.created_by == caller.user_id() || caller.role() == Role::Admin;
        // A key for one server does not hear of others.
        let fits = |job: &HealthJob| caller.linked_server().is_none_or(|own| job.linked_server == Some(own));
        let mut job = job.filter(|job| is_own(job) && fits(job)).ok_or(Error::NotFound)?;
        caller.require(Permission::HealthCheck)?;
        if job.state == JobState::Running && self.context.clock.now() - job.updated_at > SILENCE {
            job.state = JobState::Stopped;
        }
        Ok(job)
    }

    fn new_job(&self, caller: &Caller, servers: &[Server], deep: bool) -> Result<HealthJob, Error> {
        let context = &self.context;
        let total = u32::try_from(servers.len()).unwrap_or(u32::MAX);
        if total == 0 || total > MAX_JOB_SERVERS {
            return Err(FieldErrors::one("servers", "must be 1 to 1000 servers").into());
        }
        let now = context.clock.now();
        Ok(HealthJob {
            id: HealthJobId(context.clock.new_id()),
            tenant_id: caller.tenant_id(),
            created_by: caller.user_id(),
            linked_server: caller.linked_server(),
            deep,
            state: JobState::Running,
            total,
            done: 0,
            by_status: Default::default(),
            failures: Vec::new(),
            created_at: now,
            updated_at: now,
        })
    }

    async fn these(&self, caller: &Caller, mut ids: Vec<ServerId>) -> Result<Vec<Server>, Error> {
        ids.sort_unstable();
        ids.dedup();
        // No more are read than may be checked.
        ids.truncate(MAX_JOB_SERVERS as usize + 1);
        let mut servers = Vec::with_capacity(ids.len());
        for id in ids {
            match self.context.permitted_server(caller, Permission::HealthCheck, id).await {
                Ok(server) => servers.push(server),
                Err(Error::NotFound) => {
                    return Err(FieldErrors::one("servers", format!("there is no such server: {id}")).into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(servers)
    }

    async fn listed(&self, caller: &Caller, list: ListServers) -> Result<Vec<Server>, Error> {
        let mut servers = Vec::new();
        for page in 1.. {
            let page = PageRequest::new(page, PageRequest::MAX_LIMIT);
            let page = page.map_err(|(field, invalid)| FieldErrors::one(field, invalid))?;
            let query = ServerQuery { page, ..self.context.server_query(caller, list.clone()).await? };
            let found = self.context.store.servers(&query).await?;
            let is_last = u64::from(page.page()) >= found.total_pages();
            servers.extend(
                found.items.into_iter().filter(|s| require(caller, Permission::HealthCheck, s).is_ok()),
            );
            if is_last || servers.len() > MAX_JOB_SERVERS as usize {
                break;
            }
        }
        Ok(servers)
    }
}

impl Context {
    /// A place for a job, if there is a monitor that takes it.
    fn place_for_job(&self) -> Result<mpsc::Permit<'_, Batch>, Error> {
        let is_taken = self.ordered.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        let place = self.orders.try_reserve().ok().filter(|_| is_taken);
        place.ok_or(Error::Busy)
    }

    /// What a list has, as the caller sees it.
    pub(super) async fn server_query(
        &self,
        caller: &Caller,
        list: ListServers,
    ) -> Result<ServerQuery, Error> {
        let health = match list.health.is_empty() {
            true => None,
            false => Some(HealthFilter { any_of: list.health, impaired: self.impaired_servers().await? }),
        };
        Ok(ServerQuery {
            health,
            reach: caller.reach(),
            only: caller.linked_server(),
            without: if list.with_hidden { Vec::new() } else { self.hidden_servers(caller).await? },
            tenant_id: list.tenant_id,
            active_only: caller.sees_active_only(),
            status: list.status,
            search: list.search.map(|text| text.to_lowercase()).filter(|text| !text.is_empty()),
            tags: list.tags,
            sort: list.sort,
            order: list.order,
            page: list.page,
        })
    }
}
