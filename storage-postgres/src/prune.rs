//! Forgetting what is too old: whole partitions, and where there are none, some rows at a time.
//!
//! Each step is a transaction of its own and waits for a lock for [`LOCK_TIMEOUT`] at most, since whoever comes while it
//! waits waits behind it. A partition that others hold for longer (a vacuum, a long report) is left for the next time, and
//! the other steps are done nevertheless.

use registry_core::clock::Timestamp;
use registry_core::model::check_rollup::{HealthPrune, HealthPruned};
use registry_core::model::period::Resolution;
use registry_core::model::usage_rollup::{UsagePrune, UsagePruned};
use registry_core::store::StoreError;

use crate::error::Failure;
use crate::row::bigint;
use crate::scope::{Database, Scope, Write};

/// Only one node at a time forgets: this is the number of the lock that it holds.
const ADVISORY_LOCK: i64 = 0x6d63_7070_7275_6e65;
/// How long a step may wait for a table.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '200ms'";
/// The code of the error after that.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// For how many days partitions are made ahead.
const DAYS_AHEAD: i32 = 7;
/// The table of checks.
const HEALTH_CHECK: &str = "health_check";

/// Forgets old health history, and makes partitions for what comes.
pub(crate) async fn health(database: &Database, prune: &HealthPrune) -> Result<HealthPruned, StoreError> {
    const OLD_CHECKS: &str = "DELETE FROM health_check WHERE performed_at < $1
        AND tableoid = 'health_check_default'::regclass
        AND ctid = ANY (ARRAY(SELECT ctid FROM health_check WHERE performed_at < $1
            AND tableoid = 'health_check_default'::regclass LIMIT $2))";
    const OLD_HOURS: &str = "DELETE FROM check_hour WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM check_hour WHERE start < $1 ORDER BY start LIMIT $2))";
    const OLD_DAYS: &str = "DELETE FROM check_day WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM check_day WHERE start < $1 ORDER BY start LIMIT $2))";
    const OLD_CHANGES: &str = "DELETE FROM status_change WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM status_change WHERE at < $1 ORDER BY at LIMIT $2))";
    let mut left = u64::from(prune.limit);
    add_partitions(database, HEALTH_CHECK, prune.now).await?;
    let dropped = drop_partitions(database, HEALTH_CHECK, prune.checks_before).await?;
    let checks = delete(database, OLD_CHECKS, prune.checks_before, &mut left).await?;
    let hours = delete(database, OLD_HOURS, prune.hours_before, &mut left).await?;
    let days = delete(database, OLD_DAYS, prune.days_before, &mut left).await?;
    let changes = delete(database, OLD_CHANGES, prune.hours_before, &mut left).await?;
    Ok(HealthPruned { checks: dropped + checks, rollups: hours + days, changes, more: left == 0 })
}

/// The table of minutes of usage.
const USAGE_MINUTE: &str = "usage_minute";
/// The table of hours of the usage of keys.
const KEY_USAGE_HOUR: &str = "key_usage_hour";

/// Forgets old roll-ups of usage, and makes partitions for what comes.
pub(crate) async fn usage(database: &Database, prune: &UsagePrune) -> Result<UsagePruned, StoreError> {
    const OLD_MINUTES: &str = "DELETE FROM usage_minute WHERE start < $1
        AND tableoid = 'usage_minute_default'::regclass
        AND ctid = ANY (ARRAY(SELECT ctid FROM usage_minute WHERE start < $1
            AND tableoid = 'usage_minute_default'::regclass LIMIT $2))";
    const OLD_HOURS: &str = "DELETE FROM usage_hour WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM usage_hour WHERE start < $1 ORDER BY start LIMIT $2))";
    const OLD_DAYS: &str = "DELETE FROM usage_day WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM usage_day WHERE start < $1 ORDER BY start LIMIT $2))";
    let mut left = u64::from(prune.limit);
    add_partitions(database, USAGE_MINUTE, prune.now).await?;
    let mut rollups = drop_partitions(database, USAGE_MINUTE, prune.minutes_before).await?;
    rollups += delete(database, OLD_MINUTES, prune.minutes_before, &mut left).await?;
    rollups += delete(database, OLD_HOURS, prune.hours_before, &mut left).await?;
    rollups += delete(database, OLD_DAYS, prune.days_before, &mut left).await?;
    for (statement, resolution) in OLD_TOTALS {
        rollups += delete(database, statement, prune.before(resolution), &mut left).await?;
    }
    rollups += keys(database, prune, &mut left).await?;
    Ok(UsagePruned { rollups, more: left == 0 })
}

