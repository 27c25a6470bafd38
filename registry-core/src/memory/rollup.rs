//! Roll-ups of health checks, and changes of status.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::model::check_rollup::{CheckRollup, CheckTally, HealthPrune, StatusChange};
use crate::model::id::{HealthCheckId, ServerId};
use crate::model::period::{Period, Resolution};
use crate::model::rollup::Tally;

/// The steps that checks are rolled up by.
const KEPT: [Resolution; 2] = [Resolution::Hour, Resolution::Day];

#[derive(Default)]
pub(super) struct Rollups {
    by_start: BTreeMap<(Resolution, Timestamp, ServerId), CheckTally>,
    changes: BTreeMap<(Timestamp, HealthCheckId, ServerId), StatusChange>,
}

impl Rollups {
    /// Adds what a check at this time comes to.
    pub(super) fn add(&mut self, server_id: ServerId, at: Timestamp, tally: &CheckTally) {
        for resolution in KEPT {
            let key = (resolution, resolution.start_of(at), server_id);
            self.by_start.entry(key).or_default().add(tally);
        }
    }

    /// Keeps a change of status.
    pub(super) fn note(&mut self, change: Option<StatusChange>) {
        self.changes.extend(change.map(|change| ((change.at, change.check_id, change.server_id), change)));
    }

    /// A server's roll-ups of this period, oldest first.
    pub(super) fn of(&self, server_id: ServerId, resolution: Resolution, period: Period) -> Vec<CheckRollup> {
        let of_server = self.by_start.iter().filter(|((step, start, id), _)| {
            *step == resolution && *id == server_id && period.contains(*start)
        });
        of_server.map(|((_, start, _), tally)| CheckRollup { start: *start, tally: tally.clone() }).collect()
    }

    /// The changes of this period, newest first.
    pub(super) fn changes(&self, period: Period) -> impl Iterator<Item = &StatusChange> {
        self.changes.values().rev().filter(move |change| period.contains(change.at))
    }

    /// Removes all of a server's.
    pub(super) fn remove(&mut self, server_id: ServerId) {
        self.by_start.retain(|(_, _, id), _| *id != server_id);
        self.changes.retain(|_, change| change.server_id != server_id);
    }

    /// Forgets what is too old, at most `limit`. Answers with how many roll-ups and changes.
    pub(super) fn prune(&mut self, prune: &HealthPrune, limit: u64) -> (u64, u64) {
        let is_old = |(resolution, start, _): &(Resolution, Timestamp, ServerId)| match resolution {
            Resolution::Day => *start < prune.days_before,
            _ => *start < prune.hours_before,
        };
        let rollups = remove_some(&mut self.by_start, limit, is_old);
        let changes = remove_some(&mut self.changes, limit - rollups, |(at, ..)| *at < prune.hours_before);
        (rollups, changes)
    }
}

fn remove_some<K: Ord + Copy, V>(map: &mut BTreeMap<K, V>, limit: u64, is_old: impl Fn(&K) -> bool) -> u64 {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let old: Vec<K> = map.keys().copied().filter(is_old).take(limit).collect();
    for key in &old {
        map.remove(key);
    }
    old.len() as u64
}
