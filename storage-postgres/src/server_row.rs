//! Rows of servers: what is written into one, and what is made of one.

use registry_core::model::dependency::Dependencies;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use registry_core::model::server::{HealthStatus, Server, ServerHealth, ServerStatus, Version};
use registry_core::model::settings::HealthPolicy;
use registry_core::model::text::{Category, Description, ServerName, Tag, Tags};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use crate::error::Failure;
use crate::row::{Columns, bigint, json};

/// What [`server`] reads, of a table `s` and its `server_health` `h`.
macro_rules! server_columns {
    () => {
        "s.id, s.tenant_id, s.owner_id, s.name, s.description, s.version, s.transport, s.endpoint_url,
        s.auth::text, s.metadata::text, s.tags, s.category, s.is_public, s.settings::text, s.health_auto,
        s.health_interval_seconds::bigint, s.health_timeout_seconds::bigint, s.health_retries::bigint,
        s.alert_threshold::bigint, s.health_degraded_above_ms::bigint, s.status, h.status AS health_status,
        h.last_check_at, h.consecutive_failures, h.checks, h.successes, h.total_response_us, h.last_error::text,
        h.last_error_at, h.last_deep_at, h.impaired_checks, s.depends_on, s.api_key_id, s.created_at,
        s.updated_at, s.revision"
    };
}
pub(crate) use server_columns;

/// What [`health`] reads, of a table `h`.
macro_rules! health_columns {
    () => {
        "h.status, h.last_check_at, h.consecutive_failures, h.checks, h.successes, h.total_response_us,
        h.last_error::text, h.last_error_at, h.last_deep_at, h.impaired_checks"
    };
}
pub(crate) use health_columns;

/// What [`policy`] reads, of a table `s`.
macro_rules! policy_columns {
    () => {
        "s.health_auto, s.health_interval_seconds::bigint, s.health_timeout_seconds::bigint, s.health_retries::bigint,
        s.alert_threshold::bigint, s.health_degraded_above_ms::bigint"
    };
}
pub(crate) use policy_columns;

/// Decodes a server.
pub(crate) fn server(columns: &mut Columns<'_>) -> Result<Server, Failure> {
    Ok(Server {
        id: columns.id(ServerId)?,
        tenant_id: columns.id_opt(TenantId)?,
        owner_id: columns.id(UserId)?,
        name: columns.parsed(ServerName::parse)?,
        description: columns.parsed_opt(Description::parse)?,
        version: columns.parsed(Version::parse)?,
        endpoint: endpoint(columns)?,
        auth: columns.json()?,
        metadata: columns.json()?,
        tags: tags(columns)?,
        category: columns.parsed_opt(Category::parse)?,
        is_public: columns.take()?,
        settings: columns.json()?,
        health_policy: policy(columns)?,
        status: columns.parsed(ServerStatus::parse)?,
        health: health(columns)?,
        depends_on: dependencies(columns)?,
        api_key_id: columns.id_opt(ApiKeyId)?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        revision: columns.number()?,
    })
}

/// Decodes how a server is watched.
pub(crate) fn policy(columns: &mut Columns<'_>) -> Result<HealthPolicy, Failure> {
    Ok(HealthPolicy {
        auto: columns.take()?,
        interval_seconds: columns.number()?,
        timeout_seconds: columns.number()?,
        retries: columns.number()?,
        alert_threshold: columns.number()?,
        degraded_above_ms: columns.number()?,
    })
}

fn endpoint(columns: &mut Columns<'_>) -> Result<Endpoint, Failure> {
    let transport = columns.parsed(Transport::parse)?;
    Endpoint::parse(transport, columns.take()?).map_err(|invalid| columns.damaged(&invalid))
}

fn tags(columns: &mut Columns<'_>) -> Result<Tags, Failure> {
    Tags::parse(&columns.take::<Vec<String>>()?).map_err(|invalid| columns.damaged(&invalid))
}

fn dependencies(columns: &mut Columns<'_>) -> Result<Dependencies, Failure> {
    let ids = columns.take::<Vec<Uuid>>()?.into_iter().map(ServerId).collect();
    Dependencies::new(ids).map_err(|invalid| columns.damaged(&invalid))
}

/// Decodes what checks said of a server.
pub(crate) fn health(columns: &mut Columns<'_>) -> Result<ServerHealth, Failure> {
    Ok(ServerHealth {
        status: columns.parsed(HealthStatus::parse)?,
        last_check_at: columns.take()?,
        consecutive_failures: columns.number()?,
        checks: columns.number()?,
        successes: columns.number()?,
        total_response_us: columns.number()?,
        last_error: columns.json_opt()?,
        last_error_at: columns.take()?,
        last_deep_at: columns.take()?,
        impaired_checks: columns.number()?,
        degraded_by: None,
    })
}

/// A statement with its values so far.
pub(crate) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds $1 to $30: what an update may change, after the id and the tenant.
pub(crate) fn bind_server<'q>(
    statement: Statement<'q>,
    server: &'q Server,
) -> Result<Statement<'q>, Failure> {
    let policy = &server.health_policy;
    Ok(statement
        .bind(server.id.0)
        .bind(server.tenant_id.map(|tenant| tenant.0))
        .bind(server.owner_id.0)
        .bind(server.name.as_str())
        .bind(server.name_key())
        .bind(server.name.slug())
        .bind(server.search_text())
        .bind(server.description.as_ref().map(Description::as_str))
        .bind(server.version.to_string())
        .bind(server.endpoint.transport().as_str())
        .bind(server.endpoint.url().as_str())
        .bind(server.auth.auth_type().as_str())
        .bind(json(&server.auth)?)
        .bind(json(&server.metadata)?)
        .bind(server.tags.as_slice().iter().map(Tag::as_str).collect::<Vec<_>>())
        .bind(server.category.as_ref().map(Category::as_str))
        .bind(server.is_public)
        .bind(json(&server.settings)?)
        .bind(policy.auto)
        .bind(i64::from(policy.interval_seconds))
        .bind(i64::from(policy.timeout_seconds))
        .bind(i64::from(policy.retries))
        .bind(i64::from(policy.alert_threshold))
        .bind(server.status.as_str())
        .bind(server.api_key_id.map(|key| key.0))
        .bind(server.created_at)
        .bind(server.updated_at)
        .bind(bigint(server.revision)?)
        .bind(i64::from(policy.degraded_above_ms))
        .bind(server.depends_on.as_slice().iter().map(|id| id.0).collect::<Vec<_>>()))
}

/// Binds the next nine: what checks said.
pub(crate) fn bind_health<'q>(
    statement: Statement<'q>,
    health: &'q ServerHealth,
) -> Result<Statement<'q>, Failure> {
    Ok(statement
        .bind(health.status.as_str())
        .bind(health.last_check_at)
        .bind(i64::from(health.consecutive_failures))
        .bind(bigint(health.checks)?)
        .bind(bigint(health.successes)?)
        .bind(bigint(health.total_response_us)?)
        .bind(health.last_error.as_ref().map(json).transpose()?)
        .bind(health.last_error_at)
        .bind(health.last_deep_at)
        .bind(i64::from(health.impaired_checks)))
}
