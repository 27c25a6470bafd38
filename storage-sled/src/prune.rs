//! Forgetting what is too old, a few rows in each write, so that no other write waits for long.

use registry_core::clock::Timestamp;
use registry_core::model::check_rollup::{HealthPrune, HealthPruned};
use registry_core::model::period::Resolution;
use registry_core::model::usage::UsageSubject;
use registry_core::model::usage_rollup::{UsagePrune, UsagePruned};
use registry_core::store::StoreError;

use crate::SledStore;
use crate::codec;
use crate::core::Core;
use crate::plan::Draft;
use crate::table::Table;
use crate::{check_rollup, health, status_change, usage_rollup};

/// The most rows that one write removes.
const PRUNED_BY_WRITE: usize = 250;

impl SledStore {
    /// Forgets old health history.
    pub(crate) async fn prune_history(&self, prune: HealthPrune) -> Result<HealthPruned, StoreError> {
        let limit = prune.limit as usize;
        let checks = self.prune_checks(prune.checks_before, limit).await?;
        let mut left = limit - usize::try_from(checks).unwrap_or(limit);
        let mut pruned = HealthPruned { checks, ..HealthPruned::default() };
        let steps = [(Resolution::Hour, prune.hours_before), (Resolution::Day, prune.days_before)];
        for (resolution, before) in steps {
            let plan =
                move |draft: &mut Draft<'_>, most| check_rollup::TREES.prune(draft, resolution, before, most);
            pruned.rollups += self.prune_by(&mut left, plan).await?;
        }
        let plan = move |draft: &mut Draft<'_>, most| status_change::prune(draft, prune.hours_before, most);
        pruned.changes = self.prune_by(&mut left, plan).await?;
        Ok(HealthPruned { more: left == 0, ..pruned })
    }

    /// Forgets old roll-ups of usage.
    pub(crate) async fn prune_rollups_of_usage(&self, prune: UsagePrune) -> Result<UsagePruned, StoreError> {
        let mut left = prune.limit as usize;
        let mut rollups = 0;
        let of_servers = Resolution::ALL.iter().map(|step| (&usage_rollup::SERVERS, *step));
        let of_keys = UsageSubject::KEY_STEPS.iter().map(|step| (&usage_rollup::KEYS, *step));
        for (trees, resolution) in of_servers.chain(of_keys) {
            let before = prune.before(resolution);
            let plan = move |draft: &mut Draft<'_>, most| trees.prune(draft, resolution, before, most);
            rollups += self.prune_by(&mut left, plan).await?;
        }
        Ok(UsagePruned { rollups, more: left == 0 })
    }

    /// Removes rows by `plan` in small writes, until there are none or `left` is used up.
    async fn prune_by<F>(&self, left: &mut usize, plan: F) -> Result<u64, StoreError>
    where
        F: Fn(&mut Draft<'_>, usize) -> Result<u64, StoreError> + Clone + Send + 'static,
    {
        let mut pruned = 0;
        loop {
            let (plan, most) = (plan.clone(), PRUNED_BY_WRITE.min(*left));
            let some = self.write_unaudited(move |draft| plan(draft, most)).await?;
            pruned += some;
            *left -= usize::try_from(some).unwrap_or(*left);
            if some < most as u64 || *left == 0 {
                return Ok(pruned);
            }
        }
    }

    /// Old checks are found without the writer, server by server; only their removal waits in its line.
    async fn prune_checks(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let mut pruned = 0;
        let old = self.read(move |core| old_checks(core, before, limit)).await?;
        for keys in old.chunks(PRUNED_BY_WRITE) {
            let keys = keys.to_vec();
            pruned += self.write_unaudited(move |draft| health::remove_some(draft, &keys)).await?;
        }
        Ok(pruned)
    }
}

/// The keys of checks before this time, at most `limit`.
fn old_checks(core: &Core, before: Timestamp, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
    let view = &core.view;
    let mut old = Vec::new();
    for pair in view.prefix(Table::Server, &[], false) {
        let (place, _) = pair?;
        let end = [&place[..], &codec::time(before)].concat();
        for pair in view.scan(Table::Check, place.to_vec(), Some(end), false).take(limit - old.len()) {
            old.push(pair?.0.to_vec());
        }
        if old.len() == limit {
            break;
        }
    }
    Ok(old)
}
