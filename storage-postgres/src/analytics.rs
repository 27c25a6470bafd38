//! Storage of usage over time.

use std::collections::BTreeMap;

use async_trait::async_trait;
use registry_core::model::id::ServerId;
use registry_core::model::period::Resolution;
use registry_core::model::rollup::Tally;
use registry_core::model::usage_ranking::{FiguresQuery, ServerFigures};
use registry_core::model::usage_rollup::{
    UsageEntry, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery, UsageTally,
};
use registry_core::store::{AnalyticsStore, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::Failure;
use crate::rollup::bounds;
use crate::row::Columns;
use crate::scope::Scope;
use crate::server::tenant_of;
use crate::usage_rollup::{self, tally, tally_columns};
use crate::{PostgresStore, prune};

#[async_trait]
impl AnalyticsStore for PostgresStore {
    async fn add_usage_rollups(&self, entries: &[UsageEntry]) -> Result<(), StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                usage_rollup::add(write.connection(), entries).await?;
                write.commit_unaudited().await
            })
            .await
    }

    async fn usage_rollups(&self, query: &UsageRollupQuery) -> Result<Vec<UsageRollup>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                usage_rollup::of(&mut connection, query).await
            })
            .await
    }

    async fn server_figures(&self, query: &FiguresQuery) -> Result<Vec<ServerFigures>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                let mut figures = checks(&mut connection, query).await?;
                add_usage(&mut connection, query, &mut figures).await?;
                Ok(figures.into_values().collect())
            })
            .await
    }

    async fn prune_usage(&self, prune: &UsagePrune) -> Result<UsagePruned, StoreError> {
        prune::usage(&self.database, prune).await
    }
}

/// The servers that the query names, with their checks of `$table`.
macro_rules! checks {
    ($table:literal) => {
        concat!(
            "SELECT s.id, c.up, c.down
            FROM (SELECT id FROM server WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR id = $2)
                AND (NOT $3 OR status = 'active') AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5) s
            CROSS JOIN LATERAL (SELECT coalesce(sum(successes), 0)::bigint AS up, coalesce(sum(failures), 0)::bigint AS down
                FROM ", $table, " WHERE server_id = s.id AND start >= $6 AND start < $7) c"
        )
    };
}

async fn checks(
    connection: &mut PgConnection,
    query: &FiguresQuery,
) -> Result<BTreeMap<Uuid, ServerFigures>, Failure> {
    const HOURS: &str = checks!("check_hour");
    const DAYS: &str = checks!("check_day");
    let (from, to) = bounds(query.range.period());
    let select = sqlx::query(if query.range.resolution == Resolution::Day { DAYS } else { HOURS })
        .bind(tenant_of(query.reach))
        .bind(query.only.map(|id| id.0))
        .bind(query.active_only)
        .bind(query.after.map(|id| id.0))
        .bind(i64::from(query.limit))
        .bind(from)
        .bind(to);
    let rows = select.fetch_all(connection).await?;
    rows.iter().map(figures).collect()
}

fn figures(row: &PgRow) -> Result<(Uuid, ServerFigures), Failure> {
    let mut columns = Columns::from(row, 0);
    let server_id = columns.id(ServerId)?;
    let (checks_up, checks_down) = (columns.number()?, columns.number()?);
    let usage = UsageTally::default();
    Ok((server_id.0, ServerFigures { server_id, usage, checks_up, checks_down }))
}

/// Reads the usage of servers from `$table`, one look-up for each.
macro_rules! usage {
    ($table:literal) => {
        concat!(
            "SELECT u.server_id, ",
            tally_columns!(),
            " FROM unnest($1::uuid[]) AS s (id) CROSS JOIN LATERAL (
                SELECT * FROM ",
            $table,
            " WHERE server_id = s.id AND start >= $2 AND start < $3 OFFSET 0) u"
        )
    };
}

async fn add_usage(
    connection: &mut PgConnection,
    query: &FiguresQuery,
    figures: &mut BTreeMap<Uuid, ServerFigures>,
) -> Result<(), Failure> {
    const HOURS: &str = usage!("usage_hour");
    const DAYS: &str = usage!("usage_day");
    let ids: Vec<_> = figures.keys().copied().collect();
    let (from, to) = bounds(query.range.period());
    let select = sqlx::query(if query.range.resolution == Resolution::Day { DAYS } else { HOURS });
    for row in select.bind(ids).bind(from).bind(to).fetch_all(connection).await? {
        let mut columns = Columns::from(&row, 0);
        if let Some(of) = figures.get_mut(&columns.take::<Uuid>()?) {
            of.usage.add(&tally(&mut columns)?);
        }
    }
    Ok(())
}