/// Forgets old roll-ups of keys, and makes partitions for what comes.
async fn keys(database: &Database, prune: &UsagePrune, left: &mut u64) -> Result<u64, StoreError> {
    const OLD_HOURS: &str = "DELETE FROM key_usage_hour WHERE start < $1
        AND tableoid = 'key_usage_hour_default'::regclass
        AND ctid = ANY (ARRAY(SELECT ctid FROM key_usage_hour WHERE start < $1
            AND tableoid = 'key_usage_hour_default'::regclass LIMIT $2))";
    const OLD_DAYS: &str = "DELETE FROM key_usage_day WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM key_usage_day WHERE start < $1 ORDER BY start LIMIT $2))";
    add_partitions(database, KEY_USAGE_HOUR, prune.now).await?;
    let dropped = drop_partitions(database, KEY_USAGE_HOUR, prune.hours_before).await?;
    let hours = delete(database, OLD_HOURS, prune.hours_before, left).await?;
    let days = delete(database, OLD_DAYS, prune.days_before, left).await?;
    Ok(dropped + hours + days)
}

/// Removes totals of a resolution.
macro_rules! old_totals {
    ($resolution:literal) => {
        concat!(
            "DELETE FROM usage_total WHERE ctid = ANY (ARRAY(SELECT ctid FROM usage_total WHERE resolution = '",
            $resolution,
            "' AND start < $1 ORDER BY start LIMIT $2))"
        )
    };
}

const OLD_TOTALS: [(&str, Resolution); 3] = [
    (old_totals!("minute"), Resolution::Minute),
    (old_totals!("hour"), Resolution::Hour),
    (old_totals!("day"), Resolution::Day),
];

/// A write of the one node that forgets; `None` while that is another one.
async fn begin(database: &Database) -> Result<Option<Write>, Failure> {
    let mut write = database.write(Scope::All).await?;
    sqlx::query(LOCK_TIMEOUT).execute(write.connection()).await?;
    let lock = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(ADVISORY_LOCK);
    let is_ours: bool = lock.fetch_one(write.connection()).await?;
    Ok(is_ours.then_some(write))
}

/// Makes the partitions of today and of the next days, each in a transaction of its own.
async fn add_partitions(database: &Database, parent: &str, now: Timestamp) -> Result<(), StoreError> {
    for days in 0..=DAYS_AHEAD {
        let add = async {
            let Some(mut write) = begin(database).await? else { return Ok(false) };
            let add = sqlx::query_scalar("SELECT registry_add_partition($1, $2)").bind(parent);
            let add = add.bind(now + Resolution::Day.length() * days).fetch_one(write.connection());
            let Some::<bool>(_) = unless_held(parent, add.await)? else { return Ok(false) };
            write.commit_unaudited().await?;
            Ok(true)
        };
        if !database.writing(add).await? {
            break;
        }
    }
    Ok(())
}

/// Drops the partitions that have nothing from `before` on, one by one. Answers with about how many rows they had.
async fn drop_partitions(database: &Database, parent: &str, before: Timestamp) -> Result<u64, StoreError> {
    let mut rows = 0;
    loop {
        let drop = async {
            let Some(mut write) = begin(database).await? else { return Ok(None::<i64>) };
            let drop = sqlx::query_scalar("SELECT registry_drop_partition($1, $2)").bind(parent).bind(before);
            let dropped = unless_held(parent, drop.fetch_one(write.connection()).await)?;
            let Some(dropped) = dropped else { return Ok(None) };
            write.commit_unaudited().await?;
            Ok(dropped)
        };
        match database.writing(drop).await? {
            Some(dropped) => rows += u64::try_from(dropped).unwrap_or(0),
            None => return Ok(rows),
        }
    }
}

/// What was answered; `None` if others held the table, or one that it refers to, for too long.
fn unless_held<T>(table: &str, answer: sqlx::Result<T>) -> sqlx::Result<Option<T>> {
    match answer {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => {
            tracing::info!(table, "a partition is left for the next time, for others hold its table");
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// Removes some rows by a statement of their own, at most `left`, and takes them off it. Answers with how many.
async fn delete(
    database: &Database,
    statement: &'static str,
    before: Timestamp,
    left: &mut u64,
) -> Result<u64, StoreError> {
    let most = *left;
    let delete = async {
        let Some(mut write) = begin(database).await? else { return Ok(0) };
        let delete = sqlx::query(statement).bind(before).bind(bigint(most)?);
        let deleted = delete.execute(write.connection()).await?.rows_affected();
        write.commit_unaudited().await?;
        Ok(deleted)
    };
    let deleted = if most == 0 { 0 } else { database.writing(delete).await? };
    *left = most.saturating_sub(deleted);
    Ok(deleted)
}
