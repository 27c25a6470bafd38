//! Roll-ups of health checks. [`crate::health`] writes them with the check.

use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::check_rollup::{CheckRollup, CheckTally};
use registry_core::model::id::ServerId;
use registry_core::model::latency::Latencies;
use registry_core::model::period::{Period, Resolution};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::server::tenant_of;
use crate::server_row::Statement;

/// Before and after all that is stored, in microseconds: 4713 BC, where PostgreSQL begins, and the year 192000, which chrono
/// still knows.
const BOUNDS_US: (i64, i64) = (-210_866_803_200_000_000, 6_000_000_000_000_000_000);

/// The period's beginning and end. Statements are made for one plan, and a condition that may be absent is in none.
pub(crate) fn bounds(period: Period) -> (Timestamp, Timestamp) {
    let at = |us| Timestamp::from_timestamp_micros(us).unwrap_or(Timestamp::UNIX_EPOCH);
    (period.from.unwrap_or_else(|| at(BOUNDS_US.0)), period.to.unwrap_or_else(|| at(BOUNDS_US.1)))
}

/// Binds the next seven: when the check's hour and day began, and what it adds to them.
pub(crate) fn bind<'q>(
    statement: Statement<'q>,
    at: Timestamp,
    tally: &CheckTally,
) -> Result<Statement<'q>, Failure> {
    // There is one time in it, or none.
    let bucket = tally.response_times.counts().len();
    let element = (bucket > 0)
        .then(|| i32::try_from(bucket))
        .transpose()
        .map_err(registry_core::store::StoreError::backend)?;
    Ok(statement
        .bind(Resolution::Hour.start_of(at))
        .bind(Resolution::Day.start_of(at))
        .bind(bigint(tally.successes)?)
        .bind(bigint(tally.degraded)?)
        .bind(bigint(tally.failures)?)
        .bind(bigint(tally.response_times.sum_us())?)
        .bind(element))
}

/// Reads roll-ups of `$table`.
macro_rules! select {
    ($table:literal) => {
        concat!(
            "SELECT start, checks::bigint, successes::bigint, degraded::bigint, failures::bigint, response_us,
                coalesce(array_lower(response_counts, 1), 1)::bigint, response_counts[:]
            FROM ",
            $table,
            " WHERE server_id = (SELECT id FROM server s
                WHERE s.id = $1 AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared))
            AND start >= $3 AND start < $4 ORDER BY start"
        )
    };
}

/// The server's roll-ups of this period, oldest first, if `reach` sees the server.
pub(crate) async fn of(
    connection: &mut PgConnection,
    reach: Reach,
    server_id: ServerId,
    resolution: Resolution,
    period: Period,
) -> Result<Vec<CheckRollup>, Failure> {
    const HOURS: &str = select!("check_hour");
    const DAYS: &str = select!("check_day");
    let select = match resolution {
        Resolution::Minute => return Ok(Vec::new()),
        Resolution::Hour => sqlx::query(HOURS),
        Resolution::Day => sqlx::query(DAYS),
    };
    let (from, to) = bounds(period);
    let select = select.bind(server_id.0).bind(tenant_of(reach)).bind(from).bind(to);
    select.fetch_all(connection).await?.iter().map(rollup).collect()
}

fn rollup(row: &PgRow) -> Result<CheckRollup, Failure> {
    let mut columns = Columns::from(row, 0);
    let start = columns.take()?;
    let (checks, successes) = (columns.number()?, columns.number()?);
    let (degraded, failures) = (columns.number()?, columns.number()?);
    let response_times = response_times(&mut columns)?;
    Ok(CheckRollup { start, tally: CheckTally { checks, successes, degraded, failures, response_times } })
}

/// A histogram from its sum, the number of its first element, and its elements.
fn response_times(columns: &mut Columns<'_>) -> Result<Latencies, Failure> {
    let (sum_us, first): (u64, usize) = (columns.number()?, columns.number()?);
    let elements = columns.take::<Option<Vec<Option<i32>>>>()?.unwrap_or_default();
    let mut counts = vec![0; first.saturating_sub(1)];
    for element in elements {
        let count = u64::try_from(element.unwrap_or(0)).map_err(|error| columns.damaged(&error))?;
        counts.push(count);
    }
    Latencies::new(counts, sum_us).map_err(|invalid| columns.damaged(&invalid))
}
