//! Jobs: the checks that somebody asked for, of many servers at once. They go into the lines as fast as they are done,
//! so that those which are due find a place too.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::TimeDelta;

use super::job::Job;
use super::line::Lines;
use crate::clock::Timestamp;
use crate::error::{Error, chain};
use crate::model::health_job::{HealthJob, JobState};
use crate::model::id::{HealthJobId, ServerId};
use crate::model::server::Server;
use crate::service::context::Context;
use crate::service::health_job::{Asked, Batch};

/// How often a job that goes on is written at least.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(10);

/// How many jobs a node does at once.
const MAX_JOBS: usize = 16;

/// The jobs of this node.
#[derive(Default)]
pub(super) struct Jobs {
    running: HashMap<HealthJobId, Progress>,
    waiting: VecDeque<(Arc<Asked>, Server)>,
    in_lines: usize,
}

struct Progress {
    job: HealthJob,
    /// Whether there is more than was written.
    is_new: bool,
}

impl Jobs {
    /// Whether another job can be taken. Those that wait meanwhile are few, and then there are no more.
    pub(super) fn has_room(&self) -> bool {
        self.running.len() < MAX_JOBS
    }

    pub(super) fn add(&mut self, batch: Batch) {
        let Batch { job, asked, servers } = batch;
        self.running.insert(job.id, Progress { job, is_new: false });
        self.waiting.extend(servers.into_iter().map(|server| (asked.clone(), server)));
    }

    /// Puts checks into the lines until `most` of them are there or being done.
    pub(super) fn feed(&mut self, lines: &mut Lines, most: usize) {
        while self.in_lines < most {
            let Some((asked, server)) = self.waiting.pop_front() else { return };
            if let Err(job) = lines.push(Job::asked(server, asked.clone())) {
                // The line of its host is too long for now: others first.
                self.waiting.push_back((asked, job.server));
                return;
            }
            self.in_lines += 1;
        }
    }

    /// One of the checks is over.
    pub(super) fn done(&mut self, asked: &Asked, server: ServerId, outcome: Option<super::Outcome>) {
        self.in_lines = self.in_lines.saturating_sub(1);
        if let Some(progress) = self.running.get_mut(&asked.id) {
            let (status, code) = outcome.map_or((None, None), |outcome| (Some(outcome.status), outcome.code));
            progress.job.note(server, status, code);
            progress.is_new = true;
        }
    }

    /// Writes how far the jobs are. What the store does not take is written the next time.
    pub(super) async fn write(&mut self, context: &Context) {
        let now = context.clock.now();
        for progress in self.running.values_mut().filter(|progress| progress.is_due(now)) {
            let job = HealthJob { updated_at: now, ..progress.job.clone() };
            match context.store.put_health_job(&job).await {
                Ok(()) => (progress.job, progress.is_new) = (job, false),
                Err(error) => {
                    let error = chain(&Error::from(error));
                    tracing::warn!(error, "how far a job of health checks is was not stored");
                    return;
                }
            }
        }
        self.running.retain(|_, progress| progress.is_new || progress.job.state == JobState::Running);
    }

    /// Writes that the jobs go no further.
    pub(super) async fn stop(&mut self, context: &Context) {
        for progress in self.running.values_mut().filter(|progress| progress.job.state == JobState::Running) {
            (progress.job.state, progress.is_new) = (JobState::Stopped, true);
        }
        self.write(context).await;
    }
}

impl Progress {
    fn is_due(&self, now: Timestamp) -> bool {
        self.is_new || now - self.job.updated_at >= HEARTBEAT
    }
}
