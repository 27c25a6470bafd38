//! Lists of users.

use registry_core::model::page::Page;
use registry_core::model::text::name_key;
use registry_core::model::user::{User, UserQuery};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::error::Failure;
use crate::row::{bigint, cannot_be_stored, page_of};
use crate::server::tenant_of;
use crate::user_row::{SEPARATOR, user, user_columns};

/// A page of the users that `query` names.
pub(crate) async fn page(connection: &mut PgConnection, query: &UserQuery) -> Result<Page<User>, Failure> {
    let search = query.search.as_deref().map(name_key);
    // No name has the separator; a search for it must not find where two names meet.
    if search.as_deref().is_some_and(|text| cannot_be_stored(text) || text.contains(SEPARATOR)) {
        return Ok(Page::empty(query.page));
    }
    let mut sql = list(query, search.as_deref())?;
    page_of(&sql.build().fetch_all(connection).await?, query.page, user)
}

fn list(query: &UserQuery, search: Option<&str>) -> Result<QueryBuilder<Postgres>, Failure> {
    let mut sql = QueryBuilder::new("WITH total AS (SELECT count(*) AS number FROM app_user u WHERE true");
    push_filters(&mut sql, query, search);
    sql.push("), page AS (SELECT * FROM app_user u WHERE true");
    push_filters(&mut sql, query, search);
    sql.push(" ORDER BY name_key, tenant_id, id LIMIT ").push_bind(i64::from(query.page.limit()));
    sql.push(" OFFSET ").push_bind(bigint(query.page.offset())?);
    sql.push(concat!(
        ") SELECT total.number, ",
        user_columns!(),
        " FROM total LEFT JOIN page u ON true ORDER BY u.name_key, u.tenant_id, u.id"
    ));
    Ok(sql)
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, query: &UserQuery, search: Option<&str>) {
    let reach = tenant_of(query.reach);
    for tenant in reach.into_iter().chain(query.tenant_id.map(|tenant| tenant.0)) {
        sql.push(" AND u.tenant_id = ").push_bind(tenant);
    }
    if let Some(role) = query.role {
        sql.push(" AND u.role = ").push_bind(role.as_str());
    }
    if let Some(text) = search {
        sql.push(" AND strpos(u.search_text, ").push_bind(text.to_owned()).push(") > 0");
    }
}
