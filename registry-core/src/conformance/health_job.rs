//! Cases of health jobs.

use chrono::TimeDelta;

use super::sample;
use super::world::World;
use crate::clock::{Clock, Timestamp};
use crate::model::health::CheckStatus;
use crate::model::health_job::{HealthJob, JobState};
use crate::model::id::{HealthJobId, ServerId, TenantId};
use crate::model::user::User;
use crate::store::StoreError;

fn job(world: &World, owner: &User, created_at: Timestamp) -> HealthJob {
    let id = || world.clock.new_id();
    let mut job = HealthJob {
        id: HealthJobId(id()),
        tenant_id: owner.tenant_id,
        created_by: owner.id,
        linked_server: Some(ServerId(id())),
        deep: true,
        state: JobState::Running,
        total: 500,
        done: 0,
        by_status: Default::default(),
        failures: Vec::new(),
        created_at,
        updated_at: created_at,
    };
    for number in 0..300 {
        let status = CheckStatus::ALL[number % CheckStatus::ALL.len()];
        job.note(ServerId(id()), Some(status), status.is_failure().then(|| "TIMEOUT".to_owned()));
    }
    job
}

async fn found(world: &World, tenant_id: TenantId, job: &HealthJob) -> Option<HealthJob> {
    world.store().health_job(tenant_id, job.id).await.unwrap()
}

pub(super) async fn a_job_is_read_back_as_it_was_last_in_its_tenant(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let mut job = job(world, &owner, world.clock.now());
    assert_eq!(found(world, owner.tenant_id, &job).await, None);
    world.store().put_health_job(&job).await.unwrap();
    assert_eq!(found(world, owner.tenant_id, &job).await, Some(job.clone()));
    assert_eq!(found(world, other.tenant_id, &job).await, None);
    job.note(ServerId(owner.id.0), None, None);
    (job.state, job.updated_at) = (JobState::Stopped, world.clock.now());
    world.store().put_health_job(&job).await.unwrap();
    assert_eq!(found(world, owner.tenant_id, &job).await, Some(job));
}

pub(super) async fn a_job_needs_its_tenant(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let stray = HealthJob { tenant_id: TenantId(owner.id.0), ..job(world, &owner, world.clock.now()) };
    let refused = world.store().put_health_job(&stray).await;
    assert!(matches!(refused, Err(StoreError::Missing)), "{refused:?}");
}

pub(super) async fn old_jobs_are_forgotten_and_no_others(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let begin = sample::at_us(1_700_000_000_000_000);
    let mut jobs = Vec::new();
    for minute in 0..6 {
        let job = job(world, &owner, begin + TimeDelta::minutes(minute));
        world.store().put_health_job(&job).await.unwrap();
        jobs.push(job);
    }
    assert_eq!(world.store().prune_health_jobs(begin + TimeDelta::minutes(2)).await.unwrap(), 2);
    for (number, job) in jobs.iter().enumerate() {
        let expected = (number >= 2).then(|| job.clone());
        assert_eq!(found(world, owner.tenant_id, job).await, expected, "{number}");
    }
    assert_eq!(world.store().prune_health_jobs(begin).await.unwrap(), 0);
}
